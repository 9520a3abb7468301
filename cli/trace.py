"""`sluice trace`: one event's whole story, from the delivery table, the hold queue and the dead-letter queue."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import options, queue_options
from cli.delivery_items import read
from cli.event_keys import META_EVENTS, event_keys, not_found
from cli.letters import Letter, event_id_of
from cli.persons import settings_of
from cli.problems import Problem
from cli.reading import Reading
from cli.screen import err, out, printable
from cli.stack import Stack, choose
from cli.story import Story, story_as_json, timeline, what_next
from sluice.delivery.breaker import Breaker
from sluice.envelope import Entry
from sluice.errors import Unavailable
from sluice.outside.breakers import BreakerTable

_MOST_LETTERS: Final = 10_000
_MOST_HELD: Final = 1_000
_HELD_HIDDEN_SECONDS: Final = 60
"""What is looked at is hidden from the steward, which takes an empty hold queue of five minutes for a drained one.

A look is over long before: a thousand messages are a hundred calls.
"""

Means = Callable[[Letter, Entry], bool]
"""Tells whether an event of a message is the one that is looked for."""


class _Seen(NamedTuple):
    """What a look through a queue found, by delivery key, and about how many messages it did not see."""

    messages: Mapping[str, Letter]
    unread: int = 0


def trace(  # noqa: PLR0913 - each option of a command is a parameter
    traced_id: queue_options.TracedId,
    *,
    event_name: options.EventNames = None,
    dataset: options.ProofDatasets = None,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Tell what happened to an event, where it is now, and what happens next.

    It is looked up under its event_id and as the event of an order, then looked for in the hold queue and among the
    dead letters. What is still on its way to its first attempt cannot be seen.

    Example: `sluice trace purchase-1`

    Example: `sluice trace 5123456789012 --json`
    """
    gateway, now = choose(stack, region, profile, local=local), int(time.time())
    keys = set(event_keys(settings_of(gateway), dataset, event_name or META_EVENTS, traced_id, traced_id))

    def means(letter: Letter, entry: Entry) -> bool:
        is_here = not dataset or (letter.envelope is not None and letter.envelope.dataset in dataset)
        return entry.key in keys or (is_here and event_id_of(entry) == traced_id)

    stories = _stories(gateway, keys, means)
    if as_json_document and stories:
        typer.echo(json.dumps([story_as_json(story, now) for story in stories], indent=2))
        return
    for story in stories:
        out.print(_table(story, now), soft_wrap=False)
    if not stories:
        raise Problem(not_found(gateway.evidence_retention_days, by_order=True, by_name=bool(event_name)))


def _stories(gateway: Stack, keys: Collection[str], means: Means) -> list[Story]:
    """The stories of every event that has one of the keys or is meant, the earliest first."""
    breakers = _breakers(gateway)
    client, queues = gateway.queues.client(), gateway.queues
    dead = _look(Reading(client, queues.dead_letter, at_most=_MOST_LETTERS), "dead-letter queue", means)
    held = _Seen({})
    if any(breaker.state == "draining" for breaker in breakers.values()):
        err.print("The hold queue was not looked through: the steward is emptying it now.")
    elif queues.hold:
        reading = Reading(client, queues.hold, hidden_seconds=_HELD_HIDDEN_SECONDS, at_most=_MOST_HELD)
        held = _look(reading, "hold queue", means)
    wanted = dict.fromkeys((*keys, *dead.messages, *held.messages))
    items = {item["pk"]["S"]: item for item in read(gateway.dynamodb(), gateway.delivery_table, wanted)}
    stories = [
        Story(key, items.get(key), dead.messages.get(key), held.messages.get(key), breakers, saw_all=not dead.unread)
        for key in wanted
        if key in items or key in dead.messages or key in held.messages
    ]
    return sorted(stories, key=lambda story: str(story.facts["accepted_at"]))


def _breakers(gateway: Stack) -> dict[str, Breaker]:
    """The breakers that are not closed, by dataset. Raises Problem."""
    try:
        return BreakerTable(gateway.direct_dynamodb(), gateway.delivery_table).opened()
    except Unavailable:
        raise Problem(
            "The delivery table is busy, or AWS refuses dynamodb:BatchGetItem for it. Try again in a minute."
        ) from None


def _look(reading: Reading, queue: str, means: Means) -> _Seen:
    """Look through a queue; says so when some of it could not be seen."""
    found: dict[str, Letter] = {}
    with reading:
        for batch in reading.batches(f"Looking through the {queue}"):
            found |= {entry.key: letter for letter in batch for entry in letter.entries if means(letter, entry)}
    if reading.unread:
        err.print(f"About {reading.unread} messages of the {queue} could not be looked at.")
    return _Seen(found, reading.unread)


def _table(story: Story, now: int) -> Table:
    """One story, a row a moment."""
    facts = story.facts
    title = printable(f"{facts['event_name']} · dataset {facts['dataset']}")
    table = Table(Column(no_wrap=True), Column(overflow="fold"), title=title, title_justify="left", box=SIMPLE)
    table.show_header = False
    for at, what in timeline(story):
        table.add_row(at, what)
    table.add_row("Next", what_next(story, now))
    return table
