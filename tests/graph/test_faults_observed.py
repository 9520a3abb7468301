"""Each fault as a real client sees it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import ProtocolError, ReadTimeoutError

MAKE = Callable[..., dict[str, Any]]
KINDS = ["status", "error", "hang", "reset", "drip", "html", "empty", "truncated"]


def post(graph: Any, event: dict[str, Any], read_seconds: float = 5) -> urllib3.BaseHTTPResponse:
    """Posts one event on a connection of its own and reads the whole answer."""
    answer: urllib3.BaseHTTPResponse = graph.pool.request(
        "POST",
        f"{graph.url}/v26.0/{graph.dataset}/events",
        body=json.dumps({"data": [event]}),
        headers={"Authorization": f"Bearer {graph.token}"},
        timeout=urllib3.Timeout(connect=5, read=read_seconds),
    )
    return answer


def test_status(graph: Any, make_event: MAKE) -> None:
    """A passing server error, with the headers asked for; the request after it is fine."""
    graph.fault(kind="status", status=503, headers={"Retry-After": "7"})
    answer = post(graph, make_event())
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert (answer.json()["error"]["code"], answer.json()["error"]["is_transient"]) == (2, True)
    assert graph.events() == []
    assert post(graph, make_event()).status == 200


def test_error(graph: Any, make_event: MAKE) -> None:
    """A Graph error with the code, subcode and transience asked for."""
    graph.fault(kind="error", code=80004, error_subcode=2446079, is_transient=True)
    answer = post(graph, make_event())
    error = answer.json()["error"]
    assert answer.status == 400
    assert (error["code"], error["error_subcode"], error["is_transient"]) == (80004, 2446079, True)
    assert (graph.requests()[0]["code"], graph.requests()[0]["subcode"]) == (80004, 2446079)


def test_html(graph: Any, make_event: MAKE) -> None:
    """A page instead of JSON."""
    graph.fault(kind="html")
    answer = post(graph, make_event())
    assert (answer.status, answer.data[:9]) == (502, b"<!DOCTYPE")


def test_empty(graph: Any, make_event: MAKE) -> None:
    """A success without a body."""
    graph.fault(kind="empty")
    answer = post(graph, make_event())
    assert (answer.status, answer.data) == (200, b"")


def test_reset(graph: Any, make_event: MAKE) -> None:
    """The connection is reset without an answer."""
    graph.fault(kind="reset")
    with pytest.raises(ProtocolError) as caught:
        post(graph, make_event())
    assert isinstance(caught.value.args[1], ConnectionResetError)
    assert graph.requests()[0]["status"] is None


def test_hang_outlasts_a_client(graph: Any, make_event: MAKE) -> None:
    """A client with a shorter time-out gives up without an answer, and the simulator goes on."""
    graph.fault(kind="hang", seconds=60)
    with pytest.raises(ReadTimeoutError):
        post(graph, make_event(), read_seconds=0.2)
    assert post(graph, make_event()).status == 200


def test_hang_ends_in_a_closed_connection(graph: Any, make_event: MAKE) -> None:
    """A client that waits long enough sees the connection close without an answer."""
    graph.fault(kind="hang", seconds=0.1)
    with pytest.raises(ProtocolError, match="closed connection without response"):
        post(graph, make_event())


def test_drip(graph: Any, make_event: MAKE) -> None:
    """The answer takes its time although no single byte is late: a read time-out does not notice."""
    graph.fault(kind="drip", seconds=0.6, after_receiving=True)
    start = time.monotonic()
    answer = post(graph, make_event(), read_seconds=0.4)
    assert answer.json()["events_received"] == 1
    assert time.monotonic() - start >= 0.5


def test_a_client_may_leave_a_dripping_answer(graph: Any, make_event: MAKE) -> None:
    """A client that gives up half-way leaves the simulator working."""
    graph.fault(kind="drip", seconds=60)
    with pytest.raises(ReadTimeoutError):
        post(graph, make_event(), read_seconds=0.1)
    assert post(graph, make_event()).status == 200


def test_truncated(graph: Any, make_event: MAKE) -> None:
    """The answer stops half-way, shorter than it promised."""
    graph.fault(kind="truncated", after_receiving=True)
    with pytest.raises(ProtocolError, match="IncompleteRead"):
        post(graph, make_event())
    assert graph.requests()[0]["status"] == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after_receiving", [False, True])
def test_receiving_before_a_fault(graph: Any, make_event: MAKE, kind: str, *, after_receiving: bool) -> None:
    """Events are received under a fault exactly when that was asked for; the request names its fault."""
    graph.fault(kind=kind, seconds=0.1, after_receiving=after_receiving)
    try:
        post(graph, make_event())
    except ProtocolError:
        assert kind in {"hang", "reset", "truncated"}
    assert len(graph.events()) == int(after_receiving)
    assert graph.requests()[0]["fault"] == kind
    assert graph.control("GET", "counters")["errors"] == 1


def test_an_outage_for_a_time(graph: Any, make_event: MAKE) -> None:
    """A fault for some seconds holds by the simulator's clock, and can be ended early."""
    graph.fault(kind="status", for_seconds=60)
    assert post(graph, make_event()).status == 500
    graph.clock.now += 59
    assert post(graph, make_event()).status == 500
    graph.clock.now += 1
    assert post(graph, make_event()).status == 200
    graph.fault(kind="status", for_seconds=60)
    graph.control("DELETE", f"datasets/{graph.dataset}/faults")
    assert post(graph, make_event()).status == 200


def test_a_refused_request_is_not_received_under_a_fault(graph: Any, make_event: MAKE) -> None:
    """Receiving first means judging first: a bad batch is not kept."""
    graph.fault(kind="truncated", after_receiving=True)
    with pytest.raises(ProtocolError):
        post(graph, make_event(event_time=1))
    assert graph.events() == []
    assert graph.requests()[0]["subcode"] == 2804003
