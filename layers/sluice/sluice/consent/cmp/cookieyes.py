"""CookieYes: the cookie ``cookieyes-consent``, ``name:value`` pairs between commas.

``consentid:…,consent:yes,action:yes,necessary:yes,…,advertisement:yes,lastRenewedDate:…``. ``action`` is ``yes`` once
the visitor answered; in opt-out regions the categories are ``yes`` before. ``consent`` is ``no`` after a refusal.
``lastRenewedDate`` is when the site last wanted everybody asked again, not when the visitor answered.
"""

from collections.abc import Mapping
from typing import Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import percent_decoded, text

_COOKIE: Final = "cookieyes-consent"
_NO_STATE: Final = frozenset({"consentid", "lastRenewedDate"})


def read(cookies: Mapping[str, str], _options: CmpOptions) -> CmpReading | None:
    """What CookieYes says; None when it left no cookie."""
    value = cookies.get(_COOKIE)
    if value is None:
        return None
    fields = describe(value) or {}
    return CmpReading(
        "cookieyes",
        *_verdict(fields) if value else NO_ACT,
        raw=value,
        consent_id=text(fields.get("consentid")),
    )


def describe(value: str) -> dict[str, str] | None:
    """The pairs; None when a part is no pair, a name stands twice, or a state is not ``yes``, ``no`` or empty."""
    fields: dict[str, str] = {}
    for part in (percent_decoded(value) or "").split(","):
        name, sign, state = part.partition(":")
        if not sign or name in fields or (name not in _NO_STATE and state not in {"yes", "no", ""}):
            return None
        fields[name] = state
    return fields


def _verdict(fields: dict[str, str]) -> Verdict:
    """What the pairs say about advertising."""
    if not {"action", "consent", "advertisement"} <= fields.keys():
        return UNPARSABLE
    if fields["action"] != "yes":
        return NO_ACT
    if "no" in {fields["consent"], fields["advertisement"]}:
        return DENIED
    return ALLOW if fields["consent"] == fields["advertisement"] == "yes" else NO_ACT
