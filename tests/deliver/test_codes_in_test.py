"""A dataset's test_event_code that somebody left on is not sent for ever."""

import json

import pytest
from msgspec.structs import replace

from sluice.envelope import encode_entry, pack
from tests.fakes.graph import refuses
from tests.fakes.rooms import SenderRoom
from tests.samples import DATASET, dataset_changed, document, entry, head, message

DAY = 86_400


def sent(sender: SenderRoom, code: str | None = "TEST1", **beside: str) -> str | None:
    """The code that Meta gets with an event, when the settings hold this one."""
    sender.secrets.stored = json.dumps(dataset_changed(test_event_code=code))
    sender.clock.now += 300
    event = entry(deadline=sender.clock.now + DAY)
    envelope = replace(head(), passed_on=beside)
    letter = message(sent_at=sender.clock.now)._replace(body=pack(envelope, [encode_entry(event)])[0])
    assert sender.deliver(letter) == []
    return sender.graph.requests[-1].test_event_code


@pytest.mark.parametrize(("later", "code"), [(DAY - 301, "TEST1"), (DAY - 300, None), (30 * DAY, None)])
def test_for_a_day(sender: SenderRoom, later: int, code: str | None) -> None:
    """24 hours after the code was first seen events go without it, and go all the same."""
    assert sent(sender) == "TEST1"
    sender.clock.now += later
    assert sent(sender) == code
    assert len(sender.graph.received) == 2


def test_another_code_has_a_day_of_its_own(sender: SenderRoom) -> None:
    """Who takes a new code is testing again; the old one stays over."""
    sent(sender)
    sender.clock.now += DAY
    assert [sent(sender, code) for code in ("TEST1", "TEST2", "TEST1")] == [None, "TEST2", None]


def test_a_code_of_the_request_is_not_touched(sender: SenderRoom) -> None:
    """What a sender puts beside its events goes on as it is, also where the dataset's own code is over."""
    sent(sender)
    sender.clock.now += DAY
    assert sent(sender, test_event_code="TEST9") == "TEST9"
    assert sent(sender, None, test_event_code="TEST9") == "TEST9"


def test_without_an_answer(sender: SenderRoom) -> None:
    """Events go without the code when nobody knows how long it has been on: as real ones, which they are."""
    sender.sightings.down = True
    assert sent(sender) is None


def test_asked_once_a_batch(sender: SenderRoom) -> None:
    """However many requests a batch takes, the table is asked once; without a code never."""
    sender.secrets.stored = json.dumps(dataset_changed(test_event_code="TEST1"))
    sender.graph.script = refuses({"bad"}, naming=False)
    sender.deliver(message(entry("one"), entry("bad"), entry("two")))
    assert len(sender.graph.requests) > 1
    assert {posted.test_event_code for posted in sender.graph.requests} == {"TEST1"}
    assert (sender.sightings.asked, sender.sightings.kept.keys()) == (1, {DATASET})
    sender.secrets.stored = json.dumps(document())
    sender.clock.now += 300
    sender.deliver(message(entry()))
    assert sender.sightings.asked == 1
