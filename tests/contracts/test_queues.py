"""What the queues promise, kept by the fakes and by SQS alike."""

import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import pytest

from sluice import ingest
from sluice.delivery import ports
from sluice.delivery.parcel import Message
from sluice.envelope import MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES, Entry, decode, encode_entry, pack
from sluice.errors import Unavailable
from sluice.outside.queues import EventQueue, HoldQueue, SenderQueues
from tests.fakes.clock import Clock
from tests.fakes.queue import FakeHold, FakeQueue, FakeQueues, Letter
from tests.samples import ALLOWED, DATASET, NOW, entry, head, ids_in, message, parcels

_names = (f"queue-{number}" for number in itertools.count())


def new_queue(client: Any) -> str:
    """The address of an empty queue like the template's."""
    attributes = {"MaximumMessageSize": str(MAX_MESSAGE_BYTES), "VisibilityTimeout": "360"}
    url: str = client.create_queue(QueueName=next(_names), Attributes=attributes)["QueueUrl"]
    return url


def received(client: Any, url: str) -> list[dict[str, Any]]:
    """All messages that are visible now."""
    found: list[dict[str, Any]] = []
    while batch := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages"):
        found += batch
    return found


class Ingest(NamedTuple):
    """A queue as ingest sees it, and a look at what is in it: (dataset, body)."""

    queue: ingest.Queue
    stored: Callable[[], list[tuple[str, str]]]


@pytest.fixture(params=["fake", "sqs"])
def event_queue(request: pytest.FixtureRequest) -> Ingest:
    """An empty event queue of either kind."""
    if request.param == "fake":
        fake = FakeQueue()
        return Ingest(fake, lambda: fake.stored)
    client = request.getfixturevalue("aws")("sqs")
    url = new_queue(client)
    return Ingest(
        EventQueue(client, url),
        lambda: [(found["Attributes"]["MessageGroupId"], found["Body"]) for found in received(client, url)],
    )


@pytest.fixture(params=["fake", "sqs"])
def silent_queue(request: pytest.FixtureRequest) -> ingest.Queue:
    """An event queue of either kind that does not answer."""
    if request.param == "fake":
        fake = FakeQueue()
        fake.down = True
        return fake
    return EventQueue(request.getfixturevalue("silent_aws")("sqs"), "http://127.0.0.1/1/events")


class TestEventQueue:
    """Where ingest stores events."""

    def test_stores_every_message(self, event_queue: Ingest) -> None:
        """Each message can be received as it was sent, in the group of its dataset."""
        bodies = [message(entry()).body, message(entry()).body]
        event_queue.queue.send(DATASET, bodies)
        assert sorted(event_queue.stored()) == sorted((DATASET, body) for body in bodies)

    def test_takes_the_largest_envelope(self, event_queue: Ingest) -> None:
        """An envelope of exactly 1 MiB is stored."""
        empty = len(pack(head(), [json.dumps("")])[0].encode())
        (body,) = pack(head(), [json.dumps("a" * (MAX_MESSAGE_BYTES - empty))])
        assert len(body.encode()) == MAX_MESSAGE_BYTES
        event_queue.queue.send(DATASET, [body])
        assert event_queue.stored() == [(DATASET, body)]

    def test_takes_every_character(self, event_queue: Ingest) -> None:
        """Characters that SQS refuses arrive all the same, because the envelope escapes them."""
        sent = json.dumps({"event_id": "a\ufffe\uffff\x00\U0001f600"}, ensure_ascii=False).encode()
        odd = Entry("key", "PageView", NOW, NOW, ALLOWED, [], msgspec.Raw(sent))
        event_queue.queue.send(DATASET, pack(head(), [encode_entry(odd)]))
        assert ids_in(event_queue.stored()[0][1]) == ["a\ufffe\uffff\x00\U0001f600"]

    def test_says_when_it_could_not(self, silent_queue: ingest.Queue) -> None:
        """A queue that does not answer is an error, so that nobody is told 2xx."""
        with pytest.raises(Unavailable, match="queue_unavailable"):
            silent_queue.send(DATASET, [message(entry()).body])


class Sender(NamedTuple):
    """The queues as the sender sees them, with a look at the dead letters."""

    queues: ports.Queues
    letters: Callable[[], list[Letter]]


@pytest.fixture(params=["fake", "sqs"])
def sender_queues(request: pytest.FixtureRequest) -> Sender:
    """Empty queues of either kind."""
    if request.param == "fake":
        fake = FakeQueues()
        return Sender(fake, lambda: fake.letters)
    client = request.getfixturevalue("aws")("sqs")
    dead_letters = new_queue(client)

    def letters() -> list[Letter]:
        return [Letter(found["Body"], _values(found)) for found in received(client, dead_letters)]

    return Sender(SenderQueues(client, new_queue(client), new_queue(client), dead_letters), letters)


def _values(found: dict[str, Any]) -> dict[str, object]:
    """The attributes of a message as numbers and texts."""
    attributes = found["MessageAttributes"].items()
    return {
        name: int(value["StringValue"]) if value["DataType"] == "Number" else value["StringValue"]
        for name, value in attributes
    }


@pytest.fixture(params=["fake", "sqs"])
def silent_queues(request: pytest.FixtureRequest) -> ports.Queues:
    """Queues of either kind that do not answer."""
    if request.param == "fake":
        fake = FakeQueues()
        fake.down = True
        return fake
    url = "http://127.0.0.1/1/any"
    return SenderQueues(request.getfixturevalue("silent_aws")("sqs"), url, url, url)


class TestDeadLetters:
    """Where the sender puts what cannot be sent."""

    def test_one_event_with_its_reason(self, sender_queues: Sender) -> None:
        """A dead letter is an envelope with the one event, and says why, how often it was tried, and when."""
        (parcel,) = parcels(entry("bad"))
        parcel.slug, parcel.code, parcel.subcode = "meta_refused_event", 100, 2804019
        parcel.fbtrace_id, parcel.attempts = "trace", 3
        assert sender_queues.queues.dead_letter([parcel], NOW) == {parcel.entry.key}
        (letter,) = sender_queues.letters()
        assert ids_in(letter.body) == ["bad"]
        assert letter.reasons == {
            "slug": "meta_refused_event",
            "code": 100,
            "subcode": 2804019,
            "fbtrace_id": "trace",
            "attempts": 3,
            "at": NOW,
        }

    def test_reason_without_meta(self, sender_queues: Sender) -> None:
        """An event that was never sent has a reason without codes of Meta's."""
        (parcel,) = parcels(entry())
        parcel.slug, parcel.attempts = "expired", 1
        sender_queues.queues.dead_letter([parcel], NOW)
        assert sender_queues.letters()[0].reasons == {"slug": "expired", "attempts": 1, "at": NOW}

    def test_many(self, sender_queues: Sender) -> None:
        """More events than one call takes become one letter each."""
        many = parcels(*(entry() for _ in range(25)))
        for parcel in many:
            parcel.slug = "expired"
        assert sender_queues.queues.dead_letter(many, NOW) == {parcel.entry.key for parcel in many}
        assert len(sender_queues.letters()) == 25

    def test_largest(self, sender_queues: Sender) -> None:
        """Events of the largest size are stored, although a call takes only 1 MiB."""
        padding = json.dumps({"event_id": "big", "pad": "x" * (MAX_ENTRY_BYTES - 1_000)}).encode()
        many = parcels(*(entry() for _ in range(7)))
        for parcel in many:
            parcel.slug = "expired"
            parcel.entry.event = msgspec.Raw(padding)
        assert len(sender_queues.queues.dead_letter(many, NOW)) == 7
        assert len(sender_queues.letters()) == 7

    def test_none(self, sender_queues: Sender) -> None:
        """No events, no letters."""
        assert sender_queues.queues.dead_letter([], NOW) == set()

    def test_text_that_is_no_envelope(self, sender_queues: Sender) -> None:
        """A message that nobody can read is kept as it is."""
        assert sender_queues.queues.dead_letter_text("0123-message", "{no envelope", "undecodable_envelope", NOW)
        assert sender_queues.letters() == [Letter("{no envelope", {"slug": "undecodable_envelope", "at": NOW})]

    def test_silence(self, silent_queues: ports.Queues) -> None:
        """What could not be stored is not said to be stored, and nothing is raised."""
        batch = parcels(entry())
        assert silent_queues.dead_letter(batch, NOW) == set()
        assert not silent_queues.dead_letter_text("id", "text", "slug", NOW)
        silent_queues.delay({"receipt": 10})


class ForgetfulHold(HoldQueue):
    """The real hold queue, which need not wait a minute until SQS shows a message again."""

    def __init__(self, client: Any, events: str, waiting: str) -> None:
        super().__init__(client, events, waiting)
        self._seen: list[str] = []

    def receive(self) -> list[Message]:
        """As it is, and remembered."""
        found = super().receive()
        self._seen += [each.receipt for each in found]
        return found

    def show_again(self, client: Any, waiting: str) -> None:
        """Show what was seen."""
        for receipt in self._seen:
            with suppress(client.exceptions.ClientError):
                client.change_message_visibility(QueueUrl=waiting, ReceiptHandle=receipt, VisibilityTimeout=0)
        self._seen.clear()


class Held(NamedTuple):
    """The hold queue as sender and steward see it, and the bodies that reached the event queue."""

    sender: ports.Queues
    steward: ports.Hold
    events: Callable[[], list[str]]
    minute: Callable[[], None]
    """Lets the time pass after which messages that were looked at are shown again."""


@pytest.fixture(params=["fake", "sqs"])
def held(request: pytest.FixtureRequest) -> Held:
    """An empty hold queue of either kind."""
    if request.param == "fake":
        fake, clock = FakeQueues(), Clock()
        hold = FakeHold(fake, clock)
        return Held(fake, hold, lambda: hold.released, lambda: setattr(clock, "now", clock.now + 60))
    client = request.getfixturevalue("aws")("sqs")
    events, waiting = new_queue(client), new_queue(client)
    real = ForgetfulHold(client, events, waiting)
    return Held(
        SenderQueues(client, events, waiting, events),
        real,
        lambda: [found["Body"] for found in received(client, events)],
        lambda: real.show_again(client, waiting),
    )


class TestHold:
    """Where a halted dataset's events wait."""

    def test_held_and_brought_back(self, held: Held) -> None:
        """A message's events keep their envelope's head, and come back as one message."""
        group = parcels(entry("one"), entry("two"))
        assert held.sender.hold({"message-1": group}) == {"message-1"}
        (found,) = held.steward.receive()
        assert ids_in(found.body) == ["one", "two"]
        assert decode(found.body).accepted_at == group[0].envelope.accepted_at
        assert held.events() == []
        held.steward.release([found])
        assert [ids_in(body) for body in held.events()] == [["one", "two"]]
        held.minute()
        assert held.steward.receive() == []

    def test_many(self, held: Held) -> None:
        """More messages than one call takes are all held, seen once each, and all brought back."""
        groups = {f"message-{number}": parcels(entry(f"event-{number}")) for number in range(25)}
        assert held.sender.hold(groups) == set(groups)
        seen: list[Message] = []
        while batch := held.steward.receive():
            seen += batch
        assert len(seen) == len({found.body for found in seen}) == 25
        held.steward.release(seen)
        assert len(held.events()) == 25

    def test_poison_is_brought_back_too(self, aws: Callable[[str], Any]) -> None:
        """What is no envelope goes to the sender, who makes a dead letter of it, and keeps nothing else from going."""
        client = aws("sqs")
        events, waiting = new_queue(client), new_queue(client)
        bodies = ["{}", message(entry("one")).body]
        for body in bodies:
            client.send_message(QueueUrl=waiting, MessageBody=body)
        hold = HoldQueue(client, events, waiting)
        hold.release(hold.receive())
        assert sorted(found["Body"] for found in received(client, events)) == sorted(bodies)

    def test_looked_at_and_left(self, held: Held) -> None:
        """A message that was looked at is hidden for a while, and then there as before."""
        held.sender.hold({"message-1": parcels(entry("one"))})
        assert len(held.steward.receive()) == 1
        assert held.steward.receive() == []
        held.minute()
        assert len(held.steward.receive()) == 1

    def test_silence(self, silent_queues: ports.Queues, silent_aws: Callable[[str], Any]) -> None:
        """What could not be held is not said to be, and a hold queue that does not answer shows nothing."""
        assert silent_queues.hold({"message-1": parcels(entry())}) == set()
        hold = HoldQueue(silent_aws("sqs"), "http://127.0.0.1/1/events", "http://127.0.0.1/1/hold")
        with pytest.raises(Unavailable, match="queue_unavailable"):
            hold.receive()
        hold.release([Message("id", "receipt", message(entry()).body, NOW)])


class TestDelay:
    """When a message is shown again, with SQS itself."""

    def test_shown_after_its_wait(self, aws: Callable[[str], Any]) -> None:
        """Each of more messages than one call takes gets its own wait: none is shown at once, others later."""
        client = aws("sqs")
        url = new_queue(client)
        queues = SenderQueues(client, url, url, url)
        for number in range(12):
            client.send_message(QueueUrl=url, MessageBody=str(number))
        taken = received(client, url)
        assert len(taken) == 12
        at_once = {found["Body"] for found in taken if int(found["Body"]) % 2}
        queues.delay({found["ReceiptHandle"]: 0 if found["Body"] in at_once else 600 for found in taken})
        assert {found["Body"] for found in received(client, url)} == at_once
