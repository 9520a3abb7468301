"""When a queued fault is due."""

import msgspec
import pytest

from local.graph.faults import Fault, FaultQueues


def test_faults_are_worked_off_in_order() -> None:
    """A count is used up before the next fault's turn; then there is none."""
    faults = FaultQueues()
    faults.add("1", Fault(kind="reset", count=2), now=0)
    faults.add("1", Fault(kind="empty"), now=0)
    assert [fault and fault.kind for fault in (faults.take("1", 0) for _ in range(4))] == [
        "reset",
        "reset",
        "empty",
        None,
    ]


def test_time_runs_from_when_a_faults_turn_comes() -> None:
    """A fault limited by time begins when the one before it is over, and ends by the clock."""
    faults = FaultQueues()
    faults.add("1", Fault(kind="status", for_seconds=60), now=100)
    faults.add("1", Fault(kind="html", for_seconds=10), now=100)
    due = [faults.take("1", now) for now in (100, 159, 160, 169, 170)]
    assert [fault and fault.kind for fault in due] == ["status", "status", "html", "html", None]


def test_time_runs_from_the_last_request_of_a_counted_fault() -> None:
    """After a count is used up, a fault limited by time begins at that moment."""
    faults = FaultQueues()
    faults.add("1", Fault(kind="empty"), now=0)
    faults.add("1", Fault(kind="html", for_seconds=10), now=0)
    due = [faults.take("1", now) for now in (1000, 1009, 1010)]
    assert [fault and fault.kind for fault in due] == ["empty", "html", None]


def test_faults_belong_to_a_dataset() -> None:
    """Another dataset sees nothing of them, and clearing forgets them."""
    faults = FaultQueues()
    faults.add("1", Fault(kind="reset", count=5), now=0)
    assert faults.take("2", 0) is None
    faults.clear("1")
    assert faults.take("1", 0) is None


@pytest.mark.parametrize(
    "body",
    [
        '{"kind": "explode"}',
        "{}",
        '{"kind": "reset", "count": 0}',
        '{"kind": "reset", "count": 1, "for_seconds": 1}',
        '{"kind": "status", "status": 99}',
        '{"kind": "reset", "often": 1}',
    ],
)
def test_a_fault_that_cannot_be_is_refused(body: str) -> None:
    """Unknown kinds, keys and impossible numbers are errors, not guesses."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Fault)
