"""What the answer tells the sender beside what became of each event."""

import json
from typing import Any

import pytest

from tests.fakes.rooms import IngestRoom
from tests.samples import NOW, dataset_changed, graph_request, wire_event

PERSON = {"em": "lena@example.de", "ph": "12"}
SAID = "data[0]: impossible_number (user_data.ph)"


def test_warnings_of_a_denied_event(ingest: IngestRoom) -> None:
    """Reason codes of match keys are told also of an event that consent stopped."""
    assert SAID in ingest.post(wire_event(user_data=PERSON, consent=None)).body["warnings"]


def test_warnings_of_a_refused_event(ingest: IngestRoom) -> None:
    """And of one that Meta would refuse."""
    assert SAID in ingest.post(wire_event(user_data=PERSON, event_time=NOW + 900)).body["error"]["warnings"]


@pytest.mark.parametrize(
    "event_id", [None, "", "  ", "undefined", "null", "None", "NaN", "n/a", "[object Object]"], ids=repr
)
def test_event_id_that_is_none(ingest: IngestRoom, event_id: str | None) -> None:
    """A blank or a placeholder is no id: the event gets the one that it would get without it."""
    answer = ingest.post(wire_event(event_id=event_id), wire_event(event_id=None))
    assert "data[0]: event_id_missing (event_id)" in answer.body["warnings"]
    first, second = ingest.queued
    assert first == second
    assert first.startswith("sluice.")


@pytest.mark.parametrize(
    ("accepts", "fields", "names"),
    [
        (False, {"test_event_code": "TEST1"}, ["test_event_code"]),
        (True, {"test_event_code": "TEST1"}, []),
        (True, {"test_event_code": "<1>", "partner_agent": "1"}, ["test_event_code", "partner_agent"]),
        (False, {"test_event_code": "", "partner_agent": None}, []),
    ],
)
def test_fields_beside_data(ingest: IngestRoom, accepts: bool, fields: dict[str, Any], names: list[str]) -> None:
    """What is not passed on to Meta is told."""
    ingest.configure(dataset_changed(accept_test_event_code=accepts))
    sent = graph_request(wire_event())
    body = json.dumps({**json.loads(sent.body), **fields}).encode()
    warnings = ingest.take(sent._replace(body=body)).body["warnings"]
    said = [warning for warning in warnings if not warning.startswith("data[")]
    assert said == [f"{name}_dropped ({name})" for name in names]


@pytest.mark.parametrize("url", ["https://", "https://x.de:99999/"])
def test_page_that_is_no_address(ingest: IngestRoom, url: str) -> None:
    """An address that nobody can open is invalid, not missing."""
    problems = ingest.post(wire_event(event_source_url=url)).body["error"]["problems"]
    assert problems == [{"index": 0, "slug": "event_source_url_invalid", "path": "event_source_url"}]


@pytest.mark.parametrize(
    ("fields", "slugs"),
    [
        ({"referrer_url": ""}, []),
        ({"referrer_url": "android-app://x"}, ["referrer_url_dropped (referrer_url)"]),
        ({"referrer_url": "https://x.example/?token=1"}, ["url_shortened (referrer_url)"]),
        ({"event_source_url": "https://x.example/?email=1&a=1#x"}, ["url_shortened (event_source_url)"]),
        ({"event_source_url": "https://X.example/a b?c=1#x"}, []),
    ],
)
def test_addresses(ingest: IngestRoom, fields: dict[str, str], slugs: list[str]) -> None:
    """What was taken from addresses is told; an empty referrer is not sent."""
    warnings = ingest.post(wire_event(**fields)).body["warnings"]
    assert [warning.removeprefix("data[0]: ") for warning in warnings if "url" in warning] == slugs
    (entry,) = ingest.queue.envelopes[0].entries
    assert json.loads(bytes(entry.event)).get("referrer_url") != ""
