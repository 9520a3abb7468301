"""Events that wait: Meta is down, the token is, or there is no time."""

import json

import pytest

from sluice.delivery.parcel import State
from sluice.delivery.schedule import HALTED_WAIT_SECONDS
from sluice.delivery.verdict import NoReply, Reply
from sluice.outside.secrets import REREAD_SECONDS
from sluice.telemetry import Metric
from tests.fakes.graph import Events, always, error, refuses, takes_all
from tests.fakes.rooms import SenderRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, dataset_changed, document, entry, message

BUSY = [
    NoReply("meta_timeout"),
    NoReply("meta_unreachable"),
    NoReply("meta_broken_answer"),
    Reply(503, b"<html>Service Unavailable</html>"),
    Reply(200, b""),
    error(2, status=500),
    error(80_004),
]


@pytest.mark.parametrize("answer", BUSY, ids=repr)
def test_meta_is_down(sender: SenderRoom, answer: Reply | NoReply) -> None:
    """While Meta does not take events they wait, longer with each attempt, and are delivered when it is back."""
    letter = message(entry("one"))
    sender.graph.script = always(answer)
    waits = []
    for _ in range(7):
        assert sender.deliver(letter) == [letter.message_id]
        waits.append(sender.wait_of(letter))
        sender.clock.now += waits[-1]
    assert waits == [10, 60, 300, 900, 2_700, 3_600, 3_600]
    sender.graph.script = takes_all
    assert sender.deliver(letter) == []
    assert sender.graph.received == ["one"]
    assert sender.queues.letters == []


@pytest.mark.parametrize("code", [190, 200, 10, 803])
def test_halted_dataset(sender: SenderRoom, code: int) -> None:
    """Events never become dead letters because of our own token or permission: they wait until they expire."""
    letter = message(entry(deadline=NOW + 6 * 86_400))
    sender.graph.script = always(error(code))
    for _ in range(5 * 86_400 // HALTED_WAIT_SECONDS):
        assert sender.deliver(letter) == [letter.message_id]
        assert sender.wait_of(letter) == HALTED_WAIT_SECONDS
        sender.clock.now += HALTED_WAIT_SECONDS
    assert sender.queues.letters == []
    assert {item.state for item in sender.deliveries.items.values()} == {State.WAITING}


def test_two_datasets_one_halted(sender: SenderRoom) -> None:
    """A dataset without a valid token holds up no other."""
    sender.graph.scripts[DATASET] = always(error(190))
    halted = message(entry("halted"))
    other = message(entry("other", dataset=OTHER_DATASET), dataset=OTHER_DATASET)
    assert sender.deliver(halted, other) == [halted.message_id]
    assert sender.graph.received == ["other"]


def test_new_token_is_used_at_once(sender: SenderRoom) -> None:
    """When Meta refuses the token and the settings have a new one, the same batch goes out under it."""
    sender.deliver(message(entry("earlier")))
    sender.configure(dataset_changed(access_token="new-token"))
    sender.graph.good_token = "new-token"
    sender.clock.now += REREAD_SECONDS
    assert sender.deliver(message(entry("one"))) == []
    assert sender.graph.received == ["earlier", "one"]
    assert sender.graph.requests[-1].token == "new-token"


def test_new_token_stays(sender: SenderRoom) -> None:
    """The rest of the batch does not try the old token again."""
    sender.deliver(message(entry()))
    sender.configure(dataset_changed(access_token="new-token"))
    sender.graph.good_token = "new-token"
    sender.clock.now += REREAD_SECONDS
    sender.graph.requests.clear()
    sender.deliver(message(*(entry() for _ in range(2_500))))
    assert [posted.token for posted in sender.graph.requests] == ["token-of-the-dataset", *["new-token"] * 3]


def test_old_token_is_not_tried_twice(sender: SenderRoom) -> None:
    """Without a new token one refusal is enough."""
    sender.graph.good_token = "somebody's"
    sender.clock.now += REREAD_SECONDS
    letter = message(entry())
    assert sender.deliver(letter) == [letter.message_id]
    assert len(sender.graph.requests) == 1


def test_dataset_that_left_the_settings(sender: SenderRoom) -> None:
    """Events of a dataset that is not in the settings any more wait; nobody guesses a token for them."""
    without = document()
    del without["datasets"][OTHER_DATASET]
    sender.configure(without)
    letter = message(entry(dataset=OTHER_DATASET), dataset=OTHER_DATASET)
    assert sender.deliver(letter) == [letter.message_id]
    assert sender.graph.requests == []
    sender.configure(document())
    sender.clock.now += HALTED_WAIT_SECONDS
    assert sender.deliver(letter) == []


def test_no_settings(sender: SenderRoom) -> None:
    """Without settings everything returns untouched, after a wait that the queue's patience outlasts, and ages."""
    letters = [message(entry()), message(entry())]
    sender.secrets.stored = None
    assert sender.deliver(*letters) == [letter.message_id for letter in letters]
    assert sender.deliveries.items == {}
    assert sender.graph.requests == []
    assert {sender.wait_of(letter) for letter in letters} == {HALTED_WAIT_SECONDS}
    assert sender.telemetry.counts[Metric.OLDEST_WAITING_SECONDS] == 0


def test_no_time_left(sender: SenderRoom) -> None:
    """When the function would be stopped before Meta answers, nothing is sent and the events wait."""
    letter = message(entry())
    assert sender.deliver(letter, has_time=False) == [letter.message_id]
    assert sender.graph.requests == []
    assert {item.state for item in sender.deliveries.items.values()} == {State.WAITING}


def test_message_returns_for_its_first_event(sender: SenderRoom) -> None:
    """A message is shown again when the first of its waiting events is due."""
    late = entry("late")
    sender.graph.script = always(error(2))
    letter = message(late)
    sender.deliver(letter)
    sender.clock.now += 10
    sender.deliver(letter)
    both = message(late, entry("new"))
    sender.clock.now += 60
    sender.deliver(both)
    assert sender.wait_of(both) == 10


def test_waiting_and_dead_together(sender: SenderRoom) -> None:
    """Meta goes down while a bad event is being isolated: what is sorted out stays so, the rest waits."""
    scripts = iter([refuses({"bad"}, naming=True), always(NoReply("meta_timeout"))])

    def script(events: Events) -> Reply | NoReply:
        return next(scripts)(events)

    sender.graph.script = script
    letter = message(entry("bad"), entry("good"))
    assert sender.deliver(letter) == [letter.message_id]
    assert sender.dead == [(["bad"], "meta_refused_event")]
    sender.graph.script = takes_all
    sender.clock.now += 10
    assert sender.deliver(letter) == []
    assert sender.graph.received == ["good"]
    assert len(sender.queues.letters) == 1


def test_age_of_what_waits(sender: SenderRoom) -> None:
    """The age of the oldest waiting event is measured from when it was accepted."""
    sender.graph.script = always(error(2))
    sender.deliver(message(entry(), sent_at=NOW - 500), message(entry(), sent_at=NOW - 100))
    counts = sender.telemetry.counts
    assert (counts[Metric.EVENTS_WAITING], counts[Metric.OLDEST_WAITING_SECONDS]) == (2, 500)


def test_meta_took_fewer(sender: SenderRoom) -> None:
    """When Meta says that it received fewer events than were sent, they count as delivered, and that is logged."""
    sender.graph.script = always(Reply(200, json.dumps({"events_received": 1, "fbtrace_id": "trace"}).encode()))
    assert sender.deliver(message(entry(), entry())) == []
    assert [fields["slug"] for what, fields in sender.telemetry.lines if what == "sent"] == ["meta_received_fewer"]
