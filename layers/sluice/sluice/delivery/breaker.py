"""The breaker of a dataset: whether its events may be sent now. Shared by all senders; pure, the state is handed in.

::

                 Halt, or five failures in a row            the steward's probe is answered
    closed ------------------------------------> open ------------------------------------> draining
      ^                                           ^                                           |   |
      |                                           +-------------------------------------------+   |
      +-------------------------------------------------------------------------------------------+
                              nothing of it is left in the hold queue

While it is open its events wait in the hold queue, which costs them no attempt. Only the steward tries whether it may
close, with a request that stores nothing.
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from sluice.delivery.verdict import Halt, Retry, Verdict

OPENS_AFTER: Final = 5
"""Failed requests in a row, of all senders together. One lost connection is none of Meta's days."""
DRAINED_AFTER_SECONDS: Final = 300
"""A sender that read the breaker before it closed may put an event into the hold queue for as long as it lives."""


class Breaker(Struct, frozen=True, omit_defaults=True):
    """The state of one dataset's circuit. ``slug``: why it opened. ``since``: Unix seconds of the last change of state.

    ``failures``: requests in a row without a sensible answer. ``paused_until``: Unix seconds; until then Meta wants
    fewer requests.
    """

    state: Literal["closed", "open", "draining"] = "closed"
    slug: str = ""
    since: int = 0
    failures: int = 0
    paused_until: int = 0


CLOSED: Final = Breaker()


def after_request(breaker: Breaker, verdict: Verdict, pause_seconds: int, now_seconds: int) -> Breaker:
    """The breaker after a request of a sender; the same one when nothing changes."""
    if isinstance(verdict, Halt):
        return breaker if breaker.state == "open" else _opened(breaker, verdict.slug, now_seconds)
    failures = breaker.failures + 1 if isinstance(verdict, Retry) else 0
    if failures >= OPENS_AFTER:
        return _opened(breaker, verdict.slug, now_seconds) if isinstance(verdict, Retry) else breaker
    paused_until = now_seconds + pause_seconds if pause_seconds else breaker.paused_until
    return replace(breaker, failures=failures, paused_until=paused_until)


def after_probe(breaker: Breaker, verdict: Verdict, now_seconds: int) -> Breaker:
    """The breaker after the steward's probe: any answer about the events themselves shows that others may follow."""
    if isinstance(verdict, Halt | Retry):
        return replace(breaker, slug=verdict.slug)
    return Breaker("draining", "", now_seconds)


def is_drained(breaker: Breaker, now_seconds: int) -> bool:
    """Whether a draining breaker may close, when nothing of its dataset was seen in the hold queue."""
    return breaker.state == "draining" and now_seconds - breaker.since >= DRAINED_AFTER_SECONDS


def _opened(breaker: Breaker, slug: str, now_seconds: int) -> Breaker:
    return replace(breaker, state="open", slug=slug, since=now_seconds, failures=0)
