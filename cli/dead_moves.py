"""`sluice dead redrive` and `sluice dead drop`: what takes letters out of the dead-letter queue.

Both look through the queue once to say what they would do, and once more to do it with what they had found.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import typer

from cli import options, queue_options
from cli.consent_stack import explained, ledger_of
from cli.dead_letters import chosen, counted, look_through, reading_of, table_of, tell_unread
from cli.delivery_items import Pace
from cli.letters import MEANINGS, Filter, Letter
from cli.persons import settings_of
from cli.problems import Problem
from cli.reading import Reading
from cli.screen import out
from cli.second_look import why_not
from cli.stack import Stack, choose
from sluice.consent.reasons import REASONS
from sluice.outside.queues import EventQueue

_RATE: Final = 10
"""Letters a second: less than senders get through, so that new events do not wait behind old ones."""
Check = Callable[[Sequence[Letter]], Mapping[str, str]]
"""Tells why letters must stay, by their ids."""


def redrive(  # noqa: PLR0913 - each option of a command is a parameter
    letters: queue_options.LetterIds = None,
    *,
    dataset: queue_options.LetterDatasets = None,
    slug: queue_options.LetterSlugs = None,
    event_name: queue_options.LetterEventNames = None,
    older_than: queue_options.OlderThan = None,
    newer_than: queue_options.NewerThan = None,
    rate: queue_options.EventsPerSecond = _RATE,
    dry_run: queue_options.MoveNothing = False,
    yes: queue_options.MoveUnasked = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Put dead letters back into the event queue, so that the sender tries them again.

    Age and consent are checked first: what Meta would refuse for its age, and whose consent no longer holds, stays. A
    letter is removed from the dead-letter queue only when the event queue has it.

    Example: `sluice dead redrive --dry-run`

    Example: `sluice dead redrive --dataset 1234567890123456 --slug retention_reached --rate 50`
    """
    which = chosen(letters, dataset, slug, event_name, older_than, newer_than)
    gateway = choose(stack, region, profile, local=local)
    check = _check_of(gateway)
    going = _can_go(gateway, which, check)
    if dry_run:
        out.print("Nothing was redriven (--dry-run).")
    elif going:
        if not yes:
            _confirm(f"Redrive {len(going)}?", "redriven")
        queue = EventQueue(gateway.queues.client(), gateway.queues.event)
        with reading_of(gateway) as reading:
            send_back(reading, going, queue, check, Pace(rate, time.monotonic, time.sleep))


def drop(  # noqa: PLR0913 - each option of a command is a parameter
    letters: queue_options.LetterIds = None,
    *,
    dataset: queue_options.LetterDatasets = None,
    slug: queue_options.LetterSlugs = None,
    event_name: queue_options.LetterEventNames = None,
    older_than: queue_options.OlderThan = None,
    newer_than: queue_options.NewerThan = None,
    dry_run: queue_options.MoveNothing = False,
    yes: queue_options.MoveUnasked = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Delete dead letters for good: their events are never sent. What was recorded about each event stays.

    Example: `sluice dead drop --slug expired`

    Example: `sluice dead drop 0f2b6a91 --yes`
    """
    which = chosen(letters, dataset, slug, event_name, older_than, newer_than)
    if which == Filter():
        raise Problem("Say which letters: their ids, or --dataset, --slug, --event-name, --older-than, --newer-than.")
    gateway = choose(stack, region, profile, local=local)
    with reading_of(gateway) as reading:
        found = look_through(reading, which)
    tell_unread(reading)
    if not found:
        out.print("There are no dead letters that fit.")
        return
    out.print(table_of(found), soft_wrap=False)
    out.print(f"{len(found)} would be dropped: {counted(letter.slug for letter in found)}.")
    if dry_run:
        out.print("Nothing was dropped (--dry-run).")
        return
    if not yes:
        _confirm(f"Delete {len(found)} for good?", "dropped")
    with reading_of(gateway) as reading:
        _drop(reading, {letter.id for letter in found})


def send_back(reading: Reading, going: Collection[str], queue: EventQueue, check: Check, pace: Pace) -> None:
    """Put the letters with these ids into the event queue, each checked once more, and say how many went.

    A letter is deleted only after the event queue has stored it. Dying in between leaves it in both queues, and the
    sender delivers it once.
    """
    left, moved, due = set(going), 0, pace.clock()
    try:
        for batch in reading.batches("Redriving"):
            ours = [letter for letter in batch if letter.id in left]
            left.difference_update(letter.id for letter in ours)
            stay = check(ours)
            for letter in ours:
                if letter.envelope is None or letter.id in stay:
                    continue
                pace.sleep(max(0.0, due - pace.clock()))
                due = pace.clock() + 1 / pace.units
                with explained():
                    queue.send(letter.envelope.dataset, [letter.body])
                reading.delete(letter)
                moved += 1
            if not left:
                break
    finally:
        out.print(f"Redriven: {moved} of {len(going)}.")


def _check_of(gateway: Stack) -> Check:
    """The check by the settings and the consent ledger of a stack."""
    document, ledger = settings_of(gateway), ledger_of(gateway)

    def check(letters: Sequence[Letter]) -> Mapping[str, str]:
        with explained():
            return why_not(letters, document, ledger, int(time.time()))

    return check


def _can_go(gateway: Stack, which: Filter, check: Check) -> set[str]:
    """The ids of the letters that are meant and may go back; says of each other one why it stays."""
    with reading_of(gateway) as reading:
        letters = look_through(reading, which)
        stay = check(letters)
    tell_unread(reading)
    for letter in letters:
        if letter.id in stay:
            out.print(f"{letter.short_id} stays: {stay[letter.id]} ({letter.names or 'not readable'})")
    for reason in dict.fromkeys(stay.values()):
        out.print(f"{reason}: {MEANINGS.get(reason) or REASONS[reason]}")
    out.print(f"{len(letters) - len(stay)} of {len(letters)} can be redriven.")
    return {letter.id for letter in letters if letter.id not in stay}


def _drop(reading: Reading, going: Collection[str]) -> None:
    """Delete the letters with these ids."""
    left = set(going)
    try:
        for batch in reading.batches("Dropping"):
            for letter in batch:
                if letter.id in left:
                    reading.delete(letter)
                    left.remove(letter.id)
            if not left:
                break
    finally:
        out.print(f"Dropped: {len(going) - len(left)} of {len(going)}.")


def _confirm(question: str, done: str) -> None:
    """Ask. Raises Problem after a no."""
    if not typer.confirm(question):
        raise Problem(f"Nothing was {done}.")
