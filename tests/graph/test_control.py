"""The control interface and the page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MAKE = Callable[..., dict[str, Any]]
TOKEN = "simulator-token-of-the-tests"
PAGE = Path(__file__).parents[2] / "local" / "graph" / "page"


def test_health(graph: Any) -> None:
    """It says when it answers."""
    assert graph.control("GET", "health") == {"status": "ok"}


def test_requests_are_listed_with_their_outcome(graph: Any, make_event: MAKE) -> None:
    """Newest first: number, time, dataset, events, status, codes, fault and bytes."""
    graph.send(make_event())
    graph.send(make_event(event_time=1))
    refused, received = graph.requests()
    assert received.pop("bytes") > 100
    assert received == {
        "number": 1,
        "at": graph.clock.now,
        "dataset": graph.dataset,
        "events": 1,
        "status": 200,
        "code": None,
        "subcode": None,
        "message": None,
        "fault": None,
    }
    assert (refused["number"], refused["status"], refused["code"], refused["subcode"]) == (2, 400, 100, 2804003)
    assert [request["number"] for request in graph.requests("?errors=true")] == [2]
    assert [request["number"] for request in graph.requests("?limit=1")] == [2]


def test_counters_and_forgetting(graph: Any, make_event: MAKE) -> None:
    """Totals count everything; DELETE forgets all of it, ids too."""
    graph.send(make_event(), make_event(user_data={"em": "jo@example.com"}))
    graph.send(make_event(event_name=None))
    assert graph.control("GET", "counters") == {
        "received": 2,
        "duplicates": 1,
        "requests": 2,
        "errors": 1,
        "raw_identifiers": 1,
    }
    graph.control("DELETE", "events")
    assert set(graph.control("GET", "counters").values()) == {0}
    assert (graph.events(), graph.requests()) == ([], [])
    graph.send(make_event())
    assert graph.events()[0]["duplicate"] is False


def test_raw_identifiers_are_flagged(graph: Any, make_event: MAKE) -> None:
    """An event with a raw identifier is received and names the fields."""
    graph.send(make_event(user_data={"em": "jo@example.com"}, custom_data={"note": "jo@example.com"}))
    assert graph.events()[0]["raw_identifier"] == ["em", "custom_data.note"]


def test_tokens_are_in_no_answer(graph: Any, make_event: MAKE) -> None:
    """A token that was registered and sent in every place is shown nowhere."""
    graph.send(make_event(), access_token=TOKEN)
    graph.post(b"{}", {}, f"/v26.0/{graph.dataset}/events?access_token={TOKEN}")
    for path in ("/_graph/events", "/_graph/requests", "/_graph/counters", "/_graph/health", "/"):
        answer = graph.pool.request("GET", graph.url + path)
        assert answer.status == 200
        assert TOKEN.encode() not in answer.data


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "datasets/1", b"{"),
        ("PUT", "datasets/1", b'{"name": "x"}'),
        ("PUT", "datasets/1", b'{"name": "x", "access_tokens": "secret-text"}'),
        ("POST", "datasets/1/faults", b'{"kind": "explode"}'),
    ],
)
def test_control_bodies_are_checked(graph: Any, method: str, path: str, body: bytes) -> None:
    """A malformed control request is 400 with the reason, without repeating what was sent."""
    answer = graph.pool.request(method, f"{graph.url}/_graph/{path}", body=body)
    assert answer.status == 400
    assert answer.json()["error"]
    assert b"secret" not in answer.data


@pytest.mark.parametrize("limit", ["-1", "x", "", "9" * 30, "٣"])
def test_a_limit_that_is_no_number_is_no_limit(graph: Any, make_event: MAKE, limit: str) -> None:
    """Whatever is not a plain number shows everything that is kept."""
    graph.send(make_event(), make_event())
    answer = graph.pool.request("GET", f"{graph.url}/_graph/events", fields={"limit": limit})
    assert len(answer.json()["events"]) == 2


def test_the_page_needs_nothing_from_outside(graph: Any) -> None:
    """Page, style and script are served, and name no other host."""
    for name, media_type in (("", "text/html"), ("page.css", "text/css"), ("page.js", "javascript")):
        answer = graph.pool.request("GET", f"{graph.url}/{name}")
        assert answer.status == 200
        assert media_type in answer.headers["content-type"]
        assert not re.search(rb"https?://|//[a-z]+\.", answer.data)


def test_the_page_sets_text_only() -> None:
    """No way of the script turns received text into markup."""
    script = (PAGE / "page.js").read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|setAttribute|\.(href|src)\b", script
    )
