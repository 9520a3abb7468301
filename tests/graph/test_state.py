"""What is remembered, for how long, and how much of it."""

from collections.abc import Callable
from typing import Any

import msgspec

from local.graph.request import EventsRequest
from local.graph.state import KEPT_EVENTS, KEPT_REQUESTS, REMEMBERED_IDS, Dataset, Outcome, State

NOW = 1_800_000_000


def receive(state: State, *events: dict[str, Any], at: float = NOW, dataset: str = "1") -> None:
    """Has a state receive events in a request of their own."""
    encoded = tuple(msgspec.Raw(msgspec.json.encode(event)) for event in events)
    state.add_events(state.next_request(), dataset, EventsRequest("token", list(events), encoded), at)


def test_memory_is_bounded_and_counters_stay_exact(make_event: Callable[..., dict[str, Any]]) -> None:
    """Beyond the bounds the oldest is forgotten, the totals go on counting."""
    state = State()
    for number in range(KEPT_EVENTS // 1000 + 1):
        receive(state, *(make_event(event_id=f"{number}-{i}") for i in range(1000)))
    for number in range(KEPT_REQUESTS + 1):
        state.add_outcome(Outcome(number=number, at=NOW, dataset="1", events=1, status=500, fault=None, bytes=1))
    events = state.events(None, KEPT_EVENTS + 1)
    assert (len(events), events[0].event_id, state.counters.received) == (KEPT_EVENTS, "20-999", KEPT_EVENTS + 1000)
    requests = state.requests(KEPT_REQUESTS + 1, only_errors=False)
    assert (len(requests), requests[0].number, state.counters.errors) == (KEPT_REQUESTS, 5000, KEPT_REQUESTS + 1)


def test_ids_are_remembered_for_48_hours_up_to_a_number(make_event: Callable[..., dict[str, Any]]) -> None:
    """The oldest id is forgotten when there are too many."""
    state = State()
    receive(state, make_event(event_id="first"))
    for start in range(0, REMEMBERED_IDS, 1000):
        receive(state, *(make_event(event_id=str(start + i)) for i in range(1000)))
    receive(state, make_event(event_id=str(REMEMBERED_IDS - 1)), make_event(event_id="first"))
    assert [event.duplicate for event in state.events(None, 2)] == [False, True]


def test_a_dataset_does_not_print_its_tokens() -> None:
    """The printed form of what holds tokens has none."""
    assert "secret" not in repr(Dataset(name="Shop", access_tokens=["secret-token"]))
    assert "secret" not in repr(EventsRequest("secret-token"))
