"""Didomi: the cookie ``didomi_token``, JSON in base64, with ``vendors`` and ``purposes`` agreed to and refused.

``didomi_dcs``, its successor, packs bits by a list that only the account has: present, but not readable here, and a
token beside it may be out of date, so it allows nothing. The TC string beside either (``euconsent-v2``) is handed on.
A token of a visitor who did not decide yet has no ``vendors``.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from sluice.cmp_options import CmpOptions, Didomi
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict, values, worst
from sluice.consent.cmp.text import js_seconds, json_object, names, percent_decoded, text

_COOKIE: Final = "didomi_token"
_PACKED: Final = "didomi_dcs"
_TC_STRING: Final = "euconsent-v2"


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What Didomi says; None when it left no cookie of its own. ``consent_id`` is its ``user_id``."""
    if _COOKIE not in cookies and _PACKED not in cookies:
        return None
    token = describe(cookies.get(_COOKIE, ""))
    agreed, refused = _choices(token, "vendors") or (frozenset(), frozenset())
    verdicts = [_verdict(token, options.didomi), *([UNPARSABLE] if _PACKED in cookies else [])]
    return CmpReading(
        "didomi",
        *worst(verdicts),
        raw=values(cookies, _COOKIE, _PACKED),
        at=js_seconds((token or {}).get("updated")),
        consent_id=text((token or {}).get("user_id")),
        custom_vendors=frozenset() if _PACKED in cookies else agreed - refused,
        tc_string=text(percent_decoded(cookies.get(_TC_STRING, ""))),
    )


def describe(value: str) -> dict[str, Any] | None:
    """The JSON of a ``didomi_token``; None when it cannot be read. Padding may be missing: some servers cut it off."""
    encoded = (percent_decoded(value) or "").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return json_object(b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode())
    except (binascii.Error, ValueError):
        return None


def _verdict(token: dict[str, Any] | None, wanted: Didomi) -> Verdict:
    """What the token says about the vendor and every purpose that is asked for."""
    vendors, purposes = _choices(token, "vendors"), _choices(token, "purposes")
    if vendors is None or purposes is None:
        return UNPARSABLE
    if wanted.vendor is None:
        return NO_ACT
    return worst([_choice(vendors, wanted.vendor), *(_choice(purposes, purpose) for purpose in wanted.purposes)])


def _choice(choices: tuple[frozenset[str], frozenset[str]], name: str) -> Verdict:
    """The verdict on one vendor or purpose; a refusal wins over an agreement."""
    agreed, refused = choices
    if name in refused:
        return DENIED
    return ALLOW if name in agreed else NO_ACT


def _choices(token: dict[str, Any] | None, field: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Ids agreed to and ids refused; None when the field has another shape. No field, no choices."""
    found = None if token is None else token.get(field, {})
    if not isinstance(found, dict):
        return None
    agreed, refused = names(found.get("enabled", [])), names(found.get("disabled", []))
    return None if agreed is None or refused is None else (agreed, refused)
