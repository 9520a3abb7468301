"""The Meta client against a server that does every bad thing: each call ends in time, and none raises."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sluice.delivery.verdict import NoReply, Reply, Retry, judge
from sluice.outside.meta import MAX_ANSWER_BYTES, Meta
from sluice.settings import Secret
from tests.fakes.hostile import Connection, answer, serving

DEADLINE_SECONDS = 0.3
LATEST_SECONDS = 1.5
"""Deadline, and what a busy machine may take on top of it; the server holds on for longer."""
TOKEN = Secret("token-of-the-dataset")
OK = b'{"events_received":1}'


def client(url: str) -> Meta:
    """A client with a short deadline, and a timer that stands still: answers compare."""
    return Meta(url, "v26.0", DEADLINE_SECONDS, lambda: 0.0)


def post(url: str, token: Secret = TOKEN) -> Reply | NoReply:
    """One call with a short deadline, timed."""
    start = time.monotonic()
    found = client(url).post_events("1234567890123456", token, b'{"data":[]}')
    assert time.monotonic() - start < LATEST_SECONDS
    return found


def sends(*pieces: bytes) -> Callable[[Connection], None]:
    """A script that sends and ends."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(b"".join(pieces))
        connection.sock.shutdown(socket.SHUT_RDWR)

    return script


def drips(start: bytes, piece: bytes) -> Callable[[Connection], None]:
    """A script that begins an answer and then sends it byte by byte."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(start)
        connection.drip(piece)

    return script


@pytest.mark.parametrize(
    ("script", "slug"),
    [
        pytest.param(Connection.reset, "meta_broken_answer", id="RST"),
        pytest.param(Connection.hold, "meta_timeout", id="hangs"),
        pytest.param(sends(), "meta_broken_answer", id="hangs up"),
        pytest.param(sends(answer(b"x" * 100)[:-50]), "meta_broken_answer", id="half an answer"),
        pytest.param(sends(b"\x00\xff" * 500), "meta_broken_answer", id="no HTTP"),
        pytest.param(
            sends(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"), "meta_broken_answer", id="200 headers"
        ),
        pytest.param(sends(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "meta_broken_answer", id="only an early answer"),
        pytest.param(sends(answer(b"x" * 300_000)), "meta_broken_answer", id="300 KB"),
        pytest.param(
            sends(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + b"x" * 300_000 + b"\r\n0\r\n\r\n"
            ),
            "meta_broken_answer",
            id="300 KB in chunks",
        ),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n", b"A"), "meta_timeout", id="drips its head"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n\r\n", b"{"), "meta_timeout", id="drips without a length"),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "), "meta_timeout", id="drips its body"
        ),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
            "meta_timeout",
            id="drips chunks",
        ),
    ],
)
def test_broken_answer(script: Callable[[Connection], Any], slug: str) -> None:
    """An answer that is not complete in time is no answer, and the slug says how it failed."""
    with serving(script) as server:
        assert post(server.url) == NoReply(slug)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (sends(answer(OK)), Reply(200, OK, {}, 750)),
        (Connection.reset, NoReply("meta_broken_answer", latency_ms=750)),
    ],
    ids=["answered", "not answered"],
)
def test_latency(script: Callable[[Connection], Any], expected: Reply | NoReply) -> None:
    """An answer, and that there was none, says how long the call took."""
    with serving(script) as server:
        moments = iter([10.0, 10.75])
        meta = Meta(server.url, "v26.0", DEADLINE_SECONDS, lambda: next(moments))
        assert meta.post_events("1234567890123456", TOKEN, b'{"data":[]}') == expected


def test_half_a_head() -> None:
    """Python's HTTP client takes half a head for a whole one; the empty body then means to try again."""
    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-")) as server:
        assert judge(post(server.url)) == Retry("meta_unreadable_answer", maybe_received=True)


def test_nobody_there() -> None:
    """A closed port is no answer either, and said apart: Meta cannot have the events."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}") == NoReply("meta_unreachable", was_sent=False)


def test_no_handshake() -> None:
    """Where TLS fails, as with a wrong certificate, nothing was sent either."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        hangs_up = threading.Thread(target=hang_up)
        hangs_up.start()
        assert post(f"https://127.0.0.1:{listener.getsockname()[1]}") == NoReply("meta_unreachable", was_sent=False)
        hangs_up.join()


def test_early_answer_is_not_the_next_one() -> None:
    """What follows an early answer is never taken for the answer to another request."""

    def script(connection: Connection) -> None:
        if len(server.requests) == 1:
            connection.sock.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            second.wait(DEADLINE_SECONDS / 3)
            connection.sock.sendall(answer(b"for the first"))
        else:
            connection.sock.sendall(answer(b"for the second"))

    second = threading.Event()
    with serving(script) as server:
        meta = client(server.url)
        found = [meta.post_events("1234567890123456", TOKEN, b"{}") for _ in range(2)]
    assert found == [NoReply("meta_broken_answer"), Reply(200, b"for the second")]


def test_slow_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """When looking up the name took all the time there was, a dripping answer does not get more."""
    look_up = socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        threading.Event().wait(DEADLINE_SECONDS * 2)
        return look_up(*args, **kwargs)

    endless = drips(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" ")
    with serving(endless) as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", slow)
        assert post(server.url) == NoReply("meta_timeout")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_redirect(status: str) -> None:
    """A redirect is not followed: the other server gets nothing, least of all the token."""
    with (
        serving(sends(answer(OK))) as other,
        serving(sends(answer(b"", status, f"Location: {other.url}/elsewhere"))) as server,
    ):
        assert post(server.url) == Reply(int(status[:3]), b"")
        assert other.requests == []


def test_gzip_bomb() -> None:
    """A compressed answer is not unpacked: its bytes are handed over as they came."""
    bomb = gzip.compress(b"0" * 50_000_000)
    with serving(sends(answer(bomb, "200 OK", "Content-Encoding: gzip"))) as server:
        assert post(server.url) == Reply(200, bomb)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "503 Service Unavailable"])
@pytest.mark.parametrize("body", [OK, b"<html>Sorry, something went wrong.</html>", b"", b" " * MAX_ANSWER_BYTES])
def test_complete_answer(status: str, body: bytes) -> None:
    """A complete answer is handed over whatever it says; what it means is decided elsewhere."""
    with serving(sends(answer(body, status))) as server:
        assert post(server.url) == Reply(int(status[:3]), body)


def test_headers() -> None:
    """Of the headers those about limits and versions are handed over, by their names in lower case."""
    sent = "X-App-Usage: {}\r\nFacebook-API-Version: v27.0\r\nX-Ad-Api-Version-Warning: Upgraded.\r\nX-FB-Rev: 1"
    with serving(sends(answer(OK, "200 OK", sent))) as server:
        found = post(server.url)
    told = {"x-app-usage": "{}", "facebook-api-version": "v27.0", "x-ad-api-version-warning": "Upgraded."}
    assert found == Reply(200, OK, told)


def test_request() -> None:
    """The request is Meta's: version and dataset in the path, the token in a header and nowhere in the address."""
    with serving(sends(answer(OK))) as server:
        post(server.url)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST /v26.0/1234567890123456/events HTTP/1.1"
    assert f"Authorization: Bearer {TOKEN.reveal()}" in headers
    assert "Content-Type: application/json" in headers
    assert body == b'{"data":[]}'


@pytest.mark.parametrize("token", ["", "line\nbreak", "snow \u2603", "\ud800"])
def test_token_that_no_header_can_hold(token: str) -> None:
    """A token with characters that HTTP forbids fails the call and nothing else."""
    with serving(sends(answer(OK))) as server:
        assert isinstance(post(server.url, Secret(token)), Reply | NoReply)


def test_call_after_a_failure() -> None:
    """A connection that failed is not used again."""
    answers = iter([sends(), sends(answer(OK))])

    def script(connection: Connection) -> None:
        next(answers)(connection)

    with serving(script) as server:
        meta = client(server.url)
        found = [meta.post_events("1234567890123456", TOKEN, b"{}") for _ in range(2)]
    assert found == [NoReply("meta_broken_answer"), Reply(200, OK)]


def test_connection_is_kept() -> None:
    """Two calls share one connection."""
    sockets = []

    def script(connection: Connection) -> None:
        sockets.append(connection.sock)
        connection.sock.sendall(answer(OK))

    with serving(script) as server:
        meta = client(server.url)
        found = [meta.post_events("1234567890123456", TOKEN, b"{}") for _ in range(2)]
    assert found == [Reply(200, OK), Reply(200, OK)]
    assert sockets[0] is sockets[1]


def test_calls_side_by_side() -> None:
    """A call that is ended by its deadline does not end another one."""

    def script(connection: Connection) -> None:
        if b"slow" in server.requests[-1]:
            connection.hold()
        else:
            connection.sock.sendall(answer(OK))

    with serving(script) as server:
        meta = client(server.url)
        found: dict[bytes, Reply | NoReply] = {}

        def call(body: bytes) -> None:
            found[body] = meta.post_events("1234567890123456", TOKEN, body)

        slow = threading.Thread(target=call, args=[b"slow"])
        slow.start()
        slow.join(LATEST_SECONDS)
        call(b"quick")
    assert found == {b"slow": NoReply("meta_timeout"), b"quick": Reply(200, OK)}
