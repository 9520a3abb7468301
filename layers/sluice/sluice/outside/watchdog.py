"""A deadline over a whole HTTP call of urllib3, from the name's look-up to the last byte of the answer.

::

    pool.ConnectionCls = watched(pool)
    with Watchdog(seconds) as watchdog:
        pool.request(...)
"""

import socket
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Self

import urllib3


class Watchdog:
    """Ends a call that outlives its deadline. A socket timeout cannot: each byte that drips in starts it again."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        """Whether it ended the call: what came may then look like an end, and is none."""
        self.sock: socket.socket | None = None
        """What it would end; None while there is no connection, so that nothing can have been sent."""
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        self._active = _ACTIVE.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _ACTIVE.reset(self._active)

    def watch(self, sock: socket.socket | None) -> None:
        """End this socket when the time is over. Raises TimeoutError when it is already."""
        # The socket, not its connection: that forgets it while an answer without a length is still being read.
        self.sock = sock
        if self.fired:  # before there was a socket to end
            raise TimeoutError

    def _end(self) -> None:
        self.fired = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the call ended by itself in the same moment


def fetch(  # noqa: PLR0913 - what, where, how long, how much
    pool: urllib3.HTTPConnectionPool,
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most_bytes: int,
    content: Mapping[str, str] | None = None,
) -> tuple[int, bytes] | None:
    """Status and body of one call of a watched pool, never unpacked; None without a complete answer in time.

    No redirect is followed and nothing is tried again. ``content`` is sent as JSON.
    """
    with Watchdog(seconds) as watchdog:
        try:
            response = pool.request(
                method,
                path,
                json=content,
                headers={**headers, "Accept-Encoding": "identity"},
                timeout=seconds,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = response.read(most_bytes + 1, decode_content=False)
            # What the watchdog cut may look like an end.
            complete = len(body) <= most_bytes and not response.length_remaining and not watchdog.fired
            if not complete:
                response.close()
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return None
        return (response.status, body) if complete else None


_ACTIVE: ContextVar[Watchdog] = ContextVar("watchdog")


class Watched:
    """Mixed into urllib3's connection: tells the watchdog of the call which socket to end."""

    sock: socket.socket | None

    def connect(self) -> None:
        """As urllib3's, then registering: looking up the name may have taken all the time there was."""
        super().connect()  # type: ignore[misc]
        _ACTIVE.get().watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed through as it is
        """As urllib3's, after registering: a connection that is kept does not connect again."""
        _ACTIVE.get().watch(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


def watched(pool: urllib3.HTTPConnectionPool) -> type:
    """The pool's kind of connection, under the watchdog of whoever calls."""
    return type("Connection", (Watched, pool.ConnectionCls), {})
