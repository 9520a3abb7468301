"""The decision: default deny."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.decide import MAX_AGE_SECONDS, REASONS, Decision, decide, policy_version
from sluice.event import Flag, Signals
from sluice.settings import ConsentPolicy
from tests.samples import NOW
from tests.strategies import any_text, seconds

FLAGS = ConsentPolicy(allow_boolean_flag=True)
NO_FLAGS = ConsentPolicy()
EVENT = NOW - 3_600
NOTE = "marketing=granted;ts=2026-11-20T17:00:00Z;src=cmp"  # 40 minutes before the event
NOTE_AT = NOW - 6_000


def judge(
    signals: Signals,
    policy: ConsentPolicy = FLAGS,
    *,
    event_time: int = EVENT,
    subjects: tuple[str, ...] = ("A" * 22,),
    now: int = NOW,
) -> Decision:
    """The decision on an event of an hour ago with one subject key."""
    return decide(signals, policy, event_time=event_time, subject_keys=list(subjects), now_seconds=now)


def flagged(at: int | None, *, granted: bool = True) -> Signals:
    """A flag as the only signal."""
    return Signals(flag=Flag(granted=granted, at=at))


def noted(*notes: str) -> Signals:
    """Notes as the only signals."""
    return Signals(notes=notes)


@pytest.mark.parametrize(
    ("signals", "policy", "reason"),
    [
        (Signals(), FLAGS, "no_signal"),
        (flagged(EVENT), FLAGS, "ok_flag"),
        (flagged(EVENT), NO_FLAGS, "flag_not_permitted"),
        (flagged(None), FLAGS, "flag_without_time"),
        (flagged(EVENT, granted=False), FLAGS, "denied"),
        (flagged(EVENT, granted=False), NO_FLAGS, "denied"),
        (flagged(EVENT + 300), FLAGS, "ok_flag"),
        (flagged(EVENT + 301), FLAGS, "consent_after_event"),
        (flagged(NOW + 60), FLAGS, "consent_after_event"),
        (flagged(NOW + 61), FLAGS, "consent_in_future"),
        (flagged(NOW - MAX_AGE_SECONDS), FLAGS, "ok_flag"),
        (flagged(NOW - MAX_AGE_SECONDS - 1), FLAGS, "consent_expired"),
        (flagged(-1), FLAGS, "consent_expired"),
        (noted(NOTE), NO_FLAGS, "ok_note"),
        (noted(NOTE, NOTE), NO_FLAGS, "ok_note"),
        (noted(NOTE.replace("granted", "denied")), NO_FLAGS, "denied"),
        (noted(NOTE.replace("granted", "unknown")), NO_FLAGS, "denied"),
        (noted("marketing=granted"), NO_FLAGS, "note_unreadable"),
        (noted(""), NO_FLAGS, "note_unreadable"),
        (noted("marketing=granted;ts=2026-11-20T17:40:00Z"), NO_FLAGS, "ok_note"),
        (noted("marketing=granted;ts=2026-11-20T17:40:01Z"), NO_FLAGS, "consent_after_event"),
        (noted("marketing=granted;ts=2025-01-01T00:00:00Z"), NO_FLAGS, "consent_expired"),
        (noted(NOTE, NOTE.replace("granted", "denied")), FLAGS, "signal_conflict"),
        (Signals(flag=Flag(granted=True, at=EVENT), notes=(NOTE,)), FLAGS, "signal_conflict"),
    ],
)
def test_reason(signals: Signals, policy: ConsentPolicy, reason: str) -> None:
    """Each signal has one reason, and only ``ok`` allows."""
    decision = judge(signals, policy)
    assert (decision.reason, decision.allow) == (reason, reason.startswith("ok_"))


@pytest.mark.parametrize("signals", [flagged(EVENT), noted(NOTE)])
def test_nobody_to_withdraw(signals: Signals) -> None:
    """Consent that could never be withdrawn, because nothing identifies the person lastingly, does not count."""
    decision = judge(signals, subjects=())
    assert (decision.reason, decision.allow) == ("no_subject_key", False)


def test_event_dated_ahead() -> None:
    """Consent that was decided in the future does not count, whatever the event's own time says."""
    assert judge(flagged(NOW + 61), event_time=NOW + 61).reason == "consent_in_future"
    assert judge(flagged(NOW + 60), event_time=NOW + 61).reason == "ok_flag"


def test_proof() -> None:
    """A decision says when, by whom and under which policy it was made, and can be shown to be about this signal."""
    assert judge(noted(NOTE)) == Decision(
        allow=True,
        reason="ok_note",
        basis="note",
        policy_version=policy_version(FLAGS),
        decided_at=NOW,
        consent_at=NOTE_AT,
        evidence=hashlib.sha256(NOTE.encode()).hexdigest(),
    )


def test_nothing_to_prove() -> None:
    """Without a signal there is no evidence and no time of consent."""
    decision = judge(Signals())
    assert (decision.basis, decision.consent_at, decision.evidence) == ("none", None, None)


def test_policy_version() -> None:
    """Another rule is another version; the same rule the same one."""
    assert policy_version(FLAGS) == policy_version(ConsentPolicy(allow_boolean_flag=True))
    assert policy_version(FLAGS) != policy_version(NO_FLAGS)


def test_every_reason_is_reachable() -> None:
    """The table above and the reasons for conflicts and missing subjects are all there are."""
    marks = [mark for mark in test_reason.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    reasons = {row[2] for row in marks[0].args[1]}
    assert reasons | {"no_subject_key"} == REASONS.keys()


signals = st.builds(
    Signals,
    flag=st.none() | st.builds(Flag, granted=st.booleans(), at=st.none() | st.integers()),
    notes=st.lists(any_text.filter(str.isascii) | st.just(NOTE), max_size=3).map(tuple),
)


@given(signals, st.booleans(), seconds, st.lists(st.just("A" * 22), max_size=1), seconds)
def test_default_deny(given_signals: Signals, flags: bool, event_time: int, subjects: list[str], now: int) -> None:
    """Whatever signals and clock: only a granted signal with a subject is allowed, and there is always a reason."""
    policy = ConsentPolicy(allow_boolean_flag=flags)
    decision = judge(given_signals, policy, event_time=event_time, subjects=tuple(subjects), now=now)
    assert decision.reason in REASONS
    if decision.allow:
        assert subjects
        assert decision.consent_at is not None
        assert decision.consent_at <= now + 60
        if decision.basis == "flag":
            assert flags
            assert given_signals.flag is not None
            assert given_signals.flag.granted
        else:
            assert set(given_signals.notes) == {NOTE}
