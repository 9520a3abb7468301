"""What a consent string says, field by field, by the decoders that the decision uses. Pure and total."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from sluice.consent import additional_consent, cmp, consent_mode, gpp, tcf, tcf_described, us_privacy
from sluice.consent.gpp import GppString
from sluice.consent.malformed import Malformed
from sluice.consent.us_privacy import UsPrivacy

_T = TypeVar("_T")
_Described = dict[str, Any] | Malformed
_EU_TC_STRING: Final = 2
_US_PRIVACY: Final = 6


class Decoded(NamedTuple):
    """What a string says, as one JSON object; ``{"error": code}`` for one that cannot be read."""

    json: bytes
    is_error: bool


def decoded(kind: str, line: bytes) -> Decoded:
    """What the string of one line says.

    Args:
        kind: a name of ``KINDS``.
        line: the string as it is, with or without the end of the line.
    """
    try:
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return _error("bad_utf8")
    found = KINDS[kind](text)
    if isinstance(found, Malformed):
        return _error(found.code)
    try:
        return Decoded(msgspec.json.encode(found), is_error=False)
    except (ValueError, RecursionError):  # JSON can spell what it cannot be written with: half a surrogate pair
        return _error("bad_form")


def _error(code: str) -> Decoded:
    return Decoded(msgspec.json.encode({"error": code}), is_error=True)


def _described(text: str, decode: Callable[[str], _T | Malformed], describe: Callable[[_T], dict[str, Any]]) -> Any:  # noqa: ANN401 - a _Described
    """What a decoder reads, described."""
    found = decode(text)
    return found if isinstance(found, Malformed) else describe(found)


def _gpp(string: GppString) -> dict[str, Any]:
    """The sections by the standard's names; the TC string as by itself, and the ids of what has no reader here."""
    found: dict[str, Any] = {}
    if string.tc_string is not None:
        inner = KINDS["tcf"](string.tc_string)
        found["tcfeuv2"] = {"error": inner.code} if isinstance(inner, Malformed) else inner
    found |= gpp.described(string)
    unread = set(string.section_ids) - string.sections.keys() - {_EU_TC_STRING, _US_PRIVACY}
    return found | ({"unread_section_ids": sorted(unread)} if unread else {})


def _us_privacy(string: UsPrivacy) -> dict[str, Any]:
    """The four characters by the names that the GPP gives them, and what they come to."""
    fields = {
        "Version": string.version,
        "Notice": string.notice,
        "OptOutSale": string.opt_out_sale,
        "LspaCovered": string.lspa_covered,
    }
    return {"valid": True, "opt_out": string.opted_out, **fields}


KINDS: Final[Mapping[str, Callable[[str], _Described]]] = {
    "tcf": partial(_described, decode=tcf.decode, describe=tcf_described.described),
    "ac": partial(_described, decode=additional_consent.decode, describe=additional_consent.described),
    "gpp": partial(_described, decode=gpp.decode, describe=_gpp),
    "usp": partial(_described, decode=us_privacy.decode, describe=_us_privacy),
    "gcs": partial(_described, decode=consent_mode.decode_gcs, describe=consent_mode.described_gcs),
    "gcd": partial(_described, decode=consent_mode.decode_gcd, describe=consent_mode.described_gcd),
    **{tool: partial(cmp.described, tool) for tool in cmp.TOOLS},
}
"""The decoders by the name of what they read; a consent tool's reads its main cookie (Shopify: its object as JSON)."""
