"""One item of ``data`` to an event: everything wrong with its shape at once, and what is plain mended."""

import json
import re
from math import floor
from typing import Any, Final

import msgspec

from sluice.event import Consent, Event, WireEvent
from sluice.rules.fields import FieldByField, is_sound, is_web_address
from sluice.rules.meanings import MAX_NAMED, EventWarning, Problem
from sluice.times import iso_seconds

MILLISECONDS_FROM: Final = 10**11
"""As seconds, the year 5138; as milliseconds, 1973."""
_REPLACEMENT: Final = "\ufffd".encode()
_DIGITS: Final = re.compile(r"[0-9]{1,16}")
_EVENT: Final = msgspec.json.Decoder(WireEvent)
_ANY: Final = msgspec.json.Decoder()
_LONGEST_WHOLE: Final = 309
"""Digits; what has more is no finite number of 64 bits (IEEE 754)."""
_UNREAD: Final = {"event_name": "", "event_time": 0, "action_source": "physical_store"}
"""In place of a required field that cannot be read: what asks for no other field."""


class Reading(msgspec.Struct, frozen=True):
    """What was read of one item.

    ``event``: what can be read, also when there are problems, so that the rules can name theirs in the same answer;
    it may only be sent when ``problems`` is empty. None when the item is no JSON object of UTF-8.
    ``problems``: all that is wrong with the shape, at most ``MAX_NAMED``. ``warnings``: what was mended.
    """

    event: Event | None
    consent: Consent | None
    problems: list[Problem]
    warnings: list[EventWarning]


def read_event(item: bytes | msgspec.Raw | dict[str, Any]) -> Reading:
    """The event, its consent, and all that is wrong with its shape; total.

    Args:
        item: JSON text, or the object that it stands for.
    """
    try:
        text = msgspec.json.encode(item) if isinstance(item, dict) else bytes(item)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _nothing("unreadable_event")
    # API Gateway hands bodies over as text, with U+FFFD in place of bytes that were not UTF-8.
    if not text.isascii() and _REPLACEMENT in text:
        return _nothing("bad_utf8")
    try:
        wire = _EVENT.decode(text)
    except (ValueError, RecursionError):
        return _field_by_field(text)
    if (
        wire.event_time < MILLISECONDS_FROM
        and is_web_address(wire.event_source_url)
        and (wire.original_event_data is None or (wire.original_event_data.event_time or 0) < MILLISECONDS_FROM)
        and (wire.custom_data is None or is_sound(wire.custom_data))
    ):
        return _reading(wire, [], [])
    return _field_by_field(text)


def _field_by_field(text: bytes) -> Reading:
    """What can be read of an event that is not right as it stands."""
    try:
        given = _any(text)
    except (ValueError, RecursionError):
        return _nothing("unreadable_event")
    if not isinstance(given, dict):
        return _nothing("unreadable_event")
    fields = FieldByField()
    fields.warnings += [*_mend_time(given, "event_time"), *_move_segmentation(given)]
    if isinstance(original := given.get("original_event_data"), dict):
        fields.warnings += _mend_time(original, "original_event_data.event_time")
    wire = msgspec.convert({**_UNREAD, **fields.read(given, WireEvent)}, WireEvent)
    return _reading(wire, fields.problems[:MAX_NAMED], fields.warnings[:MAX_NAMED])


def _any(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value, with infinity or NaN for a number that no field can hold, so that it costs only its field.

    ``NaN`` and ``Infinity`` are no JSON, but what Python's ``json.dumps`` writes.
    """
    try:
        return _ANY.decode(text)
    except (ValueError, RecursionError):
        value = json.loads(text.decode(), parse_int=_whole)
        json.dumps(value, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
        return value


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else float(digits)


def _reading(wire: WireEvent, problems: list[Problem], warnings: list[EventWarning]) -> Reading:
    """Event and consent apart, the currency in capitals."""
    if wire.custom_data and (currency := wire.custom_data.get("currency")):
        wire.custom_data["currency"] = currency.upper()
    consent, wire.consent = wire.consent, None  # what is None is not encoded: the wire event is now an event
    return Reading(wire, consent, problems, warnings)


def _nothing(slug: str) -> Reading:
    return Reading(None, None, [Problem(slug, "")], [])


def _mend_time(given: dict[str, Any], path: str) -> list[EventWarning]:
    """Make Unix seconds of milliseconds, fractions, digits, and ISO 8601 with a zone; leave the rest for the rules."""
    seconds, slugs, is_named = given.get("event_time"), [], False
    if isinstance(seconds, str):
        is_named = not _DIGITS.fullmatch(seconds)
        seconds = iso_seconds(seconds) if is_named else int(seconds)
        slugs.append("event_time_was_text")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return []
    if MILLISECONDS_FROM <= seconds <= 2**53 and not is_named:
        seconds = int(seconds) // 1000
        slugs.append("event_time_was_milliseconds")
    elif isinstance(seconds, float) and abs(seconds) < MILLISECONDS_FROM and not seconds.is_integer():
        seconds = floor(seconds)
        slugs.append("event_time_was_fraction")
    given["event_time"] = seconds
    return [EventWarning(slug, path) for slug in slugs]


def _move_segmentation(given: dict[str, Any]) -> list[EventWarning]:
    """Meta's table puts ``customer_segmentation`` beside ``custom_data``, Meta's example inside."""
    data = given.get("custom_data")
    if given.get("customer_segmentation") is None or not isinstance(data, dict | None):
        return []
    given["custom_data"] = {"customer_segmentation": given["customer_segmentation"], **(data or {})}
    del given["customer_segmentation"]
    return [EventWarning("customer_segmentation_moved", "customer_segmentation")]
