"""The promises about bad days, with fewer events than in ``make chaos``; its figures stand in docs/reliability.md."""

import pytest

from tests.simulation.scenarios import HOUR, crowd, dead_token, outage, poisoned

EVENTS = 1_500


def test_a_day_without_meta() -> None:
    """Nothing is lost, nothing doubled but where a sender died, and the queue is empty sooner than Meta was away."""
    found = outage(EVENTS)
    assert found.balance.is_even
    assert found.balance.waiting == 0
    assert found.balance.dead.keys() == {"meta_refused_event"}
    assert found.balance.again.keys() <= {"sender_died"}
    assert found.balance.counted_twice == 0
    assert found.drained_after < 24 * HOUR


def test_answers_lost_after_meta_took_the_events() -> None:
    """What is sent again then has the same id, soon enough for Meta to drop it."""
    found = outage(EVENTS, takes_before_reset=0.5)
    assert found.balance.is_even
    assert found.balance.waiting == 0
    assert found.balance.again["answer_lost"] > 0
    assert found.balance.again.keys() <= {"sender_died", "answer_lost"}
    assert found.balance.counted_twice == 0


def test_two_days_without_a_token() -> None:
    """Not one event becomes a dead letter; Meta sees probes only; minutes after the new token all are delivered."""
    found = dead_token(EVENTS)
    assert found.balance.delivered == found.balance.accepted == EVENTS
    assert found.while_dead == 0
    assert 0 < found.probes <= 48 * 60 + 10
    assert found.delivered_after < 5 * 60


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("bad", "most"), [(1, 21), (50, 600)])
def test_bad_events_harm_no_other(bad: int, most: int, named: bool) -> None:
    """Of a thousand events of one request all good ones are delivered, whether Meta names the bad ones or not."""
    found = poisoned(bad, named=named)
    assert (found.balance.delivered, found.balance.dead.total()) == (1_000 - bad, bad)
    assert found.requests <= (2 * bad + 1 if named else most)


@pytest.mark.parametrize("mood", ["hangs", "slows", "fails"])
def test_a_crowd_delays_nobody_else(mood: str) -> None:
    """However Meta stops one dataset, another one's events leave within a few seconds, as without it."""
    found = crowd(3_000, mood)  # type: ignore[arg-type] - one of Meta's moods
    assert found.beside < found.alone + 3
