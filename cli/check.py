"""`sluice check`: what the gateway would do with events, without a gateway."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import IO, Final

import typer
from rich.progress import Progress

from cli import answers, options
from cli.check_answer import answer, as_json
from cli.check_items import Item, read_items
from cli.check_screen import show, show_refused_body, show_summary, written
from cli.screen import err, out
from sluice.match_keys import Candidates
from sluice.policy import ConsentPolicy
from sluice.settings import Dataset, Secret

_LONG_BYTES: Final = 1_000_000
"""A file from which on there is something to wait for."""


def check(  # noqa: PLR0913 - each option of a command is a parameter
    file: options.Events,
    *,
    country: options.DefaultCountry = None,
    match_keys: options.MatchKeys = "both",
    at: options.At = None,
    show_values: options.ShowValues = False,
    as_json_lines: options.AsJsonLines = False,
) -> None:
    """Say what the gateway would do with each event, and what Meta would get. Sends nothing and needs no AWS.

    An event is **accepted**; **denied**, because consent is missing; or **refused**, because Meta would not take it.
    Only a refused one, or a body that the gateway would refuse as a whole, makes the exit status 1. The dataset is
    assumed to take the plain flag (`"consent": {"granted": true, "at": <Unix seconds>}` beside an event's fields) and
    nothing else as consent. The consent ledger is not asked here: an event that brings no signal and is denied may
    still be allowed at the gateway, by a grant that the ledger holds. docs/behaviour.md explains every slug and code.

    Example: `sluice check events/mixed.jsonl --at 2026-11-20T18:40:00Z`

    Example: `tail -n 100 events.jsonl | sluice check - --country DE --json`
    """
    now_seconds = None if at is None else _seconds(at)
    dataset = _dataset(country, match_keys)
    outcomes: Counter[str] = Counter()
    is_body_refused = False
    with written():
        for index, item in enumerate(_watched(file)):
            found = answer(item, dataset, int(time.time()) if now_seconds is None else now_seconds)
            outcomes[found.outcome] += 1
            if item.body_refused:
                is_body_refused = True
                show_refused_body(item.body_refused, item.line)
            if as_json_lines:
                typer.echo(as_json(found, index, item.line, with_values=show_values))
            else:
                show(found, index + 1, item.line, with_values=show_values)
        if not as_json_lines:
            show_summary(outcomes)
    if outcomes["refused"] or is_body_refused:
        raise typer.Exit(1)


def _watched(file: IO[bytes]) -> Iterator[Item]:
    """The events of the file, with a bar on the terminal for one that takes long."""
    size = _size(file)
    # On a terminal that shows the answers themselves, a bar would only be in their way.
    has_bar = size >= _LONG_BYTES and err.is_terminal and not out.is_terminal
    with Progress(console=err, transient=True, disable=not has_bar) as progress:
        task = progress.add_task("Checking", total=size)
        for item in read_items(file):
            yield item
            progress.advance(task, len(bytes(item.json)))


def _dataset(country: str | None, match_keys: Candidates) -> Dataset:
    """A dataset that takes the plain flag, with the default policy in all else."""
    return Dataset(
        name="",
        access_token=Secret(""),
        server_keys=[],
        allowed_origins=[],
        default_country=_country(country),
        test_event_code=None,
        consent=ConsentPolicy(allow_boolean_flag=True),
        match_keys=match_keys,
    )


def _size(file: IO[bytes]) -> int:
    """The bytes of a file; 0 for a pipe, whose length nobody knows."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:
        return 0


def _seconds(text: str) -> int:
    """The moment of --at. Raises BadParameter for any text that does not name one."""
    try:
        return answers.moment(text)
    except answers.WrongAnswer as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--at") from None


def _country(text: str | None) -> str | None:
    """The country of --country. Raises BadParameter for a text that is none."""
    try:
        return answers.country(text or "") or None
    except answers.WrongAnswer as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--country") from None
