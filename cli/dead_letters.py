"""What the commands for dead letters share: which are meant, what was found, and how it is shown."""

import time
from collections import Counter
from collections.abc import Iterable

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import answers
from cli.letters import Filter, Letter
from cli.reading import HIDDEN_SECONDS, Reading
from cli.screen import err
from cli.stack import Stack
from cli.times import iso


def chosen(  # noqa: PLR0913, PLR0917 - what letters can be chosen by
    ids: list[str] | None,
    datasets: list[str] | None,
    slugs: list[str] | None,
    event_names: list[str] | None,
    older_than: str | None,
    newer_than: str | None,
) -> Filter:
    """The filter that the options of a command make. Raises BadParameter."""
    for given in ids or ():
        check_id(given)
    return Filter(
        tuple(ids or ()),
        tuple(datasets or ()),
        tuple(slugs or ()),
        tuple(event_names or ()),
        _ago(older_than, "--older-than"),
        _ago(newer_than, "--newer-than"),
    )


def check_id(given: str) -> None:
    """Raises BadParameter for what is too short to mean one letter."""
    if len(given) < 8:
        raise typer.BadParameter(
            "Give the whole id, or its first eight characters, as `sluice dead list` shows it.", param_hint="LETTER"
        )


def reading_of(gateway: Stack) -> Reading:
    """A pass through the dead-letter queue."""
    return Reading(gateway.queues.client(), gateway.queues.dead_letter)


def look_through(reading: Reading, which: Filter) -> list[Letter]:
    """The letters that are meant, those given up first before others."""
    batches = reading.batches("Looking through the dead-letter queue")
    return sorted(
        (letter for batch in batches for letter in batch if which.fits(letter)), key=lambda letter: letter.given_up_at
    )


def tell_unread(reading: Reading) -> None:
    """Say that letters may be missing, if they may."""
    if reading.unread:
        err.print(
            f"This may not be all: about {reading.unread} could not be read, because another command holds them or "
            f"was broken off. They can be read again after {HIDDEN_SECONDS // 60} minutes at most."
        )


def table_of(letters: Iterable[Letter]) -> Table:
    """Letters, a row each."""
    whole = (Column(heading, no_wrap=True) for heading in ("Letter", "Given up"))
    # Two columns of texts in words: 80 characters leave each of them room for a dataset id or a slug in one piece.
    table = Table(*whole, Column("Dataset and event", overflow="fold"), Column("Reason", overflow="fold"), box=SIMPLE)
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    for letter in letters:
        event = f"{letter.envelope.dataset} {letter.names}" if letter.envelope else "-"
        codes = [f"{name} {letter.reasons[name]}" for name in ("code", "subcode") if name in letter.reasons]
        reason = " ".join([letter.slug, *codes])
        table.add_row(letter.short_id, iso(letter.given_up_at), event, reason)
    return table


def counted(slugs: Iterable[str]) -> str:
    """How many of each: ``7 expired, 2 meta_refused_event``."""
    return ", ".join(f"{number} {slug}" for slug, number in Counter(slugs).most_common())


def _ago(text: str | None, option: str) -> int | None:
    """The moment that lies so long ago, in Unix seconds. Raises BadParameter, which does not repeat the text."""
    if text is None:
        return None
    try:
        return int(time.time()) - answers.duration(text)
    except answers.WrongAnswer as wrong:
        raise typer.BadParameter(str(wrong), param_hint=option) from None
