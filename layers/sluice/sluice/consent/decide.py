"""The one decision: may this event be sent? Default deny; unknown is no. Pure, no clock of its own."""

import hashlib
from functools import lru_cache
from typing import Final

import msgspec

from sluice.consent.note import Note, parse_note
from sluice.event import Flag, Signals
from sluice.settings import ConsentPolicy

MAX_AHEAD_SECONDS: Final = 60
"""A decision dated further ahead than this was not made yet."""
MAX_AFTER_EVENT_SECONDS: Final = 300
"""Consent that a server vouches for may be recorded this long after the event (the order is placed, then saved)."""
MAX_AGE_SECONDS: Final = 395 * 86_400
"""13 months, the customary life of a consent; asked for longer ago it no longer counts."""

REASONS: Final = {
    "ok_flag": "An authenticated server vouched for the person's consent.",
    "ok_note": "The order carries the storefront's record of the person's consent.",
    "no_signal": "The event came without any sign of consent.",
    "denied": "The person refused, or the record says that nothing was decided.",
    "flag_not_permitted": "The dataset's policy does not accept a plain flag (`allow_boolean_flag`).",
    "flag_without_time": "A plain flag needs `at`, the time of the person's decision.",
    "consent_in_future": "The decision is dated in the future.",
    "consent_after_event": "The decision was made after the event.",
    "consent_expired": "The decision is more than 13 months old.",
    "note_unreadable": "The order's `_capi_consent` attribute does not follow the convention.",
    "signal_conflict": "Several signals of one event contradict each other.",
    "no_subject_key": "Nothing in the event identifies the person lastingly, so the consent could never be withdrawn.",
}
"""Every reason a decision can have, with its meaning."""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """Allow or deny, and the proof of why: reason code, basis (the kind of signal), policy version, evidence.

    ``decided_at``: when the gateway decided. ``consent_at``: when the person did. ``evidence``: SHA-256 of the raw
    signal, so that the sender of the signal can show it was this one; the signal itself is never stored.
    """

    allow: bool
    reason: str
    basis: str
    policy_version: str
    decided_at: int
    consent_at: int | None = None
    evidence: str | None = None


def decide(
    signals: Signals, policy: ConsentPolicy, *, event_time: int, subject_keys: list[str], now_seconds: int
) -> Decision:
    """Judge the signals of one event under the dataset's policy at a moment.

    ``subject_keys``: what a later withdrawal could name the person by. Times are Unix seconds.
    """
    reason, basis, consent_at, evidence = _judge(signals, policy, event_time, now_seconds)
    if reason.startswith("ok_") and not subject_keys:
        reason = "no_subject_key"
    return Decision(
        allow=reason.startswith("ok_"),
        reason=reason,
        basis=basis,
        policy_version=policy_version(policy),
        decided_at=now_seconds,
        consent_at=consent_at,
        evidence=hashlib.sha256(evidence).hexdigest() if evidence else None,
    )


@lru_cache(maxsize=256)
def policy_version(policy: ConsentPolicy) -> str:
    """The first 12 hex digits of the SHA-256 of the policy: another rule, another version."""
    return hashlib.sha256(msgspec.json.encode(policy, order="deterministic")).hexdigest()[:12]


def _judge(
    signals: Signals, policy: ConsentPolicy, event_time: int, now_seconds: int
) -> tuple[str, str, int | None, bytes]:
    """Reason, basis, the person's decision time, raw evidence. Several signals that could differ allow nothing."""
    notes = set(signals.notes)
    if len(notes) > 1 or (notes and signals.flag is not None):
        return "signal_conflict", "none", None, b""
    if notes:
        text = notes.pop()
        note = parse_note(text)
        reason = _note_reason(note, event_time, now_seconds)
        return reason, "note", note.at if note else None, text.encode()
    if signals.flag is not None:
        flag = signals.flag
        return _flag_reason(flag, policy, event_time, now_seconds), "flag", flag.at, msgspec.json.encode(flag)
    return "no_signal", "none", None, b""


def _note_reason(note: Note | None, event_time: int, now_seconds: int) -> str:
    """A note counts when it says granted, and was written before the order."""
    if note is None:
        return "note_unreadable"
    if note.marketing != "granted":
        return "denied"
    if note.at > event_time:
        return "consent_after_event"
    return _time_reason(note.at, now_seconds) or "ok_note"


def _flag_reason(flag: Flag, policy: ConsentPolicy, event_time: int, now_seconds: int) -> str:
    """A flag counts from an authenticated server, where the policy takes it, with the time of the decision."""
    if not flag.granted:
        return "denied"
    if not policy.allow_boolean_flag:
        return "flag_not_permitted"
    if flag.at is None:
        return "flag_without_time"
    if flag.at > event_time + MAX_AFTER_EVENT_SECONDS:
        return "consent_after_event" if flag.at <= now_seconds + MAX_AHEAD_SECONDS else "consent_in_future"
    return _time_reason(flag.at, now_seconds) or "ok_flag"


def _time_reason(consent_at: int, now_seconds: int) -> str | None:
    """Why a decision of this time does not count now; None when it does."""
    if consent_at > now_seconds + MAX_AHEAD_SECONDS:
        return "consent_in_future"
    if consent_at < now_seconds - MAX_AGE_SECONDS:
        return "consent_expired"
    return None
