"""Privacy requests that wait are counted each round, so that an alarm can tell before it is too late."""

import pytest

from sluice.errors import Unavailable
from sluice.telemetry import Metric
from tests.fakes.rooms import StewardRoom
from tests.samples import NOW, privacy_request

DAY = 86_400


def received(room: StewardRoom, *days_ago: float) -> None:
    """Let requests have arrived so many days ago."""
    for number, days in enumerate(days_ago):
        request = privacy_request(f"{number:016x}", received_at=NOW - int(days * DAY))
        room.privacy.add(request)


@pytest.mark.parametrize(
    ("days_ago", "waiting", "due"),
    [
        ((), 0, 0),
        ((0,), 1, 0),
        ((19.99,), 1, 0),
        ((20,), 1, 1),
        ((29, 31, 400), 3, 3),
        ((1, 21), 2, 1),
    ],
)
def test_open_and_due(steward: StewardRoom, days_ago: tuple[float, ...], waiting: int, due: int) -> None:
    """A request is due from the twentieth day, and stays so until it is done, however late."""
    received(steward, *days_ago)
    steward.tend()
    counts = steward.telemetry.counts
    assert (counts[Metric.PRIVACY_REQUESTS_OPEN], counts[Metric.PRIVACY_REQUESTS_DUE]) == (waiting, due)
    assert steward.telemetry.lines == [("privacy_requests", {"open": waiting, "due": due})] * bool(due)


def test_what_is_done_is_not_counted(steward: StewardRoom) -> None:
    """The alarm ends once the last request that is due is done."""
    received(steward, 21)
    assert steward.privacy.finish(f"{0:016x}", NOW)
    steward.tend()
    assert not +steward.telemetry.counts


def test_requests_that_cannot_be_read(steward: StewardRoom) -> None:
    """Nothing is counted when nobody can know: no requests would look like none that are due."""
    steward.privacy.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        steward.tend()
    assert not +steward.telemetry.counts


def test_no_line_says_whom_it_is_about(steward: StewardRoom) -> None:
    """Neither log nor repr shows a subject key."""
    request = privacy_request("a" * 16, received_at=NOW)
    steward.privacy.add(request)
    steward.tend()
    shown = f"{steward.telemetry.lines} {request}"
    assert not [key for key in (*request.subjects, *request.delivery_keys) if key in shown]
