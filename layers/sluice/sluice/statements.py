"""From what was told about a person's consent to a statement in the ledger, under each key that the person has."""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from sluice.consent.ledger import Statement
from sluice.consent.ports import ConsentStore
from sluice.consent.subject import IDENTIFIERS, identifiers, subject_keys, subject_secrets
from sluice.errors import Rejected
from sluice.match_keys import Candidates, Reason, to_match_keys
from sluice.policy import ConsentPolicy
from sluice.settings import SettingsDocument
from sluice.sources.request import Request
from sluice.telemetry import Metric, Telemetry
from sluice.told import Told

MAX_AHEAD_SECONDS: Final = 60
"""How far a sender's clock may run ahead."""
_DAY_SECONDS: Final = 86_400
_RULES: Final[tuple[Candidates, ...]] = ("documented", "pixel")


class Teller(NamedTuple):
    """Who tells it, about a visitor of which dataset's site, when and in which request.

    ``source``: server, browser, token, or a source's name.
    """

    dataset_id: str
    document: SettingsDocument
    source: str
    request: Request
    now_seconds: int


def record_told(
    told: Told, subjects: Sequence[str], teller: Teller, ledger: ConsentStore, telemetry: Telemetry
) -> None:
    """Record it under each subject key; to repeat it is safe.

    Raises Rejected ``no_decision``, ``decision_in_future``; Unavailable unless all of it is written.
    """
    statement = statement_of(told, teller)
    ledger.record(teller.document.datasets[teller.dataset_id].site or teller.dataset_id, subjects, statement)
    telemetry.count(Metric.CONSENT_RECORDED)
    telemetry.log("recorded", dataset=teller.dataset_id, source=teller.source, decision=statement.decision)


def statement_of(told: Told, teller: Teller) -> Statement:
    """The statement, dated by what was told, never after now; without a time it is dated now.

    A grant from further ahead is refused, not dated back: each time that it is repeated it would be newer, and so undo
    a withdrawal from before. A refusal is recorded whatever its date. Raises Rejected as ``record_told``.
    """
    decision, at, now = told.decision, told.at, teller.now_seconds
    if decision is None or (decision == "grant" and at is None):
        raise Rejected("no_decision")
    if decision == "grant" and at is not None and at > now + MAX_AHEAD_SECONDS:
        raise Rejected("decision_in_future")
    decided_at = now if at is None else max(1, min(at, now))  # in a standing 0 is never
    policy = teller.document.datasets[teller.dataset_id].consent or ConsentPolicy()
    return Statement(
        decision=decision,
        decided_at=decided_at,
        recorded_at=now,
        expires_at=decided_at + policy.max_consent_age_days * _DAY_SECONDS if decision == "grant" else 0,
        source=teller.source,
        evidence=hashlib.sha256(teller.request.body).hexdigest(),
        request_id=teller.request.request_id,
        proof=told.proof,
    )


def subjects_of(told: Told, dataset_id: str, document: SettingsDocument, now_seconds: int) -> list[str]:
    """The subject keys of the person that is named, under every pepper.

    Each match-key rule is asked by itself, whatever the dataset sends, so that a withdrawal finds what any setting
    sent. Raises Rejected ``no_subject``, and ``too_many_subjects`` rather than leave out a name.
    """
    country = document.datasets[dataset_id].default_country
    found: dict[tuple[str, str], None] = {}
    for rule in _RULES:
        read = to_match_keys(told.user_data, default_country=country, now_seconds=now_seconds, candidates=rule)
        if any(drop.field in IDENTIFIERS and drop.reason is Reason.TOO_MANY for drop in read.dropped):
            raise Rejected("too_many_subjects")
        found.update(dict.fromkeys(identifiers(read.keys)))
    named = [("cmp", told.cmp_consent_id), ("checkout", told.checkout_token)]
    found.update(((kind, name), None) for kind, name in named if name)
    if not found:
        raise Rejected("no_subject")
    return subject_keys(found, subject_secrets(document, dataset_id))
