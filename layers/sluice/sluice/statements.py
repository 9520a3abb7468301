"""From what was told about a person to what is kept of it, under each key that the person has.

A decision about consent becomes a statement in the ledger; what a person asks about their data, a privacy request.
"""

import hashlib
import hmac
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from sluice.consent.ledger import Statement
from sluice.consent.ports import ConsentStore
from sluice.consent.subject import IDENTIFIERS, identifiers, subject_keys, subject_secrets
from sluice.errors import Rejected
from sluice.event import delivery_key, order_key
from sluice.match_keys import Candidates, Reason, to_match_keys
from sluice.policy import ConsentPolicy
from sluice.privacy import ANSWER_SECONDS, PrivacyAsked, PrivacyRequest, PrivacyRequests
from sluice.settings import SettingsDocument
from sluice.sources.request import Request
from sluice.telemetry import Metric, Telemetry
from sluice.told import Told

MAX_NAME_CHARACTERS: Final = 256
"""Of a consent tool's id and a checkout's token."""
MAX_ORDERS: Final = 1_000
"""Of one privacy request: their keys fit in one DynamoDB item five times over."""
_DAY_SECONDS: Final = 86_400
_RULES: Final[tuple[Candidates, ...]] = ("documented", "pixel")
_NAMES: Final = {"cmp_consent_id": "cmp", "checkout_token": "checkout"}
"""What names a person beside ``user_data``, and the kind of its subject key."""
_REPLACEMENT: Final = "\ufffd"
"""What stands where a text was broken: it may be any of several persons' names."""


class Teller(NamedTuple):
    """Who tells it, about a visitor of which dataset's site, when and in which request.

    ``source``: server, browser, token, or a source's name. ``token``: the signed one that says it.
    """

    dataset_id: str
    document: SettingsDocument
    source: str
    request: Request
    now_seconds: int
    token: str | None = None


class Named(NamedTuple):
    """Whom a statement is about: their subject keys, and what was to name them and does not.

    ``unreadable``: ``em:not_an_email``, each field and reason once, never a value. A key of ``user_data`` that is none
    (``email``) counts; a name or place that is not readable does not.
    """

    subjects: Sequence[str]
    unreadable: Sequence[str] = ()


def record_told(told: Told, named: Named, teller: Teller, ledger: ConsentStore, telemetry: Telemetry) -> None:
    """Record it under each subject key; to repeat it is safe. Names that were not readable are counted and logged.

    Raises Rejected ``no_decision``, ``decision_in_future``; Unavailable unless all of it is written.
    """
    statement = statement_of(told, named.subjects, teller)
    ledger.record(_site(teller), named.subjects, statement)
    telemetry.count(Metric.CONSENT_RECORDED)
    telemetry.log("recorded", dataset=teller.dataset_id, source=teller.source, decision=statement.decision)
    _tell_unreadable(named.unreadable, teller, telemetry)


def record_privacy(asked: PrivacyAsked, teller: Teller, requests: PrivacyRequests, telemetry: Telemetry) -> None:
    """Record what a person asks about their data; to repeat it changes nothing.

    It is recorded whatever of it is readable: who asked may be found by other means, a request that is turned away is
    forgotten. What was not readable is counted and logged. Raises Unavailable unless it is written.
    """
    person = Told(user_data=dict(asked.user_data))
    named = known_by(person, teller.dataset_id, teller.document, teller.now_seconds)
    requests.add(_privacy_request(asked, named.subjects, teller))
    telemetry.log("privacy_request", dataset=teller.dataset_id, source=teller.source, kind=asked.kind)
    left_out = [f"orders:{Reason.TOO_MANY}"] if len(asked.orders) > MAX_ORDERS else []
    _tell_unreadable([*named.unreadable, *left_out], teller, telemetry)


def _privacy_request(asked: PrivacyAsked, subjects: Sequence[str], teller: Teller) -> PrivacyRequest:
    """What is kept of a request. A reference may be a digest of the body, which can be guessed; its HMAC cannot."""
    secret = subject_secrets(teller.document, teller.dataset_id)[0]
    told = f"privacy:{teller.source}:{asked.kind}:{asked.reference}".encode(errors="surrogatepass")
    orders = (order_key(teller.source, order) for order in asked.orders[:MAX_ORDERS])
    return PrivacyRequest(
        id=hmac.digest(bytes.fromhex(secret), told, "sha256").hex()[:16],
        kind=asked.kind,
        source=teller.source,
        dataset=teller.dataset_id,
        site=_site(teller),
        subjects=list(subjects),
        delivery_keys=[delivery_key(teller.dataset_id, "Purchase", order) for order in orders],
        received_at=teller.now_seconds,
        due_at=teller.now_seconds + ANSWER_SECONDS,
    )


def _tell_unreadable(unreadable: Sequence[str], teller: Teller, telemetry: Telemetry) -> None:
    """Count and log what was to name a person and does not."""
    if unreadable:
        telemetry.count(Metric.MATCH_KEYS_DROPPED, len(unreadable))
        telemetry.log("unreadable", dataset=teller.dataset_id, source=teller.source, dropped=Counter(unreadable))


def statement_of(told: Told, subjects: Sequence[str], teller: Teller) -> Statement:
    """The statement, dated by what was told, never after now; without a time it is dated now.

    A grant from ahead is refused, not dated back: each time that it is repeated it would be newer, and so undo a
    withdrawal from before. A refusal is recorded whatever its date. Raises Rejected as ``record_told``.
    """
    decision, at, now = told.decision, told.at, teller.now_seconds
    if decision is None or (decision == "grant" and at is None):
        raise Rejected("no_decision")
    if decision == "grant" and at is not None and at > now:
        raise Rejected("decision_in_future")
    decided_at = now if at is None else max(1, min(at, now))  # in a standing 0 is never
    policy = teller.document.datasets[teller.dataset_id].consent or ConsentPolicy()
    return Statement(
        decision=decision,
        decided_at=decided_at,
        recorded_at=now,
        expires_at=decided_at + policy.max_consent_age_days * _DAY_SECONDS if decision == "grant" else 0,
        source=teller.source,
        evidence=_evidence(told, subjects, teller),
        request_id=teller.request.request_id,
        proof=told.proof,
    )


def name_person(told: Told, dataset_id: str, document: SettingsDocument, now_seconds: int) -> Named:
    """Whom the statement is about, as ``known_by``.

    Raises Rejected ``no_subject``, and ``too_many_subjects`` rather than leave out a name.
    """
    named = known_by(told, dataset_id, document, now_seconds)
    if any(f"{field}:{Reason.TOO_MANY}" in named.unreadable for field in IDENTIFIERS):
        raise Rejected("too_many_subjects")
    if not named.subjects:
        raise Rejected("no_subject")
    return named


def known_by(told: Told, dataset_id: str, document: SettingsDocument, now_seconds: int) -> Named:
    """What a person is known by, read once by each match-key rule and keyed under every pepper; perhaps nothing.

    Both rules are asked whatever the dataset sends, so that a withdrawal finds what any setting sent.
    """
    country = document.datasets[dataset_id].default_country
    found: dict[tuple[str, str], None] = {}
    lost: dict[str, None] = {}
    for rule in _RULES:
        read = to_match_keys(told.user_data, default_country=country, now_seconds=now_seconds, candidates=rule)
        found.update(dict.fromkeys(identifiers(read.keys)))
        drops = [drop for drop in read.dropped if drop.field in (*IDENTIFIERS, "user_data")]
        lost.update(dict.fromkeys(f"{drop.field}:{drop.reason}" for drop in drops))
    for field, name in _names(told).items():
        if name:
            found[_NAMES[field], name] = None
        else:
            lost[f"{field}:{Reason.MALFORMED}"] = None
    return Named(subject_keys(found, subject_secrets(document, dataset_id)), list(lost))


def _names(told: Told) -> dict[str, str]:
    """What was told of the names beside ``user_data``, without white space around it; '' for what is none."""
    given = {field: getattr(told, field) for field in _NAMES}
    return {field: _name(value) for field, value in given.items() if value is not None}


def _name(value: str) -> str:
    name = value.strip()
    whole = len(name) <= MAX_NAME_CHARACTERS and _REPLACEMENT not in name
    return name if whole and not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name) else ""


def _site(teller: Teller) -> str:
    return teller.document.datasets[teller.dataset_id].site or teller.dataset_id


def _evidence(told: Told, subjects: Sequence[str], teller: Teller) -> str:
    """SHA-256 of the token, else of what was told with subject keys in place of the person's identifiers.

    Not of the request: an address may be all of it that is not known, and so could be found by trying addresses.
    """
    said = {"decision": told.decision, "at": told.at, "site": _site(teller), "subjects": subjects, "proof": told.proof}
    return hashlib.sha256(teller.token.encode() if teller.token else msgspec.json.encode(said)).hexdigest()
