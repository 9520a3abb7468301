"""Adobe's public keys from a server that does every bad thing: a key is whole and from its own host, or it is none."""

import gzip
import socket
import threading
import time
from collections.abc import Callable

import pytest

from sluice.errors import Unavailable
from sluice.outside.adobe_keys import BASE_URL, KEPT_SECONDS, MAX_KEPT, MAX_KEY_BYTES, MISSING_KEPT_SECONDS, AdobeKeys
from tests.fakes.clock import Clock
from tests.fakes.hostile import Connection, answer, in_turn, serving

PATIENT_SECONDS = 10.0
"""A deadline that a busy machine keeps, for answers that do come."""
SHORT_SECONDS = 0.2
LATEST_SECONDS = 1.5
"""The short deadline, and what a busy machine may take on top of it."""
PATH = "/prod/keys/pub-key-lyTiz3gQe4.pem"
KEY = b"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"


def keys(url: str, clock: Clock | None = None, seconds: float = PATIENT_SECONDS) -> AdobeKeys:
    """The client of the server."""
    return AdobeKeys(clock or Clock(), url, seconds)


def sends(*pieces: bytes) -> Callable[[Connection], None]:
    """A script that sends and ends."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(b"".join(pieces))
        connection.sock.shutdown(socket.SHUT_RDWR)

    return script


def drips(start: bytes, piece: bytes) -> Callable[[Connection], None]:
    """A script that begins an answer and sends the rest byte by byte."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(start)
        connection.drip(piece)

    return script


def test_host_is_adobe_s() -> None:
    """Nothing but the code says which host is asked, and it is asked with TLS."""
    assert BASE_URL == "https://static.adobeioevents.com"


def test_key() -> None:
    """A key is fetched from its path and handed over as it is."""
    with serving(in_turn(answer(KEY))) as server:
        assert keys(server.url).find(PATH) == KEY
    assert server.requests[0].startswith(b"GET /prod/keys/pub-key-lyTiz3gQe4.pem HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/prod/keys/",
        "/prod/keys/.pem",
        "/prod/keys/../secret.pem",
        "/prod/keys/a/b.pem",
        "/prod/keys/%2e%2e.pem",
        "/prod/keys/a.pem?x",
        "/prod/keys/a.pem#x",
        "/prod/keys/a.pem\n",
        "/prod/keys/a.pem\r\nHost: evil.example",
        "/prod/keys/ä.pem",
        "/prod/keys/" + "a" * 101 + ".pem",
        "/stage/keys/a.pem",
        "//evil.example/prod/keys/a.pem",
        "https://evil.example/prod/keys/a.pem",
        "@evil.example/prod/keys/a.pem",
    ],
)
def test_path_of_no_key(path: str) -> None:
    """A header's text that is no path of a key is not asked for."""
    with serving(in_turn(answer(KEY))) as server:
        assert keys(server.url).find(path) is None
    assert server.requests == []


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
def test_no_such_key(status: str) -> None:
    """A key that the host does not have is none, and for a minute it is not asked for again."""
    clock = Clock()
    with serving(in_turn(answer(b"<Error/>", status), answer(KEY))) as server:
        asked = keys(server.url, clock)
        assert asked.find(PATH) is None
        clock.now += MISSING_KEPT_SECONDS - 1
        assert asked.find(PATH) is None
        assert len(server.requests) == 1
        clock.now += 1
        assert asked.find(PATH) == KEY


def test_kept_for_a_day() -> None:
    """A key is fetched once a day."""
    clock = Clock()
    with serving(in_turn(answer(KEY), answer(KEY + b"new"))) as server:
        asked = keys(server.url, clock)
        asked.find(PATH)
        clock.now += KEPT_SECONDS - 1
        assert asked.find(PATH) == KEY
        assert len(server.requests) == 1
        clock.now += 1
        assert asked.find(PATH) == KEY + b"new"


def test_memory_is_bounded() -> None:
    """Whoever invents names cannot fill the memory: the oldest key is forgotten first."""
    with serving(in_turn(answer(KEY))) as server:
        asked = keys(server.url)
        for number in range(MAX_KEPT + 1):
            asked.find(f"/prod/keys/pub-key-{number}.pem")
        asked.find(f"/prod/keys/pub-key-{MAX_KEPT}.pem")
        assert len(server.requests) == MAX_KEPT + 1
        asked.find("/prod/keys/pub-key-0.pem")
        assert len(server.requests) == MAX_KEPT + 2


def chunked(body: bytes) -> bytes:
    """An answer without a length."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


BAD_ANSWERS: dict[str, Callable[[Connection], object]] = {
    **{
        status[:3]: sends(answer(KEY, status))
        for status in ("204 No Content", "400 Bad Request", "429 Too Many", "500 Error", "503 Unavailable")
    },
    "no key": sends(answer(b"<html>Sorry</html>")),
    "empty": sends(answer(b"")),
    "private key": sends(answer(b"-----BEGIN PRIVATE KEY-----")),
    "gzip": sends(answer(gzip.compress(KEY), "200 OK", "Content-Encoding: gzip")),
    "huge": sends(answer(KEY + b" " * MAX_KEY_BYTES)),
    "huge, in chunks": sends(chunked(KEY + b" " * MAX_KEY_BYTES)),
    "half": sends(answer(KEY)[:-10]),
    "no HTTP": sends(b"\x00\xff" * 99),
    "hangs up": sends(),
    "RST": Connection.reset,
}
SLOW_ANSWERS: dict[str, Callable[[Connection], object]] = {
    "hangs": Connection.hold,
    "drips its head": drips(b"HTTP/1.1 200 OK\r\n", b"A"),
    "drips its body": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + KEY, b" "),
    "drips without a length": drips(b"HTTP/1.1 200 OK\r\n\r\n" + KEY, b" "),
}


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_bad_answer(script: Callable[[Connection], object]) -> None:
    """What is no complete key says nothing about the delivery, which Adobe shall repeat; it is not remembered."""
    with serving(script) as server:
        asked = keys(server.url)
        for _ in range(2):
            with pytest.raises(Unavailable, match="public_key_unavailable"):
                asked.find(PATH)
    assert len(server.requests) == 2


@pytest.mark.parametrize("script", SLOW_ANSWERS.values(), ids=SLOW_ANSWERS)
def test_slow_answer(script: Callable[[Connection], object]) -> None:
    """The call ends at its deadline, however the bytes come."""
    with serving(script) as server:
        start = time.monotonic()
        with pytest.raises(Unavailable, match="public_key_unavailable"):
            keys(server.url, seconds=SHORT_SECONDS).find(PATH)
        assert time.monotonic() - start < LATEST_SECONDS


def test_slow_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """When looking up the name took all the time there was, the answer gets no more."""
    look_up = socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        threading.Event().wait(SHORT_SECONDS * 2)
        return look_up(*args, **kwargs)  # type: ignore[arg-type]

    with serving(in_turn(answer(KEY))) as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", slow)
        with pytest.raises(Unavailable, match="public_key_unavailable"):
            keys(server.url, seconds=SHORT_SECONDS).find(PATH)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_redirect(status: str) -> None:
    """A redirect is not followed: another host's key would prove nothing."""
    with (
        serving(in_turn(answer(KEY))) as other,
        serving(in_turn(answer(b"", status, f"Location: {other.url}{PATH}"))) as server,
    ):
        with pytest.raises(Unavailable, match="public_key_unavailable"):
            keys(server.url).find(PATH)
        assert other.requests == []


def test_nobody_there() -> None:
    """A closed port is no answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(Unavailable, match="public_key_unavailable"):
        keys(f"http://127.0.0.1:{port}").find(PATH)
