"""The options of the commands, each declared once."""

from typing import Annotated

import typer

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
    typer.Option(envvar="SLUICE_SHOP_DOMAIN", help="The shop's permanent ….myshopify.com name.", rich_help_panel=_SHOP),
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
