"""A bad event harms no other."""

import math
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.delivery.isolate import MAX_EVENTS, MAX_REQUEST_BYTES, send_isolated, split_requests
from sluice.delivery.verdict import Delivered, Halt, Refused, Retry, Verdict

Post = Callable[[Sequence[int]], Verdict]
batches = st.integers(1, 1_000).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), max_size=12))
)


def everyone(batch: Sequence[int]) -> Sequence[int]:
    """Nobody has withdrawn."""
    return batch


def meta(bad: set[int], calls: list[int], index: Callable[[Sequence[int], int], int | None]) -> Post:
    """A Meta that refuses every request with a bad event and names the position that ``index`` chooses."""

    def post(batch: Sequence[int]) -> Verdict:
        calls.append(len(batch))
        at = next((at for at, event in enumerate(batch) if event in bad), None)
        return Delivered(len(batch), "") if at is None else Refused("refused", 100, None, index(batch, at), "")

    return post


def sort_out(size: int, post: Post) -> tuple[list[int], list[int]]:
    """The delivered and the refused events of a batch."""
    delivered: list[int] = []
    refused: list[int] = []
    for group, verdict in send_isolated(range(size), post, everyone):
        (refused if isinstance(verdict, Refused) else delivered).extend(group)
    return sorted(delivered), sorted(refused)


def most(size: int, bad: set[int]) -> int:
    """How many requests it may take at most."""
    return len(bad) * 2 * math.ceil(math.log2(size)) + 1


@given(batches)
def test_meta_names_the_event(batch: tuple[int, set[int]]) -> None:
    """Of n events with k bad ones n-k are delivered, k refused, with two requests for each bad one and one more."""
    size, bad = batch
    calls: list[int] = []
    delivered, refused = sort_out(size, meta(bad, calls, lambda _, at: at))
    assert (delivered, refused) == (sorted(set(range(size)) - bad), sorted(bad))
    assert len(calls) <= min(2 * len(bad) + 1, most(size, bad))


@given(batches)
def test_meta_names_none(batch: tuple[int, set[int]]) -> None:
    """Without a name the request is halved: the same result with at most 2 log n requests for each bad event."""
    size, bad = batch
    calls: list[int] = []
    delivered, refused = sort_out(size, meta(bad, calls, lambda _, __: None))
    assert (delivered, refused) == (sorted(set(range(size)) - bad), sorted(bad))
    assert len(calls) <= most(size, bad)


@given(batches)
def test_meta_names_nonsense(batch: tuple[int, set[int]]) -> None:
    """A position outside the request counts as none."""
    size, bad = batch
    calls: list[int] = []
    delivered, refused = sort_out(size, meta(bad, calls, lambda batch, _: len(batch)))
    assert (delivered, refused) == (sorted(set(range(size)) - bad), sorted(bad))
    assert len(calls) <= most(size, bad)


@given(batches, st.randoms(use_true_random=False))
def test_meta_names_another_event(batch: tuple[int, set[int]], random: Random) -> None:
    """An event that Meta names is none the worse for it when Meta takes it; it costs no more requests than no name."""
    size, bad = batch
    calls: list[int] = []
    delivered, refused = sort_out(size, meta(bad, calls, lambda batch, _: random.randrange(len(batch))))
    assert (delivered, refused) == (sorted(set(range(size)) - bad), sorted(bad))
    assert len(calls) <= most(size, bad)


@pytest.mark.parametrize("size", [10, 999, 1_000, 9_999, 200_000])
def test_no_request_is_larger_than_meta_takes(size: int) -> None:
    """However large the events, a request has at most 1000 and 1 MB, with all that stands around them."""
    events = [b"x" * size] * 2_500
    groups = list(split_requests(events, len, lambda _: 1))
    assert [event for group in groups for event in group] == events
    assert max(map(len, groups)) <= MAX_EVENTS
    assert max(len(b",".join(group)) for group in groups) <= MAX_REQUEST_BYTES - 500


def test_events_that_failed_often_share_a_request_with_few_and_with_none_in_the_end() -> None:
    """Those tried for the first time are together all the same, and no event is left out."""
    failed = [7, *[3] * 250, *[0] * 1_500, *[2] * 300, *[4] * 50, *[6] * 15, 20]
    groups = list(split_requests(failed, lambda _: 1_000, lambda failures: failures))
    assert sorted(failures for group in groups for failures in group) == sorted(failed)
    most = {failures: max(len(group) for group in groups if failures in group) for failures in set(failed)}
    assert most == {0: 998, 2: 802, 3: 100, 4: 100, 6: 10, 7: 1, 20: 1}
    assert not any(max(group) >= 3 > min(group) for group in groups)
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)


@pytest.mark.parametrize("verdict", [Retry("meta_busy"), Halt("meta_refuses_token", 190, None, "")])
def test_no_event_at_fault(verdict: Verdict) -> None:
    """When no event is at fault nothing is taken apart: one request, one verdict for all."""
    calls: list[int] = []

    def post(batch: Sequence[int]) -> Verdict:
        calls.append(len(batch))
        return verdict

    assert list(send_isolated(range(100), post, everyone)) == [(range(100), verdict)]
    assert calls == [100]


def test_single_event() -> None:
    """A request of one event is its own answer."""
    assert sort_out(1, meta({0}, [], lambda _, __: None)) == ([], [0])


def test_each_request_is_asked_about() -> None:
    """Directly before each request the events that may no longer be sent are taken out, and get no verdict."""
    asked: list[int] = []

    def without_seven(batch: Sequence[int]) -> Sequence[int]:
        asked.append(len(batch))
        return [number for number in batch if number != 7 or len(asked) == 1]

    posted: list[Sequence[int]] = []

    def post(batch: Sequence[int]) -> Verdict:
        posted.append(batch)
        return Refused("bad", 100, None, 2, "trace") if 2 in batch else Delivered(len(batch), "trace")

    found = list(send_isolated(range(10), post, without_seven))
    assert asked == [10, 1, 9]
    assert [list(group) for group, _ in found] == [[2], [0, 1, 3, 4, 5, 6, 8, 9]]


def test_nobody_left() -> None:
    """Where nothing may be sent any more, there is no request."""

    def post(batch: Sequence[int]) -> Verdict:
        raise AssertionError(batch)

    assert list(send_isolated(range(3), post, lambda _: [])) == []
