"""The answers of `sluice check` for people: 80 columns, one passage an event."""

import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import typer
from rich.highlighter import JSONHighlighter
from rich.text import Text

from cli.check_answer import Answer
from cli.check_meanings import of_problem, of_warning
from cli.problems import Problem
from cli.screen import err, out, printable
from sluice.consent.reasons import meaning as meaning_of
from sluice.errors import REJECTIONS
from sluice.match_keys import Explained

_STYLES: Final = {"accepted": "bold green", "denied": "bold yellow", "refused": "bold red"}
_NARROWEST: Final = 40
_HOW_TO_CONSENT: Final = (
    'If a person agreed, say so beside event_name: "consent": {"granted": true,\n'
    '"at": 1795197600}, with the Unix seconds at which they did.'
)
_DIGEST_CHARACTERS: Final = 12
"""Enough to compare by eye; the whole digest stands in the event."""

_MARKED: Final = "It begins with a byte order mark (BOM). Save it as UTF-8 without one."
_READER_GONE: Final = 128 + 13
"""What a shell reports of a tool that SIGPIPE has ended."""


@contextmanager
def written() -> Iterator[None]:
    """See that what is printed inside has reached standard output. No other OSError may leave the block.

    Raises typer.Exit when nobody reads it any more (`| head`), and Problem when it cannot be written.
    """
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich makes a SystemExit of a broken pipe
        _discard_the_rest()
        raise typer.Exit(_READER_GONE) from None
    except OSError as error:
        _discard_the_rest()
        raise Problem(f"The answers cannot be written: {error.strerror}.") from None


def _discard_the_rest() -> None:
    """Let what is still buffered go nowhere: Python writes it at its end, and would fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def show_refused_body(slug: str, line: int | None) -> None:
    """Say on standard error that the gateway would refuse a whole body, whatever becomes of its events here."""
    body = f"the body in line {line}" if line else "the whole body"
    sentences = _MARKED if slug == "bad_json" else REJECTIONS[slug].fix
    err.print(f"Warning: The gateway would refuse {body} ({slug}). {sentences} Here its events are checked one by one.")


def show(answer: Answer, number: int, line: int | None, *, with_values: bool) -> None:
    """Print everything about one event. ``number`` counts from 1."""
    place = f"Event {number}" + (f" (line {line})" if line else "")
    passage = Text.assemble(place, ": ", (answer.outcome, _STYLES[answer.outcome]), "\n")
    for remark in _remarks(answer):
        passage.append(f"{remark}\n")
    if answer.match_keys:
        passage.append("  Match keys\n")
        passage.append("".join(f"    {row}\n" for row in _rows(answer.match_keys, with_values=with_values)))
    if answer.sent:
        passage.append("  Meta would get\n")
        sent = printable(msgspec.json.format(bytes(answer.sent), indent=2).decode())
        passage.append(JSONHighlighter()(textwrap.indent(sent, "    ")))
        passage.append("\n")
    out.print(passage)


def show_summary(counts: dict[str, int]) -> None:
    """Print the end: what denied events lack, and how many events there were of each outcome."""
    total = sum(counts.values())
    parts = ", ".join(f"{counts.get(outcome, 0)} {outcome}" for outcome in _STYLES)
    if counts.get("denied"):
        out.print(_HOW_TO_CONSENT)
    out.print(f"{total} event{'s' if total != 1 else ''}: {parts}.")


def _remarks(answer: Answer) -> Iterator[str]:
    """Problems, the consent decision, warnings: what was found, where, and what to do."""
    for problem in answer.problems:
        yield _remark("Problem", problem.slug, problem.path, of_problem(problem.slug))
    if answer.decision:
        yield _remark("Consent", answer.decision.reason, "", meaning_of(answer.decision.reason))
    for warning in answer.warnings:
        yield _remark("Warning", warning.slug, warning.path, of_warning(warning.slug))


def _remark(kind: str, slug: str, path: str, sentences: str) -> str:
    """A remark on two lines or more, its sentences below its slug and path."""
    head = f"  {kind}  {slug}" + (f" at {path}" if path else "")
    indent = " " * 11
    wrapped = textwrap.fill(
        sentences,
        max(out.width, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{head}\n{wrapped}"


def _rows(keys: list[Explained], *, with_values: bool) -> Iterator[str]:
    """Field, rule and reason code of each match key in columns, then its digest and, when asked for, its text."""
    table = [(key.field, key.rule or "not sent", key.reason or "", _digest(key)) for key in keys]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells, key in zip(table, keys, strict=True):
        texts = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True) if width]
        if with_values and key.normalised is not None:
            texts.append(printable(key.normalised))
        yield "  ".join(texts).rstrip()


def _digest(key: Explained) -> str:
    return f"{key.value[:_DIGEST_CHARACTERS]}..." if key.value and key.rule != "verbatim" else ""
