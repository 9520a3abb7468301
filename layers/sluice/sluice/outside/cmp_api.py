"""Didomi's Consents API over HTTP: what logged-in persons agree to now, for a door that waits 300 ms at most.

Documented (developers.didomi.io: authentication, errors, rate limiting): ``POST /v1/sessions`` with a private API key
answers an ``access_token``, good for an hour, and 400 for a wrong key; without a valid token a call is answered 401.
``/consents/`` has no rate limit, other paths 100 requests in 15 s, answered 429 beyond. Unconfirmed: whether a new
session is answered 200 or 201 (both are taken), and how long Didomi takes.
"""

import hmac
import json
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from sluice.consent.cmp_api import NOT_KNOWN, UNREACHABLE, CmpAnswer, read_didomi
from sluice.outside.watchdog import fetch, watched
from sluice.settings import CmpApi, Secret

BASE_URL: Final = "https://api.didomi.io"
DEADLINE_SECONDS: Final = 0.3
"""How long the door waits for all persons of a request together."""
MAX_PERSONS: Final = 64
"""So many are asked about at once, the first ones that are not remembered; eight calls are under way at a time."""
MAX_PERSON_CHARACTERS: Final = 256
KEPT_SECONDS: Final = 60
MAX_KEPT: Final = 2_000
MAX_FAILURES: Final = 3
PAUSE_SECONDS: Final = 30
MAX_ANSWER_BYTES: Final = 1_048_576
"""A person who agreed to the whole vendor list on several devices fills some hundred KB."""
_CALLS: Final = 8
_CALL_SECONDS: Final = 2.0
"""What the door no longer waits for may still arrive: the first session of an instance takes more than 300 ms."""
_TOKEN_SECONDS: Final = 3_300
_NO_REPLY: Final = (0, b"")
_T = TypeVar("_T")


class _Session(msgspec.Struct):
    access_token: str


class _Account:
    """One API key: its session, and whether anything comes of asking with it."""

    def __init__(self) -> None:
        self._token: Secret | None = None
        self._token_until = 0
        self._failures = 0
        self.paused_until = 0

    def token(self, now: int) -> Secret | None:
        """The session's token while it is good."""
        return self._token if now < self._token_until else None

    def begin(self, token: Secret, now: int) -> None:
        """A session was opened at that time."""
        self._token, self._token_until = token, now + _TOKEN_SECONDS

    def end(self, token: Secret) -> None:
        """Didomi refused the token, which may no longer be the session's."""
        if self._token is token:
            self._token = None

    def count(self, now: int, *, answered: bool) -> None:
        """Asking once more got an answer, or none at all; after three times in a row, and each time on, pause."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= MAX_FAILURES:
            self.paused_until = now + PAUSE_SECONDS


class Memory:
    """Answers by HMAC until they are a minute old, at most MAX_KEPT; the oldest leave first. No person's id is kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._kept: dict[bytes, tuple[int, CmpAnswer]] = {}
        self._lock = threading.Lock()

    def name(self, *texts: str) -> bytes:
        """What something is kept under."""
        return hmac.digest(self._key, json.dumps(texts).encode(), "sha256")

    def find(self, name: bytes, now: int) -> CmpAnswer | None:
        """The answer, while it is new enough."""
        until, answer = self._kept.get(name, (0, None))
        return answer if now < until else None

    def keep(self, name: bytes, answer: CmpAnswer, until: int) -> None:
        """Keep an answer until then, unless a newer one is there: this one may have been long under way."""
        with self._lock:
            if self._kept.get(name, (0, None))[0] > until:
                return
            self._kept.pop(name, None)
            self._kept[name] = (until, answer)
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]

    def forget(self, now: int) -> None:
        """Drop what is too old."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if now < kept[0]}


class Didomi:
    """The CmpService of Didomi at ``base_url``. ``clock`` gives Unix seconds."""

    def __init__(
        self, clock: Callable[[], int], base_url: str = BASE_URL, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._clock = clock
        self._base_url = base_url
        self._deadline_seconds = deadline_seconds
        self._memory = Memory()
        self._accounts: dict[bytes, _Account] = {}
        # Looking up a host name cannot be ended from outside. So others call, and the door only waits for them.
        self._workers = ThreadPoolExecutor(_CALLS, thread_name_prefix="cmp_api")
        for name in ("urllib3.connection", "urllib3.connectionpool"):
            logging.getLogger(name).addFilter(_names_nobody)

    def ask(self, persons: Sequence[str], config: CmpApi) -> dict[str, CmpAnswer]:
        """What Didomi says about each distinct person, in the order given; what is remembered takes no call.

        Ids that no shop gives its users (empty, over 256 characters, unprintable) are not asked about: an empty one
        would ask for everybody. Never raises, and returns when the deadline is over; see CmpService.
        """
        now, deadline = self._clock(), time.monotonic() + self._deadline_seconds
        self._memory.forget(now)
        names = {person: self._name(person, config) for person in persons if _is_user_id(person)}
        known = {person: self._memory.find(name, now) for person, name in names.items()}
        missing = [person for person, answer in known.items() if answer is None][:MAX_PERSONS]
        account = self._account(config)
        if missing and now >= account.paused_until:
            try:
                found = self._call_for(missing, config, account, now, deadline)
            except RuntimeError:  # no thread to be had
                found = {}
            account.count(now, answered=any(answer != UNREACHABLE for answer in found.values()))
            known |= found
        return {person: (known[person] or UNREACHABLE) if person in known else NOT_KNOWN for person in persons}

    def _name(self, person: str, config: CmpApi) -> bytes:
        return self._memory.name(config.organization_id, config.vendor, *config.purposes, person)

    def _account(self, config: CmpApi) -> _Account:
        """The account's state; another key or secret starts anew."""
        name = self._memory.name(config.organization_id, config.key.reveal(), config.secret.reveal())
        return self._accounts.setdefault(name, _Account())

    def _call_for(
        self, persons: Sequence[str], config: CmpApi, account: _Account, now: int, deadline: float
    ) -> dict[str, CmpAnswer]:
        """The answers that arrive before the deadline (of the monotonic clock)."""
        if account.token(now) is None:
            _finished([self._workers.submit(self._open_session, config, account, now)], deadline)
        token = account.token(now)
        if token is None:
            return {}
        calls = {self._workers.submit(self._look_up, person, config, account, token, now): person for person in persons}
        return {calls[call]: call.result() for call in _finished(calls, deadline)}

    def _open_session(self, config: CmpApi, account: _Account, now: int) -> None:
        """Open a session for the account, if Didomi lets it."""
        key_pair = {"type": "api-key", "key": config.key.reveal(), "secret": config.secret.reveal()}
        status, answer = self._call("POST", "/v1/sessions", {}, key_pair)
        if status in {200, 201}:
            account.begin(Secret(msgspec.json.decode(answer, type=_Session).access_token), now)

    def _look_up(self, person: str, config: CmpApi, account: _Account, token: Secret, now: int) -> CmpAnswer:
        """What Didomi says about one person; remembered from the moment of the question."""
        query = urlencode({"organization_id": config.organization_id, "organization_user_id": person})
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        status, body = self._call("GET", f"/v1/consents/users?{query}", headers)
        if status == 401:
            account.end(token)
        answer = read_didomi(body, person, config) if status == 200 else UNREACHABLE
        if answer != UNREACHABLE:
            self._memory.keep(self._name(person, config), answer, now + KEPT_SECONDS)
        return answer

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], content: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one call, never unpacked; _NO_REPLY when there is no complete answer."""
        found = fetch(
            self._pool, method, path, headers, seconds=_CALL_SECONDS, most_bytes=MAX_ANSWER_BYTES, content=content
        )
        return found or _NO_REPLY

    @cached_property
    def _pool(self) -> urllib3.HTTPConnectionPool:
        """Made by the first call: reading the certificates takes 30 ms, and urllib3 would do it for each connection."""
        manager = urllib3.PoolManager(1, maxsize=_CALLS, ssl_context=ssl.create_default_context())
        pool = manager.connection_from_url(self._base_url)
        pool.ConnectionCls = watched(pool)
        return pool


def _finished(calls: Collection[Future[_T]], deadline: float) -> list[Future[_T]]:
    """The calls that ended, and well, before the deadline; those that did not begin until then never do."""
    done, late = wait(calls, timeout=max(0.0, deadline - time.monotonic()))
    for call in late:
        call.cancel()
    return [call for call in done if call.exception() is None]


def _is_user_id(person: str) -> bool:
    """Whether a shop may know a user by this text."""
    return 0 < len(person) <= MAX_PERSON_CHARACTERS and person.isprintable()


def _names_nobody(record: logging.LogRecord) -> bool:
    """Whether a line of urllib3's log may pass: it writes addresses out, and Didomi wants the person's id in one."""
    return "organization_user_id" not in record.getMessage()
