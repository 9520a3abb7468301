"""No consent, no event."""

import json

import pytest

from sluice.errors import Unavailable
from sluice.telemetry import Metric
from tests.fakes.rooms import IngestRoom
from tests.samples import NOW, dataset_changed, file_request, order, order_request, wire_event


def test_webhook_without_consent(ingest: IngestRoom) -> None:
    """A shopper who was never asked: answered 200 so that the shop does not retry, counted, nothing queued."""
    answer = ingest.webhook(file_request("shopify-orders-paid-without-consent"))
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": ["no_signal"]})
    assert ingest.queue.stored == []
    assert ingest.telemetry.counts[Metric.EVENTS_DENIED] == 1


def test_webhook_with_consent(ingest: IngestRoom) -> None:
    """A shopper who agreed: queued, with the decision that says why."""
    answer = ingest.webhook(file_request("shopify-orders-paid"))
    assert (answer.status, answer.body) == (200, {"accepted": 1, "reasons": []})
    (entry,) = ingest.queue.envelopes[0].entries
    assert (entry.decision.reason, entry.decision.basis, entry.decision.decided_at) == ("ok_note", "note", NOW)
    assert ingest.telemetry.counts[Metric.EVENTS_ACCEPTED] == 1


def test_graph_sample(ingest: IngestRoom) -> None:
    """The sample of a Conversions API client is accepted, under the flag of its server."""
    assert ingest.take(file_request("graph-purchase")).body["events_received"] == 1
    assert ingest.queued == ["order-1001"]
    assert ingest.queue.envelopes[0].entries[0].decision.reason == "ok_flag"


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        (None, "no_signal"),
        ({"granted": False, "at": NOW - 60}, "denied"),
        ({"granted": True}, "flag_without_time"),
        ({"granted": True, "at": NOW + 3_600}, "consent_in_future"),
    ],
)
def test_flag_that_does_not_count(ingest: IngestRoom, consent: object, reason: str) -> None:
    """A server's event without valid consent: 200, named with its reason, counted, nothing queued."""
    answer = ingest.post(wire_event(consent=consent))
    assert (answer.status, answer.body["events_received"]) == (200, 0)
    assert answer.body["messages"] == [f"data[0]: {reason}"]
    assert answer.body["problems"] == []
    assert ingest.queue.stored == []
    assert ingest.telemetry.counts[Metric.EVENTS_DENIED] == 1


def test_policy_without_flags(ingest: IngestRoom) -> None:
    """Where the policy takes no plain flag, a server's word is not enough."""
    ingest.configure(dataset_changed(consent={"mode": "strict"}))
    assert ingest.post(wire_event()).body["messages"] == ["data[0]: flag_not_permitted"]


def test_nobody_who_could_withdraw(ingest: IngestRoom) -> None:
    """An event that only a click id and an address identify could never be withdrawn: denied."""
    person = {"fbc": "fb.1.1795197599001.IwAR0SampleClickIdAbC", "client_user_agent": "Mozilla/5.0"}
    answer = ingest.post(wire_event(user_data=person))
    assert answer.body["messages"] == ["data[0]: no_subject_key"]


def test_two_notes_that_differ(ingest: IngestRoom) -> None:
    """Two consent notes that contradict each other allow nothing."""
    states = ("granted", "denied")
    notes = [
        {"name": "_capi_consent", "value": f"marketing={state};ts=2026-11-20T18:01:12Z;src=cmp"} for state in states
    ]
    answer = ingest.webhook(order_request(order(note_attributes=notes)))
    assert answer.body == {"accepted": 0, "reasons": ["signal_conflict"]}


def test_consent_does_not_reach_meta(ingest: IngestRoom) -> None:
    """What is queued for Meta holds no consent flag: Meta would refuse the request for it."""
    ingest.post(wire_event())
    (entry,) = ingest.queue.envelopes[0].entries
    assert "consent" not in json.loads(bytes(entry.event))


def test_signals_that_decide_need_no_ledger(ingest: IngestRoom) -> None:
    """Where the signals of a request decide, the ledger is not read, whether it answers or not."""
    ingest.consent.down = True
    answer = ingest.post(wire_event(), wire_event(event_id="no", consent={"granted": False, "at": NOW - 60}))
    assert (answer.body["events_received"], answer.body["messages"]) == (1, ["data[1]: denied"])
    assert ingest.consent.reads == 0


def test_one_look_into_the_ledger(ingest: IngestRoom) -> None:
    """All events of a request that say nothing themselves cost one look together; without it nobody is answered."""
    silent = [wire_event(event_id=f"silent-{number}", consent=None) for number in range(20)]
    ingest.post(wire_event(), *silent)
    assert ingest.consent.reads == 1
    ingest.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        ingest.post(wire_event(), *silent)
