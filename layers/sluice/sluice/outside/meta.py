"""Meta's Conversions API over HTTP: one POST, a real deadline, a cap on the answer, the token in a header."""

import socket
import threading
from contextvars import ContextVar
from typing import Any, Final, Self

import urllib3

from sluice.delivery.verdict import NoReply, Reply
from sluice.settings import Secret

DEADLINE_SECONDS: Final = 10.0
"""From the first byte sent to the last one received. Most answers arrive within 600 ms (Meta's end-to-end guide)."""
MAX_ANSWER_BYTES: Final = 262_144


class _Watchdog:
    """Ends a call that outlives its deadline. A socket timeout cannot: each byte that drips in starts it again."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, sock: socket.socket | None) -> None:
        # The socket, not its connection: that forgets it while an answer without a length is still being read.
        self._sock = sock
        if self.fired:  # before there was a socket to end
            raise TimeoutError

    def _end(self) -> None:
        self.fired = True
        if self._sock is not None:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the call ended by itself in the same moment


_WATCHDOG: ContextVar[_Watchdog] = ContextVar("watchdog")


class _Watched:
    """Mixed into urllib3's connection: tells the watchdog of the call which socket to end."""

    sock: socket.socket | None

    def connect(self) -> None:
        """As urllib3's, then registering: looking up the name may have taken all the time there was."""
        super().connect()  # type: ignore[misc]
        _WATCHDOG.get().watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed through as it is
        """As urllib3's, after registering: a connection that is kept does not connect again."""
        _WATCHDOG.get().watch(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


class Meta:
    """The events edge of the Graph API at ``base_url`` in one version."""

    def __init__(self, base_url: str, version: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._pool = urllib3.connection_from_url(base_url, maxsize=8, block=False)
        self._pool.ConnectionCls = type("Connection", (_Watched, self._pool.ConnectionCls), {})
        self._version = version
        self._deadline_seconds = deadline_seconds

    def post_events(self, dataset: str, token: Secret, body: bytes) -> Reply | NoReply:
        """POST a body of events. Never raises: a transport failure is a NoReply.

        No redirect is followed: a 307 would carry body and token to another host.
        """
        headers = {"Authorization": f"Bearer {token.reveal()}", "Content-Type": "application/json"}
        with _Watchdog(self._deadline_seconds) as watchdog:
            active = _WATCHDOG.set(watchdog)
            try:
                reply = self._post(f"/{self._version}/{dataset}/events", headers, body)
                return NoReply("meta_timeout") if watchdog.fired else reply  # what was cut may look like an end
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                refused = isinstance(error, urllib3.exceptions.NewConnectionError)
                slow = watchdog.fired or isinstance(error, urllib3.exceptions.TimeoutError)
                return NoReply("meta_unreachable" if refused else "meta_timeout" if slow else "meta_broken_answer")
            finally:
                _WATCHDOG.reset(active)

    def _post(self, path: str, headers: dict[str, str], body: bytes) -> Reply | NoReply:
        """One call. ``identity`` and undecoded reading: a compressed answer could be a thousand times its size."""
        response = self._pool.request(
            "POST",
            path,
            body=body,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=urllib3.Timeout(connect=3.0, read=self._deadline_seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            answer = response.read(MAX_ANSWER_BYTES + 1, decode_content=False)
            if len(answer) > MAX_ANSWER_BYTES or response.length_remaining:
                response.close()
                return NoReply("meta_broken_answer")
            return Reply(response.status, answer)
        finally:
            response.release_conn()
