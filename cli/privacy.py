"""`sluice privacy`: what persons asked about their data, and what an operator has to do about it."""

import json
import time
from typing import Any, Final

import msgspec
import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import options
from cli.consent_stack import explained
from cli.problems import Problem
from cli.screen import out
from cli.stack import Stack, choose
from cli.times import iso
from sluice.consent.ledger import DAY_SECONDS
from sluice.outside.privacy_requests import PrivacyRequestTable
from sluice.privacy import PrivacyRequest

_KINDS: Final = {
    "access": "a copy of their data",
    "erasure": "erasure of their data",
    "shop_erasure": "erasure of a shop's data",
}
_KEPT: Final = """\
1. Ask the shop whom its request is about. Here nobody is kept by name, only under the keys above.
2. See what is kept: `sluice consent export --dataset {dataset} --em - --out person.json`, with --ph and --external-id
   too if the shop knows them. If nobody knows the person any more, their events are the lines of
   `{audit}` that hold one of the keys above."""
_TO_DO: Final = {
    "access": f"""{_KEPT}
3. Give the file to the person, or to the shop that answers them, and to nobody else.""",
    "erasure": f"""{_KEPT}
3. Decide what has to go before it leaves by itself ({{days}} days after it was written; decisions not before 400).
   No command erases. Decisions are in table {{consent}} under `{{site}}#` and a subject key; events in table
   {{delivery}} under the delivery keys, and wherever `subjects` holds a subject key. Keep a refusal: without it the
   person's events could be sent again.
4. What Meta has received cannot be recalled here.""",
    "shop_erasure": """\
1. Take the source {source} out of the settings: `sluice settings edit`.
2. See what is kept: the lines of `{audit}` with this source.
3. Decide what has to go before it leaves by itself ({days} days after it was written; decisions not before 400).
   No command erases. Events are in table {delivery} with this source; decisions in table {consent} under `{site}#`
   and a subject key, together with those of any other shop of that site.
4. What Meta has received cannot be recalled here.""",
}

app = typer.Typer(no_args_is_help=True, help="See what persons asked about their data, and note what is done.")


@app.command("list")
def list_requests(
    *,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """List the requests that are not done, the earliest first: open, due (for 20 days and more), overdue (30).

    Shops send them by webhook (Shopify's compliance topics). An alarm is raised while one is due.

    Example: `sluice privacy list`

    Example: `sluice privacy list --json`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    with explained():
        requests = _requests(gateway).open_requests()
    if as_json_document:
        typer.echo(json.dumps([_as_json(request, now) for request in requests], indent=2))
        return
    if not requests:
        out.print("No request is open.")
        return
    whole, source = Column("Request", no_wrap=True), Column("Source", overflow="fold")  # in full, however narrow
    table = Table(whole, "Asks for", source, "Received", "Answer by", "State", box=SIMPLE)
    for request in requests:
        received, due = (iso(at)[:10] for at in (request.received_at, request.due_at))
        table.add_row(request.id, _KINDS[request.kind], request.source, received, due, _state(request, now))
    out.print(table, soft_wrap=False)
    out.print("What to do about one: `sluice privacy show` with its id.")


@app.command()
def show(
    request_id: options.PrivacyRequestId,
    *,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Show a request that is not done: under which keys to look, until when, and what to do.

    Example: `sluice privacy show 0123456789abcdef`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    request = _find(gateway, request_id)
    table = Table("", Column(overflow="fold"), show_header=False, box=SIMPLE)
    table.add_row("Request", f"{request.id}: {_KINDS[request.kind]}")
    table.add_row("Source", f"{request.source}, dataset {request.dataset}, site {request.site}")
    table.add_row("Received", iso(request.received_at))
    table.add_row("Answer by", f"{iso(request.due_at)} ({_state(request, now)})")
    table.add_row("Subject keys", "\n".join(request.subjects) or "-")
    table.add_row("Delivery keys", "\n".join(request.delivery_keys) or "-")
    out.print(table, soft_wrap=False)
    # An event may have waited for weeks after its decision before its record was written.
    first, after = (iso(now + days * DAY_SECONDS)[:10] for days in (-gateway.evidence_retention_days - 30, 1))
    to_do = _TO_DO[request.kind].format(
        dataset=request.dataset,
        source=request.source,
        site=request.site,
        days=gateway.evidence_retention_days,
        audit=f"sluice audit export --from {first} --to {after} --out decisions.jsonl",
        consent=gateway.consent_table,
        delivery=gateway.delivery_table,
    )
    out.print(f"{to_do}\nThen: `sluice privacy done {request.id}`.")


@app.command()
def done(  # noqa: PLR0913 - each option of a command is a parameter
    request_id: options.PrivacyRequestId,
    *,
    yes: options.RecordUnasked = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Record that what a request asks for is done; whom it was about is forgotten here.

    Example: `sluice privacy done 0123456789abcdef` asks once more before it writes
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    request = _find(gateway, request_id)
    out.print(f"Received on {iso(request.received_at)}, {_state(request, now)}: {_KINDS[request.kind]}.")
    if not (yes or typer.confirm("Record that it is done? Its keys cannot be shown afterwards.")):
        raise Problem("Nothing was recorded.")
    with explained():
        is_recorded = _requests(gateway).finish(request.id, now)
    if not is_recorded:
        raise Problem("Nothing was recorded: somebody else has recorded it meanwhile.")
    out.print(f"Recorded: done on {iso(now)}.")


def _requests(gateway: Stack) -> PrivacyRequestTable:
    """The requests of a stack."""
    client = gateway.dynamodb()
    return PrivacyRequestTable(lambda: client, gateway.consent_table)


def _find(gateway: Stack, request_id: str) -> PrivacyRequest:
    """An open request. Raises Problem when there is none of that id."""
    with explained():
        found = [request for request in _requests(gateway).open_requests() if request.id == request_id]
    if not found:
        raise Problem("No request with this id is open. `sluice privacy list` shows those that are.")
    return found[0]


def _state(request: PrivacyRequest, now: int) -> str:
    """How urgent it is."""
    if request.is_overdue(now):
        return "overdue"
    return "due" if request.is_due(now) else "open"


def _as_json(request: PrivacyRequest, now: int) -> dict[str, Any]:
    """A request as JSON values, times in ISO 8601."""
    times = {"received_at": iso(request.received_at), "due_at": iso(request.due_at)}
    return {**msgspec.to_builtins(request), **times, "state": _state(request, now)}
