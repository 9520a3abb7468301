"""Borlabs Cookie (WordPress): the cookie ``borlabs-cookie``, JSON with the service ids agreed to in each group.

It is written when the visitor saves. ``version`` counts up when the site wants everybody asked again. ``uid`` is
``anonymous`` where the site does not number its visitors.
"""

from collections.abc import Mapping
from typing import Any, Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import http_seconds, json_object, names, text

_COOKIE: Final = "borlabs-cookie"
_NOBODY: Final = "anonymous"
_SERVICES: Final = frozenset({"facebook-pixel", "meta-pixel"})
"""What the tool's own templates of the service were called, one after the other."""


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What Borlabs Cookie says; None when it left no cookie. ``consent_id`` is ``uid``."""
    value = cookies.get(_COOKIE)
    if value is None:
        return None
    state = json_object(value)
    uid = text((state or {}).get("uid"))
    return CmpReading(
        "borlabs",
        *_verdict(state, options.borlabs.service) if value else NO_ACT,
        raw=value,
        consent_id=None if uid == _NOBODY else uid,
        text_version=text((state or {}).get("version")),
        expires_at=http_seconds((state or {}).get("expires")),
    )


describe = json_object


def _verdict(state: dict[str, Any] | None, service: str | None) -> Verdict:
    """What the JSON says about the service; only in the group ``marketing`` it stands for advertising."""
    consents = (state or {}).get("consents")
    marketing = names(consents.get("marketing", [])) if isinstance(consents, dict) else None
    if marketing is None:
        return UNPARSABLE
    wanted = _SERVICES if service is None else {service}
    return DENIED if wanted.isdisjoint(marketing) else ALLOW
