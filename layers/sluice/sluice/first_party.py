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
_CLICK: Final = 3
"""Where the click id stands in ``fb.1.<milliseconds>.<fbclid>``, with or without a suffix after it."""


class Browser(msgspec.Struct):
    """A visitor's browser in one request.

    ``held``: its valid ``fbp`` and ``fbc``. ``made``: new ones, which may only be sent to Meta if the browser gets
    them as cookies. ``domain``: of those cookies; None when the gateway cannot set any.
    """

    held: dict[str, str]
    domain: str | None
    now_seconds: int
    made: dict[str, str] = {}

    def identify(self, event: Event, number: int) -> None:
        """Put the browser's ids on an event: the page's, else the cookies', else new ones.

        An ``fbc`` is made of the ``fbclid`` of the event's page, unless that click is known already; an ``fbp`` only
        where it becomes a cookie, for it would name nobody otherwise.

        Args:
            event: its ``fbp`` and ``fbc``, if any, are the page's.
            number: the random part of a new ``fbp``, below 2^31.
        """
        said = valid_ids(event.user_data, self.now_seconds)
        if not said.get("fbp") and not self.held.get("fbp") and self.domain:
            self.held["fbp"] = self.made["fbp"] = f"fb.{self._depth}.{self.now_seconds * 1000}.{number}"
        opened = min(event.event_time, self.now_seconds) * 1000
        click = fbc_from_url(event.event_source_url or "", opened, depth=self._depth)
        if click:
            known = [ids["fbc"] for ids in (said, self.held) if "fbc" in ids]
            same = [fbc for fbc in known if _click(fbc) == _click(click)]
            if not same:
                self.held["fbc"] = self.made["fbc"] = click
            said["fbc"] = same[0] if same else click
        event.user_data.update({**self.held, **said})

    def cookies(self) -> list[str]:
        """The ``Set-Cookie`` header of each new id. Meta's pixel has to read them, so they are not ``HttpOnly``."""
        attributes = f"Max-Age={LIFETIME_SECONDS}; Path=/; Domain={self.domain}; Secure; SameSite=Lax"
        return [f"_{name}={value}; {attributes}" for name, value in self.made.items() if self.domain]

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
