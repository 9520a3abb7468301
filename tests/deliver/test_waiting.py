"""Events that wait: Meta is down, the token is, or there is no time."""

import json

import pytest

from sluice.deliver import deliver
from sluice.delivery.breaker import OPENS_AFTER, Breaker
from sluice.delivery.parcel import Message, State
from sluice.delivery.schedule import HALTED_WAIT_SECONDS
from sluice.delivery.verdict import NoReply, Reply
from sluice.envelope import decode
from sluice.outside.secrets import REREAD_SECONDS
from sluice.telemetry import Metric
from tests.fakes.graph import Events, always, error, refuses, takes_all
from tests.fakes.rooms import Gateway, SenderRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, dataset_changed, document, entry, message

DAY = 86_400
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
def test_meta_is_down(gateway: Gateway, answer: Reply | NoReply) -> None:
    """While Meta does not take events they wait, longer with each attempt, then in the hold queue; then they go out."""
    sender = gateway.sender
    letter = message(entry("one"))
    gateway.waiting.append(letter)
    sender.graph.script = always(answer)
    waits = []
    for _ in range(OPENS_AFTER):
        assert gateway.deliver() == []
        waits.append(sender.wait_of(letter))
        gateway.clock.now += waits[-1]
    assert waits == [10, 60, 300, 900, 2_700]
    gateway.deliver()
    assert (gateway.waiting, len(sender.queues.held)) == ([], 1)
    requests = len(sender.graph.requests)
    gateway.tend()
    assert (gateway.waiting, len(sender.queues.held)) == ([], 1)
    assert len(sender.graph.requests) == requests + 1
    sender.graph.script = takes_all
    gateway.clock.now += 60
    gateway.tend()
    assert gateway.deliver() == ["one"]
    assert sender.deliveries.items[letter_key(letter)].attempts == OPENS_AFTER + 1
    assert sender.queues.letters == []


def letter_key(letter: Message) -> str:
    """The key of the only event of a message."""
    return decode(letter.body).entries[0].key


@pytest.mark.parametrize("code", [190, 200, 10, 803])
def test_halted_dataset(gateway: Gateway, code: int) -> None:
    """Our own token or permission costs no event anything: it is held, and Meta sees nothing but probes."""
    sender = gateway.sender
    gateway.waiting.append(message(entry("one", deadline=NOW + 6 * DAY)))
    sender.graph.script = always(error(code))
    gateway.deliver()
    assert sender.wait_of(gateway.waiting[0]) == HALTED_WAIT_SECONDS
    gateway.deliver()
    for _ in range(5 * 24):
        gateway.clock.now += 3_600
        gateway.tend()
        gateway.waiting.append(message(entry(deadline=gateway.clock.now + 6 * DAY), sent_at=gateway.clock.now))
        gateway.deliver()
    assert [posted.events for posted in sender.graph.requests[1:]] == [[{}]] * 5 * 24
    assert (len(sender.queues.held), sender.queues.letters) == (1 + 5 * 24, [])
    assert {item.attempts for item in sender.deliveries.items.values()} == {1}
    sender.graph.script = takes_all
    gateway.clock.now += 60
    gateway.tend()
    assert len(gateway.deliver()) == 1 + 5 * 24


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


@pytest.mark.parametrize(("code", "subcode"), [(200, None), (10, None), (100, 33)])
def test_new_token_with_the_missing_permission(sender: SenderRoom, code: int, subcode: int | None) -> None:
    """Another token may have the permission that the old one lacked: it is used at once, too."""
    sender.deliver(message(entry("earlier")))
    sender.configure(dataset_changed(access_token="new-token"))
    sender.graph.script = lambda events: (
        takes_all(events) if sender.graph.requests[-1].token == "new-token" else error(code, error_subcode=subcode)
    )
    sender.clock.now += REREAD_SECONDS
    assert sender.deliver(message(entry("one"))) == []
    assert sender.graph.received == ["earlier", "one"]


def test_new_token_without_time(sender: SenderRoom) -> None:
    """The second request is not begun when the function might be stopped in it; nothing is halted for that."""
    sender.deliver(message(entry("earlier")))
    sender.configure(dataset_changed(access_token="new-token"))
    sender.graph.good_token = "new-token"
    sender.clock.now += REREAD_SECONDS
    letter, times = message(entry("one")), iter([True, False])
    assert deliver([letter], sender.sender, lambda: next(times)) == [letter.message_id]
    assert sender.breakers.kept == {}
    assert sender.deliver(letter) == []
    assert sender.graph.received == ["earlier", "one"]


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
    assert sender.breakers.kept[OTHER_DATASET].slug == "unknown_dataset"


def test_dataset_that_is_new(sender: SenderRoom) -> None:
    """A dataset that the door knew first is looked for in the settings before it is called unknown."""
    without = document()
    del without["datasets"][OTHER_DATASET]
    sender.configure(without)
    sender.deliver(message(entry("earlier")))
    sender.configure(document())
    sender.clock.now += REREAD_SECONDS
    assert sender.deliver(message(entry("one", dataset=OTHER_DATASET), dataset=OTHER_DATASET)) == []
    assert (sender.graph.received, sender.breakers.kept) == (["earlier", "one"], {})


def test_dataset_that_came_back(gateway: Gateway) -> None:
    """Once a dataset is in the settings again, what waited for it goes out by itself."""
    without = document()
    del without["datasets"][OTHER_DATASET]
    gateway.configure(without)
    gateway.waiting.append(message(entry("one", dataset=OTHER_DATASET), dataset=OTHER_DATASET))
    gateway.deliver()
    gateway.deliver()
    assert len(gateway.sender.queues.held) == 1
    gateway.configure(document())
    gateway.tend()
    assert gateway.deliver() == ["one"]


def test_no_settings(sender: SenderRoom) -> None:
    """Without settings everything returns untouched, after a wait that the queue's patience outlasts, and ages."""
    letters = [message(entry(), sent_at=NOW - age) for age in (0, DAY)]
    sender.secrets.stored = None
    assert sender.deliver(*letters) == [letter.message_id for letter in letters]
    assert sender.deliveries.items == {}
    assert sender.graph.requests == []
    assert [sender.wait_of(letter) for letter in letters] == [120, 1_200]
    assert sender.telemetry.counts[Metric.OLDEST_WAITING_SECONDS] == DAY


@pytest.mark.parametrize("silent", ["breakers", "deliveries", "queues", "settling"])
def test_aws_is_silent_for_long(sender: SenderRoom, silent: str) -> None:
    """The longer a message waits for DynamoDB or SQS, the seldomer it is received, whichever part does not answer."""
    letters = [message(entry(), sent_at=NOW - age) for age in (0, DAY)]
    if silent == "queues":
        sender.breakers.kept[DATASET] = Breaker("open", "meta_refuses_token", NOW)
        sender.queues.hold = lambda _: set()  # type: ignore[method-assign] - the hold queue alone
    elif silent == "settling":
        sender.deliveries.settles = False
    else:
        getattr(sender, silent).down = True
    assert sender.deliver(*letters) == [letter.message_id for letter in letters]
    assert [sender.wait_of(letter) for letter in letters] == [120, 1_200]


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
    scripts = iter([*[refuses({"bad"}, naming=True)] * 2, always(NoReply("meta_timeout"))])

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


def test_near_its_deadline_at_each_attempt(sender: SenderRoom) -> None:
    """An event that Meta will refuse within a day is counted each time it is tried in vain, so that its alarm stays."""
    sender.graph.script = always(error(2))
    letter = message(entry(deadline=NOW + DAY + 30))
    counts = []
    for _ in range(4):
        sender.deliver(letter)
        counts.append(sender.telemetry.counts[Metric.EVENTS_NEAR_DEADLINE])
        sender.clock.now += sender.wait_of(letter)
    assert counts == [0, 0, 1, 2]


def test_age_of_what_waits(sender: SenderRoom) -> None:
    """The age of the oldest waiting event is measured from when it was accepted."""
    sender.graph.script = always(error(2))
    sender.deliver(message(entry(), sent_at=NOW - 500), message(entry(), sent_at=NOW - 100))
    counts = sender.telemetry.counts
    assert (counts[Metric.EVENTS_WAITING], counts[Metric.OLDEST_WAITING_SECONDS]) == (2, 500)


def test_meta_took_fewer(sender: SenderRoom) -> None:
    """When Meta says that it received fewer events than were sent, they count as delivered; log and item say so."""
    sender.graph.script = always(Reply(200, json.dumps({"events_received": 1, "fbtrace_id": "trace"}).encode()))
    assert sender.deliver(message(entry(), entry())) == []
    assert [fields["slug"] for what, fields in sender.telemetry.lines if what == "sent"] == ["meta_received_fewer"]
    items = sender.deliveries.items.values()
    assert [(item.state, item.slug) for item in items] == [(State.DELIVERED, "meta_received_fewer")] * 2


@pytest.mark.parametrize(
    ("what", "answer"),
    [("sent", takes_all([{}])), ("not_sent", error(2)), ("not_sent", NoReply("meta_timeout"))],
    ids=["taken", "refused", "not answered"],
)
def test_latency(sender: SenderRoom, what: str, answer: Reply | NoReply) -> None:
    """The log says of each request to Meta how long it took, however it ended."""
    sender.graph.script = always(answer._replace(latency_ms=750))
    sender.deliver(message(entry()))
    assert [fields["latency_ms"] for said, fields in sender.telemetry.lines if said == what] == [750]
