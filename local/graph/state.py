"""What was received: the newest events and requests, exact counters, and who repeats whom. Bounded in memory."""

from collections import OrderedDict, deque
from itertools import islice

import msgspec

from local.graph.identifiers import match_keys, raw_identifiers
from local.graph.request import EventsRequest

KEPT_EVENTS = 20_000
KEPT_REQUESTS = 5_000
REMEMBERED_IDS = 50_000
# Meta discards an event with the same name and id for 48 hours after the first.
_DEDUPLICATION_SECONDS = 48 * 60 * 60


class Dataset(msgspec.Struct, forbid_unknown_fields=True):
    """A dataset that exists, and the tokens that may write to it. Never part of an answer or a log."""

    name: str
    access_tokens: list[str]

    def __repr__(self) -> str:
        return f"Dataset({self.name!r})"


class ReceivedEvent(msgspec.Struct, kw_only=True):
    """An event as Meta keeps it, and what was noticed about it. `request` is the number of the request it came in."""

    number: int
    received_at: float
    dataset: str
    event_name: str
    event_time: int
    event_id: str | None
    action_source: str
    match_keys: list[str]
    duplicate: bool
    raw_identifier: list[str]
    test_event_code: str | None
    event: msgspec.Raw
    request: int


class Outcome(msgspec.Struct, kw_only=True):
    """How a request ended; `status` is None when no answer was given, `events` is how many it carried."""

    number: int
    at: float
    dataset: str
    events: int
    status: int | None
    code: int | None = None
    subcode: int | None = None
    message: str | None = None
    fault: str | None
    bytes: int

    @property
    def is_error(self) -> bool:
        """Whether the sender saw anything but a clean 200."""
        return self.fault is not None or self.status != 200


class Counters(msgspec.Struct):
    """Totals since the start or the last time everything was forgotten."""

    received: int = 0
    duplicates: int = 0
    requests: int = 0
    errors: int = 0
    raw_identifiers: int = 0


class State:
    """The datasets and everything received for them. Its clock is the `at` it is given (Unix seconds)."""

    def __init__(self) -> None:
        self.datasets: dict[str, Dataset] = {}
        self.forget()

    def forget(self) -> None:
        """Forgets all events, requests, counters and ids seen; datasets stay."""
        self.counters = Counters()
        self._events: deque[ReceivedEvent] = deque(maxlen=KEPT_EVENTS)
        self._requests: deque[Outcome] = deque(maxlen=KEPT_REQUESTS)
        self._first_seen: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def next_request(self) -> int:
        """Counts a request and gives it its number."""
        self.counters.requests += 1
        return self.counters.requests

    def add_events(self, number: int, dataset: str, request: EventsRequest, at: float) -> None:
        """Keeps the events of the valid request with this number."""
        for event, encoded in zip(request.data, request.encoded, strict=True):
            self.counters.received += 1
            received = ReceivedEvent(
                number=self.counters.received,
                received_at=at,
                dataset=dataset,
                event_name=event["event_name"],
                event_time=event["event_time"],
                event_id=event.get("event_id"),
                action_source=event["action_source"],
                match_keys=match_keys(event["user_data"]),
                duplicate=self._repeats(dataset, event["event_name"], event.get("event_id"), at),
                raw_identifier=raw_identifiers(event),
                test_event_code=request.test_event_code,
                event=encoded,
                request=number,
            )
            self._events.append(received)
            self.counters.duplicates += received.duplicate
            self.counters.raw_identifiers += len(received.raw_identifier)

    def add_outcome(self, outcome: Outcome) -> None:
        """Keeps how a request ended."""
        self._requests.append(outcome)
        self.counters.errors += outcome.is_error

    def events(self, dataset: str | None, limit: int) -> list[ReceivedEvent]:
        """The newest events first, of one dataset or of all."""
        return list(islice((event for event in reversed(self._events) if dataset in (None, event.dataset)), limit))

    def requests(self, limit: int, *, only_errors: bool) -> list[Outcome]:
        """The newest requests first, all or those that did not end in a clean 200."""
        newest_first = reversed(self._requests)
        return list(islice((one for one in newest_first if one.is_error or not only_errors), limit))

    def _repeats(self, dataset: str, event_name: str, event_id: str | None, at: float) -> bool:
        first_seen = self._first_seen
        while first_seen and (
            len(first_seen) >= REMEMBERED_IDS or at - next(iter(first_seen.values())) > _DEDUPLICATION_SECONDS
        ):
            first_seen.popitem(last=False)
        key = (dataset, event_name, event_id or "")
        if not event_id or key in first_seen:
            return bool(event_id)
        first_seen[key] = at
        return False
