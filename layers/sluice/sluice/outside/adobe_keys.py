"""The public keys that Adobe I/O Events signs with, over HTTP: host and folder are fixed, whatever a header says.

Adobe names the keys of a delivery in two headers, as paths of its own host (``adobe/aio-lib-events`` does the same
with them). Not documented: how a path looks beyond its folder and ending, and what the host answers for a key that it
does not have. 403 and 404 are taken for that, as storage behind a content network answers them.
"""

import re
import ssl
from collections.abc import Callable
from functools import cached_property
from typing import Final

import urllib3

from sluice.errors import Unavailable
from sluice.outside.watchdog import fetch, watched

BASE_URL: Final = "https://static.adobeioevents.com"
DEADLINE_SECONDS: Final = 2.0
"""For one key. Adobe waits ten seconds for the answer to a delivery, and two keys may have to be asked for."""
KEPT_SECONDS: Final = 86_400
MISSING_KEPT_SECONDS: Final = 60
"""How long a key that the host does not have is not asked for again: anybody can name one."""
MAX_KEPT: Final = 32
MAX_KEY_BYTES: Final = 8_192
_PATH: Final = re.compile(r"/prod/keys/[A-Za-z0-9_-]{1,100}\.pem")
_PEM: Final = b"-----BEGIN PUBLIC KEY-----"


class AdobeKeys:
    """The keys at ``base_url``, each kept for a day. ``clock`` gives Unix seconds."""

    def __init__(
        self, clock: Callable[[], int], base_url: str = BASE_URL, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._clock = clock
        self._base_url = base_url
        self._deadline_seconds = deadline_seconds
        self._kept: dict[str, tuple[int, bytes | None]] = {}

    def find(self, path: str) -> bytes | None:
        """The key at a path, in PEM; None for a path that no key has, and for a key that the host does not have.

        Raises Unavailable ``public_key_unavailable`` without a complete answer in time.
        """
        if not _PATH.fullmatch(path):
            return None
        now = self._clock()
        until, key = self._kept.get(path, (0, None))
        if now < until:
            return key
        key = self._fetch(path)
        self._kept.pop(path, None)
        self._kept[path] = (now + (KEPT_SECONDS if key else MISSING_KEPT_SECONDS), key)
        if len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        return key

    def _fetch(self, path: str) -> bytes | None:
        """Ask the host for a key. No redirect is followed: another host's key would prove nothing."""
        answer = fetch(self._pool, "GET", path, {}, seconds=self._deadline_seconds, most_bytes=MAX_KEY_BYTES)
        match answer:
            case (200, body) if body.startswith(_PEM):
                return body
            case (403 | 404, _):
                return None
        raise Unavailable("public_key_unavailable")

    @cached_property
    def _pool(self) -> urllib3.HTTPConnectionPool:
        """Made by the first call: reading the certificates takes 30 ms."""
        manager = urllib3.PoolManager(1, ssl_context=ssl.create_default_context())
        pool = manager.connection_from_url(self._base_url)
        pool.ConnectionCls = watched(pool)
        return pool
