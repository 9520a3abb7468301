"""Events that may not be sent now, and those whose fate nobody knows."""

import json
import threading

import pytest

from sluice.delivery.breaker import Breaker
from sluice.delivery.parcel import State
from sluice.delivery.verdict import NoReply, Reply
from sluice.telemetry import Metric
from tests.fakes.graph import Events, always, error, takes_all
from tests.fakes.rooms import SenderRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, entry, ids_in, message

HOUR = 3_600
OPEN = Breaker("open", "meta_refuses_token", NOW)


def test_held_without_an_attempt(sender: SenderRoom) -> None:
    """While the breaker is open an event is neither claimed nor counted, and its message is done."""
    sender.breakers.kept[DATASET] = OPEN
    assert sender.deliver(message(entry("one"), entry("two"))) == []
    assert [ids_in(body) for body in sender.queues.held] == [["one", "two"]]
    assert (sender.deliveries.items, sender.graph.requests) == ({}, [])
    assert sender.telemetry.counts[Metric.EVENTS_HELD] == 2


def test_what_cannot_be_held_returns(sender: SenderRoom) -> None:
    """A message that the hold queue did not take comes back."""
    sender.breakers.kept[DATASET] = OPEN
    sender.queues.down = True
    letter = message(entry())
    assert sender.deliver(letter) == [letter.message_id]


def test_what_is_too_old_is_not_held(sender: SenderRoom) -> None:
    """An event whose time is over becomes a dead letter at once; the others of its message are held."""
    sender.breakers.kept[DATASET] = OPEN
    assert sender.deliver(message(entry("old", deadline=NOW), entry("young"))) == []
    assert sender.dead == [(["old"], "expired")]
    assert [ids_in(body) for body in sender.queues.held] == [["young"]]
    assert sender.telemetry.counts[Metric.EVENTS_EXPIRED] == 1


@pytest.mark.parametrize(("left", "near"), [(86_399, 1), (86_401, 0)])
def test_near_their_deadline(sender: SenderRoom, left: int, near: int) -> None:
    """Events that wait or are held are counted when Meta will refuse them within a day."""
    sender.breakers.kept[DATASET] = OPEN
    sender.deliver(message(entry(deadline=NOW + left)))
    assert sender.telemetry.counts[Metric.EVENTS_NEAR_DEADLINE] == near


def test_breakers_that_cannot_be_read(sender: SenderRoom) -> None:
    """Without knowing whether it may be sent, everything returns untouched."""
    sender.breakers.down = True
    letter = message(entry())
    assert sender.deliver(letter) == [letter.message_id]
    assert (sender.deliveries.items, sender.graph.requests) == ({}, [])


def usage(percent: int) -> Reply:
    """Meta takes an event, and says how much of the limit is used."""
    body = json.dumps({"events_received": 1, "fbtrace_id": "trace"}).encode()
    return Reply(200, body, {"x-app-usage": json.dumps({"call_count": percent})})


def test_meta_wants_fewer_requests(sender: SenderRoom) -> None:
    """From 80 percent on the dataset rests; what comes meanwhile returns, without an attempt, when the rest is over."""
    sender.graph.script = always(usage(90))
    assert sender.deliver(message(entry("one"))) == []
    second, other = message(entry("two")), message(entry("other", dataset=OTHER_DATASET), dataset=OTHER_DATASET)
    assert sender.deliver(second, other) == [second.message_id]
    assert sender.wait_of(second) == 30
    assert sender.graph.received == ["one", "other"]
    sender.clock.now += 30
    sender.graph.script = takes_all
    assert sender.deliver(second) == []
    assert {item.attempts for item in sender.deliveries.items.values()} == {1}


def test_the_rest_of_a_batch_rests_too(sender: SenderRoom) -> None:
    """When Meta says so in the middle of a batch, no further request of it leaves."""
    sender.graph.script = always(usage(100))
    letter = message(*(entry() for _ in range(1_200)))
    assert sender.deliver(letter) == [letter.message_id]
    assert len(sender.graph.requests) == 1
    assert sender.wait_of(letter) == 300


def test_a_pause_is_written_once(sender: SenderRoom) -> None:
    """Requests that go well write no breaker."""
    for _ in range(3):
        sender.deliver(message(entry()))
    assert sender.breakers.writes == 0


LOST = [NoReply("meta_timeout"), NoReply("meta_broken_answer"), Reply(200, b"")]


@pytest.mark.parametrize("answer", LOST, ids=repr)
def test_nobody_knows_whether_meta_has_it(sender: SenderRoom, answer: Reply | NoReply) -> None:
    """For 48 hours Meta would drop a second one of the same id; after that, sent again it would count twice."""
    letter = message(entry("one", deadline=NOW + 6 * 24 * HOUR))
    sender.graph.script = always(answer)
    sender.deliver(letter)
    sender.graph.script = always(error(2))
    sender.clock.now += 48 * HOUR
    sender.breakers.kept.clear()
    assert sender.deliver(letter) == [letter.message_id]
    sender.clock.now += 1
    assert sender.deliver(letter) == []
    assert sender.dead == [(["one"], "outcome_unknown")]


@pytest.mark.parametrize(
    "answer", [NoReply("meta_unreachable", was_sent=False), error(2), Reply(503, b"<html>")], ids=repr
)
def test_meta_surely_does_not_have_it(sender: SenderRoom, answer: Reply | NoReply) -> None:
    """What was never sent, or refused, may be tried as long as Meta takes its age."""
    letter = message(entry("one", deadline=NOW + 6 * 24 * HOUR))
    sender.graph.script = always(answer)
    for _ in range(4):
        assert sender.deliver(letter) == [letter.message_id]
        sender.clock.now += 30 * HOUR
    sender.graph.script = takes_all
    assert sender.deliver(letter) == []
    assert {item.state for item in sender.deliveries.items.values()} == {State.DELIVERED}


def test_several_datasets_are_sent_at_once(sender: SenderRoom) -> None:
    """Two datasets of one batch do not wait for each other: each request is answered only when the other one came."""
    both = threading.Barrier(2, timeout=10)

    def script(events: Events) -> Reply:
        both.wait()
        return takes_all(events)

    sender.graph.script = script
    assert sender.deliver(message(entry()), message(entry(dataset=OTHER_DATASET), dataset=OTHER_DATASET)) == []
    assert len(sender.graph.received) == 2
