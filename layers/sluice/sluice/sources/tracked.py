"""What the kinds share that pass on a tracker's events: several in one body, their names, the state of consent. Pure.

Such a tracker sees everything that visitors do, so only events that somebody named become events at Meta.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, get_args

import msgspec

from sluice.errors import Rejected
from sluice.event import ActionSource, Consent
from sluice.sources.authentication import shows_secret
from sluice.sources.payload import check_number, json_value
from sluice.sources.request import Check, Mapped, Request, together

NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
"""What a template or a tag writes where it has nothing to say. ``false`` is not among them: it may be a refusal."""


class TrackerOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a source of a tracker's events can be told.

    ``events``: further event names, letter by letter, and what Meta calls them. ``consent_categories``: the categories,
    purposes or flags of consent that must all be allowed; without any, the state of consent that comes with an event
    says nothing.
    """

    events: dict[str, str] = {}
    consent_categories: tuple[str, ...] = ()


def authenticate(request: Request, check: Check) -> None:
    """Refuse what shows no secret, for the kinds that sign nothing. Raises Rejected ``bad_signature``.

    Their option ``secret_header`` names the header; without it a secret is a bearer token or a password.
    """
    if not shows_secret(request, check.secrets, check.options.secret_header):
        raise Rejected("bad_signature")


def read_each(body: bytes, read: Callable[[dict[str, Any]], Mapped]) -> Mapped:
    """What is made of a body: one JSON object, or an array of them.

    ``read`` raises Rejected for an object that is none of its system's. In an array that one is ignored as
    ``unreadable_event``, so that it harms no other.
    Raises Rejected ``bad_json``, ``bad_body``, ``no_events``, ``too_many_events``; for a single object as ``read``.
    """
    value = json_value(body)
    if isinstance(value, dict):
        return read(value)
    if not isinstance(value, list):
        raise Rejected("bad_body")
    check_number(value)
    return together([_read_part(part, read) for part in value])


def _read_part(part: object, read: Callable[[dict[str, Any]], Mapped]) -> Mapped:
    try:
        return read(part) if isinstance(part, dict) else Mapped(ignored=["unreadable_event"])
    except Rejected:
        return Mapped(ignored=["unreadable_event"])


def meta_name(name: str | None, known: Mapping[str, str], chosen: Mapping[str, str]) -> str | None:
    """Meta's name of an event; None for one that nobody wants there.

    ``chosen``: the source's own names, letter by letter. ``known``: the system's, in lower case; Meta's names in it
    stand for themselves.
    """
    if name is None:
        return None
    return chosen.get(name) or known.get(name.strip().lower()) or (name if name in known.values() else None)


def without_bare_value(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """``custom_data`` without a value that has no currency, which Meta refuses together with its event.

    A Purchase keeps it: without a value it would be refused too, and for the wrong reason.
    """
    if name == "Purchase" or "currency" in found:
        return found
    return {field: content for field, content in found.items() if field != "value"}


def place_of(stated: str | None, url: str | None) -> ActionSource:
    """Where the person acted: as stated in one of Meta's words, else on the website when a page is known."""
    known = next((source for source in get_args(ActionSource) if source == stated), None)
    return known or ("website" if url else "other")


def consent_state(required: Collection[str], granted: Collection[str] | None, at: int) -> Consent | None:
    """The flag that the categories amount to which a tracker's state of consent grants; None where it recorded none.

    A state that does not grant every required category refuses. ``at``: Unix seconds of the event, at which it was in
    force: the state has no time of its own.
    """
    if not required or granted is None:
        return None
    return Consent(granted=all(category in granted for category in required), at=at)


def given_consent(value: object) -> Consent | None:
    """The consent object that a template of ours wrote beside an event. Raises Rejected for one that is unreadable."""
    if value in NOTHING:
        return None
    try:
        return msgspec.convert(value, Consent)
    except msgspec.ValidationError:
        raise Rejected("wrong_topic_shape") from None


def with_state(given: Consent | None, state: Consent | None) -> Consent | None:
    """Both together. Of two flags a refusal holds; of two grants the one that knows its own time."""
    if given is None or state is None:
        return given or state
    if given.granted is not None and state.granted:
        return given
    return msgspec.structs.replace(given, granted=state.granted, at=state.at)
