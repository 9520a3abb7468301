"""A consent tool's service: in memory, and as a server on loopback that answers as Didomi documents it."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from sluice.consent.cmp_api import NOT_KNOWN, UNREACHABLE, CmpAnswer
from sluice.settings import CmpApi

META = "c:facebook-abc123"
GRACE_SECONDS = 10.0
"""How long the server holds a call at most, so that a client without a deadline fails its test and ends."""


class FakeCmpService:
    """``answers`` by person, ``asked``: the persons of each call. ``down``: does not answer."""

    def __init__(self) -> None:
        self.answers: dict[str, CmpAnswer] = {}
        self.asked: list[list[str]] = []
        self.down = False

    def ask(self, persons: Sequence[str], config: CmpApi) -> dict[str, CmpAnswer]:  # noqa: ARG002 - one account
        """The answer about each person; nothing is known of those without one."""
        self.asked.append(list(persons))
        return {person: UNREACHABLE if self.down else self.answers.get(person, NOT_KNOWN) for person in persons}


def body(person: str, *, agreed: bool = True) -> bytes:
    """One person's page of records, as documented."""
    vendors = {"enabled": [META] if agreed else [], "disabled": [] if agreed else [META]}
    record = {
        "id": f"record-of-{person}",
        "organization_id": "example-shop",
        "organization_user_id": person,
        "updated_at": "2026-11-20T18:01:12.000Z",
        "consents": {"purposes": [{"id": "cookies", "enabled": True}], "vendors": vendors},
    }
    return json.dumps({"data": [record], "limit": 100, "cursor": None}).encode()


class Request(NamedTuple):
    """A request as it arrived; ``content`` is its JSON."""

    path: str
    bearer: str | None
    content: Any = None


class Call(BaseHTTPRequestHandler):
    """One connection; ``person`` or ``content`` of the request under way."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Double"
    person: str
    content: Any

    def do_GET(self) -> None:
        """A question about a person."""
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        (self.person,) = query["organization_user_id"]
        self.server.asked.append(self.person)
        self.server.requests.append(Request(self.path, self.headers["Authorization"]))
        self.server.users(self)

    def do_POST(self) -> None:
        """A new session."""
        self.content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sessions_asked += 1
        self.server.requests.append(Request(self.path, None, self.content))
        self.server.sessions(self)

    def say(self, status: int, content: bytes, **headers: str) -> None:
        """A complete answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def hold(self) -> None:
        """Say nothing more for longer than any test waits."""
        self.server.over.wait(GRACE_SECONDS)
        self.close_connection = True

    def drip(self, start: bytes, piece: bytes) -> None:
        """Begin an answer and send a little again and again."""
        try:
            self.wfile.write(start)
            while not self.server.over.wait(0.02):
                self.wfile.write(piece)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Not to the terminal."""


Script = Callable[[Call], object]


def users(call: Call) -> None:
    """What Didomi answers about a person who agreed."""
    call.say(200, body(call.person))


def sessions(call: Call) -> None:
    """What Didomi answers to a key pair."""
    if (call.content["key"], call.content["secret"]) == ("key-of-the-shop", "secret-of-the-shop"):
        call.say(200, json.dumps({"type": "api-key", "access_token": f"jwt-{call.server.sessions_asked}"}).encode())
    else:
        call.say(400, b'{"code":400,"errors":{},"message":"Invalid authentication information","name":"BadRequest"}')


class Double(ThreadingHTTPServer):
    """Didomi by its documentation, or by another script. ``asked``: persons, in the order of the questions."""

    daemon_threads = True

    def __init__(self, users: Script, sessions: Script) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.users, self.sessions = users, sessions
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []
        self.sessions_asked = 0
        self.requests: list[Request] = []
        self.over = threading.Event()


@contextmanager
def serving(users: Script = users, sessions: Script = sessions) -> Iterator[Double]:
    """The double, until the end of the test."""
    with Double(users, sessions) as double:
        thread = threading.Thread(target=double.serve_forever, args=[0.01])
        thread.start()
        try:
            yield double
        finally:
            double.over.set()
            double.shutdown()
            thread.join()
