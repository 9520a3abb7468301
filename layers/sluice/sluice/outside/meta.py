"""Meta's Conversions API over HTTP: one POST, a real deadline, a cap on the answer, the token in a header."""

import time
from collections.abc import Callable
from typing import Final

import urllib3

from sluice.delivery import usage, versions
from sluice.delivery.verdict import NoReply, Reply
from sluice.outside.watchdog import Watchdog, watched
from sluice.settings import Secret

DEADLINE_SECONDS: Final = 10.0
"""From the first byte sent to the last one received. Most answers arrive within 600 ms (Meta's end-to-end guide)."""
MAX_ANSWER_BYTES: Final = 262_144
_CONNECTIONS: Final = 32
"""Kept for the next request, of as many datasets at once; each is made only when it is needed."""
_FIRST_FINAL_STATUS: Final = 200
_HEADERS: Final = usage.HEADERS + versions.HEADERS


class Meta:
    """The events edge of the Graph API at ``base_url`` in one version. ``timer`` gives seconds since some moment."""

    def __init__(
        self,
        base_url: str,
        version: str,
        deadline_seconds: float = DEADLINE_SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = urllib3.connection_from_url(base_url, maxsize=_CONNECTIONS, block=False)
        self._pool.ConnectionCls = watched(self._pool)
        self._version = version
        self._deadline_seconds = deadline_seconds
        self._timer = timer

    def post_events(self, dataset: str, token: Secret, body: bytes) -> Reply | NoReply:
        """POST a body of events. Never raises: a transport failure is a NoReply.

        No redirect is followed: a 307 would carry body and token to another host.
        """
        headers = {"Authorization": f"Bearer {token.reveal()}", "Content-Type": "application/json"}
        started = self._timer()
        answer = self._answer(f"/{self._version}/{dataset}/events", headers, body)
        return answer._replace(latency_ms=round((self._timer() - started) * 1_000))

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Reply | NoReply:
        """One call in time, or how it failed."""
        with Watchdog(self._deadline_seconds) as watchdog:
            try:
                reply = self._post(path, headers, body)
                return NoReply("meta_timeout") if watchdog.fired else reply  # what was cut may look like an end
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                if watchdog.sock is None:
                    return NoReply("meta_unreachable", was_sent=False)
                slow = watchdog.fired or isinstance(error, urllib3.exceptions.TimeoutError)
                return NoReply("meta_timeout" if slow else "meta_broken_answer")

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
            if response.status < _FIRST_FINAL_STATUS:  # the answer itself comes later: not to the next request
                response.close()
                return NoReply("meta_broken_answer")
            answer = response.read(MAX_ANSWER_BYTES + 1, decode_content=False)
            if len(answer) > MAX_ANSWER_BYTES or response.length_remaining:
                response.close()
                return NoReply("meta_broken_answer")
            told = {name: value for name in _HEADERS if (value := response.headers.get(name))}
            return Reply(response.status, answer, told)
        finally:
            response.release_conn()
