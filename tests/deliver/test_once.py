"""Each event reaches Meta once."""

import itertools

import pytest
from msgspec.structs import replace

from sluice.delivery.parcel import State
from sluice.delivery.verdict import NoReply, Reply
from sluice.envelope import encode_entry, pack
from sluice.telemetry import Metric
from tests.fakes.deliveries import LEASE_SECONDS
from tests.fakes.graph import always, error, takes_all
from tests.fakes.rooms import IngestRoom, SenderRoom
from tests.samples import DATASET, NOW, TOKEN, dataset_changed, entry, head, message, order, order_request


def test_event_is_delivered(sender: SenderRoom) -> None:
    """An event is posted with the dataset's token, settled and counted, and its message is done."""
    assert sender.deliver(message(entry("one"))) == []
    (posted,) = sender.graph.requests
    assert (posted.dataset, posted.token, posted.test_event_code) == (DATASET, TOKEN, None)
    assert sender.graph.received == ["one"]
    assert [item.state for item in sender.deliveries.items.values()] == [State.DELIVERED]
    assert sender.telemetry.counts[Metric.EVENTS_DELIVERED] == 1


def test_events_of_many_messages_travel_together(sender: SenderRoom) -> None:
    """Ten messages of one dataset are one request."""
    assert sender.deliver(*(message(entry(), entry()) for _ in range(10))) == []
    assert [len(posted.events) for posted in sender.graph.requests] == [20]


def test_at_most_a_thousand_in_a_request(sender: SenderRoom) -> None:
    """Meta's limit for one request holds for a batch of any size."""
    assert sender.deliver(*(message(*(entry() for _ in range(500))) for _ in range(5))) == []
    assert [len(posted.events) for posted in sender.graph.requests] == [1_000, 1_000, 500]


def test_same_message_twice(sender: SenderRoom) -> None:
    """SQS may show a message twice; the second time there is nothing to send."""
    twice = message(entry("one"))
    assert sender.deliver(twice) == []
    assert sender.deliver(twice) == []
    assert sender.graph.received == ["one"]
    assert sender.telemetry.counts[Metric.EVENTS_REPEATED] == 1
    assert sender.telemetry.counts[Metric.EVENTS_DELIVERED] == 1


def test_same_order_twice(sender: SenderRoom, ingest: IngestRoom) -> None:
    """An order that the shop announces twice, under other event ids, is sent once."""
    for token in ("first", "second"):
        ingest.webhook(order_request(order(checkout_token=token)))
    for _, body in ingest.queue.stored:
        assert sender.deliver(message(entry())._replace(body=body)) == []
    assert sender.graph.received == ["first"]


def test_same_event_twice_in_one_batch(sender: SenderRoom) -> None:
    """Of two in one batch the first is sent, and both messages are done."""
    assert sender.deliver(message(entry("one")), message(entry("one"))) == []
    assert sender.graph.received == ["one"]
    counts = sender.telemetry.counts
    assert (counts[Metric.EVENTS_DELIVERED], counts[Metric.EVENTS_REPEATED]) == (1, 1)


@pytest.mark.parametrize("answer", [NoReply("meta_timeout"), error(2)], ids=repr)
def test_double_of_an_event_that_waits(sender: SenderRoom, answer: Reply | NoReply) -> None:
    """When the first of two must wait, both messages return, and the event is sent once when it can be."""
    first, second = message(entry("one")), message(entry("one"))
    sender.graph.script = always(answer)
    assert sender.deliver(first, second) == [first.message_id, second.message_id]
    assert sender.wait_of(first) == sender.wait_of(second)
    sender.graph.script = takes_all
    assert sender.deliver(second, first) == []
    assert sender.graph.received == ["one"]


def test_double_of_an_event_that_is_refused(sender: SenderRoom) -> None:
    """When the first of two is refused there is one dead letter, and both messages are done."""
    sender.graph.script = always(error(100))
    assert sender.deliver(message(entry("bad")), message(entry("bad"))) == []
    assert sender.dead == [(["bad"], "meta_refused_event")]


def test_double_of_an_event_that_could_not_be_settled(sender: SenderRoom) -> None:
    """When the first of two could not be settled, both messages return."""
    first, second = message(entry("one")), message(entry("one"))
    sender.deliveries.settles = False
    assert sender.deliver(first, second) == [first.message_id, second.message_id]


def test_same_event_twice_in_one_message(sender: SenderRoom) -> None:
    """So it is within one message."""
    assert sender.deliver(message(entry("one"), entry("one"))) == []
    assert sender.graph.received == ["one"]


def test_sender_that_crashed(sender: SenderRoom) -> None:
    """What a crashed sender had claimed waits until its lease is over, and is then sent by the next."""
    lost = entry("one")
    letter = message(lost)

    def crash(_: object) -> None:
        raise KeyboardInterrupt

    sender.graph.script = crash  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        sender.deliver(letter)
    sender.graph.script = takes_all
    sender.clock.now += 20
    assert sender.deliver(letter) == [letter.message_id]
    assert sender.wait_of(letter) == LEASE_SECONDS - 20 + 1
    sender.clock.now += sender.wait_of(letter)
    assert sender.deliver(letter) == []
    assert sender.graph.received == ["one"]
    assert sender.deliveries.items[lost.key].attempts == 2


def test_settling_fails(sender: SenderRoom) -> None:
    """Delivered, but the ledger did not take it: the message returns, so that the event is settled in the end."""
    letter = message(entry("one"))
    sender.deliveries.settles = False
    assert sender.deliver(letter) == [letter.message_id]
    sender.deliveries.settles = True
    sender.clock.now += LEASE_SECONDS + 1
    assert sender.deliver(letter) == []
    # Sent again under the same event id, which Meta recognises within 48 hours.
    assert sender.graph.received == ["one", "one"]
    assert [item.state for item in sender.deliveries.items.values()] == [State.DELIVERED]


def test_ledger_down(sender: SenderRoom) -> None:
    """Without the ledger nothing is sent, because nobody could know whether it was sent before."""
    letter = message(entry())
    sender.deliveries.down = True
    assert sender.deliver(letter) == [letter.message_id]
    assert sender.graph.requests == []


def test_partly_done(sender: SenderRoom) -> None:
    """Of a message that returns for one event, the others are not sent again."""
    good, late = entry("good"), entry("late", deadline=NOW + 100_000)
    sender.deliver(message(good))
    both = message(good, late)
    sender.graph.script = always(error(2))
    assert sender.deliver(both) == [both.message_id]
    sender.graph.script = takes_all
    sender.clock.now += 60
    assert sender.deliver(both) == []
    assert sender.graph.received == ["good", "late"]


def test_owner_is_new_for_each_batch(sender: SenderRoom) -> None:
    """Each batch claims under its own name, so that a slow one cannot settle what another took over."""
    sender.deliver(message(entry()))
    sender.deliver(message(entry()))
    owners = [item.owner for item in sender.deliveries.items.values()]
    assert all(one != other for one, other in itertools.pairwise(owners))


def test_test_event_code(sender: SenderRoom) -> None:
    """A dataset in test sends its code beside the events."""
    sender.configure(dataset_changed(test_event_code="TEST12345"))
    sender.deliver(message(entry()))
    assert sender.graph.requests[0].test_event_code == "TEST12345"


def test_nothing_to_do(sender: SenderRoom) -> None:
    """A message without events is done."""
    assert sender.deliver(message()) == []
    assert sender.deliver() == []
    assert sender.graph.requests == []


def test_fields_beside_the_events_stay_with_them(sender: SenderRoom) -> None:
    """Events of one dataset with other codes or agents are other requests; the dataset's own code goes first."""
    fields = [{"test_event_code": "TEST1"}, {"test_event_code": "TEST2"}, {"partner_agent": "shop-1-0"}, {}]
    assert sender.deliver(*(message(entry())._replace(body=beside(each)) for each in fields)) == []
    told = [(posted.test_event_code, posted.partner_agent) for posted in sender.graph.requests]
    assert told == [("TEST1", None), ("TEST2", None), (None, "shop-1-0"), (None, None)]
    sender.configure(dataset_changed(test_event_code="TEST9"))
    sender.clock.now += 300
    assert sender.deliver(message(entry())._replace(body=beside(fields[0]))) == []
    assert sender.graph.requests[-1].test_event_code == "TEST9"


def beside(fields: dict[str, str]) -> str:
    """A message body with one event and these fields for Meta beside it."""
    return pack(replace(head(), passed_on=fields), [encode_entry(entry())])[0]
