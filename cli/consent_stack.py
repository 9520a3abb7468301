"""`sluice consent show`, `withdraw` and `export`: what the ledger of a deployed gateway holds of one person."""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import options
from cli.consent_record import access_document, as_json, in_words, standing_of_person, statements_as_json
from cli.delivery_items import Where, evidence, look_through
from cli.new_files import new_file
from cli.persons import Person, identify, settings_of
from cli.problems import Problem, explain
from cli.screen import err, out
from cli.stack import Stack, choose
from cli.times import iso
from sluice.consent.ledger import Statement
from sluice.consent.ports import SubjectRecord
from sluice.errors import Unavailable
from sluice.outside.consent_store import ConsentTable

_WHAT_A_WITHDRAWAL_DOES = (
    "The sender asks the ledger before each request: events of this person that still wait are not sent. "
    "What Meta has received already cannot be recalled; the person finds it in Meta's setting "
    '"Your activity off Meta technologies". A withdrawal holds for the identifiers it names: give all that you know.'
)


def show(  # noqa: PLR0913 - each option of a command is a parameter
    *,
    em: options.Email = None,
    ph: options.Telephone = None,
    external_id: options.ExternalId = None,
    fbp: options.BrowserId = None,
    cmp_consent_id: options.CmpConsentId = None,
    checkout_token: options.CheckoutToken = None,
    dataset: options.PersonsDataset = None,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Say whether a person agreed, and show every decision of theirs that was recorded.

    Nothing that names the person is printed: the ledger knows them by subject keys.

    Example: `sluice consent show --em -` asks for the address

    Example: `sluice consent show --external-id 4711 --json`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    given = _given(em, ph, external_id, fbp, cmp_consent_id, checkout_token)
    person = identify(settings_of(gateway), dataset, given, now)
    records = _history(gateway, person)
    if as_json_document:
        typer.echo(json.dumps(as_json(person, records, now), indent=2))
        return
    out.print(_who(person))
    out.print(in_words(standing_of_person(records), person.dataset.consent, now))
    if records:
        out.print(_table(records), soft_wrap=False)


def withdraw(  # noqa: PLR0913 - as for show
    *,
    em: options.Email = None,
    ph: options.Telephone = None,
    external_id: options.ExternalId = None,
    fbp: options.BrowserId = None,
    cmp_consent_id: options.CmpConsentId = None,
    checkout_token: options.CheckoutToken = None,
    dataset: options.PersonsDataset = None,
    yes: options.RecordUnasked = False,
    dry_run: options.RecordNothing = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Record that a person takes consent back, now.

    From then on nothing of theirs is sent, events that wait already included, until they agree anew.

    Example: `sluice consent withdraw --em - --ph -` asks for both, and once more before it writes

    Example: `sluice consent withdraw --external-id 4711 --dry-run`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    given = _given(em, ph, external_id, fbp, cmp_consent_id, checkout_token)
    person = identify(settings_of(gateway), dataset, given, now)
    standing = standing_of_person(_history(gateway, person))
    out.print(_who(person))
    out.print(f"Now: {in_words(standing, person.dataset.consent, now)}")
    if dry_run:
        out.print(f"A withdrawal of {iso(now)} would be recorded. Nothing was recorded (--dry-run).")
        return
    if not (yes or typer.confirm("Record that the person takes consent back?")):
        raise Problem("Nothing was recorded.")
    # Not before a grant that a clock ahead of ours has dated: of the same moment the refusal wins.
    at = max(now, standing.granted_at)
    with explained():
        ledger_of(gateway).record(person.site, person.subjects, _withdrawal(person, at))
    out.print(f"Recorded: withdrawn on {iso(at)}. {_WHAT_A_WITHDRAWAL_DOES}")


def export(  # noqa: PLR0913 - as for show
    *,
    em: options.Email = None,
    ph: options.Telephone = None,
    external_id: options.ExternalId = None,
    fbp: options.BrowserId = None,
    cmp_consent_id: options.CmpConsentId = None,
    checkout_token: options.CheckoutToken = None,
    dataset: options.PersonsDataset = None,
    to: options.AccessFile = None,
    force: options.Replace = False,
    rate: options.ReadUnits = 25,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Export all that the gateway holds of a person as JSON, to answer an access request (Art. 15 GDPR).

    Decisions come from the ledger at once. Events are found by reading the whole delivery table, which at the default
    rate takes 80 minutes for a million events.

    Example: `sluice consent export --em - --out person.json`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    given = _given(em, ph, external_id, fbp, cmp_consent_id, checkout_token)
    person = identify(settings_of(gateway), dataset, given, now)
    if to is None:
        typer.echo(_access(gateway, person, rate, now))
        return
    with new_file(to, replace=force) as file:
        file.write(_access(gateway, person, rate, now).encode() + b"\n")
    err.print("Written. The file is personal data: send it to nobody but the person.")


def _access(gateway: Stack, person: Person, rate: int, now: int) -> str:
    """The document of an access request, as JSON text."""
    ledger = as_json(person, _history(gateway, person), now)
    names = {f":s{number}": {"S": subject} for number, subject in enumerate(person.subjects)}
    where = Where(" OR ".join(f"contains(subjects, {name})" for name in names), names)
    events = [evidence(item) for item in look_through(gateway, where, rate)]
    events.sort(key=lambda event: str(event["accepted_at"]))
    return json.dumps(access_document(ledger, events, gateway.evidence_retention_days, now), indent=2)


def _given(  # noqa: PLR0913, PLR0917 - what a person can be named by
    em: str | None,
    ph: str | None,
    external_id: str | None,
    fbp: str | None,
    cmp_consent_id: str | None,
    checkout_token: str | None,
) -> dict[str, str | None]:
    """The options that name a person, by the doors' words."""
    return {
        "em": em,
        "ph": ph,
        "external_id": external_id,
        "fbp": fbp,
        "cmp_consent_id": cmp_consent_id,
        "checkout_token": checkout_token,
    }


def ledger_of(gateway: Stack) -> ConsentTable:
    """The consent ledger of a stack."""
    client, direct = gateway.dynamodb(), gateway.direct_dynamodb()
    return ConsentTable(lambda: direct, lambda: client, gateway.consent_table, gateway.evidence_retention_days)


def _history(gateway: Stack, person: Person) -> list[SubjectRecord]:
    """All that the ledger holds of a person."""
    with explained():
        return ledger_of(gateway).history(person.site, person.subjects)


@contextmanager
def explained() -> Iterator[None]:
    """Says as a Problem why the ledger is not available: the functions only need to know that it is not."""
    try:
        yield
    except Unavailable as error:
        cause = error.__context__
        if isinstance(cause, BotoCoreError | ClientError):
            raise Problem(explain(cause)) from None
        raise Problem(
            "The consent table is busy, or holds what this version of `sluice` cannot read. "
            "Try again; if it stays, use the version that is deployed."
        ) from None


def _withdrawal(person: Person, at: int) -> Statement:
    """The statement to record. Its evidence is what was recorded, without what the operator typed."""
    told = msgspec.json.encode({"decision": "withdraw", "at": at, "site": person.site, "subjects": person.subjects})
    return Statement("withdraw", at, at, 0, "operator", hashlib.sha256(told).hexdigest(), request_id="")


def _who(person: Person) -> str:
    """Whom the answer is about, without a value."""
    keys = f"{len(person.subjects)} subject key{'s' if len(person.subjects) != 1 else ''}"
    return f"A person at site {person.site} ({person.dataset.name}), named by {', '.join(person.named_by)}: {keys}."


def _table(records: list[SubjectRecord]) -> Table:
    """Every statement, a row each."""
    headings = (Column(heading, no_wrap=True) for heading in ("Decided", "Decision", "By", "Until"))
    table = Table(*headings, Column("How", overflow="fold"), Column("Text", overflow="fold"), box=SIMPLE)
    for each in statements_as_json(records):
        proof, ends = each["proof"], each["expires_at"] or "-"
        how = " ".join(str(proof[name]) for name in ("method", "cmp", "consent_id") if name in proof)
        text = str(proof.get("text_version", "-"))
        table.add_row(each["decided_at"], each["decision"], each["source"], ends[:10], how or "-", text)
    return table
