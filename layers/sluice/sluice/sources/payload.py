"""Reading what other systems post: JSON that may hold anything anywhere. Pure and total."""

import re
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

import msgspec

from sluice.errors import Rejected
from sluice.times import iso_seconds
from sluice.urls import without_personal_data

Path = Annotated[str, msgspec.Meta(pattern=r"^[^.]+(\.[^.]+)*$")]
"""Names of nested objects with dots between them, such as ``user.email``."""
MAX_EVENTS: Final = 1_000
"""In one request: Meta's limit, and ours, since one request is one envelope, and that at most two requests to Meta."""
_REPLACEMENT: Final = "\ufffd".encode()
_ESCAPE: Final = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes of a JSON text: those to keep (group 1), among them whole surrogate pairs, and halves of one."""
_FIRST_MILLISECONDS: Final = 10**11
"""As seconds a date in the year 5138, as milliseconds one in 1973."""
_MOST_DIGITS: Final = 15
_POSITION: Final = re.compile("0|[1-9][0-9]{0,6}")
_T = TypeVar("_T")


def decode(json: bytes, shape: type[_T]) -> _T:
    """The JSON; half a surrogate pair, which makes the whole text unreadable, becomes U+FFFD.

    Raises msgspec.ValidationError for another shape, ValueError or RecursionError for what is no JSON.
    """
    try:
        return msgspec.json.decode(json, type=shape)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(_ESCAPE.sub(lambda part: part[0] if part[1] else _REPLACEMENT, json), type=shape)


@contextmanager
def refusing() -> Iterator[None]:
    """Within it, what ``decode`` raises becomes Rejected ``bad_body`` or ``bad_json``."""
    try:
        yield
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None


def json_value(body: bytes) -> object:
    """The body as JSON of any type. Raises Rejected ``bad_json``; never anything else."""
    try:
        return decode(body, object)
    except (ValueError, RecursionError):  # ValidationError too: of no shape, it means a number beyond all bounds
        raise Rejected("bad_json") from None


def json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises Rejected ``bad_json`` or ``bad_body``; never anything else."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise Rejected("bad_body")
    return value


def check_number(events: Sized, most: int = MAX_EVENTS) -> None:
    """Refuse a request of no events, or of more than ``most``. Raises Rejected ``no_events``, ``too_many_events``."""
    if not 0 < len(events) <= most:
        raise Rejected("too_many_events" if events else "no_events")


def text(value: object, *path: str) -> str | None:
    """The text at a path of nested objects; numbers as their digits; None for everything else and for ''."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def first(*values: _T | None) -> _T | None:
    """The first value that is one."""
    return next((value for value in values if value is not None), None)


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list, whatever else stands in it or in its place."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list, as ``text`` reads each, whatever else stands in it or in its place."""
    return [found for item in value if (found := text(item))] if isinstance(value, list) else []


def filled(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found of the fields, without those that hold nothing."""
    return {name: value for name, value in found.items() if value}


def at_path(body: dict[str, Any], path: str | None) -> object:
    """What stands at a path; None where nothing does, and for a path that is not set.

    A list is read as an object whose names are its positions, from 0.
    """
    value: object = body if path else None
    for name in (path or "").split("."):
        if isinstance(value, list):
            value = value[int(name)] if _POSITION.fullmatch(name) and int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def page_address(url: str | None) -> str | None:
    """The address of a page, as it was given; None for a text of which nothing would be left to send."""
    return url if without_personal_data(url or "") is not None else None


def word(value: object) -> str | None:
    """Text or a number as text, booleans as JSON writes them; None for everything else."""
    return str(value).lower() if isinstance(value, bool) else text(value)


def moment(given: str | None) -> int | None:
    """Unix seconds of a time in ISO 8601 with a zone, in Unix seconds or in milliseconds; None for anything else."""
    if given is None or not given.isascii() or not given.isdecimal():
        return iso_seconds(given)
    if len(given) > _MOST_DIGITS:
        return None
    number = int(given)
    return number // 1_000 if number >= _FIRST_MILLISECONDS else number
