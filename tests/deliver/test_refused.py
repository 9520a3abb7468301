"""Events that Meta refuses harm no other."""

import pytest

from sluice.delivery.parcel import State
from sluice.delivery.verdict import NoReply, Reply
from sluice.errors import BadEnvelope
from sluice.telemetry import Metric
from tests.fakes.graph import Events, error, refuses, takes_all
from tests.fakes.rooms import Gateway, SenderRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, entry, ids_in, message


@pytest.mark.parametrize("naming", [True, False])
def test_one_bad_event_among_a_thousand(sender: SenderRoom, naming: bool) -> None:
    """999 reach Meta; the bad one becomes a dead letter, whether Meta names it or the request must be halved."""
    ids = [f"event-{number}" for number in range(1_000)]
    sender.graph.script = refuses({"event-700"}, naming=naming)
    assert sender.deliver(message(*map(entry, ids))) == []
    assert sorted(sender.graph.received) == sorted(set(ids) - {"event-700"})
    assert sender.dead == [(["event-700"], "meta_refused_event")]
    assert len(sender.graph.requests) <= (3 if naming else 21)


@pytest.mark.parametrize(
    "fault", [Reply(500, b"<html>Sorry</html>"), error(1), error(987_654), NoReply("meta_timeout")]
)
def test_an_event_that_fails_every_request_keeps_no_other_waiting(gateway: Gateway, fault: Reply | NoReply) -> None:
    """Also when Meta says that the fault is its own: the others are delivered within hours, and nothing is halted."""
    sent = message(*(entry(f"event-{number}") for number in range(999)), entry("poison"))

    def script(events: Events) -> Reply | NoReply:
        return fault if any(event.get("event_id") == "poison" for event in events) else takes_all(events)

    gateway.sender.graph.script, gateway.waiting = script, [sent]
    for _ in range(8):
        gateway.deliver()
        gateway.clock.now += gateway.sender.wait_of(sent)
    assert sorted(gateway.sender.graph.received) == sorted(f"event-{number}" for number in range(999))
    assert gateway.clock.now - NOW < 5 * 3_600
    assert gateway.waiting == [sent]
    assert gateway.sender.breakers.opened() == {}


@pytest.mark.parametrize("kept_waiting_by", ["ledger", "time"])
def test_an_attempt_without_a_request_says_nothing_of_an_event(gateway: Gateway, kept_waiting_by: str) -> None:
    """However often the ledger was silent, or the time over: afterwards the events share a request like any others."""
    sent = message(*(entry(f"event-{number}") for number in range(300)))
    gateway.consent.down = kept_waiting_by == "ledger"
    for _ in range(10):
        gateway.sender.deliver(sent, has_time=kept_waiting_by == "ledger")
        gateway.clock.now += gateway.sender.wait_of(sent)
    assert gateway.sender.graph.requests == []
    gateway.consent.down = False
    assert gateway.sender.deliver(sent) == []
    assert len(gateway.sender.graph.requests) == 1


def test_dead_letter_says_why(sender: SenderRoom) -> None:
    """The dead letter has Meta's codes, its trace id, the attempts and the time; the item is dead."""
    sender.graph.script = refuses({"bad"}, naming=True)
    bad = entry("bad")
    assert sender.deliver(message(bad)) == []
    (letter,) = sender.queues.letters
    assert letter.reasons == {
        "slug": "meta_refused_event",
        "code": 100,
        "subcode": 2804019,
        "fbtrace_id": "trace-error",
        "attempts": 1,
        "at": NOW,
    }
    assert sender.deliveries.items[bad.key].state is State.DEAD
    assert sender.telemetry.counts[Metric.EVENTS_DEAD] == 1


def test_every_event_bad(sender: SenderRoom) -> None:
    """A message of nothing but bad events is done, too: all are dead letters."""
    sender.graph.script = refuses({"a", "b", "c"}, naming=False)
    assert sender.deliver(message(entry("a"), entry("b"), entry("c"))) == []
    assert sorted(ids[0] for ids, _ in sender.dead) == ["a", "b", "c"]


def test_dead_letter_is_sent_once(sender: SenderRoom) -> None:
    """A message that comes back after its event was buried makes no second letter."""
    sender.graph.script = refuses({"bad"}, naming=True)
    letter = message(entry("bad"))
    sender.deliver(letter)
    sender.deliver(letter)
    assert len(sender.queues.letters) == 1


def test_dead_letter_can_be_sent_again(sender: SenderRoom) -> None:
    """A letter that comes back from the dead-letter queue is tried again; the message that it came from is not."""
    sender.graph.script = refuses({"bad"}, naming=True)
    original = message(entry("bad"))
    sender.deliver(original)
    again = message(entry())._replace(body=sender.queues.letters[0].body)
    sender.graph.script = takes_all
    assert sender.deliver(original) == []
    assert sender.graph.received == []
    assert sender.deliver(again) == []
    assert sender.graph.received == ["bad"]


def test_dead_letter_queue_down(sender: SenderRoom) -> None:
    """While no dead letter can be stored the event waits: nothing is lost."""
    sender.graph.script = refuses({"bad"}, naming=True)
    sender.queues.down = True
    letter = message(entry("bad"))
    assert sender.deliver(letter) == [letter.message_id]
    assert sender.telemetry.counts[Metric.EVENTS_DEAD] == 0
    sender.queues.down = False
    sender.clock.now += 60
    assert sender.deliver(letter) == []
    assert sender.dead == [(["bad"], "meta_refused_event")]


@pytest.mark.parametrize("body", ["", "{", "null", '{"v":2,"entries":[]}', '{"v":1}', "[" * 100_000, "\ud800"])
def test_poison_message(sender: SenderRoom, body: str) -> None:
    """A message that is no envelope is kept as a dead letter, and the others of its batch are delivered."""
    poison = message(entry())._replace(body=body)
    assert sender.deliver(message(entry("before")), poison, message(entry("after"))) == []
    assert sender.graph.received == ["before", "after"]
    assert [(letter.body, letter.reasons["slug"]) for letter in sender.queues.letters] == [(body, BadEnvelope().slug)]


def test_poison_that_cannot_be_kept(sender: SenderRoom) -> None:
    """If it cannot be kept it returns, and the others are delivered all the same."""
    poison = message(entry())._replace(body="{")
    sender.queues.down = True
    assert sender.deliver(poison, message(entry("good"))) == [poison.message_id]
    assert sender.telemetry.counts[Metric.EVENTS_DEAD] == 0
    assert sender.graph.received == ["good"]


def test_poison_while_there_are_no_settings(sender: SenderRoom) -> None:
    """A poison message in a batch that returns as a whole is not buried again with each return."""
    poison = message(entry())._replace(body="{")
    sender.secrets.stored = None
    assert sender.deliver(poison) == [poison.message_id]
    assert sender.queues.letters == []


@pytest.mark.parametrize(
    ("deadline", "slug"), [(NOW + 59, "expired"), (NOW + 60, None), (NOW - 1, "expired"), (0, "expired")]
)
def test_expired(sender: SenderRoom, deadline: int, slug: str | None) -> None:
    """An event that Meta would refuse for its age within minutes is taken out: it would take 999 others with it."""
    assert sender.deliver(message(entry("old", deadline=deadline), entry("young"))) == []
    assert sender.dead == ([(["old"], slug)] if slug else [])
    assert "young" in sender.graph.received


@pytest.mark.parametrize(("days", "slug"), [(13, None), (13.01, "retention_reached")])
def test_retention_reached(sender: SenderRoom, days: float, slug: str | None) -> None:
    """A day before SQS would drop a message silently, its events become dead letters."""
    letter = message(entry("old"), sent_at=NOW - round(days * 86_400))
    assert sender.deliver(letter) == []
    assert sender.dead == ([(["old"], slug)] if slug else [])
    assert sender.graph.received == ([] if slug else ["old"])


def test_bad_event_of_another_dataset(sender: SenderRoom) -> None:
    """Datasets do not share a request, so they share no fault."""
    sender.graph.scripts[OTHER_DATASET] = refuses({"bad"}, naming=False)
    sender.deliver(
        message(entry("good")),
        message(entry("bad", dataset=OTHER_DATASET), entry("fine", dataset=OTHER_DATASET), dataset=OTHER_DATASET),
    )
    assert [(posted.dataset, len(posted.events)) for posted in sender.graph.requests] == [
        (DATASET, 1),
        (OTHER_DATASET, 2),
        (OTHER_DATASET, 1),
        (OTHER_DATASET, 1),
    ]
    assert sorted(sender.graph.received) == ["fine", "good"]
    assert ids_in(sender.queues.letters[0].body) == ["bad"]
