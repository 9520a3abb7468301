"""Google's Additional Consent (AC) string: consent for ad technology providers that are not on the Global Vendor List.

Forms: ``1~7.12`` (version 1: consented) and ``2~7.12~dv.20.31`` (version 2: consented, then only disclosed). An id
behind ``dv`` was shown to the person and not agreed to. Source: Google, "Additional Consent technical specification".
The string has no time and no purposes of its own: it counts only beside a valid TC string.
"""

from typing import Annotated, Any, Final, NamedTuple

import msgspec

from sluice.consent.bits import Unreadable
from sluice.consent.malformed import Malformed

MAX_CHARACTERS: Final = 8192
"""A string that names every provider of Google's list stays below 6 KB."""
_NUMBERS: Final = msgspec.json.Decoder(frozenset[Annotated[int, msgspec.Meta(ge=1, le=999_999)]])


class AcString(NamedTuple):
    """Ids of Google's provider list: ``consented``, and ``disclosed_only`` without consent (version 2)."""

    version: int
    consented: frozenset[int]
    disclosed_only: frozenset[int]


def decode(text: str) -> AcString | Malformed:
    """The AC string, or why it cannot be read; any text has an answer.

    Codes: ``too_long``, ``bad_version``, ``bad_form``, ``bad_id``.
    """
    if len(text) > MAX_CHARACTERS:
        return Malformed("too_long")
    version, *parts = text.split("~", 3)
    if version not in {"1", "2"}:
        return Malformed("bad_version")
    if len(parts) != int(version):
        return Malformed("bad_form")
    disclosed = ""
    if version == "2":
        marker, _, disclosed = parts[1].partition(".")
        if marker != "dv":
            return Malformed("bad_form")
    try:
        consented = _ids(parts[0])
        return AcString(int(version), consented, _ids(disclosed) - consented)
    except Unreadable as error:
        return Malformed(error.code)


def described(ac: AcString) -> dict[str, Any]:
    """The AC string for people: version, and both sets as sorted lists."""
    return {"version": ac.version, "consented": sorted(ac.consented), "disclosed_only": sorted(ac.disclosed_only)}


def _ids(text: str) -> frozenset[int]:
    """Whole numbers without leading zeros between full stops; no text is no id."""
    if not text.isascii() or text.encode().translate(None, b"0123456789."):
        raise Unreadable("bad_id")
    try:
        return _NUMBERS.decode(f"[{text.replace('.', ',')}]")  # JSON's rules for whole numbers are the ones meant
    except ValueError:
        raise Unreadable("bad_id") from None
