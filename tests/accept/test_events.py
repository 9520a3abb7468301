"""One event never harms another, and each is told apart."""

import json
from typing import Any

import msgspec
import pytest

from sluice.envelope import MAX_MESSAGE_BYTES
from sluice.errors import Rejected
from sluice.event import deadline_seconds
from sluice.sources.payload import MAX_EVENTS
from sluice.telemetry import Metric
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, dataset_changed, event, graph_request, order, order_request, request, wire_event

FBP = "fb.1.1795197600123.1098115397"


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    """One of many events."""
    return wire_event(event_id=f"event-{number}", **fields)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (5, "unreadable_event"),
        ({"event_name": "Purchase"}, "event_time_invalid"),
        (numbered(7, colour="red"), "unknown_field"),
        (numbered(7, event_name="M\ufffdller"), "bad_utf8"),
        (numbered(7, event_time=NOW - 8 * 86_400), "event_time_too_old"),
        (numbered(7, custom_data={"value": 5}), "currency_missing"),
        (numbered(7, custom_data={"value": 10**400, "currency": "EUR"}), "value_invalid"),
        (
            numbered(7, custom_data={"value": 5, "currency": "EUR", "delivery_category": []}),
            "delivery_category_invalid",
        ),
        (numbered(7, user_data={"em": "n/a"}), "not_enough_customer_information"),
        (numbered(7, custom_data={"value": 5, "currency": "EUR", "text": "x" * 300_000}), "event_too_large"),
        (numbered(7, consent=None), "no_signal"),
    ],
)
def test_one_bad_event_among_a_thousand(ingest: IngestRoom, bad: object, message: str) -> None:
    """999 events are queued, the bad one is named with its place and reason."""
    events = [numbered(number) for number in range(MAX_EVENTS)]
    answer = ingest.post(*events[:7], bad, *events[8:])
    assert answer.status == 200
    assert answer.body["events_received"] == MAX_EVENTS - 1
    assert answer.body["messages"] == [f"data[7]: {message}"]
    assert ingest.queued == [f"event-{number}" for number in range(MAX_EVENTS) if number != 7]


def test_accepted_denied_and_invalid(ingest: IngestRoom) -> None:
    """Of three kinds in one request each is counted and told as what it is."""
    known = {"user_data": {"em": "lena@example.de", "client_user_agent": "Mozilla/5.0", "fbp": FBP}}
    answer = ingest.post(numbered(0, **known), numbered(1, consent=None), numbered(2, event_time=NOW + 900))
    assert answer.status == 200
    assert answer.body == {
        "events_received": 1,
        "messages": ["data[1]: no_signal", "data[2]: event_time_in_future"],
        "problems": [{"index": 2, "slug": "event_time_in_future", "path": "event_time"}],
        "fbtrace_id": "request-1",
        "warnings": [f"data[{at}]: fbp_and_fbc_missing (user_data.fbp)" for at in (1, 2)],
    }
    metrics = (Metric.EVENTS_ACCEPTED, Metric.EVENTS_DENIED, Metric.EVENTS_INVALID)
    assert [ingest.telemetry.counts[metric] for metric in metrics] == [1, 1, 1]


def test_match_keys_are_counted(ingest: IngestRoom) -> None:
    """The log counts by name the match keys of the accepted events alone; no name of a caller's gets there."""
    refused = wire_event(event_id="2", consent={"granted": False, "at": NOW - 60})
    unknown = wire_event(event_id="3", user_data={"em": "jo.sample@example.com", "jo.sample@example.com": "x"})
    ingest.post(wire_event(), refused, unknown)
    (line,) = [fields for what, fields in ingest.telemetry.lines if what == "accepted"]
    assert (line["accepted"], line["keys"]) == (2, {"em": 2, "client_user_agent": 1})


def test_every_event_invalid(ingest: IngestRoom) -> None:
    """Only a request of nothing but invalid events is an error, in Meta's shape."""
    answer = ingest.post(numbered(0, event_name=""), 5)
    assert answer.status == 400
    error = answer.body["error"]
    assert (error["slug"], error["code"], error["type"]) == ("all_events_invalid", 100, "OAuthException")
    assert error["messages"] == ["data[0]: event_name_missing", "data[1]: unreadable_event"]
    assert error["fbtrace_id"] == "request-1"


def test_every_event_denied(ingest: IngestRoom) -> None:
    """Denied is not invalid: a request of denied events is answered 200, so that nobody sends it again."""
    assert ingest.post(numbered(0, consent=None), numbered(1, consent=None)).status == 200


def test_invalid_and_denied(ingest: IngestRoom) -> None:
    """Neither is one of invalid and denied events."""
    assert ingest.post(numbered(0, consent=None), 5).status == 200


@pytest.mark.parametrize(("count", "slug"), [(0, "no_events"), (MAX_EVENTS + 1, "too_many_events")])
def test_number_of_events(ingest: IngestRoom, count: int, slug: str) -> None:
    """A request has from one to a thousand events, as at Meta."""
    with pytest.raises(Rejected, match=slug):
        ingest.post(*[numbered(0)] * count)


@pytest.mark.parametrize("version", ["v26", "26.0", "v26.0.1", "v٢٦.0", "me", ""])
def test_version(ingest: IngestRoom, version: str) -> None:
    """The first path element is a version of the Graph API."""
    with pytest.raises(Rejected, match="bad_version"):
        ingest.take(graph_request(wire_event()), version)


@pytest.mark.parametrize("content_type", ["text/xml", "text/plain", ""])
def test_content_type(ingest: IngestRoom, content_type: str) -> None:
    """A body of another kind is refused as such."""
    wrong = graph_request(wire_event())
    with pytest.raises(Rejected, match="wrong_content_type"):
        ingest.take(wrong._replace(headers={**wrong.headers, "content-type": content_type}))


def test_large_request_becomes_several_messages(ingest: IngestRoom) -> None:
    """Events that together exceed a message are split over several, each of which SQS takes."""
    data = {"value": 1, "currency": "EUR", "text": "x" * 150_000}
    answer = ingest.take(graph_request(*(numbered(number, custom_data=data) for number in range(9))))
    assert answer.body["events_received"] == 9
    assert len(ingest.queue.stored) == 2
    assert all(len(body.encode()) <= MAX_MESSAGE_BYTES for _, body in ingest.queue.stored)
    assert ingest.queued == [f"event-{number}" for number in range(9)]


class TestWhatIsQueued:
    """One envelope per request, with everything that the sender needs."""

    def test_envelope(self, ingest: IngestRoom) -> None:
        """The envelope names dataset and source; the entry its key, deadline, subjects and decision."""
        ingest.post(wire_event())
        (envelope,) = ingest.queue.envelopes
        assert (envelope.dataset, envelope.source, envelope.accepted_at) == (DATASET, "events", NOW)
        (entry,) = envelope.entries
        assert (entry.name, entry.deadline) == ("Purchase", deadline_seconds(event()))
        assert len(entry.subjects) == 1
        assert entry.decision.allow

    def test_hashes_only(self, ingest: IngestRoom) -> None:
        """The event in the queue holds hashes where the request held an address."""
        ingest.post(wire_event())
        sent = json.loads(bytes(ingest.queue.envelopes[0].entries[0].event))
        (digest,) = sent["user_data"]["em"]
        assert len(digest) == 64
        assert "jo.sample" not in ingest.queue.stored[0][1]

    def test_event_without_id(self, ingest: IngestRoom) -> None:
        """An event without an id gets one that is the same when the request is sent again."""
        for _ in range(2):
            ingest.post(wire_event(event_id=None))
        first, second = ingest.queued
        assert first == second
        assert first.startswith("sluice.")

    def test_clock_ahead(self, ingest: IngestRoom) -> None:
        """An event of a clock that runs a minute ahead is dated now, because Meta takes no future."""
        ingest.post(wire_event(event_time=NOW + 60, consent={"granted": True, "at": NOW}))
        assert json.loads(bytes(ingest.queue.envelopes[0].entries[0].event))["event_time"] == NOW

    def test_url_without_the_person(self, ingest: IngestRoom) -> None:
        """Addresses lose what may tell who visits."""
        ingest.post(
            wire_event(
                event_source_url="https://shop.example.com/thanks?email=jo@example.com&size=1#jo",
                referrer_url="https://shop.example.com/?token=abc",
            )
        )
        sent = json.loads(bytes(ingest.queue.envelopes[0].entries[0].event))
        assert sent["event_source_url"] == "https://shop.example.com/thanks?size=1"
        assert sent["referrer_url"] == "https://shop.example.com/"

    def test_same_order_same_key(self, ingest: IngestRoom) -> None:
        """One order is one delivery, whatever its event id says on the second webhook."""
        for token in ("first", "second", None):
            ingest.webhook(order_request(order(checkout_token=token)))
        keys = [entry.key for envelope in ingest.queue.envelopes for entry in envelope.entries]
        assert len(keys) == 3
        assert len(set(keys)) == 1

    def test_sample_reaches_the_queue_as_described(self, ingest: IngestRoom) -> None:
        """The signed Shopify sample is queued with the amounts of the order."""
        ingest.webhook(order_request(order()))
        sent = msgspec.json.decode(ingest.queue.envelopes[0].entries[0].event)
        assert (sent["event_name"], sent["custom_data"]["value"], sent["custom_data"]["currency"]) == (
            "Purchase",
            98.5,
            "EUR",
        )


def test_unreadable_body_is_refused(ingest: IngestRoom) -> None:
    """A body that cannot be read is refused before anything is queued."""
    with pytest.raises(Rejected, match="bad_json"):
        ingest.take(request(b"{", {"authorization": "Bearer demo-server-key-0123456789"}))
    assert ingest.queue.stored == []


@pytest.mark.parametrize(("accepts", "passed_on"), [(True, {"test_event_code": "TEST1"}), (False, {})])
def test_a_test_code_of_the_request_needs_the_dataset_s_leave(
    ingest: IngestRoom, accepts: bool, passed_on: dict[str, str]
) -> None:
    """Test events count for ads all the same, so a code is passed on only where the dataset says so; the agent always.

    The events are taken either way.
    """
    ingest.configure(dataset_changed(accept_test_event_code=accepts))
    sent = graph_request(wire_event())
    body = json.dumps({**json.loads(sent.body), "test_event_code": "TEST1", "partner_agent": "shop-1-0"})
    assert ingest.take(sent._replace(body=body.encode())).body["events_received"] == 1
    assert ingest.queue.envelopes[0].passed_on == {"partner_agent": "shop-1-0", **passed_on}


def test_warnings_and_repairs_are_told_and_stop_nothing(ingest: IngestRoom) -> None:
    """Milliseconds are mended, weak match keys are named with their reason, and the event goes through."""
    person = {"em": "lena@example.de", "ph": "12"}
    answer = ingest.post(numbered(0, event_time=NOW * 1_000, user_data=person))
    assert answer.body["events_received"] == 1
    assert answer.body["warnings"] == [
        "data[0]: event_time_was_milliseconds (event_time)",
        "data[0]: client_user_agent_missing (user_data.client_user_agent)",
        "data[0]: fbp_and_fbc_missing (user_data.fbp)",
        "data[0]: impossible_number (user_data.ph)",
    ]
    assert ingest.telemetry.counts[Metric.EVENT_WARNINGS] == 4


def test_all_problems_of_an_event_are_named_at_once(ingest: IngestRoom) -> None:
    """One message an event with its first reason; every reason with its path beside it."""
    bad = numbered(1, event_time=NOW - 8 * 86_400, custom_data={"value": -1}, colour="red")
    answer = ingest.post(numbered(0), bad)
    assert answer.body["messages"] == ["data[1]: value_invalid"]
    assert {(problem["slug"], problem["path"]) for problem in answer.body["problems"]} == {
        ("unknown_field", "colour"),
        ("value_invalid", "custom_data.value"),
        ("currency_missing", "custom_data.currency"),
        ("event_time_too_old", "event_time"),
    }


def test_an_event_without_an_id_gets_the_same_one_each_time(ingest: IngestRoom) -> None:
    """Also while the sender's clock runs ahead, where the event is dated now."""
    ahead = wire_event(event_id=None, event_time=NOW + 200)
    ingest.post(ahead)
    ingest.clock.now += 2
    ingest.post(ahead)
    first, second = ingest.queued
    assert first == second
    assert first.startswith("sluice.")
