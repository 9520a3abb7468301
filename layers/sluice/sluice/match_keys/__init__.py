"""Turns the raw ``user_data`` of an event into the match keys that Meta takes: clean, hashed, nothing else.

One rule per field, in ``contact``, ``person``, ``place`` and ``browser``; ``_FIELDS`` says which. Pure and total: any
JSON value in any field gives an answer, and a bad value costs only itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice.match_keys import browser, contact, person, place
from sluice.match_keys.hashing import (
    PLACEHOLDERS,
    already_hashed,
    digest_of_somebody,
    looks_like_md5,
    sha256,
)
from sluice.match_keys.rule import Known, Reason, RefusedError, Rule

__all__ = ["Dropped", "MatchKeys", "Reason", "to_match_keys"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why something of a field is missing from the match keys; says nothing about its value."""

    field: str
    """Name of the field, or ``user_data`` for a key that does not look like the name of a field."""
    reason: Reason


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """What Meta may match a person by, in its own field names."""

    keys: dict[str, str | list[str]] = field(repr=False)
    """Hashed fields as lists of digests (64 lower-case hexadecimal characters, at most ten), others as text."""
    dropped: tuple[Dropped, ...]
    """Each field and reason once, in the order met."""


@dataclass(frozen=True, slots=True)
class _Field:
    rule: Rule
    hashed: bool = True
    numbers: bool = False
    """An integer is read as its digits; never a float, which may have lost some."""
    opaque: bool = False
    """Any text is an id, so 32 hexadecimal characters are no MD5 digest."""
    trim: bool = True
    longest: int = 1024
    """Characters; longer text is refused before any rule sees it."""


_ID = _Field(browser.verbatim, hashed=False, numbers=True, trim=False)
_FIELDS = {
    "em": _Field(contact.email),
    "ph": _Field(contact.phone, numbers=True),
    "fn": _Field(person.name),
    "ln": _Field(person.name),
    "ge": _Field(person.gender),
    "db": _Field(person.birth_date, numbers=True),
    "ct": _Field(place.city),
    "st": _Field(place.state),
    "zp": _Field(place.postcode, numbers=True),
    "country": _Field(place.country),
    "external_id": _Field(person.external_id, numbers=True, opaque=True),
    "client_ip_address": _Field(browser.ip, hashed=False),
    "client_user_agent": _Field(browser.verbatim, hashed=False, trim=False, longest=8192),
    "fbc": _Field(browser.fbc, hashed=False),
    "fbp": _Field(browser.fbp, hashed=False),
    "madid": _Field(browser.advertising_id, hashed=False),
    "lead_id": _Field(browser.lead_id, hashed=False, numbers=True),
    "fb_login_id": _Field(browser.login_id, hashed=False, numbers=True),
    "subscription_id": _ID,
    "anon_id": _ID,
    "page_id": _ID,
    "page_scoped_user_id": _ID,
    "ctwa_clid": _ID,
    "ig_account_id": _ID,
    "ig_sid": _ID,
    "whatsapp_business_account_id": _ID,
}

_MOST_DIGESTS = 10
_MOST_READ = 50
"""Values of one list that are looked at, so that no sender can buy much work with one request."""
_LONGEST_NUMBER_BITS = 128
_SHORTEST_DIGEST = 32
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")


def to_match_keys(user_data: Mapping[str, object], *, default_country: str | None, now_seconds: int) -> MatchKeys:
    """Every value of ``user_data`` as Meta matches it, or the reason why it is left out.

    Args:
        user_data: Meta's field names with raw or hashed values, each one value or a list of them.
        default_country: alpha-2 code of the shop's country, for events that name none; None to guess nothing.
        now_seconds: Unix time, against which birthdays and cookies are checked.
    """
    known = Known(_country(user_data.get("country"), default_country), now_seconds)
    keys: dict[str, str | list[str]] = {}
    dropped: dict[Dropped, None] = {}  # a set that keeps its order
    for name, value in user_data.items():
        described = _FIELDS.get(name)
        if not described:
            # What a sender calls a key may itself be personal.
            safe_name = name if _FIELD_NAME.fullmatch(name) else "user_data"
            dropped[Dropped(safe_name, Reason.UNKNOWN_FIELD)] = None
            continue
        kept, reasons = _read(described, value, known)
        if kept:
            keys[name] = kept if described.hashed else kept[0]
        for reason in reasons:
            dropped[Dropped(name, reason)] = None
    return MatchKeys(keys, tuple(dropped))


def _country(value: object, default_country: str | None) -> str | None:
    """The one country that an event names, else the default; None when it names several: which one holds is unknown."""
    texts = (item for item in _values(value) if isinstance(item, str) and len(item) <= _FIELDS["country"].longest)
    codes = {code for text in texts if (code := place.country_code(text.strip()))}
    if not codes:
        return place.country_code(default_country) if default_country else None
    return codes.pop() if len(codes) == 1 else None


def _values(value: object) -> list[object]:
    return value[:_MOST_READ] if isinstance(value, list) else [value]


def _read(described: _Field, value: object, known: Known) -> tuple[list[str], list[Reason]]:
    """The distinct keys of one field in the order sent, and why the other values are no keys."""
    kept: list[str] = []
    reasons: list[Reason] = []
    if value == []:
        reasons.append(Reason.EMPTY)
    if isinstance(value, list) and len(value) > _MOST_READ:
        reasons.append(Reason.TOO_MANY)
    for item in _values(value):
        try:
            text = _text(described, item)
            key = _digest(described, text, known) if described.hashed else described.rule(text, known)
        except RefusedError as refusal:
            reasons.append(refusal.reason)
            continue
        if key not in kept:
            kept.append(key)
    most = _MOST_DIGESTS if described.hashed else 1
    if len(kept) > most:
        reasons.append(Reason.TOO_MANY)
    return kept[:most], reasons


def _text(described: _Field, value: object) -> str:
    """The text that ``value`` is or, where numbers are ids, writes; refuses every other type, blanks and lengths."""
    if described.numbers and isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > _LONGEST_NUMBER_BITS:
            raise RefusedError(Reason.TOO_LONG)
        return str(value)
    if value is None:
        raise RefusedError(Reason.EMPTY)
    if not isinstance(value, str):
        raise RefusedError(Reason.WRONG_TYPE)
    if len(value) > described.longest:
        raise RefusedError(Reason.TOO_LONG)
    text = value.strip()
    if not text:
        raise RefusedError(Reason.EMPTY)
    if text.lower() in PLACEHOLDERS:
        raise RefusedError(Reason.PLACEHOLDER)
    if not text.isascii() and _LONE_SURROGATE.search(text):
        raise RefusedError(Reason.MALFORMED)
    return text if described.trim else value


def _digest(described: _Field, text: str, known: Known) -> str:
    """The SHA-256 digest that ``text`` is or, after the field's rule, gets; never that of nothing or of nobody."""
    if len(text) >= _SHORTEST_DIGEST:
        if digest := already_hashed(text):
            return digest_of_somebody(digest)
        if hexadecimal := looks_like_md5(text):
            if not described.opaque:
                raise RefusedError(Reason.MD5)
            text = hexadecimal
    return digest_of_somebody(sha256(described.rule(text, known)))
