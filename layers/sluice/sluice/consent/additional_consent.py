"""Google's Additional Consent (AC) string: consent for ad technology providers that are not on the Global Vendor List.

Forms: ``1~7.12`` (version 1: consented) and ``2~7.12~dv.20.31`` (version 2: consented, then only disclosed). An id
behind ``dv`` was shown to the person and not agreed to. Source: Google, "Additional Consent technical specification".
The string has no time and no purposes of its own: it counts only beside a valid TC string.
"""

import re
from typing import Any, Final, NamedTuple

import msgspec

from sluice.consent.malformed import Malformed

MAX_CHARACTERS: Final = 8192
"""A string that names every provider of Google's list stays below 6 KB."""
_LIST: Final = re.compile(r"(?:[1-9][0-9]{0,5}+\.)*+")
"""Whole numbers without leading zeros, each with a full stop behind it."""


class Providers(msgspec.Struct, frozen=True, gc=False):
    """A set of ids of Google's provider list, as it is written: only one of a thousand is ever asked for."""

    text: str

    def __contains__(self, number: object) -> bool:
        return f".{number}." in f".{self.text}"

    def ids(self) -> set[int]:
        """All of them."""
        return {int(number) for number in self.text.split(".") if number}


class AcString(NamedTuple):
    """Ids of Google's provider list: ``consented``, and ``disclosed``, which in version 2 may hold some again."""

    version: int
    consented: Providers
    disclosed: Providers


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
    consented, shown = _providers(parts[0]), _providers(disclosed)
    if consented is None or shown is None:
        return Malformed("bad_id")
    return AcString(int(version), consented, shown)


def described(ac: AcString) -> dict[str, Any]:
    """The AC string for people: version, and both sets as sorted lists."""
    consented = ac.consented.ids()
    disclosed_only = sorted(ac.disclosed.ids() - consented)
    return {"version": ac.version, "consented": sorted(consented), "disclosed_only": disclosed_only}


def _providers(text: str) -> Providers | None:
    """The ids between full stops; no text is no id."""
    written = f"{text}." if text else ""
    return Providers(written) if _LIST.fullmatch(written) else None
