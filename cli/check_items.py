"""The events in a file, however they were written down: split apart, and not yet read."""

import itertools
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Final, NamedTuple

import msgspec

from cli.documents import syntax_error
from cli.problems import Problem
from sluice.door import MAX_BODY_BYTES
from sluice.errors import Rejected
from sluice.sources.graph import read_body
from sluice.sources.payload import MAX_EVENTS, decode
from sluice.sources.request import Request

_MAX_TEXT_BYTES: Final = 64 * 1_048_576
"""One JSON text is read as a whole; JSON Lines may be as long as they like."""
_UTF8_MARK: Final = "\ufeff".encode()
_NO_EVENT: Final = "There is no event in the input. Give it one event, an array of them, or JSON Lines."
_FORMS: Final = "Several events are an array, or JSON Lines: one event a line, as `jq -c` writes them."
_TOO_LONG: Final = (
    "The input is one JSON text of more than 64 MiB. Write JSON Lines: one event a line, as `jq -c` does."
)


class Item(NamedTuple):
    """The JSON of what should be one event. ``line``: where it stands; None in a text whose values span lines.

    ``refused``: the slug for a text with no event in it, or none that can be told apart. ``body_refused``: the slug
    with which the door refuses the whole Conversions API body whose first event this is.
    """

    json: msgspec.Raw
    line: int | None
    refused: str | None = None
    body_refused: str | None = None


class _PerhapsBody(msgspec.Struct):
    """A Conversions API body has ``data``, which no event has."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def read_items(file: IO[bytes]) -> Iterator[Item]:
    """Each event of the file; of JSON Lines, each as soon as its line is read.

    A line may hold whatever a whole file may: an event, an array, a body. A line that is no JSON, or
    longer than a body may be, costs only itself.
    Raises Problem when the text is neither JSON nor JSON Lines, is one JSON text too long to be read, holds nothing, or
    cannot be read.
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
    lines = _lines(file)
    blank, begun = 0, b""
    for begun in lines:
        if _unmarked(begun).strip():
            break
        blank += 1
    else:
        return
    if len(begun) > MAX_BODY_BYTES or not _is_json(begun):
        begun = _whole(begun, lines)
        is_too_long = len(begun) > _MAX_TEXT_BYTES
        if not is_too_long and _is_json(begun):
            yield from _events(begun, None)
            return
        if not _are_lines(begun):
            raise Problem(_TOO_LONG if is_too_long else _not_json("\n" * blank + _unmarked(begun).decode()))
    for number, line in enumerate(itertools.chain(BytesIO(begun), lines), blank + 1):
        if len(line) > MAX_BODY_BYTES:
            yield Item(msgspec.Raw(b""), number, "too_large")
        elif _unmarked(line).strip():
            yield from _events(line, number)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines as UTF-8: other bytes become U+FFFD, as at the gateway. Of one longer than any text, the beginning."""
    while line := file.readline(_MAX_TEXT_BYTES + 1):
        if len(line) <= _MAX_TEXT_BYTES:
            yield line.decode(errors="replace").encode()
            continue
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_BODY_BYTES)


def _whole(begun: bytes, lines: Iterator[bytes]) -> bytes:
    """The lines in one text, up to and with the one that makes it too long."""
    whole = BytesIO()
    size = whole.write(begun)
    while size <= _MAX_TEXT_BYTES and (line := next(lines, b"")):
        size += whole.write(line)
    return whole.getvalue()


def _events(text: bytes, line: int | None) -> Iterator[Item]:
    """The events of one JSON value; a text that is none stays whole, for the door to refuse."""
    body_refused = None
    try:
        value = bytes(decode(_unmarked(text), msgspec.Raw))
        if value.startswith(b"["):
            events = decode(value, list[msgspec.Raw])
        elif value.startswith(b"{") and decode(value, _PerhapsBody).data is not msgspec.UNSET:
            events = read_body(Request({}, {}, value, "")).data
            body_refused = _body_refused(text, len(events))
        else:
            events = [msgspec.Raw(value)]
    except Rejected as refusal:
        yield Item(msgspec.Raw(text), line, refusal.slug)
    except (ValueError, RecursionError):
        yield Item(msgspec.Raw(text), line)
    else:
        if not events:
            yield Item(msgspec.Raw(text), line, "no_events")
        for event in events:
            yield Item(event, line, body_refused=body_refused)
            body_refused = None


def _body_refused(text: bytes, events: int) -> str | None:
    """The slug with which the door refuses a body that can be read here."""
    if len(text) > MAX_BODY_BYTES:
        return "too_large"
    if text.startswith(_UTF8_MARK):
        return "bad_json"
    return "too_many_events" if events > MAX_EVENTS else None


def _unmarked(text: bytes) -> bytes:
    """The text without the mark that editors put before UTF-8."""
    return text.removeprefix(_UTF8_MARK)


def _is_json(text: bytes) -> bool:
    try:
        decode(_unmarked(text), msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _are_lines(text: bytes) -> bool:
    """Whether a text that is not JSON was meant as JSON Lines: a later line is an object by itself."""
    lines = BytesIO(text)
    first = _unmarked(lines.readline())
    if first.startswith(b"[") and not _is_json(first):
        return False
    return any(_unmarked(line).startswith(b"{") and _is_json(line) for line in lines)


def _not_json(text: str) -> str:
    """Where a text stops being JSON, and what the input may look like."""
    encoding = " Save it as UTF-8." if "\ufffd" in text else ""
    return f"The input is not readable. {syntax_error(text) or 'not JSON'}.{encoding} {_FORMS}"
