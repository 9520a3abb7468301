"""A dataset that Meta refuses, or that Meta does not answer for: what the steward does about it."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sluice.delivery.breaker import DRAINED_AFTER_SECONDS, OPENS_AFTER, Breaker
from sluice.delivery.parcel import Message
from sluice.delivery.verdict import NoReply, Reply
from sluice.errors import Unavailable
from sluice.telemetry import Metric
from sluice.tend import tend
from tests.fakes.graph import Events, always, error, takes_all
from tests.fakes.queue import FakeHold
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, OTHER_DATASET, dataset_changed, document, entry, message, privacy_request

DAY = 86_400


def halted(gateway: Gateway, *event_ids: str, dataset: str = DATASET) -> None:
    """Let the dataset's token be refused while these events are on their way; they are held then."""
    gateway.sender.graph.scripts[dataset] = always(error(190))
    for event_id in event_ids:
        sent = entry(event_id, dataset=dataset, deadline=gateway.clock.now + 6 * DAY)
        gateway.waiting.append(message(sent, dataset=dataset, sent_at=gateway.clock.now))
    gateway.deliver()
    gateway.deliver()
    assert gateway.waiting == []


def mended(gateway: Gateway, dataset: str = DATASET) -> None:
    """Let Meta take the dataset's events again."""
    gateway.sender.graph.scripts[dataset] = takes_all


def minute(gateway: Gateway) -> None:
    """Let a minute pass, and the steward do its round."""
    gateway.clock.now += 60
    gateway.tend()


def test_a_new_token_frees_what_is_held_within_a_minute(gateway: Gateway) -> None:
    """The token is read afresh in each round; nobody has to do anything but to store it."""
    gateway.sender.graph.good_token = "token-of-the-dataset"
    halted(gateway, "one", "two")
    minute(gateway)
    assert gateway.waiting == []
    mended(gateway)
    gateway.sender.graph.good_token = "new-token"
    gateway.configure(dataset_changed(access_token="new-token"))
    gateway.clock.now -= 300  # the rooms' copies of the settings stay as old as they are
    minute(gateway)
    assert gateway.deliver() == ["one", "two"]


def test_meta_sees_only_probes_while_the_token_is_dead(gateway: Gateway) -> None:
    """One empty request a minute, and none of the events that wait."""
    halted(gateway, "one")
    gateway.sender.graph.requests.clear()
    for _ in range(30):
        minute(gateway)
        gateway.waiting.append(message(entry(deadline=gateway.clock.now + DAY), sent_at=gateway.clock.now))
        gateway.deliver()
    assert [posted.events for posted in gateway.sender.graph.requests] == [[{}]] * 30
    assert len(gateway.sender.queues.held) == 31


def test_another_dataset_never_waits(gateway: Gateway) -> None:
    """A healthy dataset's events leave at once, and its held ones come back while another one's stay."""
    halted(gateway, *(f"held-{number}" for number in range(25)))
    halted(gateway, "other", dataset=OTHER_DATASET)
    gateway.waiting.append(message(entry("healthy", dataset="3334567890123456"), dataset="3334567890123456"))
    mended(gateway, OTHER_DATASET)
    minute(gateway)
    assert "other" in gateway.deliver()
    assert len(gateway.sender.queues.held) == 25


@pytest.mark.parametrize("answer", [NoReply("meta_timeout"), Reply(503, b"<html>"), error(190), error(2)], ids=repr)
def test_a_probe_that_fails_keeps_it_open(gateway: Gateway, answer: Reply | NoReply) -> None:
    """Nothing moves before Meta has answered sensibly."""
    halted(gateway, "one")
    gateway.sender.graph.scripts[DATASET] = always(answer)
    for _ in range(3):
        minute(gateway)
    assert (gateway.waiting, len(gateway.sender.queues.held)) == ([], 1)
    assert gateway.steward.telemetry.counts[Metric.DATASETS_HALTED] == 3


def test_it_closes_when_nothing_of_it_is_held_for_five_minutes(gateway: Gateway) -> None:
    """A sender may have seen it open a moment ago; until that is over the steward keeps looking."""
    halted(gateway, "one")
    mended(gateway)
    minute(gateway)
    minute(gateway)
    gateway.sender.queues.held.append(message(entry("late")).body)
    minute(gateway)
    states = []
    for _ in range(DRAINED_AFTER_SECONDS // 60):
        states.append(gateway.sender.breakers.kept.get(DATASET, Breaker()).state)
        minute(gateway)
    assert states == ["draining"] * (DRAINED_AFTER_SECONDS // 60)
    assert gateway.sender.breakers.kept == {}
    assert gateway.deliver() == ["one", "late"]
    assert gateway.steward.telemetry.counts[Metric.EVENTS_RELEASED] == 2


def test_it_opens_again_while_it_drains(gateway: Gateway) -> None:
    """When Meta refuses the first of those that came back, the rest stays where it is."""
    halted(gateway, *(f"event-of-many-{number}" for number in range(25)))
    mended(gateway)
    minute(gateway)
    gateway.sender.graph.scripts[DATASET] = always(error(190))
    gateway.deliver()
    assert gateway.sender.breakers.kept[DATASET].state == "open"
    gateway.deliver()
    assert (gateway.waiting, len(gateway.sender.queues.held)) == ([], 25)


def test_what_a_sender_opens_while_it_drains_stays_open(gateway: Gateway) -> None:
    """The steward's note that it found something does not close what was opened meanwhile."""
    halted(gateway, "one")
    mended(gateway)
    reopened = Breaker("open", "meta_refuses_token", NOW)

    class Meanwhile(FakeHold):
        def release(self, messages: Sequence[Message]) -> None:
            super().release(messages)
            gateway.sender.breakers.kept[DATASET] = reopened

    hold = Meanwhile(gateway.sender.queues, gateway.clock)
    tend(replace(gateway.steward.steward, hold=hold), lambda: True)
    assert gateway.sender.breakers.kept[DATASET] == reopened


def test_a_dataset_that_left_the_settings_does_not_stay_halted(gateway: Gateway) -> None:
    """Its breaker closes within a day or so when nothing of it is held; what is held keeps it open and stays."""
    without = document()
    del without["datasets"][OTHER_DATASET]
    gateway.configure(without)
    gateway.sender.breakers.kept |= dict.fromkeys((OTHER_DATASET, "10001"), Breaker("open", "unknown_dataset", NOW))
    held = entry("held", dataset=OTHER_DATASET, deadline=NOW + 6 * DAY)
    gateway.sender.queues.held.append(message(held, dataset=OTHER_DATASET).body)
    gateway.clock.now = NOW + DAY
    for _ in range(8):
        gateway.tend()
        gateway.deliver()
        gateway.clock.now += 60
    assert {name: found.state for name, found in gateway.sender.breakers.kept.items()} == {OTHER_DATASET: "open"}
    probed = {fields["slug"] for what, fields in gateway.steward.telemetry.lines if what == "probed"}
    assert probed == {"unknown_dataset"}
    gateway.configure(document())
    gateway.tend()
    assert gateway.deliver() == ["held"]


def test_draining_delays_no_probe(gateway: Gateway) -> None:
    """However much one dataset has to bring back, the others are asked about first."""
    halted(gateway, "one")
    halted(gateway, "two", dataset=OTHER_DATASET)
    mended(gateway)
    minute(gateway)
    gateway.sender.queues.held += [message(entry(f"more-{number}")).body for number in range(50)]
    mended(gateway, OTHER_DATASET)
    gateway.clock.now += 60
    moments = iter([True, True, *[False] * 100])
    tend(gateway.steward.steward, lambda: next(moments))
    assert gateway.sender.breakers.kept[OTHER_DATASET].state == "draining"


def test_what_is_held_long_is_moved_before_sqs_drops_it(gateway: Gateway) -> None:
    """After twelve days in the hold queue a message starts anew; what is too old for Meta becomes a dead letter."""
    halted(gateway, "one")
    gateway.tend()
    gateway.clock.now += 12 * DAY + 3_600
    gateway.clock.now -= gateway.clock.now % 3_600  # when the steward looks through everything
    gateway.sender.breakers.kept[DATASET] = Breaker("open", "meta_refuses_token", NOW)
    gateway.tend()
    gateway.tend()
    gateway.deliver()
    assert gateway.sender.dead == [(["one"], "expired")]


def test_no_time_left_goes_on_a_minute_later(gateway: Gateway) -> None:
    """A round that ends early leaves the rest for the next one, and closes nothing."""
    halted(gateway, "one")
    mended(gateway)
    gateway.steward.tend(has_time=False)
    assert (gateway.waiting, len(gateway.sender.queues.held)) == ([], 1)
    minute(gateway)
    assert gateway.deliver() == ["one"]


def test_what_cannot_be_moved_stays(gateway: Gateway) -> None:
    """A hold queue that does not answer loses nothing."""
    halted(gateway, "one")
    mended(gateway)
    gateway.steward.hold.down = True
    with pytest.raises(Unavailable, match="queue_unavailable"):
        minute(gateway)
    assert len(gateway.sender.queues.held) == 1
    assert gateway.sender.breakers.kept[DATASET].state == "draining"


def test_what_was_left_behind_is_found_within_an_hour(gateway: Gateway) -> None:
    """A message in the hold queue that no breaker speaks for any more goes on by itself."""
    gateway.sender.queues.held.append(message(entry("left")).body)
    for _ in range(60):
        minute(gateway)
    assert gateway.deliver() == ["left"]


def test_many_datasets_get_their_turn_while_meta_hangs(gateway: Gateway) -> None:
    """Probes go out many at once: each of sixteen is answered only when the last one came."""
    together = threading.Barrier(16, timeout=10)

    def script(_: Events) -> NoReply:
        together.wait()
        return NoReply("meta_timeout")

    names = [str(10_000 + number) for number in range(16)]
    whole = document()
    whole["datasets"] |= dict.fromkeys(names, whole["datasets"][DATASET])
    gateway.configure(whole)
    for name in names:
        gateway.sender.breakers.kept[name] = Breaker("open", "meta_timeout", NOW)
    gateway.sender.graph.script = script
    gateway.tend()
    assert gateway.steward.telemetry.counts[Metric.DATASETS_HALTED] == 16


def test_no_breaker_no_work(gateway: Gateway) -> None:
    """A quiet gateway asks neither Meta nor the hold queue."""
    gateway.tend()
    assert gateway.sender.graph.requests == []
    assert not +gateway.steward.telemetry.counts


def test_breakers_that_cannot_be_read(gateway: Gateway) -> None:
    """The round fails, so that an alarm tells; the privacy requests are looked at all the same."""
    gateway.sender.breakers.down = True
    gateway.steward.privacy.add(privacy_request())
    with pytest.raises(Unavailable, match="delivery_table_unavailable"):
        gateway.tend()
    assert gateway.steward.telemetry.counts[Metric.PRIVACY_REQUESTS_OPEN] == 1


def test_lost_connections_open_for_all_senders_together(gateway: Gateway) -> None:
    """Failures are counted in the table, so that many senders with one failure each see what one sender would."""
    gateway.sender.graph.script = always(NoReply("meta_timeout"))
    for number in range(OPENS_AFTER):
        gateway.waiting = [message(entry(f"lost-{number}"))]
        gateway.deliver()
    assert gateway.sender.breakers.kept[DATASET].state == "open"
