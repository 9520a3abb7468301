"""When a dataset's circuit opens and closes."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.delivery.breaker import (
    CLOSED,
    DRAINED_AFTER_SECONDS,
    OPENS_AFTER,
    Breaker,
    after_probe,
    after_request,
    is_drained,
)
from sluice.delivery.verdict import Delivered, Halt, Refused, Retry, Verdict

NOW = 1_795_200_000
DELIVERED = Delivered(1, "")
REFUSED = Refused("meta_refused_event", 100, 2804019, 0, "")
FAILED = Retry("meta_timeout")
HALTED = Halt("meta_refuses_token", 190, None, "")
OPEN = Breaker("open", "meta_refuses_token", NOW)
DRAINING = Breaker("draining", "", NOW)
verdicts = st.sampled_from([DELIVERED, REFUSED, FAILED, HALTED])


def after(*requests: Verdict, start: Breaker = CLOSED) -> Breaker:
    """The breaker after these requests, one a second."""
    return list(
        accumulate(
            enumerate(requests),
            lambda breaker, step: after_request(breaker, step[1], 0, NOW + step[0]),
            initial=start,
        )
    )[-1]


def test_a_halt_opens_at_once() -> None:
    """Token, permission and dataset id will not mend themselves."""
    assert after(HALTED) == OPEN


@pytest.mark.parametrize(
    ("requests", "state"),
    [
        ([FAILED] * (OPENS_AFTER - 1), "closed"),
        ([FAILED] * OPENS_AFTER, "open"),
        ([*[FAILED] * (OPENS_AFTER - 1), DELIVERED, FAILED], "closed"),
        ([*[FAILED] * (OPENS_AFTER - 1), REFUSED, FAILED], "closed"),
        ([REFUSED] * 100, "closed"),
        ([*[FAILED] * OPENS_AFTER, DELIVERED], "open"),
    ],
)
def test_failures_in_a_row_open(requests: list[Verdict], state: str) -> None:
    """Five requests in a row without a sensible answer open; what Meta says about an event is one."""
    assert after(*requests).state == state


def test_what_is_open_is_not_opened_again() -> None:
    """The time since which it is open stays."""
    assert after(HALTED, HALTED) == OPEN


@pytest.mark.parametrize(("pause", "until"), [(0, 0), (60, NOW + 60)])
def test_a_pause_closes_nothing(pause: int, until: int) -> None:
    """Meta's wish for fewer requests only says until when."""
    assert after_request(CLOSED, DELIVERED, pause, NOW) == Breaker(paused_until=until)


def test_nothing_changes_when_all_is_well() -> None:
    """A request that went well writes nothing."""
    assert after(DELIVERED, REFUSED, DELIVERED) == CLOSED


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        (REFUSED, DRAINING),
        (DELIVERED, DRAINING),
        (HALTED, OPEN),
        (FAILED, Breaker("open", "meta_timeout", NOW)),
    ],
)
def test_a_probe_closes(verdict: Verdict, found: Breaker) -> None:
    """What Meta says about the probe's events shows that token and dataset are taken."""
    assert after_probe(OPEN, verdict, NOW) == found


@pytest.mark.parametrize(
    ("seconds", "drained"), [(0, False), (DRAINED_AFTER_SECONDS - 1, False), (DRAINED_AFTER_SECONDS, True)]
)
def test_draining_lasts_longer_than_a_sender(seconds: int, drained: bool) -> None:
    """A sender that still saw it open may hold an event back once more."""
    assert is_drained(DRAINING, NOW + seconds) is drained
    assert not is_drained(OPEN, NOW + seconds)
    assert not is_drained(CLOSED, NOW + seconds)


@given(st.lists(verdicts), st.lists(verdicts))
def test_only_a_probe_closes(before: list[Verdict], later: list[Verdict]) -> None:
    """Once it is open, no request of a sender that was on its way closes it."""
    breaker = after(*before, HALTED)
    assert after(*later, start=breaker).state == "open"
