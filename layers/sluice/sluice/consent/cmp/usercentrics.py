"""Usercentrics: a convention of this project, for the tool keeps its state in the browser's local storage.

The front end passes on, as the cookie (or request field) ``usercentrics``, this JSON::

    {"controllerId": "…", "settingsId": "…", "version": "1.2.3", "updatedAt": 1795161600000,
     "services": [{"id": "<template id>", "status": true, "type": "explicit"}]}

``services``: those that Usercentrics knows, with its own words: ``status`` says yes or no, ``type`` whether a person
(``explicit``) or the default (``implicit``) said it, in any case of letters. ``updatedAt``: milliseconds, may be left
out, like everything but ``services``. Usercentrics does not permit servers to look a controller id up.
"""

from collections.abc import Mapping
from typing import Any, Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import json_object, seconds, text

_COOKIE: Final = "usercentrics"


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What Usercentrics says; None when nothing was passed on. ``consent_id`` is the controller id."""
    value = cookies.get(_COOKIE)
    if value is None:
        return None
    state = json_object(value)
    return CmpReading(
        "usercentrics",
        *_verdict(state, options.usercentrics.service),
        raw=value,
        at=seconds((state or {}).get("updatedAt")),
        consent_id=text((state or {}).get("controllerId")),
        text_version=text((state or {}).get("version")),
    )


describe = json_object


def _verdict(state: dict[str, Any] | None, service: str | None) -> Verdict:
    """What the state says about the service; it must stand in the list once."""
    services = (state or {}).get("services")
    if not isinstance(services, list) or not all(isinstance(item, dict) for item in services):
        return UNPARSABLE
    found = [item for item in services if item.get("id") == service]
    if service is None or not found:
        return NO_ACT
    status, kind = found[0].get("status"), found[0].get("type")
    if len(found) > 1 or not isinstance(status, bool) or not isinstance(kind, str):
        return UNPARSABLE
    if kind.lower() != "explicit":
        return NO_ACT
    return ALLOW if status else DENIED
