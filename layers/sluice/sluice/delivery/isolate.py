"""Send many events so that a bad one harms no other: Meta takes all events of a request or none."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from sluice.delivery.verdict import Refused, Verdict

MAX_EVENTS: Final = 1_000
MAX_REQUEST_BYTES: Final = 1_000_000
_T = TypeVar("_T")


def send_isolated(
    events: Sequence[_T],
    post: Callable[[Sequence[_T]], Verdict],
    still_allowed: Callable[[Sequence[_T]], Sequence[_T]],
) -> Iterator[tuple[Sequence[_T], Verdict]]:
    """Post the events; yield groups with their verdict until each event has one. A Refused group has one event.

    ``still_allowed`` is asked directly before each request which of its events may be sent; the others get no verdict.

    The event that Meta names is taken out; when it names none, the request is halved. A refused request stored
    nothing at Meta, so nothing is counted twice.
    """
    pending = [events]
    while pending:
        batch = still_allowed(pending.pop())
        if not batch:
            continue
        verdict = post(batch)
        if not isinstance(verdict, Refused) or len(batch) == 1:
            yield batch, verdict
        elif verdict.event_index is not None and verdict.event_index < len(batch):
            yield batch[verdict.event_index : verdict.event_index + 1], verdict
            pending.append([*batch[: verdict.event_index], *batch[verdict.event_index + 1 :]])
        else:
            middle = len(batch) // 2
            pending += [batch[middle:], batch[:middle]]


def split_requests(events: Sequence[_T], size: Callable[[_T], int]) -> Iterator[Sequence[_T]]:
    """The events in groups that one request takes: at most 1000, together at most about 1 MB (``size`` in bytes).

    1000 is Meta's documented limit; none is documented for bytes, and an envelope is no larger.
    """
    start = used = 0
    for position, event in enumerate(events):
        needed = size(event)
        if position - start == MAX_EVENTS or (position > start and used + needed > MAX_REQUEST_BYTES):
            yield events[start:position]
            start, used = position, 0
        used += needed
    if events:
        yield events[start:]
