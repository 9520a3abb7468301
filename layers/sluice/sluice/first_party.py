"""Meta's two ids of a browser: those it has, those it should get, and the cookies that keep them. Pure.

Source: Meta's "fbp and fbc parameters" page, and its Parameter Builder.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sluice.event import Event
from sluice.match_keys import to_match_keys
from sluice.match_keys.browser import fbc_from_url

LIFETIME_SECONDS: Final = 90 * 86_400
"""Of the cookies, as Meta's pixel sets them."""
_CLICK: Final = 3
"""Where the click id stands in ``fb.1.<milliseconds>.<fbclid>``, with or without a suffix after it."""


class Browser(msgspec.Struct):
    """A visitor's browser in one request.

    ``held``: its valid ``fbp`` and ``fbc``. ``domain``: of the cookies that keep new ones; None when the gateway
    cannot set any. ``number``: the random part of a new ``fbp``, below 2^31. ``kept``: the new ids that an accepted
    event has.
    """

    held: dict[str, str]
    domain: str | None
    now_seconds: int
    number: int
    kept: dict[str, str] = {}

    def identify(self, event: Event) -> dict[str, str]:
        """Put the browser's ids on an event: the page's, else the cookies', else new ones. The new ones, for ``keep``.

        An ``fbc`` is made of the ``fbclid`` of the event's page, unless that click is known already; an ``fbp`` only
        where it can become a cookie, for it would name nobody otherwise.
        """
        said, made = valid_ids(event.user_data, self.now_seconds), {}
        known = {**self.held, **said}
        if self.domain and "fbp" not in known:
            made["fbp"] = self.new_fbp
        opened = min(event.event_time, self.now_seconds)
        url_click = fbc_from_url(event.event_source_url or "", opened, depth=self._depth)
        if click := valid_ids({"fbc": url_click}, self.now_seconds).get("fbc"):
            same = [ids["fbc"] for ids in (said, self.held) if "fbc" in ids and _click(ids["fbc"]) == _click(click)]
            if same:
                known["fbc"] = same[0]
            else:
                made["fbc"] = click
        event.user_data.update({**known, **made})
        return made

    def keep(self, made: Mapping[str, str], user_data: Mapping[str, Any]) -> None:
        """Keep the new ids of an accepted event, as far as they are among its match keys. Others have them too then."""
        new = {name: value for name, value in made.items() if user_data.get(name) == value}
        self.held.update(new)
        self.kept.update(new)

    def cookies(self) -> list[str]:
        """The ``Set-Cookie`` header of each kept id. Meta's pixel has to read them, so they are not ``HttpOnly``."""
        attributes = f"Max-Age={LIFETIME_SECONDS}; Path=/; Domain={self.domain}; Secure; SameSite=Lax"
        return [f"_{name}={value}; {attributes}" for name, value in self.kept.items() if self.domain]

    @property
    def new_fbp(self) -> str:
        """What an event gets that has no ``fbp`` yet; the same within the request."""
        return f"fb.{self._depth}.{self.now_seconds * 1000}.{self.number}"

    @property
    def _depth(self) -> int:
        """Meta's index of the domain that a cookie is set on: 1 for example.com, 2 for example.co.uk."""
        return self.domain.count(".") if self.domain else 1


def valid_ids(given: Mapping[str, Any], now_seconds: int) -> dict[str, str]:
    """Those of ``fbp`` and ``fbc`` that Meta would take; total."""
    ids = {name: given[name] for name in ("fbp", "fbc") if name in given}
    keys = to_match_keys(ids, default_country=None, now_seconds=now_seconds).keys
    return {name: value for name, value in keys.items() if isinstance(value, str)}


def _click(fbc: str) -> str:
    return fbc.split(".")[_CLICK]
