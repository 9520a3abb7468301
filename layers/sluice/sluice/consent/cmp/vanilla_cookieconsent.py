"""vanilla-cookieconsent: the cookie ``cc_cookie``, JSON with the categories agreed to; written on the visitor's answer.

``revision`` is the number that the site counts up with its text, so an answer to an older text shows. Version 2 of
the library names time and id ``last_consent_update``, ``consent_date`` and ``consent_uuid``.
"""

from collections.abc import Mapping
from typing import Any, Final

from sluice.cmp_options import CmpOptions, VanillaCookieconsent
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, OUTDATED, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import js_seconds, json_object, names, seconds, text

_COOKIE: Final = "cc_cookie"
_TIMES: Final = ("lastConsentTimestamp", "consentTimestamp", "last_consent_update", "consent_date")
_IDS: Final = ("consentId", "consent_uuid")


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What the library's cookie says; None when there is none."""
    value = cookies.get(_COOKIE)
    if value is None:
        return None
    state = json_object(value)
    said = state or {}
    return CmpReading(
        "vanilla_cookieconsent",
        *_verdict(state, options.vanilla_cookieconsent) if value else NO_ACT,
        raw=value,
        at=next((js_seconds(said[name]) for name in _TIMES if name in said), None),
        consent_id=next((text(said[name]) for name in _IDS if name in said), None),
        text_version=text(said.get("revision")),
        expires_at=seconds(said.get("expirationTime")),
    )


describe = json_object


def _verdict(state: dict[str, Any] | None, wanted: VanillaCookieconsent) -> Verdict:
    """What the JSON says about the category."""
    categories = names((state or {}).get("categories"))
    if categories is None:
        return UNPARSABLE
    if wanted.category not in categories:
        return DENIED
    revision = (state or {}).get("revision")
    if wanted.revision is not None and (isinstance(revision, bool) or revision != wanted.revision):
        return OUTDATED
    return ALLOW
