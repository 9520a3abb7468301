"""What a page says happened, as its beacon brings it: JSON whatever the content type, each event in Meta's shape.

Anybody can write a page's words, so they are cut to what a visitor's browser can know, and what the request itself
shows (address, browser) replaces what the page says of it. Pure and total.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import msgspec

from sluice.collect_options import Collect, host_of
from sluice.errors import Rejected
from sluice.event import CustomData, Event
from sluice.personal import is_personal
from sluice.policy import MatchKey
from sluice.rules import EventWarning, Problem, Reading, read_event
from sluice.sources.graph import decode_body
from sluice.sources.payload import check_number, decode, refusing
from sluice.sources.request import Request
from sluice.urls import without_personal_data

MAX_BODY_BYTES: Final = 65_536
"""What browsers let wait in all beacons of a page together (Fetch standard, keepalive)."""
MAX_EVENTS: Final = 50
MAX_AHEAD_SECONDS: Final = 600
"""How far a visitor's clock may run ahead; such an event is dated now."""
MAX_NAME_CHARACTERS: Final = 256
"""Of an event's name and of its id."""
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
_NO_LETTER: Final = re.compile(r"[^a-z]")
_PERSON: Final = frozenset(
    {
        *(_NO_LETTER.sub("", name) for name in get_args(MatchKey)),
        "email", "emailaddress", "mail", "useremail", "customeremail",
        "phone", "phonenumber", "telephone", "tel", "mobilephone", "mobilenumber", "userphone", "customerphone",
        "firstname", "givenname", "lastname", "familyname", "surname", "fullname",
        "dob", "dateofbirth", "birthdate", "birthday", "address", "street", "zip", "zipcode", "userid", "customerid",
    }
)  # fmt: skip
"""Match keys, and what programs call them, in small letters only."""


class _Body(msgspec.Struct):
    events: list[msgspec.Raw]


def read_body(request: Request) -> list[msgspec.Raw]:
    """The events, still undecoded. Raises Rejected ``too_large``, ``bad_json``, ``bad_body``, or for their number."""
    if len(request.body) > MAX_BODY_BYTES:
        raise Rejected("too_large")
    with refusing():
        events = decode_body(request.body, _Body).events
    check_number(events, MAX_EVENTS)
    return events


def read_item(item: msgspec.Raw, options: Collect, shown: Mapping[str, str], host: str, now_seconds: int) -> Reading:
    """One event without what a page may not say, which is warned of, and with what the request shows.

    Args:
        item: its JSON.
        options: what the dataset lets pages say.
        shown: match keys that the request itself shows.
        host: the page's, by the request's origin.
        now_seconds: Unix time; an event of a clock that is at most ten minutes ahead is dated so.
    """
    try:
        given = decode(bytes(item), dict[str, Any])
    except (ValueError, RecursionError):  # what cannot be cut must not be read
        return Reading(None, None, [Problem("unreadable_event", "")], [])
    kept = {**{name: given[name] for name in given.keys() & _SAID}, "action_source": "website"}
    left_out = [*_unsaid(given.keys() - _SAID - {"action_source"}, "")]
    user_data = kept.get("user_data") or {}
    if isinstance(user_data, dict):
        allowed = _BROWSER_IDS | (CONTACT_KEYS if options.contact_keys else set())
        allowed |= {"external_id"} if options.external_id else set()
        kept["user_data"] = {**{name: user_data[name] for name in user_data.keys() & allowed}, **shown}
        left_out += _unsaid(user_data.keys() - allowed, "user_data")
    custom_data = kept.get("custom_data")
    if isinstance(custom_data, dict):
        persons = {name for name, value in custom_data.items() if _is_of_person(name, value)}
        kept["custom_data"] = {name: value for name, value in custom_data.items() if name not in persons}
        left_out += _unsaid(persons, "custom_data")
    reading = read_event(kept)
    event, found = reading.event, reading.problems
    if event and now_seconds < event.event_time <= now_seconds + MAX_AHEAD_SECONDS:
        event.event_time = now_seconds
        left_out.append(EventWarning("event_time_ahead", "event_time"))
    if event:
        found = [*found, *_not_of_page(event, host, options)]
    return msgspec.structs.replace(reading, problems=found, warnings=[*reading.warnings, *left_out])


def _is_of_person(name: str, value: object) -> bool:
    """Whether a property of ``custom_data``, or one of an object in it, is called as what names a person."""
    if isinstance(value, dict) and any(_is_of_person(inner, None) for inner in value):
        return True
    return name not in CustomData.__struct_fields__ and _NO_LETTER.sub("", name.lower()) in _PERSON


def _not_of_page(event: Event, host: str, options: Collect) -> Iterator[Problem]:
    """What no page of the host says: names without end, an id that tells of a person, an address elsewhere."""
    event_id = event.event_id or ""
    if len(event.event_name) > MAX_NAME_CHARACTERS:
        yield Problem("invalid_field", "event_name")
    if len(event_id) > MAX_NAME_CHARACTERS or is_personal(event_id):
        yield Problem("invalid_field", "event_id")
    address = without_personal_data(event.event_source_url or "")
    if address and host_of(address) != host and not options.shares_cookies(host, host_of(address)):
        yield Problem("event_source_url_invalid", "event_source_url")


def _unsaid(names: set[str], path: str) -> Iterator[EventWarning]:
    """A warning for each place where something was left out, none twice."""
    places = {f"{path}.{name}".lstrip(".") if name in _NAMES else path for name in names}
    return (EventWarning("not_from_browser", place) for place in sorted(places))
