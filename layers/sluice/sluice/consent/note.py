"""The order attribute ``_capi_consent``, in which a storefront records the visitor's choice.

Form: ``marketing=granted|denied|unknown;ts=<ISO 8601, UTC>;src=<consent tool>``, a convention of this project, with
``cid=<the consent tool's id>`` and ``token=<signed consent token>`` where there are such.
Anybody who can write a cart attribute can write it, so it is read strictly and ranks below every other signal.
"""

import re
from typing import Final, NamedTuple

from sluice.times import iso_seconds

_MAX_CHARACTERS: Final = 2_560
_PAIR: Final = re.compile(r"([a-z_]{1,16})=([^;=]*)")
_MAX_VALUE: Final = 128
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_STATES: Final = frozenset({"granted", "denied", "unknown"})


class Note(NamedTuple):
    """What the attribute says: the state, when it was decided (Unix seconds), by which consent tool under which id.

    ``token``: unverified.
    """

    marketing: str
    at: int
    source: str
    consent_id: str | None = None
    token: str | None = None


def parse_note(text: str) -> Note | None:
    """The note, or None for anything that does not follow the convention to the letter.

    Unknown keys are left alone (later versions may add some); a key that stands twice makes the note unreadable.
    """
    if len(text) > _MAX_CHARACTERS:
        return None
    pairs: dict[str, str] = {}
    for part in text.strip().split(";"):
        match = _PAIR.fullmatch(part.strip())
        if match is None or match[1] in pairs or (len(match[2]) > _MAX_VALUE and match[1] != "token"):
            return None
        pairs[match[1]] = match[2]
    written = pairs.get("ts", "")
    at = iso_seconds(written) if _TIME.fullmatch(written) else None
    if pairs.get("marketing") not in _STATES or at is None:
        return None
    return Note(pairs["marketing"], at, pairs.get("src", ""), pairs.get("cid") or None, pairs.get("token"))
