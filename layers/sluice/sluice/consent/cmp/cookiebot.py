"""Cookiebot: the cookie ``CookieConsent``, a JavaScript object literal (names without quotes; not JSON), or a sign.

``{stamp:'…',necessary:true,preferences:false,statistics:false,marketing:true,method:'explicit',ver:1,utc:…,region:'de'}``
``-1``: outside the region where the site asks. ``0``: declined, or not decided yet. ``method:'implied'``: the visitor
went on without a choice; cookies from before ``method`` do not say how a yes came about. ``ver`` is the format's.
"""

import re
from collections.abc import Mapping
from typing import Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import percent_decoded, seconds, text

_COOKIE: Final = "CookieConsent"
_SIGNS: Final = frozenset({"", "0", "-1"})
_PAIR: Final = re.compile(
    r"""\s*(?P<name>[A-Za-z_]\w{0,31})\s*:\s*"""
    r"""(?:'(?P<single>[^'"\\]*)'|"(?P<double>[^'"\\]*)"|(?P<bare>true|false|-?\d{1,15}))\s*(?P<end>[,}])""",
    re.ASCII,
)


def read(cookies: Mapping[str, str], _options: CmpOptions) -> CmpReading | None:
    """What Cookiebot says; None when it left no cookie. ``consent_id`` is its stamp, the key of its consent log."""
    value = cookies.get(_COOKIE)
    if value is None:
        return None
    fields = _fields(value)
    stamp = text((fields or {}).get("stamp"))
    return CmpReading(
        "cookiebot",
        *_verdict(fields, stamp),
        raw=value,
        at=seconds((fields or {}).get("utc")),
        consent_id=None if stamp in _SIGNS else stamp,
        tc_string=text((fields or {}).get("iab2")),
        gpp=text((fields or {}).get("gpp")),
    )


def describe(value: str) -> dict[str, object] | None:
    """The fields of the literal, or the sign as ``stamp``; None when it cannot be read."""
    fields = _fields(value)
    return None if fields is None else dict(fields)


def _verdict(fields: dict[str, str | int | bool] | None, stamp: str | None) -> Verdict:
    """What the literal says about marketing."""
    if fields is None:
        return UNPARSABLE
    if stamp is None or stamp in _SIGNS:
        return NO_ACT
    marketing, method = fields.get("marketing"), fields.get("method")
    if not isinstance(marketing, bool):
        return UNPARSABLE
    if marketing:
        return ALLOW if method == "explicit" else NO_ACT
    return DENIED if method in {None, "explicit"} else NO_ACT


def _fields(value: str) -> dict[str, str | int | bool] | None:
    """The fields; None when it is no such literal from brace to brace or a name stands twice."""
    literal = percent_decoded(value)
    if literal in _SIGNS:
        return {"stamp": literal or ""}
    if literal is None or not literal.startswith("{"):
        return None
    fields: dict[str, str | int | bool] = {}
    position = 1
    while match := _PAIR.match(literal, position):
        if match["name"] in fields:
            return None
        fields[match["name"]] = _value(match)
        position = match.end()
        if match["end"] == "}":
            return fields if position == len(literal) else None
    return None


def _value(match: re.Match[str]) -> str | int | bool:
    """The value of one pair: a text in quotes, true, false, or a whole number."""
    bare = match["bare"]
    if bare is None:
        return match["single"] if match["double"] is None else match["double"]
    return bare == "true" if bare in {"true", "false"} else int(bare)
