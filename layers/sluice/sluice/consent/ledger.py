"""What the consent ledger holds of a person, and what it means for an event. Pure; ``outside.consent_store`` keeps it.

For each subject key two times are known and only ever move forward: the latest grant and the latest refusal (a deny or
a withdrawal). Whatever order statements arrive in, a late old grant therefore never undoes a withdrawal.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, Self

import msgspec

from sluice.policy import ConsentPolicy
from sluice.told import Proof

DAY_SECONDS: Final = 86_400
MAX_AFTER_EVENT_SECONDS: Final = 300
"""Consent may be recorded this long after the event (the order is placed, then saved)."""
_RECORDED: Final = frozenset({"token", "ledger"})
"""What a refusal can be answered with: consent whose time is vouched for."""


class Standing(NamedTuple):
    """What is known of one subject key. Times in Unix seconds, 0 for never.

    ``expires_at`` and ``text_version`` belong to the latest grant.
    """

    granted_at: int = 0
    refused_at: int = 0
    expires_at: int = 0
    text_version: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """One decision of a person, to be recorded under each of their subject keys.

    ``decided_at``: Unix seconds, never after ``recorded_at``, so that a clock that runs ahead cannot lock a record.
    ``expires_at``: when a grant ends. ``source``: who said so (server, token, browser, or a source's name).
    ``evidence``: SHA-256 of the token, or of what was told without any identifier.
    """

    decision: Literal["grant", "deny", "withdraw"]
    decided_at: int
    recorded_at: int
    expires_at: int
    source: str
    evidence: str
    request_id: str
    proof: Proof = Proof()


def standing_of(standings: Iterable[Standing]) -> Standing:
    """The standing of a person with several subject keys: the latest refusal of any, the latest grant of any.

    Of several grants of the same second the one that allows least.
    """
    found = list(standings)
    if not found:
        return Standing()
    grant = min(found, key=lambda known: (-known.granted_at, known.expires_at, known.text_version or ""))
    return grant._replace(refused_at=max(known.refused_at for known in found))


class Asked(NamedTuple):
    """The event that the ledger is asked about.

    ``basis`` and ``consent_at`` of the decision that let it in; ``ledger_required``, ``min_text_version`` and
    ``max_consent_age_days`` of the policy in force.
    """

    event_time: int
    basis: str
    consent_at: int | None
    ledger_required: bool
    min_text_version: str | None
    max_consent_age_days: int = 395

    @classmethod
    def under(cls, policy: ConsentPolicy, event_time: int, basis: str, consent_at: int | None) -> Self:
        """What the ledger is asked about an event under a policy."""
        required, least, days = policy.ledger_required, policy.min_text_version, policy.max_consent_age_days
        return cls(event_time, basis, consent_at, required, least, days)


def stopped_by(standing: Standing, asked: Asked, now_seconds: int) -> str | None:
    """Why the ledger stops an event, as a reason code; None when it does not.

    After a refusal only a newer grant of the ledger or a newer signed token counts, and only for events after it. At
    the same moment the refusal wins.
    """
    latest_start = asked.event_time + (0 if standing.refused_at else MAX_AFTER_EVENT_SECONDS)
    # The consent that let the event in; without a refusal since, a later grant does not take its place.
    own_holds = asked.basis in _RECORDED and standing.refused_at < (asked.consent_at or 0) <= latest_start
    granted_in_time = standing.refused_at < standing.granted_at <= latest_start
    if standing.refused_at and not own_holds and not granted_in_time:
        return "withdrawn"
    if not asked.ledger_required and asked.basis != "ledger" and (own_holds or not standing.refused_at):
        return None
    if not standing.granted_at:
        return "ledger_missing"
    if standing.expires_at <= now_seconds or is_too_old(standing.granted_at, asked.max_consent_age_days, now_seconds):
        return "consent_expired"
    if not granted_in_time and not (own_holds and asked.basis == "ledger"):
        return "consent_after_event"
    return "text_outdated" if is_outdated(standing.text_version, asked.min_text_version) else None


def is_too_old(decided_at: int, max_age_days: int, now_seconds: int) -> bool:
    """Whether consent of that moment is older than a policy accepts."""
    return decided_at < now_seconds - max_age_days * DAY_SECONDS


def is_outdated(version: str | None, least: str | None) -> bool:
    """Whether a text version is below the least one; numbers compare as numbers, a missing version is outdated."""
    if least is None:
        return False
    if version is None:
        return True
    if version.isdecimal() and least.isdecimal():
        return (len(version.lstrip("0")), version.lstrip("0")) < (len(least.lstrip("0")), least.lstrip("0"))
    return version < least
