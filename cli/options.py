"""The options of the commands, each declared once."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.consent_decode import KINDS
from sluice.match_keys import Candidates

StackName = Annotated[
    str, typer.Option("--stack", envvar="SLUICE_STACK", help="Name of the CloudFormation stack.", metavar="NAME")
]
Region = Annotated[str | None, typer.Option(help="AWS region; without it, the one that your AWS configuration names.")]
Profile = Annotated[str | None, typer.Option(help="Profile of your AWS configuration.")]
Local = Annotated[bool, typer.Option("--local", help="The stack that `make up` runs on this machine.")]

_SHOP = "Answers (whatever is left out is asked for)"
ShopDomain = Annotated[
    str | None,
    typer.Option(
        envvar="SLUICE_SHOP_DOMAIN",
        help="The shop's permanent ….myshopify.com name; empty for another system.",
        rich_help_panel=_SHOP,
    ),
]
DatasetId = Annotated[
    str | None,
    typer.Option("--dataset", envvar="SLUICE_DATASET", help="Dataset id at Meta.", rich_help_panel=_SHOP),
]
DatasetName = Annotated[
    str | None,
    typer.Option("--name", envvar="SLUICE_NAME", help="What you call the dataset.", rich_help_panel=_SHOP),
]
Country = Annotated[
    str | None,
    typer.Option(
        envvar="SLUICE_COUNTRY",
        help="Country (DE, AT, ...) of telephone numbers without a country code.",
        rich_help_panel=_SHOP,
    ),
]
Pixel = Annotated[
    bool | None,
    typer.Option(
        "--pixel/--no-pixel",
        envvar="SLUICE_PIXEL",
        help="Whether a browser pixel reports the same orders.",
        rich_help_panel=_SHOP,
    ),
]
PurchaseTopic = Annotated[
    str | None,
    typer.Option(
        envvar="SLUICE_PURCHASE_TOPIC",
        help="Which topic is the Purchase: orders/paid or orders/create.",
        rich_help_panel=_SHOP,
    ),
]
SourceName = Annotated[
    str | None,
    typer.Option(
        "--source", envvar="SLUICE_SOURCE", help="Name of the source, the end of its address.", rich_help_panel=_SHOP
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Take every suggestion and write without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, masked, and write nothing.")]

File = Annotated[
    typer.FileText | None,
    typer.Argument(
        help="A file to check in place of the stack's settings; - reads standard input.",
        show_default=False,
        encoding="utf-8",
        errors="surrogateescape",  # bytes that are not UTF-8 then make a document that is not JSON
    ),
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Print the real document, secrets and all.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the masked document and nothing else, for programs.")]

Events = Annotated[
    typer.FileBinaryRead,
    typer.Argument(
        help="Events as JSON: one event, an array of them, a Conversions API body, or JSON Lines. - reads standard "
        "input.",
        show_default=False,
    ),
]
DefaultCountry = Annotated[
    str | None,
    typer.Option(
        "--country",
        metavar="CODE",
        help="The dataset's default_country (DE, AT, ...): of telephone numbers whose event names no country.",
    ),
]
MatchKeys = Annotated[
    Candidates,
    typer.Option(
        help="The dataset's match_keys: hash by Meta's documents, by what its browser code does, or both where they "
        "differ."
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Judge as if it were this time: Unix seconds, or ISO 8601 with Z or an offset. Without it, now.",
    ),
]
ShowValues = Annotated[
    bool, typer.Option("--show-values", help="Print the text behind each match key too. It is personal data.")
]
AsJsonLines = Annotated[bool, typer.Option("--json", help="Print one JSON object per event and nothing else.")]

Questions = Annotated[
    typer.FileBinaryRead | None,
    typer.Argument(help="JSON Lines, one object a line; standard input without it.", show_default=False),
]
AsJsonDecisions = Annotated[
    bool, typer.Option("--json", help="Print JSON Lines on a terminal, too. A pipe always gets them.")
]
ConsentKind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"What the strings are: {', '.join(KINDS)}.",
    ),
]

ConsentDataset = Annotated[str, typer.Option("--dataset", envvar="SLUICE_DATASET", help="Dataset id at Meta.")]
KeyId = Annotated[str, typer.Option("--kid", help="Id of the key in the dataset's consent_keys.")]
Subjects = Annotated[
    list[str],
    typer.Option(
        "--subject",
        metavar="KIND=VALUE",
        help="Whom the decision is about, once or several times: em, ph, external_id or fbp with a raw or hashed "
        "value, cmp with a consent tool's id, checkout with a shop's checkout token.",
    ),
]
TokenDecision = Annotated[Literal["grant", "deny"], typer.Option("--decision", help="What the person decided.")]
DecidedAt = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="When they did: Unix seconds, or ISO 8601 with Z or an offset. Without it, now."),
]
ValidFor = Annotated[
    str, typer.Option(metavar="TIME", help="How long the token may be used, from 1s to 1d, such as 90s, 30m or 12h.")
]
TextVersion = Annotated[str | None, typer.Option(help="Version of the text that the person saw.")]
Jurisdiction = Annotated[str | None, typer.Option(metavar="CODE", help="Where the person was: DE, or US-CA.")]
ConsentSource = Annotated[str | None, typer.Option("--source", help="Name of the consent tool that asked.")]
SettingsFile = Annotated[
    typer.FileText | None,
    typer.Option(
        "--settings",
        help="A settings document to take the secrets from, in place of the stack's; - reads standard input.",
        encoding="utf-8",
        errors="surrogateescape",  # as for File
    ),
]
RevealSubjectSecret = Annotated[bool, typer.Option("--reveal", help="Print the secret itself and nothing else.")]

_PERSON = "Who it is about (any of them; - asks, so that no shell remembers the value)"
Email = Annotated[
    str | None,
    typer.Option("--em", metavar="ADDRESS", help="E-mail address, or its SHA-256.", rich_help_panel=_PERSON),
]
Telephone = Annotated[
    str | None,
    typer.Option(
        "--ph",
        metavar="NUMBER",
        help="Telephone number with its country code, or its SHA-256.",
        rich_help_panel=_PERSON,
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option(metavar="ID", help="The shop's own id of the person, as events name it.", rich_help_panel=_PERSON),
]
BrowserId = Annotated[
    str | None, typer.Option("--fbp", metavar="COOKIE", help="Value of the _fbp cookie.", rich_help_panel=_PERSON)
]
CmpConsentId = Annotated[
    str | None, typer.Option(metavar="ID", help="The consent tool's id of the person.", rich_help_panel=_PERSON)
]
CheckoutToken = Annotated[
    str | None, typer.Option(metavar="TOKEN", help="The shop's token of a checkout.", rich_help_panel=_PERSON)
]
PersonsDataset = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        envvar="SLUICE_DATASET",
        help="Dataset whose site the person visited; needed when the settings have several.",
    ),
]
AsJsonDocument = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
RecordUnasked = Annotated[bool, typer.Option("--yes", help="Record it without asking.")]
RecordNothing = Annotated[bool, typer.Option("--dry-run", help="Say what would be recorded, and record nothing.")]
ReadUnits = Annotated[
    int,
    typer.Option(
        "--rate",
        metavar="UNITS",
        min=1,
        max=40_000,
        help="Read at most so many units a second (one is about eight events), so that other readers are not slowed.",
    ),
]
Replace = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]

PrivacyRequestId = Annotated[str, typer.Argument(help="Its id, as `sluice privacy list` shows it.", show_default=False)]

EventId = Annotated[str | None, typer.Argument(help="The event's event_id, as its sender gave it.", show_default=False)]
Order = Annotated[str | None, typer.Option(metavar="ID", help="The order's id in the shop, for the event of an order.")]
EventNames = Annotated[
    list[str] | None,
    typer.Option("--event-name", help="Name of the event, once or several times; without it Meta's own names."),
]
ProofDatasets = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset", envvar="SLUICE_DATASET", help="Dataset id, once or several times; without it all in the settings."
    ),
]

_MOMENT: Final = "A day (2026-11-01, from midnight UTC), ISO 8601 with Z or an offset, or Unix seconds."
PeriodStart = Annotated[str, typer.Option("--from", metavar="TIME", help=f"First moment of the period. {_MOMENT}")]
PeriodEnd = Annotated[
    str, typer.Option("--to", metavar="TIME", help="First moment after the period, written in the same way.")
]
AuditFile = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="File to write, yours alone. The manifest is made beside it.")
]
AccessFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="File to write, yours alone; standard output without it."),
]
AuditedFile = Annotated[
    Path, typer.Argument(help="A file of `sluice audit export`, with its manifest beside it.", show_default=False)
]
