"""Reads ``user_data`` value by value: which candidates each has, by which rule, or why it has none."""

import re
from collections.abc import Mapping

from msgspec import Struct

from sluice.match_keys import place
from sluice.match_keys.fields import FIELDS, Field
from sluice.match_keys.hashing import NOBODY, PLACEHOLDERS, already_hashed, digest_of_somebody, looks_like_md5, sha256
from sluice.match_keys.rule import Candidates, Known, Reason, RefusedError, RuleName
from sluice.match_keys.text import squeeze


class Explained(Struct, frozen=True, gc=False):
    """One candidate of one value: what is sent and by which rule, or why nothing is."""

    field: str
    """Meta's name, or ``user_data`` for a key that does not look like the name of a field."""
    rule: RuleName | None
    """None when nothing is sent."""
    normalised: str | None
    """The text that is hashed or sent: personal. None when nothing is sent, or when the value came hashed."""
    value: str | None
    """The digest or text that is sent: personal. None when nothing is."""
    reason: Reason | None
    """Why nothing is sent, or that the value was rewritten; None when only its form was changed."""

    def __repr__(self) -> str:
        """Without anything personal."""
        return f"Explained(field={self.field!r}, rule={self.rule!r}, reason={self.reason!r})"


_MOST_DIGESTS = 10
_MOST_READ = 50
"""Values of one list that are looked at, so that no sender can buy much work with one request."""
_LONGEST_NUMBER_BITS = 128
_SHORTEST_DIGEST = 32
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def explain(
    user_data: Mapping[str, object],
    *,
    default_country: str | None,
    now_seconds: int,
    candidates: Candidates = "both",
) -> list[Explained]:
    """What ``to_match_keys`` does with the same arguments, value by value and candidate by candidate.

    A value that repeats another of its field is not listed.
    """
    known = Known(_country(user_data.get("country"), default_country), now_seconds)
    explained: list[Explained] = []
    for name, value in user_data.items():
        if described := FIELDS.get(name):
            if isinstance(value, list):
                explained += _read_list(name, described, value, known, candidates)
            else:
                explained += _read(name, described, value, known, candidates)
        else:
            # What a sender calls a key may itself be personal, and there may be any number of them.
            explained.append(Explained("user_data", None, None, None, Reason.UNKNOWN_FIELD))
    return explained


def _country(value: object, default_country: str | None) -> str | None:
    """The one country that an event names, else the default; None when it names several: which one holds is unknown."""
    codes = {
        place.country_code(item.strip())
        for item in (value[:_MOST_READ] if isinstance(value, list) else [value])
        if isinstance(item, str) and len(item) <= FIELDS["country"].longest
    } - {None}
    if not codes:
        return place.country_code(default_country) if default_country else None
    return codes.pop() if len(codes) == 1 else None


def _read_list(
    name: str, described: Field, values: list[object], known: Known, candidates: Candidates
) -> list[Explained]:
    """The distinct candidates of one field in the order sent, then why its other values have none.

    Second candidates go behind the first ones of all values, so that a long list loses no value to them.
    """
    kept: dict[str | None, Explained] = {}
    seconds: list[Explained] = []
    refused: list[Explained] = []
    for value in values[:_MOST_READ]:
        first, *more = _read(name, described, value, known, candidates)
        if first.value is None:
            refused.append(first)
        else:
            kept.setdefault(first.value, first)
            seconds += more
    most = _MOST_DIGESTS if described.hashed else 1
    if not values:
        refused.append(Explained(name, None, None, None, Reason.EMPTY))
    if len(kept) > most or len(values) > _MOST_READ:
        refused.append(Explained(name, None, None, None, Reason.TOO_MANY))
    for second in seconds:
        kept.setdefault(second.value, second)
    return [*list(kept.values())[:most], *refused]


def _read(
    name: str, described: Field, value: object, known: Known, candidates: Candidates
) -> tuple[Explained, *tuple[Explained, ...]]:
    """The candidates of one value, or why it has none."""
    try:
        text = _text(described, value)
        if described.hashed:
            return _hashed(name, described, text, known, candidates)
        sent = described.rule(text, known)
    except RefusedError as refusal:
        return (Explained(name, None, None, None, refusal.reason),)
    return (Explained(name, "verbatim", sent, sent, _rewritten(text, sent)),)


def _text(described: Field, value: object) -> str:
    """The text that ``value`` is or, where numbers are ids, writes; refuses every other type, blanks and lengths."""
    if not isinstance(value, str):
        if not described.numbers or not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError(Reason.EMPTY if value is None else Reason.WRONG_TYPE)
        if value.bit_length() > _LONGEST_NUMBER_BITS:
            raise RefusedError(Reason.TOO_LONG)
        return str(value)
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


def _hashed(
    name: str, described: Field, text: str, known: Known, candidates: Candidates
) -> tuple[Explained, *tuple[Explained, ...]]:
    """The candidates of ``text``, one or two; refuses text that has no documented value."""
    pixel_rule = None if candidates == "documented" else described.pixel
    if len(text) >= _SHORTEST_DIGEST:
        if digest := already_hashed(text):
            return (Explained(name, "already_hashed", None, digest_of_somebody(digest), None),)
        if hexadecimal := looks_like_md5(text):
            if not described.opaque:
                raise RefusedError(Reason.MD5)
            # The browser takes it for a digest and sends it as it is.
            text, pixel_rule = hexadecimal, None
    normalised = described.rule(text, known)
    digest = digest_of_somebody(sha256(normalised))
    documented = Explained(name, "documented", normalised, digest, _rewritten(text, normalised))
    if not pixel_rule or (other := pixel_rule(text, known)) == normalised or (digest := sha256(other)) in NOBODY:
        return (documented,)
    pixel = Explained(name, "pixel", other, digest, None)
    return (pixel,) if candidates == "pixel" else (documented, pixel)


def _rewritten(text: str, normalised: str) -> Reason | None:
    """Says whether more than case, white space, punctuation and the writing of accents was changed."""
    if normalised == text or normalised == text.lower():
        return None
    written = squeeze(text, digits=True)
    return None if written in (normalised, squeeze(normalised, digits=True)) else Reason.REWRITTEN
