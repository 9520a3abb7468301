"""What a page says happened, as its beacon brings it: JSON whatever the content type, each event in Meta's shape.

Anybody can write a page's words, so they are cut to what a visitor's browser can know, and what the request itself
shows (address, browser) replaces what the page says of it. Pure and total.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import msgspec

from sluice.collect_options import Collect
from sluice.errors import Rejected
from sluice.event import Event
from sluice.policy import MatchKey
from sluice.rules import EventWarning, Reading, read_event
from sluice.sources.payload import decode
from sluice.sources.request import Request

MAX_BODY_BYTES: Final = 65_536
"""What browsers let wait in all beacons of a page together (Fetch standard, keepalive)."""
MAX_EVENTS: Final = 50
MAX_AHEAD_SECONDS: Final = 600
"""How far a visitor's clock may run ahead; such an event is dated now."""
CONTACT_KEYS: Final = frozenset({"em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"})
_BROWSER_IDS: Final = frozenset({"fbp", "fbc"})
_SAID: Final = frozenset(
    {
        "event_name", "event_time", "event_id", "event_source_url", "referrer_url", "custom_data", "user_data",
        "consent", "opt_out",
        "data_processing_options", "data_processing_options_country", "data_processing_options_state",
    }
)  # fmt: skip
"""The fields that a page may write. The last four can only limit what Meta may do with the event."""
_NAMES: Final = frozenset({*Event.__struct_fields__, *get_args(MatchKey)})
"""Names that may be said aloud; any other may be personal itself."""


class _Body(msgspec.Struct):
    events: list[msgspec.Raw]


def read_body(request: Request) -> list[msgspec.Raw]:
    """The events, still undecoded. Raises Rejected ``too_large``, ``bad_json``, ``bad_body``, or for their number."""
    if len(request.body) > MAX_BODY_BYTES:
        raise Rejected("too_large")
    try:
        events = decode(request.body, _Body).events
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None
    if not 0 < len(events) <= MAX_EVENTS:
        raise Rejected("too_many_events" if events else "no_events")
    return events


def read_item(item: msgspec.Raw, options: Collect, shown: Mapping[str, str], now_seconds: int) -> Reading:
    """One event without what a page may not say, which is warned of, and with what the request shows.

    Args:
        item: its JSON.
        options: what the dataset lets pages say.
        shown: match keys that the request itself shows.
        now_seconds: Unix time; an event of a clock that is at most ten minutes ahead is dated so.
    """
    try:
        given = decode(bytes(item), dict[str, Any])
    except (ValueError, RecursionError):  # no object: the reader says so
        return read_event(item)
    kept = {**{name: given[name] for name in given.keys() & _SAID}, "action_source": "website"}
    left_out = [*_unsaid(given.keys() - _SAID - {"action_source"}, "")]
    user_data = kept.get("user_data") or {}
    if isinstance(user_data, dict):
        allowed = _BROWSER_IDS | (CONTACT_KEYS if options.contact_keys else set())
        allowed |= {"external_id"} if options.external_id else set()
        kept["user_data"] = {**{name: user_data[name] for name in user_data.keys() & allowed}, **shown}
        left_out += _unsaid(user_data.keys() - allowed, "user_data")
    reading = read_event(kept)
    if (event := reading.event) and now_seconds < event.event_time <= now_seconds + MAX_AHEAD_SECONDS:
        event.event_time = now_seconds
        left_out.append(EventWarning("event_time_ahead", "event_time"))
    return msgspec.structs.replace(reading, warnings=[*reading.warnings, *left_out])


def _unsaid(names: set[str], path: str) -> Iterator[EventWarning]:
    """A warning for each place where something was left out, none twice."""
    places = {f"{path}.{name}".lstrip(".") if name in _NAMES else path for name in names}
    return (EventWarning("not_from_browser", place) for place in sorted(places))
