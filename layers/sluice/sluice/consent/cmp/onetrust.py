"""OneTrust: the cookie ``OptanonConsent``, ``name=value`` pairs as in a query, each value percent-encoded.

In regions with opt-out every group is 1 before anybody clicked. What shows an act is ``OptanonAlertBoxClosed``, the
time at which the banner was closed, and ``interactionCount``. ``AwaitingReconsent=true``: the site asks again.
``geolocation``, ``hosts``, ``genVendors`` and the like are left alone.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, OUTDATED, UNPARSABLE, CmpReading, Verdict, values
from sluice.consent.cmp.text import MAX_CHARACTERS, js_seconds, percent_decoded, text

_COOKIE: Final = "OptanonConsent"
_CLOSED: Final = "OptanonAlertBoxClosed"
_TC_STRING: Final = "eupubconsent-v2"
_AC_STRING: Final = "OTAdditionalConsentString"
_GPP: Final = "OTGPPConsent"
_COUNT: Final = re.compile(r"0{0,8}[1-9]\d{0,8}", re.ASCII)


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What OneTrust says; None when it left no cookie. ``at`` is when the banner was last closed."""
    if _COOKIE not in cookies and _TC_STRING not in cookies:
        return None
    fields = _fields(cookies.get(_COOKIE, "")) or {}
    closed_at = js_seconds(percent_decoded(cookies.get(_CLOSED, "")))
    return CmpReading(
        "onetrust",
        *_verdict(fields, options.onetrust.group, closed_at) if _COOKIE in cookies else NO_ACT,
        raw=values(cookies, _COOKIE, _CLOSED),
        at=closed_at,
        consent_id=text(fields.get("consentId")),
        tc_string=text(percent_decoded(cookies.get(_TC_STRING, ""))),
        ac_string=text(percent_decoded(cookies.get(_AC_STRING, ""))),
        gpp=text(percent_decoded(cookies.get(_GPP, ""))),
        us_opt_out=True if "1" in {fields.get("isGpcEnabled"), fields.get("browserGpcFlag")} else None,
    )


def describe(value: str) -> dict[str, object] | None:
    """The pairs of ``OptanonConsent``, the groups apart; None when it cannot be read."""
    fields = _fields(value)
    if not fields:
        return None
    return {**fields, "groups": _groups(fields.get("groups", ""))}


def _verdict(fields: dict[str, str], group: str, closed_at: int | None) -> Verdict:
    """What the pairs say about the group."""
    groups = _groups(fields.get("groups", ""))
    if groups is None:
        return UNPARSABLE
    if closed_at is None or group not in groups:
        return NO_ACT
    if not groups[group]:
        return DENIED
    if not _COUNT.fullmatch(fields.get("interactionCount", "")):
        return NO_ACT
    return OUTDATED if fields.get("AwaitingReconsent", "false") != "false" else ALLOW


def _fields(value: str) -> dict[str, str] | None:
    """The pairs; None when a part is no pair, a name stands twice, or it does not say where a value ends."""
    if len(value) > MAX_CHARACTERS:
        return None
    fields: dict[str, str] = {}
    for part in filter(None, value.split("&")):
        name, sign, raw = part.partition("=")
        # A decoded landing page with a query of its own could bring pairs of its own.
        if not sign or name in fields or (name == "landingPath" and "?" in raw):
            return None
        try:
            fields[name] = unquote_plus(raw, errors="strict")
        except UnicodeDecodeError:
            return None
    return fields


def _groups(field: str) -> dict[str, bool] | None:
    """Group id → agreed, of ``C0001:1,C0004:0``; None for anything else."""
    groups: dict[str, bool] = {}
    for part in field.split(","):
        name, _, state = part.partition(":")
        if not name or name in groups or state not in {"0", "1"}:
            return None
        groups[name] = state == "1"
    return groups
