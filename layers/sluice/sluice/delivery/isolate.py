"""Send many events so that a bad one harms no other: Meta takes all events of a request or none."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, TypeVar

from sluice.delivery.verdict import Delivered, Refused, Verdict

MAX_EVENTS: Final = 1_000
MAX_REQUEST_BYTES: Final = 1_000_000
_BESIDE_BYTES: Final = 1_000
"""Room for what a request holds beside its events: a few names and short texts."""
_SHARED: Final = ((7, 1), (5, 10), (3, 100))
"""After so many failures, the most events of a request; the waits between them are minutes, then hours."""
_T = TypeVar("_T")
_Part = Literal["named", "half", "rest"]


def send_isolated(
    events: Sequence[_T],
    post: Callable[[Sequence[_T]], Verdict],
    still_allowed: Callable[[Sequence[_T]], Sequence[_T]],
) -> Iterator[tuple[Sequence[_T], Verdict]]:
    """Post the events; yield groups with their verdict until each event has one. A Refused group has one event.

    ``still_allowed`` is asked directly before each request which of its events may be sent; the others get no verdict.

    The event that Meta names is sent alone, as Meta may quote a place that somebody wrote; when it names none, or named
    one that it then took, the request is halved. A refused request stored nothing at Meta, so nothing is counted twice.
    k bad events of n cost at most k * 2 * ceil(log2(n)) + 1 requests.
    """
    pending: list[tuple[Sequence[_T], _Part]] = [(events, "rest")]
    believed = True
    while pending:
        group, part = pending.pop()
        batch = still_allowed(group)
        if not batch:
            continue
        verdict = post(batch)
        if not isinstance(verdict, Refused) or len(batch) == 1:
            yield batch, verdict
            if part != "rest" and isinstance(verdict, Delivered):  # so what was refused is in the other part
                believed = believed and part != "named"
                pending += _halves(pending.pop()[0])
        elif believed and verdict.event_index is not None and verdict.event_index < len(batch):
            at = verdict.event_index
            pending += [([*batch[:at], *batch[at + 1 :]], "rest"), (batch[at : at + 1], "named")]
        else:
            pending += _halves(batch)


def _halves(events: Sequence[_T]) -> list[tuple[Sequence[_T], _Part]]:
    """The second half, and the first one, which goes first; a single event as it is."""
    middle = len(events) // 2
    return [(events[middle:], "rest"), (events[:middle], "half")] if middle else [(events, "rest")]


def split_requests(
    events: Iterable[_T], size: Callable[[_T], int], failures: Callable[[_T], int]
) -> Iterator[Sequence[_T]]:
    """The events in groups that one request takes: at most 1000, together at most 1 MB (``size`` in bytes).

    1000 is Meta's documented limit; none is documented for bytes, and an envelope is no larger. Events whose
    requests failed often (``failures``) share one with few, and of their own kind: one that Meta answers with a fault
    of its own, again and again, keeps no other waiting. For the same reason the large groups come first.
    """
    by_most: dict[int, list[_T]] = defaultdict(list)
    for event in events:
        by_most[_most_beside(failures(event))].append(event)
    for most, alike in sorted(by_most.items(), reverse=True):
        start, used = 0, _BESIDE_BYTES
        for position, event in enumerate(alike):
            needed = size(event) + 1  # the comma
            if position - start == most or (position > start and used + needed > MAX_REQUEST_BYTES):
                yield alike[start:position]
                start, used = position, _BESIDE_BYTES
            used += needed
        yield alike[start:]


def _most_beside(failures: int) -> int:
    return next((most for failed, most in _SHARED if failures >= failed), MAX_EVENTS)
