"""The events edge over real HTTP: encodings, tokens, errors, deduplication."""

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

MAKE = Callable[..., dict[str, Any]]
DATASET = "1234567890123456"
TOKEN = "simulator-token-of-the-tests"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = f"/v26.0/{DATASET}/events"


def multipart(**fields: str) -> tuple[bytes, dict[str, str]]:
    """A multipart form and its headers, as `curl -F` writes it."""
    parts = [
        f'--b0\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    ]
    return "".join([*parts, "--b0--\r\n"]).encode(), {"Content-Type": "multipart/form-data; boundary=b0"}


def test_receives_a_batch(graph: Any, make_event: MAKE) -> None:
    """A valid batch is answered with its count, an empty list of messages and a trace id."""
    status, answer = graph.send(make_event(event_id="1"), make_event(event_id="2"), test_event_code="TEST1")
    assert (status, answer["events_received"], answer["messages"]) == (200, 2, [])
    assert len(answer["fbtrace_id"]) > 10
    received = graph.events()
    assert [(event["event_id"], event["request"], event["test_event_code"]) for event in received] == [
        ("2", 1, "TEST1"),
        ("1", 1, "TEST1"),
    ]
    assert received[0]["event"] == make_event(event_id="2")
    assert received[0]["match_keys"] == ["em", "client_user_agent"]


def test_all_or_nothing(graph: Any, make_event: MAKE) -> None:
    """One bad event and none is received."""
    status, answer = graph.send(make_event(), make_event(event_time=1))
    assert (status, answer["error"]["error_subcode"]) == (400, 2804003)
    assert graph.events() == []


def test_the_error_envelope(graph: Any, make_event: MAKE) -> None:
    """Errors carry type, code, subcode, transience, the texts for the user and a trace id."""
    _, answer = graph.send(make_event(event_name=None))
    error = answer["error"]
    assert error.pop("fbtrace_id")
    assert error == {
        "message": "Invalid parameter",
        "type": "OAuthException",
        "code": 100,
        "error_subcode": 2804019,
        "is_transient": False,
        "error_user_title": "Server Side Api Parameter Error",
        "error_user_msg": "Invalid parameter at $['data'][0]['event_name']: required key is missing.",
    }


@pytest.mark.parametrize("place", ["header", "body", "query"])
@pytest.mark.parametrize("encoding", ["json", "json text", "json items", "form", "form items", "multipart"])
def test_encodings_and_places_of_the_token(graph: Any, make_event: MAKE, encoding: str, place: str) -> None:
    """Every encoding Meta takes is read, with the token in the header, the body or the query."""
    event = make_event(user_data={"em": "ü"})
    token = {"access_token": TOKEN} if place == "body" else {}
    items = [json.dumps(event)] if "items" in encoding else [event]
    if encoding == "multipart":
        body, headers = multipart(data=json.dumps([event], ensure_ascii=False), **token)
    elif "form" in encoding:
        body, headers = urlencode({"data": json.dumps(items), **token}).encode(), FORM
    else:
        data = json.dumps(items) if "text" in encoding else items
        body, headers = json.dumps({"data": data, **token}).encode(), JSON
    status, answer = graph.post(
        body,
        {**headers, **(BEARER if place == "header" else {})},
        PATH + (f"?access_token={TOKEN}" if place == "query" else ""),
    )
    assert (status, answer.get("events_received")) == (200, 1), answer
    assert graph.events()[0]["event"] == event


@pytest.mark.parametrize(
    ("refused", "path", "token"),
    [
        ((401, 190, None), PATH, "expired"),
        ((401, 190, None), PATH, ""),
        ((400, 100, 33), "/v26.0/999/events", TOKEN),
        ((400, 100, 33), "/v26.0/999/events", "expired"),
        ((400, 100, 33), PATH, "of-another-dataset"),
        ((400, 2500, None), f"/26/{DATASET}/events", TOKEN),
        ((400, 2500, None), f"/v26/{DATASET}/events", TOKEN),
    ],
)
def test_access(graph: Any, make_event: MAKE, refused: tuple[int, int, int | None], path: str, token: str) -> None:
    """A token nobody has is 190, a dataset unknown or closed to the token is 100/33, and the version is checked."""
    graph.control("PUT", "datasets/222", {"name": "Other shop", "access_tokens": ["of-another-dataset"]})
    body = json.dumps({"data": [make_event()]}).encode()
    status, answer = graph.post(body, {**JSON, "Authorization": f"Bearer {token}"}, path)
    assert (status, answer["error"]["code"], answer["error"].get("error_subcode")) == refused


def test_a_removed_dataset_is_unknown(graph: Any, make_event: MAKE) -> None:
    """After DELETE the dataset answers 100/33."""
    graph.control("DELETE", f"datasets/{DATASET}")
    assert graph.send(make_event())[1]["error"]["error_subcode"] == 33


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"1",
        b'{"data": "["}',
        b'{"data": [NaN]}',
        b'{"data": [1e999]}',
        b'{"data": [' + b"9" * 40 + b"]}",
        b'{"data": ["\\ud800"]}',
        b'{"data": ' + b"[" * 100_000,
        b'{"data": [{"a": "' + b"x" * 1000,
    ],
)
def test_hostile_bodies_are_refused(graph: Any, body: bytes) -> None:
    """Whatever is not JSON with events ends in code 100, and never in a fault of the simulator."""
    status, answer = graph.post(body, {**JSON, **BEARER})
    assert (status, answer["error"]["code"]) == (400, 100)


@pytest.mark.parametrize("content_type", [FORM["Content-Type"], "multipart/form-data", "text/plain"])
def test_bodies_that_are_not_what_they_say_are_refused(graph: Any, content_type: str) -> None:
    """A form that cannot be read is malformed."""
    status, answer = graph.post(b"\xff\xfe=%ff&data", {"Content-Type": content_type, **BEARER})
    assert (status, answer["error"]["code"]) == (400, 100)


def test_an_oversized_body_is_refused(graph: Any) -> None:
    """More than the simulator wants to hold in memory is 413."""
    host = urlsplit(graph.url)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=5) as client:
        size = 17 * 1024 * 1024
        client.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        client.sendall(b" " * (16 * 1024 * 1024 + 1))
        assert client.recv(64).startswith(b"HTTP/1.1 413 ")


def test_a_repeated_event_is_marked_and_kept(graph: Any, make_event: MAKE) -> None:
    """The same name and id within 48 hours is a duplicate, also within a request; nothing is dropped."""
    graph.send(make_event(), make_event())
    graph.clock.now += 48 * 60 * 60
    graph.send(make_event(), make_event(event_name="Lead"), make_event(event_id=None), make_event(event_id=None))
    assert [event["duplicate"] for event in reversed(graph.events())] == [False, True, True, False, False, False]
    graph.clock.now += 1
    graph.send(make_event())
    assert graph.events("?limit=1")[0]["duplicate"] is False
    assert graph.control("GET", "counters")["duplicates"] == 2


def test_datasets_do_not_share_ids(graph: Any, make_event: MAKE) -> None:
    """The same event in two datasets is new in both."""
    graph.control("PUT", "datasets/222", {"name": "Other shop", "access_tokens": [TOKEN]})
    graph.send(make_event())
    graph.post(json.dumps({"data": [make_event()]}).encode(), {**JSON, **BEARER}, "/v26.0/222/events")
    assert [(event["dataset"], event["duplicate"]) for event in graph.events()] == [("222", False), (DATASET, False)]
    assert [event["dataset"] for event in graph.events("?dataset=222")] == ["222"]
