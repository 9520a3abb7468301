"""Google Consent Mode v2, as its ``gcs`` and ``gcd`` parameters tell it to Google's tags.

Both are about Google and carry neither time nor text, so they serve as a veto more than as proof. ``gcs`` tells the
state alone. ``gcd`` tells how it came about: by default, or by an update, which is what a visitor's choice makes.
Google documents no letter of it; they are as Simo Ahava and Markus Baersch found them.
"""

import re
from typing import Any, Final, Literal, NamedTuple

from sluice.consent.malformed import Malformed

_MAX_CHARACTERS: Final = 64
_GCS: Final = re.compile(r"G1([01-])([01-])")
_GCD: Final = re.compile(
    r"1[0-9A-Z]([lmnpqrtuv])[0-9A-Z]([lmnpqrtuv])[0-9A-Z]([lmnpqrtuv])[0-9A-Z]([lmnpqrtuv])[0-9A-Za-z]*"
)
_GRANTED: Final = {"1": True, "0": False, "-": None}
_BY_UPDATE: Final = frozenset("rnv")
_BY_DEFAULT: Final = "t"
_DENIED: Final = frozenset("pqmu")


class Gcs(NamedTuple):
    """The two flags of ``gcs``; None where consent mode is not active."""

    ad_storage: bool | None
    analytics_storage: bool | None


class Gcd(NamedTuple):
    """The letter of each flag of ``gcd``, one of ``lpqtrmnuv``."""

    ad_storage: str
    analytics_storage: str
    ad_user_data: str
    ad_personalization: str

    @property
    def granted(self) -> dict[str, bool | None]:
        """Whether each flag stands at granted, however that came about; None for ``l``, which says nothing."""
        return {
            flag: None if letter == "l" else letter in _BY_UPDATE or letter == _BY_DEFAULT
            for flag, letter in self._asdict().items()
        }

    @property
    def granted_by_action(self) -> dict[str, bool]:
        """Whether each flag was granted by an update, so by the visitor, and not by default."""
        return {flag: letter in _BY_UPDATE for flag, letter in self._asdict().items()}


class Marketing(NamedTuple):
    """What consent mode says about marketing; ``reason`` is the reason code of an answer that is not allow."""

    answer: Literal["allow", "deny", "unknown"]
    reason: str | None = None


def decode_gcs(text: str) -> Gcs | Malformed:
    """The ``gcs`` parameter, ``G1`` and two flags. Takes any text."""
    match = _GCS.fullmatch(text)
    return Gcs(_GRANTED[match[1]], _GRANTED[match[2]]) if match else Malformed("not_gcs")


def decode_gcd(text: str) -> Gcd | Malformed:
    """The ``gcd`` parameter: ``1``, then four letters, each behind a separator; what follows is left alone.

    Takes any text.
    """
    match = _GCD.fullmatch(text) if len(text) <= _MAX_CHARACTERS else None
    return Gcd(*match.groups()) if match else Malformed("not_gcd")


def marketing(signal: Gcs | Gcd) -> Marketing:
    """Allow only where the visitor granted all three advertising flags of ``gcd``; deny where one is denied.

    A flag that is granted by default is no opt-in, and ``gcs``, which cannot tell, never allows.
    """
    if isinstance(signal, Gcs):
        return Marketing("deny", "denied") if signal.ad_storage is False else Marketing("unknown", "no_signal")
    letters = {signal.ad_storage, signal.ad_user_data, signal.ad_personalization}
    if letters & _DENIED:
        return Marketing("deny", "denied")
    if letters <= _BY_UPDATE:
        return Marketing("allow")
    return Marketing("unknown", "gcd_default_only" if _BY_DEFAULT in letters else "no_signal")


def described_gcs(gcs: Gcs | Malformed) -> dict[str, Any]:
    """The decoded ``gcs`` as a JSON object; of a malformed one only that it is not valid."""
    if isinstance(gcs, Malformed):
        return {"valid": False, "ad_storage": None, "analytics_storage": None}
    return {"valid": True, **gcs._asdict()}


def described_gcd(gcd: Gcd | Malformed) -> dict[str, Any]:
    """The decoded ``gcd`` as a JSON object; of a malformed one only that it allows nothing."""
    if isinstance(gcd, Malformed):
        return {"letters": None, "granted": None, "granted_by_action": None, "marketing_allowed_strict": False}
    return {
        "letters": gcd._asdict(),
        "granted": gcd.granted,
        "granted_by_action": gcd.granted_by_action,
        "marketing_allowed_strict": marketing(gcd).answer == "allow",
    }
