"""What a log line and a metric look like in CloudWatch."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sluice.telemetry import Metric, Telemetry

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Read:
    """The JSON lines on standard output, which Lambda hands to CloudWatch."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_line(written: Read) -> None:
    """A line is JSON with the room, what happened, and its fields."""
    Telemetry("room-of-the-line").log("accepted", dataset="123", accepted=2)
    (line,) = written()
    assert (line["service"], line["message"], line["dataset"], line["accepted"]) == (
        "room-of-the-line",
        "accepted",
        "123",
        2,
    )


def test_metrics(written: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """The metrics of an invocation are one line in the stack's namespace; their only dimension is the room."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "sluice-prod")
    telemetry = Telemetry("room-of-the-metrics")
    telemetry.count(Metric.EVENTS_ACCEPTED, 2)
    telemetry.count(Metric.EVENTS_ACCEPTED, 3)
    telemetry.count(Metric.OLDEST_WAITING_SECONDS, 60)
    telemetry.flush()
    (line,) = written()
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], described["Dimensions"]) == ("sluice-prod", [["service"]])
    assert {metric["Name"]: metric["Unit"] for metric in described["Metrics"]} == {
        "events_accepted": "Count",
        "oldest_waiting_seconds": "Seconds",
    }
    assert (sum(line["events_accepted"]), line["oldest_waiting_seconds"]) == (5, [60])


def test_nothing_counted(written: Read) -> None:
    """An invocation that counts nothing, or only zeros, writes nothing: each metric costs money."""
    telemetry = Telemetry("room-without-metrics")
    telemetry.count(Metric.EVENTS_DEAD, 0)
    telemetry.flush()
    assert written() == []


def test_metrics_start_again(written: Read) -> None:
    """What was written is not written again by the next invocation."""
    telemetry = Telemetry("room-of-two-invocations")
    telemetry.count(Metric.EVENTS_DEAD)
    telemetry.flush()
    telemetry.flush()
    assert len(written()) == 1


def test_failure(written: Read) -> None:
    """A failure is its type and its place, never its message."""
    telemetry = Telemetry("room-of-the-failure")
    with pytest.raises(ValueError, match="invalid literal") as raised:
        int("jo@example.com")
    telemetry.failure(raised.value)
    (line,) = written()
    assert (line["message"], line["error"]) == ("internal_error", "ValueError")
    assert line["place"].startswith("test_failure:")
    assert "jo@example.com" not in json.dumps(line)


def test_few_series() -> None:
    """Every metric of every room that may count it stays below the number of series that was budgeted."""
    in_all_rooms = {Metric.INTERNAL_ERRORS, Metric.SETTINGS_INVALID, Metric.GRAPH_REQUESTS}
    assert len(Metric) + 2 * len(in_all_rooms) <= 60
