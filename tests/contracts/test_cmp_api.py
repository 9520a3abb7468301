"""Didomi's service, played by a server on loopback: documented answers count, and nothing else holds the door up."""

import gzip
import json
import logging
import socket
import threading
import time
from typing import Any

import msgspec
import pytest

from sluice.consent.cmp_api import NOT_KNOWN, UNREACHABLE, CmpAnswer
from sluice.consent.ports import CmpService
from sluice.outside.cmp_api import (
    KEPT_SECONDS,
    MAX_ANSWER_BYTES,
    MAX_FAILURES,
    MAX_KEPT,
    MAX_PERSONS,
    PAUSE_SECONDS,
    Didomi,
    Memory,
)
from sluice.settings import CmpApi, Secret
from tests.fakes.clock import Clock
from tests.fakes.cmp_service import META, Call, Double, FakeCmpService, Script, body, serving, users

PATIENT_SECONDS = 10.0
"""A deadline that a busy machine keeps, for answers that do come."""
SHORT_SECONDS = 0.2
"""A deadline for answers that do not come."""
LATEST_SECONDS = 1.5
"""That deadline, and what a busy machine may take on top of it; a call that nobody waits for goes on for longer."""
CONFIG = CmpApi("didomi", "example-shop", Secret("key-of-the-shop"), Secret("secret-of-the-shop"), META, ("cookies",))
PERSON = "customer-1001"


def service(double: Double, clock: Clock | None = None, seconds: float = PATIENT_SECONDS) -> Didomi:
    """The client of the double."""
    return Didomi(clock or Clock(), double.url, seconds)


def either(fake: bool, double: Double) -> CmpService:
    """The fake, which must keep what is promised here too, or the client of the double."""
    return FakeCmpService() if fake else service(double)


def ask(didomi: Didomi, config: CmpApi = CONFIG) -> CmpAnswer:
    """What it says about the one person."""
    return didomi.ask([PERSON], config)[PERSON]


def test_documented_exchange() -> None:
    """A key pair becomes a session, the session answers about a person, and no secret is in an address."""
    with serving() as double:
        answer = ask(service(double))
    session, question = double.requests
    assert (answer.says, answer.consent_id) == ("allow", f"record-of-{PERSON}")
    assert session.path == "/v1/sessions"
    assert session.content == {"type": "api-key", "key": "key-of-the-shop", "secret": "secret-of-the-shop"}
    assert question.path == f"/v1/consents/users?organization_id=example-shop&organization_user_id={PERSON}"
    assert question.bearer == "Bearer jwt-1"


@pytest.mark.parametrize("person", ["jo.sample@example.com", "a&organization_user_id=b", "../../x", "#%?", "käufer 7"])
def test_any_user_id(person: str) -> None:
    """An id arrives as it is, whatever characters it has."""
    with serving() as double:
        assert service(double).ask([person], CONFIG)[person].says == "allow"
    assert double.asked == [person]


@pytest.mark.parametrize("fake", [True, False])
def test_every_person_gets_an_answer(fake: bool) -> None:
    """Each distinct person has an answer, and nobody is asked about twice."""
    with serving(lambda call: call.say(200, b'{"data":[],"limit":100,"cursor":null}')) as double:
        asked = either(fake, double)
        assert asked.ask(["a", "b", "a"], CONFIG) == {"a": NOT_KNOWN, "b": NOT_KNOWN}
        assert asked.ask([], CONFIG) == {}
    assert sorted(double.asked) == ([] if fake else ["a", "b"])


@pytest.mark.parametrize("person", ["", "x" * 257, "a\nb", "\x00", "\ud800"])
def test_no_user_id(person: str) -> None:
    """A text that is no user's id is not asked about: an empty one would mean everybody."""
    with serving() as double:
        assert service(double).ask([person], CONFIG) == {person: NOT_KNOWN}
    assert double.requests == []


def say(status: int, content: bytes = b"{}", **headers: str) -> Script:
    """A script that always answers the same."""
    return lambda call: call.say(status, content, **headers)


def sends(*pieces: bytes) -> Script:
    """A script that sends and ends."""

    def script(call: Call) -> None:
        call.wfile.write(b"".join(pieces))
        call.connection.shutdown(socket.SHUT_RDWR)

    return script


BAD_ANSWERS: dict[str, Script] = {
    **{str(status): say(status, body(PERSON)) for status in (201, 204, 400, 401, 403, 404, 429, 500, 503)},
    "redirect": lambda call: call.say(302, b"", Location=f"{call.server.url}/v1/consents/users?organization_user_id=x"),
    "garbage": say(200, b"<html>Sorry</html>"),
    "huge": say(200, body(PERSON) + b" " * MAX_ANSWER_BYTES),
    "huge, without a length": sends(b"HTTP/1.1 200 OK\r\n\r\n", body(PERSON), b" " * MAX_ANSWER_BYTES),
    "gzip": say(200, gzip.compress(body(PERSON)), **{"Content-Encoding": "gzip"}),
    "another person": lambda call: call.say(200, body("customer-1002")),
    "everybody": lambda call: call.say(200, json.dumps({"data": [], "cursor": "next"}).encode()),
    "head without a body": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
    "half": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", body(PERSON)),
    "no HTTP": sends(b"\x00\xff" * 99),
    "hangs up": sends(),
}
SLOW_ANSWERS: dict[str, Script] = {
    "hangs": Call.hold,
    "drips its head": lambda call: call.drip(b"HTTP/1.1 200 OK\r\n", b"A"),
    "drips its body": lambda call: call.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
}


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_bad_answer(script: Script) -> None:
    """What is not the complete, documented answer about this person is no answer, and it is not remembered."""
    with serving(script) as double:
        didomi = service(double)
        assert ask(didomi) == ask(didomi) == UNREACHABLE
    assert double.asked == [PERSON, PERSON]


@pytest.mark.parametrize(
    "script",
    [*BAD_ANSWERS.values(), say(200, b'{"access_token":5}')],
    ids=[*BAD_ANSWERS, "no token"],
)
def test_no_session(script: Script) -> None:
    """Without a session nobody is allowed, and no question goes out with a bad token."""
    with serving(sessions=script) as double:
        assert ask(service(double)) == UNREACHABLE
    assert double.asked == []


def test_token_that_no_header_can_hold() -> None:
    """A token with characters that HTTP forbids fails the question and nothing else."""
    with serving(sessions=say(200, b'{"access_token":"line\\nbreak"}')) as double:
        assert ask(service(double)) == UNREACHABLE
    assert double.asked == []


@pytest.mark.parametrize("script", SLOW_ANSWERS.values(), ids=SLOW_ANSWERS)
@pytest.mark.parametrize("place", ["users", "sessions"])
def test_slow_answer(script: Script, place: str) -> None:
    """The door goes on when the deadline is over, while Didomi is still about to answer."""
    with serving(**{place: script}) as double:
        start = time.monotonic()
        assert ask(service(double, seconds=SHORT_SECONDS)) == UNREACHABLE
        assert time.monotonic() - start < LATEST_SECONDS


def test_slow_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up the host's name does not hold the door up, either."""
    over, ended = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> Any:
        over.wait(PATIENT_SECONDS)
        ended.set()
        raise OSError

    with serving() as double, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", slow)
        assert ask(service(double, seconds=SHORT_SECONDS)) == UNREACHABLE
        assert not ended.is_set()
        over.set()


def test_late_answer() -> None:
    """An answer that the door did not wait for is known when the person is next asked about."""
    released = threading.Event()

    def late(call: Call) -> None:
        call.server.users = Call.hold
        released.wait(PATIENT_SECONDS)
        users(call)

    with serving(late) as double:
        didomi = service(double, seconds=SHORT_SECONDS)
        assert ask(didomi) == UNREACHABLE
        released.set()
        assert "allow" in (ask(didomi).says for _ in range(100))


def test_late_question() -> None:
    """Eight questions are under way at a time; what could not begin before the deadline is not asked later."""
    released = threading.Event()

    def late(call: Call) -> None:
        released.wait(PATIENT_SECONDS)
        users(call)

    with serving(late) as double:
        didomi = service(double, seconds=SHORT_SECONDS)
        didomi.ask([f"customer-{number}" for number in range(20)], CONFIG)
        released.set()
        assert "allow" in (ask(didomi).says for _ in range(100))
    assert len(set(double.asked) - {PERSON}) <= 8


def test_nobody_there() -> None:
    """A closed port is no answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert ask(Didomi(Clock(), f"http://127.0.0.1:{port}", PATIENT_SECONDS)) == UNREACHABLE


def test_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no thread left gets no answer, and no error."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    didomi = Didomi(Clock(), "http://127.0.0.1:9")
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert ask(didomi) == UNREACHABLE


def test_one_slow_person() -> None:
    """A person whose record does not come in time costs the others nothing."""
    with serving(lambda call: call.hold() if call.person == "slow" else users(call)) as double:
        found = service(double, seconds=1.0).ask(["slow", "quick"], CONFIG)
    assert (found["slow"], found["quick"].says) == (UNREACHABLE, "allow")


def test_too_many_persons() -> None:
    """The first ones are asked about, in the order given; the others are not answered."""
    persons = [f"customer-{number}" for number in range(MAX_PERSONS + 2)]
    with serving() as double:
        found = service(double).ask(persons, CONFIG)
    assert list(found) == persons
    assert [person for person in persons if found[person].says == "allow"] == persons[:MAX_PERSONS]
    assert sorted(double.asked) == sorted(persons[:MAX_PERSONS])


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_remembered_for_a_minute(before: bool, after: bool) -> None:
    """Answers of either kind are remembered for less than 60 s: a withdrawal shows then."""
    clock, agreed = Clock(), [before]
    with serving(lambda call: call.say(200, body(PERSON, agreed=agreed[0]))) as double:
        didomi = service(double, clock)
        first = ask(didomi)
        agreed[0] = after
        clock.now += KEPT_SECONDS - 1
        assert ask(didomi) == first
        clock.now += 1
        assert ask(didomi).says == ("allow" if after else "deny") != first.says
    assert len(double.asked) == 2


def test_remembered_for_one_question() -> None:
    """Another vendor or other purposes are another question."""
    with serving() as double:
        didomi = service(double)
        vendor = msgspec.structs.replace(CONFIG, vendor="other")
        purposes = msgspec.structs.replace(CONFIG, purposes=("other",))
        assert [ask(didomi, config).says for config in (CONFIG, vendor, purposes)] == ["allow", "unknown", "unknown"]


def test_memory_is_bounded() -> None:
    """Of too many answers the oldest leaves; an answer that was long under way does not replace a newer one."""
    memory = Memory()
    names = [memory.name(str(number)) for number in range(MAX_KEPT + 1)]
    for name in names:
        memory.keep(name, NOT_KNOWN, 100)
    memory.keep(names[1], UNREACHABLE, 99)
    assert [memory.find(name, 99) for name in names[:2]] == [None, NOT_KNOWN]
    memory.forget(100)
    assert memory.find(names[1], 99) is None


def test_session_is_kept() -> None:
    """A session serves every question until shortly before its hour is over."""
    clock = Clock()
    with serving() as double:
        didomi = service(double, clock)
        for minutes in (0, 30, 24):
            clock.now += minutes * 60
            ask(didomi)
        assert double.sessions_asked == 1
        clock.now += 60
        assert ask(didomi).says == "allow"
    assert double.sessions_asked == 2
    assert double.requests[-1].bearer == "Bearer jwt-2"


def test_refused_session() -> None:
    """A token that Didomi refuses is not used again: the next question opens a session."""
    with serving(lambda call: (users if "jwt-2" in call.headers["Authorization"] else say(401))(call)) as double:
        didomi = service(double)
        assert [ask(didomi).says for _ in range(2)] == ["unknown", "allow"]


def test_dead_service_is_left_alone() -> None:
    """After three questions in a row without any answer none is asked for 30 s; then one is."""
    clock = Clock()
    with serving(say(500)) as double:
        didomi = service(double, clock)
        for _ in range(MAX_FAILURES + 2):
            assert ask(didomi) == UNREACHABLE
        clock.now += PAUSE_SECONDS - 1
        ask(didomi)
        assert len(double.asked) == MAX_FAILURES
        clock.now += 1
        ask(didomi)
        ask(didomi)
        assert len(double.asked) == MAX_FAILURES + 1
        double.users = users
        clock.now += PAUSE_SECONDS
        assert ask(didomi).says == "allow"


def test_failures_in_a_row() -> None:
    """An answer in between begins the count anew, and what is remembered is told while nobody is asked."""
    failing = say(429)
    with serving(failing) as double:
        didomi = service(double)
        for script in (failing, failing, users, failing, failing, failing, failing):
            double.users = script
            found = didomi.ask([f"customer-{len(double.asked)}"], CONFIG)
        assert len(double.asked) == 6
        assert list(found.values()) == [UNREACHABLE]
        assert didomi.ask(["customer-2"], CONFIG)["customer-2"].says == "allow"


def test_wrong_key_of_another_shop() -> None:
    """One account's wrong key does not keep another account from being asked about."""
    wrong = msgspec.structs.replace(CONFIG, secret=Secret("wrong"))
    with serving() as double:
        didomi = service(double)
        assert [ask(didomi, wrong) for _ in range(MAX_FAILURES + 1)] == [UNREACHABLE] * (MAX_FAILURES + 1)
        assert double.sessions_asked == MAX_FAILURES
        assert ask(didomi).says == "allow"


def test_log_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """No line of the log has the person or a secret, at any level, even where urllib3 writes addresses out."""
    defective = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header\r\nA: b\r\n\r\n{}"
    with caplog.at_level(logging.DEBUG), serving(lambda call: call.wfile.write(defective)) as double:
        didomi = service(double)
        assert ask(didomi) == UNREACHABLE
    assert "/v1/sessions" in caplog.text
    for text in (PERSON, "key-of-the-shop", "secret-of-the-shop", "jwt-1"):
        assert text not in caplog.text
        assert text not in repr((didomi, vars(didomi), CONFIG))
