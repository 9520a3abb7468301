"""`sluice proof`: why an event was sent, on whose word, and what became of it."""

import json
from collections.abc import Iterator
from typing import Any, Final

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import options
from cli.delivery_items import STATES, evidence, meaning, read
from cli.event_keys import META_EVENTS, event_keys, not_found
from cli.persons import settings_of
from cli.problems import Problem
from cli.screen import out, printable
from cli.stack import choose
from sluice.delivery.codes import SLUGS

_SHORT: Final = 8
"""Characters of a subject key that are enough to compare by eye."""


def proof(  # noqa: PLR0913 - each option of a command is a parameter
    event_id: options.EventId = None,
    *,
    order: options.Order = None,
    event_name: options.EventNames = None,
    dataset: options.ProofDatasets = None,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Show the proof of an event: the decision and what it rests on, how the last attempt ended, Meta's trace id.

    An event is kept under its dataset, its name and its event_id. The event of an order, such as a Shopify webhook's
    Purchase, is kept under the order's id instead, so that one order is one event: find it with --order.

    Example: `sluice proof purchase-1`

    Example: `sluice proof --order 5123456789012 --json`

    Example: `sluice proof quiz-7 --event-name QuizFinished`
    """
    if event_id is None and order is None:
        raise Problem("Say which event: its event_id, or --order with the id of its order in the shop.")
    gateway = choose(stack, region, profile, local=local)
    asked = event_keys(settings_of(gateway), dataset, event_name or META_EVENTS, event_id, order)
    found = sorted(
        (evidence(item) for item in read(gateway.dynamodb(), gateway.delivery_table, asked)),
        key=lambda each: str(each["accepted_at"]),
    )
    if not found:
        raise Problem(not_found(gateway.evidence_retention_days, by_order=order is not None, by_name=bool(event_name)))
    if as_json_document:
        typer.echo(json.dumps([{**each, "meaning": meaning(each["reason"])} for each in found], indent=2))
        return
    for each in found:
        out.print(_table(each), soft_wrap=False)


def _table(item: dict[str, Any]) -> Table:
    """One event, a row a fact."""
    title = f"{printable(item['event_name'])} · dataset {item['dataset']}"
    table = Table("", Column(overflow="fold"), title=title, title_justify="left", show_header=False, box=SIMPLE)
    for name, value in _rows(item):
        table.add_row(name, value)
    return table


def _rows(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts of one event that are known."""
    subjects = item.get("subjects", [])
    yield "Accepted", f"{item['accepted_at']}, from {item['source']}"
    yield "Decision", f"allowed on {item['decided_at']}: {item['reason']}\n{meaning(item['reason'])}"
    yield "Basis", item["basis"]
    yield "Consent given", item.get("consent_at", "the signal names no time")
    yield "Evidence (SHA-256)", item.get("evidence_sha256", "-")
    yield "Policy version", item.get("policy_version", "-")
    yield "Subject keys", ", ".join(f"{subject[:_SHORT]}…" for subject in subjects) or "-"
    yield "State", f"{item['state']}: {STATES.get(item['state'], '')}"
    yield "Attempts", f"{item['attempts']}, last settled {item.get('settled_at', 'never')}"
    if slug := item.get("slug"):
        if item["state"] == "withdrawn":
            yield "Stopped by", f"{slug}\n{meaning(slug)}"
        else:
            codes = [f"{name} {item[name]}" for name in ("code", "subcode") if name in item]
            yield "Last trouble", f"{' '.join([slug, *codes])}\n{SLUGS.get(slug, '')}".rstrip()
    yield "Meta's fbtrace_id", item.get("fbtrace_id", "-")
    yield "Kept until", item.get("kept_until", "-")
