"""What a consent tool's own service answers about one logged-in person (Didomi's Consents API). Pure and total.

Documented (developers.didomi.io: users, query user, users schema; the API's OpenAPI description):
``GET /v1/consents/users?organization_id=…&organization_user_id=…`` answers the person's current status under the GDPR,
the regulation that is meant when none is named. Up to 100 records stand in ``data``, with a ``cursor`` that is null
when there are no more. A record has ``id``, ``organization_id``, ``organization_user_id``, ``updated_at`` (ISO 8601)
and ``consents``: ``vendors`` with the ids agreed to (``enabled``) and refused (``disabled``), ``purposes`` with ``id``
and ``enabled``: true, false, or null without a choice. The fields ending in ``_li`` are about legitimate interest and
never count. Several records may stand for one person, a device each; since autumn 2026 accounts move to one. A choice
that still waits for its confirmation is not in the status yet.

Unconfirmed, and read strictly:

* The guide shows an object with ``data``, the OpenAPI description the bare list. Either is read.
* Nothing says what is answered about a person whom Didomi does not know; an empty list is taken for it.
* A record has no time of the decision. ``updated_at`` is the last change of the record: the decision was not later.
* Of several records none is said to prevail: one refusal is a refusal, and an agreement takes all of them.
* Whether a choice was the person's own or carried over from another purpose ("one-click consent") does not show.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from sluice.consent.cmp.reading import Says
from sluice.consent.cmp.text import js_seconds
from sluice.settings import CmpApi


class CmpAnswer(NamedTuple):
    """What a consent tool's service says about one person.

    ``reason``: "" when it allows. ``at``: Unix seconds; the decision was not later. ``consent_id``: the tool's name for
    the person's record. ``raw``: what was read and nothing else of the answer, as JSON, for whoever takes its hash.
    """

    says: Says
    reason: str
    at: int | None = None
    consent_id: str | None = None
    raw: str = ""

    def __repr__(self) -> str:
        return f"CmpAnswer({self.says}, {self.reason})"  # the rest is about a person


NOT_KNOWN: Final = CmpAnswer("unknown", "no_signal")
"""The service knows no decision of this person about Meta."""
UNREACHABLE: Final = CmpAnswer("unknown", "cmp_unreachable")
"""The service was not asked, did not answer in time, or answered what this version cannot read."""
_REASONS: Final[dict[Says, str]] = {"allow": "", "deny": "denied", "unknown": NOT_KNOWN.reason}


class _Purpose(msgspec.Struct):
    id: str
    enabled: bool | None = None


class _Vendors(msgspec.Struct):
    enabled: list[str] = []
    disabled: list[str] = []


class _Consents(msgspec.Struct):
    vendors: _Vendors = msgspec.field(default_factory=_Vendors)
    purposes: list[_Purpose] = []


class _User(msgspec.Struct):
    id: str
    organization_id: str
    organization_user_id: str
    updated_at: str
    consents: _Consents = msgspec.field(default_factory=_Consents)


class _Page(msgspec.Struct):
    data: list[_User]
    cursor: Any = None


class _Record(msgspec.Struct):
    """One user record, cut down to what is asked about; the choices are None where there is none."""

    id: str
    updated_at: int
    vendor: bool | None
    purposes: dict[str, bool | None]


def read_didomi(body: bytes, person: str, config: CmpApi) -> CmpAnswer:
    """Read the body of a 200 about a person, known to the shop by that id. Total over any bytes.

    Every record must be about this person of this organization: a filter that the service overlooked would tell
    another person's consent.
    """
    records = _records(body, person, config)
    if records is None:
        return UNREACHABLE
    if not records:
        return NOT_KNOWN
    choices = {choice for record in records for choice in (record.vendor, *record.purposes.values())}
    says: Says = "deny" if False in choices else "allow" if choices == {True} else "unknown"
    latest = max(records, key=lambda record: record.updated_at)
    raw = msgspec.json.encode(records, order="deterministic").decode()
    return CmpAnswer(says, _REASONS[says], latest.updated_at, latest.id, raw)


def _records(body: bytes, person: str, config: CmpApi) -> list[_Record] | None:
    """The person's records; None for an answer that is no such thing, or not all of it."""
    try:
        found = msgspec.json.decode(body, type=_Page | list[_User])
    except (ValueError, RecursionError):
        return None
    page = found if isinstance(found, _Page) else _Page(found)
    if page.cursor is not None:
        return None
    records = []
    for user in page.data:
        updated_at = js_seconds(user.updated_at)
        if (user.organization_id, user.organization_user_id) != (config.organization_id, person) or updated_at is None:
            return None
        records.append(_record(user, updated_at, config))
    return records


def _record(user: _User, updated_at: int, config: CmpApi) -> _Record:
    """What one record says about the vendor and each purpose that is asked about."""
    vendors, purposes = user.consents.vendors, user.consents.purposes
    return _Record(
        user.id,
        updated_at,
        _choice([True] * (config.vendor in vendors.enabled) + [False] * (config.vendor in vendors.disabled)),
        {name: _choice(purpose.enabled for purpose in purposes if purpose.id == name) for name in config.purposes},
    )


def _choice(said: Iterable[bool | None]) -> bool | None:
    """The choice that must hold of several about one thing; a refusal wins. None without any."""
    found = set(said)
    return False if False in found else True if True in found else None
