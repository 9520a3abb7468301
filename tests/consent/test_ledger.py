"""What the consent ledger's standing of a person means for an event."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sluice.consent.ledger import MAX_AFTER_EVENT_SECONDS, Asked, Proof, Standing, Statement, is_outdated, stopped_by
from sluice.consent.ledger import standing_of as standing_of_keys
from tests.fakes.consent_store import FakeConsentStore
from tests.samples import NOW

DAY = 86_400
AFTER = MAX_AFTER_EVENT_SECONDS


def grant(at: int, *, expires_at: int = NOW + DAY, text_version: str | None = None) -> Statement:
    """A person agrees."""
    return Statement("grant", at, NOW, expires_at, "server", "", "request", Proof(text_version=text_version))


def refusal(at: int, decision: Any = "withdraw") -> Statement:
    """A person takes it back, or never agreed."""
    return Statement(decision, at, NOW, 0, "server", "", "request")


def told(statements: Sequence[Statement]) -> Standing:
    """The standing of somebody who was heard to say these things, in this order."""
    store = FakeConsentStore()
    for statement in statements:
        store.record("site", ["key"], statement)
    return standing_of_keys(store.standings("site", ["key"]).values())


def asked(**changes: Any) -> Asked:
    """An event of NOW that a server's flag let in a minute before, under a policy that asks for no more."""
    return Asked(NOW, "flag", NOW - 60, ledger_required=False, min_text_version=None)._replace(**changes)


FLAG, TOKEN, LEDGER = asked(), asked(basis="token"), asked(basis="ledger")
REQUIRED = asked(ledger_required=True)
TEXT_2 = asked(ledger_required=True, min_text_version="2")

times = st.integers(1, 40)
grants = st.builds(
    grant,
    times,
    expires_at=st.integers(1, 90),
    text_version=st.none() | st.sampled_from(["1", "2", "10"]),
)
refusals = st.builds(refusal, times, st.sampled_from(["deny", "withdraw"]))
events = st.builds(
    Asked,
    event_time=times,
    basis=st.sampled_from(["flag", "token", "ledger"]),
    consent_at=st.none() | times,
    ledger_required=st.booleans(),
    min_text_version=st.none() | st.sampled_from(["1", "2", "10"]),
)


@pytest.mark.parametrize(
    ("said", "event", "reason"),
    [
        # Nobody knows the person.
        ([], FLAG, None),
        ([], TOKEN, None),
        ([], LEDGER, "ledger_missing"),
        ([], REQUIRED, "ledger_missing"),
        # Granted; then asked for it.
        ([grant(NOW - 60)], FLAG, None),
        ([grant(NOW - 60)], LEDGER, None),
        ([grant(NOW - 60)], REQUIRED, None),
        # Granted, queued, withdrawn, sent: however late, and a redrive is no different.
        ([grant(NOW - 60), refusal(NOW + 1)], FLAG, "withdrawn"),
        ([grant(NOW - 60), refusal(NOW + 1)], TOKEN, "withdrawn"),
        ([grant(NOW - 60), refusal(NOW + 1)], LEDGER, "withdrawn"),
        ([grant(NOW - 60), refusal(NOW + 1)], REQUIRED, "withdrawn"),
        ([refusal(NOW + 1, "deny")], FLAG, "withdrawn"),
        # A flag that was set before the withdrawal, or after it, is no match for it.
        ([refusal(NOW - 120)], FLAG, "withdrawn"),
        # Withdrawn, and twice.
        ([refusal(NOW - 30), refusal(NOW - 30)], LEDGER, "withdrawn"),
        # Withdrawn; then an old grant arrives late.
        ([refusal(NOW - 30), grant(NOW - 60)], LEDGER, "withdrawn"),
        # At the same moment the refusal wins.
        ([grant(NOW - 30), refusal(NOW - 30)], LEDGER, "withdrawn"),
        # Withdrawn, then granted anew: the old event is dropped, the new one sent.
        ([refusal(NOW - 30), grant(NOW - 20)], asked(event_time=NOW - 25), "withdrawn"),
        ([refusal(NOW - 30), grant(NOW - 20)], FLAG, None),
        ([refusal(NOW - 30), grant(NOW)], FLAG, None),
        ([refusal(NOW - 30), grant(NOW + 1)], FLAG, "withdrawn"),
        # A signed token that is newer than the withdrawal counts, for what comes after it.
        ([refusal(NOW - 61)], TOKEN, None),
        ([refusal(NOW - 60)], TOKEN, "withdrawn"),
        ([refusal(NOW - 61)], TOKEN._replace(event_time=NOW - 61), "withdrawn"),
        ([refusal(NOW - 61)], TOKEN._replace(consent_at=None), "withdrawn"),
        ([refusal(NOW - 61)], TOKEN._replace(ledger_required=True), "ledger_missing"),
        # The grant's time is over, though its item may still be there.
        ([grant(NOW - 60, expires_at=NOW + 1)], LEDGER, None),
        ([grant(NOW - 60, expires_at=NOW)], LEDGER, "consent_expired"),
        ([grant(NOW - 60, expires_at=NOW)], FLAG, None),
        ([refusal(NOW - 90), grant(NOW - 60, expires_at=NOW)], FLAG, "consent_expired"),
        # The policy has become stricter since.
        ([grant(NOW - 300 * DAY)], LEDGER, None),
        ([grant(NOW - 300 * DAY)], LEDGER._replace(max_consent_age_days=180), "consent_expired"),
        ([grant(NOW - 300 * DAY)], REQUIRED._replace(max_consent_age_days=180), "consent_expired"),
        # Recorded a little after the event, as clocks and checkouts have it.
        ([grant(NOW + AFTER)], LEDGER, None),
        ([grant(NOW + AFTER + 1)], REQUIRED, "consent_after_event"),
        # The grant that let an event in still counts after a later one; no grant of its own is none.
        ([grant(NOW - 60), grant(NOW + AFTER + 1)], LEDGER, None),
        ([grant(NOW + AFTER + 1)], asked(basis="ledger", consent_at=None), "consent_after_event"),
        # Another text is in force.
        ([grant(NOW - 60, text_version="2")], TEXT_2, None),
        ([grant(NOW - 60, text_version="1")], TEXT_2, "text_outdated"),
        ([grant(NOW - 60)], TEXT_2, "text_outdated"),
    ],
)
def test_story(said: list[Statement], event: Asked, reason: str | None) -> None:
    """What a person said, in the order in which we heard it, lets an event through or stops it for one reason."""
    assert stopped_by(told(said), event, NOW) == reason


def test_two_identifiers() -> None:
    """A withdrawal under one of a person's subject keys stops an event that has both."""
    agreed, withdrawn = told([grant(NOW - 60)]), told([refusal(NOW - 30)])
    assert stopped_by(standing_of_keys([agreed, withdrawn]), LEDGER, NOW) == "withdrawn"
    assert stopped_by(standing_of_keys([agreed]), LEDGER, NOW) is None


def test_latest_grant_of_any_key() -> None:
    """End and text are those of the latest grant, under whichever key it stands."""
    old, new = Standing(5, 0, 99, "1"), Standing(6, 0, 9, "2")
    assert standing_of_keys([old, new]) == standing_of_keys([new, old]) == new
    assert standing_of_keys([]) == Standing()


@given(st.lists(grants | refusals, max_size=6).flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_order_of_arrival(orders: tuple[list[Statement], list[Statement]]) -> None:
    """The same statements in any order lead to the same standing."""
    said, shuffled = orders
    assert told(said) == told(shuffled)


@given(st.lists(grants | refusals, min_size=1, max_size=6), st.data())
def test_said_again(said: list[Statement], data: st.DataObject) -> None:
    """To say something again, however late, changes nothing."""
    again = replace(data.draw(st.sampled_from(said)), recorded_at=NOW + DAY)
    assert told([*said, again]) == told(said)


@given(times, st.lists(grants, max_size=4), events, st.integers(1, 100))
def test_old_grants_never_undo_a_withdrawal(at: int, heard_later: list[Statement], event: Asked, now: int) -> None:
    """What a withdrawal stops stays stopped when grants up to its moment are heard after it."""
    old = [replace(statement, decided_at=min(statement.decided_at, at)) for statement in heard_later]
    if stopped_by(told([refusal(at)]), event, now) == "withdrawn":
        assert stopped_by(told([refusal(at), *old]), event, now) == "withdrawn"


@given(st.lists(grants | refusals, max_size=4), refusals, events, st.integers(1, 100))
def test_a_refusal_lets_nothing_through(said: list[Statement], refused: Statement, event: Asked, now: int) -> None:
    """Whatever else was said, one refusal more never lets an event through that was stopped."""
    if stopped_by(told(said), event, now):
        assert stopped_by(told([*said, refused]), event, now)


@given(st.lists(grants | refusals, max_size=4), events, st.integers(1, 100), st.integers(0, 100))
def test_waiting_lets_nothing_through(said: list[Statement], event: Asked, now: int, wait: int) -> None:
    """An event that is stopped now is stopped later too."""
    if stopped_by(told(said), event, now):
        assert stopped_by(told(said), event, now + wait)


@pytest.mark.parametrize(
    ("version", "least", "outdated"),
    [
        ("1", None, False),
        (None, None, False),
        (None, "1", True),
        ("9", "10", True),
        ("10", "9", False),
        ("007", "7", False),
        ("2026-01", "2026-02", True),
        ("2026-02", "2026-02", False),
        ("9" * 5_000, "1", False),
    ],
)
def test_outdated(version: str | None, least: str | None, outdated: bool) -> None:
    """Numbers compare as numbers, other versions as texts, and no version is older than any."""
    assert is_outdated(version, least) is outdated
