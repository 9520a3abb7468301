"""The events in a file, however they were written down: split apart, and not yet read."""

import itertools
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

import msgspec

from cli.documents import syntax_error
from cli.problems import Problem
from sluice.errors import Rejected
from sluice.sources.graph import read_body
from sluice.sources.request import Request, decode

_UTF8_MARK: Final = "\ufeff".encode()
_NO_EVENT: Final = "There is no event in the input. Give it one event, an array of them, or JSON Lines."
_FORMS: Final = "Several events are an array, or JSON Lines: one event a line, as `jq -c` writes them."


class Item(NamedTuple):
    """The JSON of what should be one event. ``line``: where it stands; None in a text whose values span lines.

    ``refused``: the slug for a Conversions API body whose events cannot be told apart.
    """

    json: msgspec.Raw
    line: int | None
    refused: str | None = None


class _PerhapsBody(msgspec.Struct):
    """A Conversions API body has ``data``, which no event has."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def read_items(file: IO[bytes]) -> Iterator[Item]:
    """Each event of the file; of JSON Lines, each as soon as its line is read.

    A line may hold whatever a whole file may: an event, an array, a body. A line that is no JSON costs only itself.
    Raises Problem when the text is neither JSON nor JSON Lines, holds no event, or cannot be read.
    """
    items = _items(file)
    try:
        first = next(items, None)
        if first is None:
            raise Problem(_NO_EVENT)
        yield first
        yield from items
    except OSError as error:
        raise Problem(f"The input cannot be read: {error.strerror}.") from None


def _items(file: IO[bytes]) -> Iterator[Item]:
    """As ``read_items``, and nothing when there is no event."""
    lines = (_text(line) for line in file)
    begun: list[bytes] = []
    for line in lines:
        begun.append(line)
        if line.strip():
            break
    if begun and not _is_json(begun[-1]):
        begun += lines
        whole = b"".join(begun)
        if _is_json(whole):
            yield from _events(whole, None)
            return
        if whole.strip() and not _are_lines(begun):
            raise Problem(_not_json(whole.decode()))
    for number, line in enumerate(itertools.chain(begun, lines), 1):
        if line.strip():
            yield from _events(line, number)


def _events(text: bytes, line: int | None) -> Iterator[Item]:
    """The events of one JSON value; a text that is none stays whole, for the door to refuse."""
    try:
        value = bytes(decode(text, msgspec.Raw))
        if value.startswith(b"["):
            yield from (Item(item, line) for item in decode(value, list[msgspec.Raw]))
        elif value.startswith(b"{") and decode(value, _PerhapsBody).data is not msgspec.UNSET:
            yield from (Item(item, line) for item in read_body(Request({}, {}, value, "")).data)
        else:
            yield Item(msgspec.Raw(value), line)
    except Rejected as refusal:
        yield Item(msgspec.Raw(text), line, refusal.slug)
    except (ValueError, RecursionError):
        yield Item(msgspec.Raw(text), line)


def _text(line: bytes) -> bytes:
    """The line without the mark that editors put before UTF-8; other bytes become U+FFFD, as at the gateway."""
    return line.removeprefix(_UTF8_MARK).decode(errors="replace").encode()


def _is_json(text: bytes) -> bool:
    try:
        decode(text, msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _are_lines(lines: list[bytes]) -> bool:
    """Whether a text that is not JSON was meant as JSON Lines: a later line is an object by itself."""
    first, *others = [line for line in lines if line.strip()]
    return not first.startswith(b"[") and any(line.startswith(b"{") and _is_json(line) for line in others)


def _not_json(text: str) -> str:
    """Where a text stops being JSON, and what the input may look like."""
    encoding = " Save it as UTF-8." if "\ufffd" in text else ""
    return f"The input is not readable. {syntax_error(text) or 'not JSON'}.{encoding} {_FORMS}"
