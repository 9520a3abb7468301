"""What the consent ledger holds of one person: in words, as JSON, and the whole of it for an access request. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from cli.delivery_items import meaning
from cli.persons import Person
from cli.times import iso
from sluice.consent.ledger import Standing, Statement, is_outdated, standing_of
from sluice.consent.ports import SubjectRecord
from sluice.outside.consent_store import LEAST_RETENTION_DAYS
from sluice.policy import ConsentPolicy

_META: Final = "Meta Platforms Ireland Limited, Merrion Road, Dublin 4, D04 X2K5, Ireland"
_PURPOSE: Final = (
    "To tell Meta through its Conversions API what the person did at the site, so that advertising on Meta's services "
    "is measured and shown to the people whom it concerns."
)
_NOT_HELD: Final = (
    (
        "E-mail address, telephone number, name, address, IP address and browser: they are hashed or dropped before "
        "anything is stored. Here the person is known by keyed hashes (subject keys) only."
    ),
    (
        "What was in a delivered event, such as products and amounts: Meta received it, and only the record of the "
        "decision and the delivery is kept."
    ),
    "Events that consent stopped at the door: they are counted and forgotten.",
    (
        "Events on their way: a queue holds them for at most 14 days, and those that were given up another queue for "
        "at most 14 more, with hashed identifiers and not searchable by person. Each is listed here as soon as a "
        "sender has taken it up."
    ),
)
_TO_ADD: Final = (
    "Whatever else you hold of the person, such as orders and the shop's logs.",
    (
        "Your name and your data protection officer; AWS, which runs this for you, and the region; Meta's transfer to "
        "the United States and what safeguards it; the rights of Art. 15(1)(e) and (f) GDPR."
    ),
)


def standing_of_person(records: Iterable[SubjectRecord]) -> Standing:
    """The standing that the sender would find."""
    return standing_of(record.standing for record in records)


def state(standing: Standing, policy: ConsentPolicy | None, now: int) -> str:
    """The standing in a word: unknown, refused, expired, outdated or granted."""
    if standing.refused_at and standing.refused_at >= standing.granted_at:
        return "refused"
    if not standing.granted_at:
        return "unknown"
    if standing.expires_at <= now:
        return "expired"
    return "outdated" if policy and is_outdated(standing.text_version, policy.min_text_version) else "granted"


def in_words(standing: Standing, policy: ConsentPolicy | None, now: int) -> str:
    """The standing, and what it means for events."""
    granted, refused, ends = iso(standing.granted_at), iso(standing.refused_at), iso(standing.expires_at)
    return {
        "unknown": "The ledger holds nothing under these identifiers. Events pass only by a consent of their own, and "
        "not at all where the policy asks for the ledger (`ledger_required`).",
        "refused": f"The person refused or took consent back on {refused}. No event is sent, unless a newer consent "
        "is recorded or comes in a signed token.",
        "expired": f"The person agreed on {granted}; that ended on {ends}.",
        "outdated": f"The person agreed on {granted}, to a text that the policy no longer takes.",
        "granted": f"The person agreed on {granted}; that holds until {ends}.",
    }[state(standing, policy, now)]


def standing_as_json(standing: Standing, policy: ConsentPolicy | None, now: int) -> dict[str, Any]:
    """The standing as JSON values; a time that never was is null."""
    return {
        "state": state(standing, policy, now),
        **{name: _iso_or_none(getattr(standing, name)) for name in ("granted_at", "refused_at", "expires_at")},
        "text_version": standing.text_version,
    }


def statements_as_json(records: Iterable[SubjectRecord]) -> list[dict[str, Any]]:
    """Every statement once, with the subject keys that it is kept under, in the order in which they were made."""
    found: dict[bytes, tuple[Statement, list[str]]] = {}
    for record in records:
        for statement in record.statements:
            found.setdefault(msgspec.json.encode(statement), (statement, []))[1].append(record.subject)
    by_time = sorted(found.values(), key=lambda each: (each[0].decided_at, each[0].recorded_at))
    return [
        {
            "decision": statement.decision,
            "decided_at": iso(statement.decided_at),
            "recorded_at": iso(statement.recorded_at),
            "expires_at": _iso_or_none(statement.expires_at),
            "source": statement.source,
            "evidence_sha256": statement.evidence,
            "request_id": statement.request_id,
            "proof": msgspec.to_builtins(statement.proof),
            "subjects": subjects,
        }
        for statement, subjects in by_time
    ]


def as_json(person: Person, records: Sequence[SubjectRecord], now: int) -> dict[str, Any]:
    """Who was asked about, by subject keys only, and all that the ledger holds of them."""
    return {
        "dataset": person.dataset_id,
        "site": person.site,
        "named_by": person.named_by,
        "subjects": person.subjects,
        "standing": standing_as_json(standing_of_person(records), person.dataset.consent, now),
        "statements": statements_as_json(records),
    }


def access_document(
    ledger: Mapping[str, Any], events: Sequence[Mapping[str, Any]], evidence_retention_days: int, now: int
) -> dict[str, Any]:
    """The answer to an access request (Art. 15 GDPR), as far as the gateway can give it.

    ``ledger``: as ``as_json`` gives it. ``events``: the evidence of the person's events.
    """
    delivered = sorted(event["settled_at"] for event in events if event["state"] == "delivered")
    return {
        "made_at": iso(now),
        "consent": ledger,
        "events": [{**event, "meaning": meaning(event["reason"])} for event in events],
        "purposes": [_PURPOSE],
        "recipients": [
            {
                "name": _META,
                "events": len(delivered),
                "first_at": delivered[0] if delivered else None,
                "last_at": delivered[-1] if delivered else None,
            }
        ],
        "retention": {
            "events": "`kept_until` of each event",
            "consent": f"{max(evidence_retention_days, LEAST_RETENTION_DAYS)} days after `recorded_at`",
        },
        "not_held": list(_NOT_HELD),
        "for_you_to_add": list(_TO_ADD),
    }


def _iso_or_none(seconds: int) -> str | None:
    return iso(seconds) if seconds else None
