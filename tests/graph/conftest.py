"""A running simulator with a clock that stands still until a test moves it."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from local.graph.app import create_app
from local.graph.wire import create_server

DATASET = "1234567890123456"
TOKEN = "simulator-token-of-the-tests"
NOW = 1_800_000_000


@dataclass
class Clock:
    """Unix seconds, set by hand."""

    now: float = NOW

    def __call__(self) -> float:
        """The time it was set to."""
        return self.now


@dataclass
class Graph:
    """A client of the running simulator; every request gives up after a few seconds."""

    url: str
    clock: Clock
    dataset: str = DATASET
    token: str = TOKEN
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=5))
    )

    def control(self, method: str, path: str, body: object = None) -> Any:
        """A control request that must succeed; its answer as JSON."""
        answer = self.pool.request(method, f"{self.url}/_graph/{path}", body=None if body is None else json.dumps(body))
        assert answer.status in {200, 204}, answer.data
        return json.loads(answer.data) if answer.data else None

    def post(self, body: bytes, headers: dict[str, str], path: str = f"/v26.0/{DATASET}/events") -> tuple[int, Any]:
        """Any body to the events edge: status and answer."""
        answer = self.pool.request("POST", self.url + path, body=body, headers=headers)
        return answer.status, json.loads(answer.data)

    def send(self, *events: object, **more: Any) -> tuple[int, Any]:
        """Events as JSON with the valid token: status and answer."""
        body = json.dumps({"data": events, **more}).encode()
        return self.post(body, {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})

    def fault(self, **fault: Any) -> None:
        """Queues a fault."""
        self.control("POST", f"datasets/{self.dataset}/faults", fault)

    def events(self, query: str = "") -> list[dict[str, Any]]:
        """The events received, newest first."""
        events: list[dict[str, Any]] = self.control("GET", f"events{query}")["events"]
        return events

    def requests(self, query: str = "") -> list[dict[str, Any]]:
        """The requests received, newest first."""
        requests: list[dict[str, Any]] = self.control("GET", f"requests{query}")["requests"]
        return requests


@pytest.fixture(scope="session")
def running() -> Iterator[Graph]:
    """The real server on a free loopback port, for the whole session."""
    clock = Clock()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = create_server(create_app(clock), "127.0.0.1", port)
    # Connections wait in the listener's queue until the server takes them, so nobody has to wait for the start.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    graph = Graph(f"http://127.0.0.1:{port}", clock)
    yield graph
    graph.pool.clear()
    server.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def graph(running: Graph) -> Graph:
    """The running simulator, as new: one dataset, one token, nothing received, no fault."""
    running.clock.now = NOW
    running.control("DELETE", "events")
    running.control("DELETE", f"datasets/{DATASET}/faults")
    running.control("PUT", f"datasets/{DATASET}", {"name": "Example shop", "access_tokens": [TOKEN]})
    return running


@pytest.fixture(scope="session")
def make_event() -> Callable[..., dict[str, Any]]:
    """Builds a valid website event at `NOW`; arguments replace its fields, None removes one."""

    def make(**fields: Any) -> dict[str, Any]:
        event = {
            "event_name": "PageView",
            "event_time": NOW,
            "event_id": "event-1",
            "action_source": "website",
            "event_source_url": "https://shop.example.com/mugs",
            "user_data": {"em": [hashlib.sha256(b"jo@example.com").hexdigest()], "client_user_agent": "Mozilla/5.0"},
            **fields,
        }
        return {name: value for name, value in event.items() if value is not None}

    return make
