"""What every rule of this room shares: what it is told, what it answers, and why it may refuse."""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Candidates = Literal["both", "documented", "pixel"]
"""Which rules a field with two of them is read by."""

RuleName = Literal["documented", "pixel", "already_hashed", "verbatim"]
"""How a key came to be: by Meta's documents, by its browser code, hashed by the sender, or never hashed."""


class Reason(StrEnum):
    """Why a value of ``user_data`` is not sent to Meta, or not as it came; each says what the sender could fix."""

    AMBIGUOUS_DATE = "ambiguous_date"
    """Day and month could be swapped, and nothing says which is which."""
    AMBIGUOUS_NUMBER = "ambiguous_number"
    """Could be a number at home without its zero or, without its plus sign, one of another country."""
    EMPTY = "empty"
    """Nothing is left of the value, or it is the digest of nothing."""
    IMPOSSIBLE_DATE = "impossible_date"
    """No day of the calendar between 1900 and today."""
    IMPOSSIBLE_NUMBER = "impossible_number"
    """No telephone number of its country has this length."""
    IMPOSSIBLE_TIME = "impossible_time"
    """A click or browser id made before 2010 or in the future; most often seconds instead of milliseconds."""
    MALFORMED = "malformed"
    """Not in the form that this field has."""
    MD5 = "md5"
    """Hashed with MD5, which Meta cannot match."""
    NO_COUNTRY = "no_country"
    """A national telephone number of nobody knows which country."""
    NOT_AN_EMAIL = "not_an_email"
    """Not one address with a domain."""
    PLACEHOLDER = "placeholder"
    """Text that programs write where a person is missing: every such event would look like one person."""
    PRIVATE_ADDRESS = "private_address"
    """An address that no browser on the internet can have."""
    REWRITTEN = "rewritten"
    """Sent, but with other letters or digits: a word or name became its code, a country code was added, a part cut."""
    TOO_LONG = "too_long"
    """Longer than any true value of this field."""
    TOO_MANY = "too_many"
    """More values than are read for one field."""
    UNKNOWN_FIELD = "unknown_field"
    """Meta has no such key in ``user_data``."""
    UNKNOWN_VALUE = "unknown_value"
    """Not one of the values that this field can take."""
    WRONG_TYPE = "wrong_type"
    """Not text (nor, for fields made of digits, an integer)."""


class RefusedError(Exception):
    """A rule's answer "this is no match key"; carries the reason and never the value."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Known(Struct, frozen=True):
    """What a rule may know besides its own value."""

    country: str | None
    """Where the person is, alpha-2 in lower case: the event's own country, else the shop's; None when not known."""
    now_seconds: int
    """Unix time at which the event is read."""


Rule = Callable[[str, Known], str]
"""Trimmed text of the field's length -> what is sent or hashed (hashed: may be empty); raises ``RefusedError``."""
