"""What the kinds share that pass on a tracker's events: several in one body, their names, the state of consent. Pure.

Such a tracker sees everything that visitors do, so only events that somebody named become events at Meta.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

import msgspec

from sluice.errors import Rejected
from sluice.event import ActionSource, Consent
from sluice.sources.authentication import shows_secret
from sluice.sources.payload import MAX_EVENTS, decode
from sluice.sources.request import Check, Mapped, Request


def authenticate(request: Request, check: Check) -> None:
    """Refuse what shows no secret, for the kinds that sign nothing. Raises Rejected ``bad_signature``.

    Their option ``secret_header`` names the header; without it a secret is a bearer token or a password.
    """
    if not shows_secret(request, check.secrets, check.options.secret_header or "authorization"):
        raise Rejected("bad_signature")


def read_each(body: bytes, read: Callable[[dict[str, Any]], Mapped]) -> Mapped:
    """What is made of a body: one JSON object, or an array of them.

    ``read`` raises Rejected for an object that is none of its system's. In an array that one is ignored as
    ``unreadable_event``, so that it harms no other.
    Raises Rejected ``bad_json``, ``bad_body``, ``no_events``, ``too_many_events``; for a single object as ``read``.
    """
    try:
        value = decode(body, object)
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None
    if isinstance(value, dict):
        return read(value)
    if not isinstance(value, list):
        raise Rejected("bad_body")
    if not 0 < len(value) <= MAX_EVENTS:
        raise Rejected("too_many_events" if value else "no_events")
    parts = [_read_part(part, read) for part in value]
    return Mapped(
        arrivals=[arrival for part in parts for arrival in part.arrivals],
        ignored=[reason for part in parts for reason in part.ignored],
        told=[told for part in parts for told in part.told],
        privacy=[asked for part in parts for asked in part.privacy],
    )


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


def place_of(stated: str | None, url: str | None) -> ActionSource:
    """Where the person acted: as stated in one of Meta's words, else on the website when a page is known."""
    known = next((source for source in get_args(ActionSource) if source == stated), None)
    return known or ("website" if url else "other")


def consent_state(
    required: Collection[str], granted: Collection[str], refused: Collection[str], at: int
) -> Consent | None:
    """The flag that a tracker's list of consent categories amounts to; None where it says nothing about a required one.

    ``at``: Unix seconds of the event, at which the state was in force: the list has no time of its own.
    """
    if any(category in refused for category in required):
        return Consent(granted=False, at=at)
    if required and all(category in granted for category in required):
        return Consent(granted=True, at=at)
    return None


def given_consent(value: object) -> Consent | None:
    """The consent object that a template of ours wrote beside an event. Raises Rejected for one that is unreadable."""
    if not value:
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
