"""The ingest function: API Gateway's event in, a response out, never a 5xx for bad input."""

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.envelope import decode
from tests.functions.conftest import Functions
from tests.samples import (
    DATASET,
    NOW,
    SAMPLES,
    SERVER_KEY,
    api_event,
    order,
    order_request,
    wire_event,
)
from tests.strategies import any_text, json_values

EVENTS = "POST /{version}/{dataset}/events"
WEBHOOKS = "POST /webhooks/{source}"
KEY = {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"}
HUGE = "x" * (1_048_576 + 1)


def events(body: str | None, headers: dict[str, str] | None = None, **path: str) -> dict[str, Any]:
    """A request to the events door."""
    return api_event(
        EVENTS, body, KEY if headers is None else headers, **{"version": "v26.0", "dataset": DATASET, **path}
    )


def webhook(body: str | None, headers: dict[str, str] | None = None, source: str = "shopify-demo") -> dict[str, Any]:
    """A request to the webhook door, signed unless headers are given."""
    signed = order_request((body or "").encode("utf-8", "replace")).headers if headers is None else headers
    return api_event(WEBHOOKS, body, dict(signed), source=source)


def call(functions: Functions, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of the function's response."""
    response = functions.ingest.handler(event, None)
    assert response["headers"]["content-type"] == "application/json"
    return response["statusCode"], json.loads(response["body"])


def test_health(functions: Functions) -> None:
    """Health answers without key, body or settings."""
    status, body = call(functions, {"routeKey": "GET /health", "requestContext": {"requestId": "id"}})
    assert (status, body["status"]) == (200, "ok")


def test_no_such_route(functions: Functions) -> None:
    """What matched no route is our own 404."""
    status, body = call(functions, api_event("$default"))
    assert (status, body["error"]["slug"], body["error"]["fbtrace_id"]) == (404, "no_such_route", "request-1")


def test_accepted_event_is_in_the_queue(functions: Functions) -> None:
    """After 200 the event is in SQS, in the group of its dataset."""
    now = math.floor(functions.ingest.ROOM.clock())
    fresh = wire_event(event_time=now, consent={"granted": True, "at": now})
    status, body = call(functions, events(json.dumps({"data": [fresh]})))
    assert (status, body["events_received"]) == (200, 1)
    (message,) = functions.queue()
    assert message["Attributes"]["MessageGroupId"] == DATASET
    assert decode(message["Body"]).entries[0].name == "Purchase"


@pytest.mark.parametrize("name", ["shopify-orders-paid", "shopify-test-order", "graph-purchase", "cmp-consent"])
def test_samples_are_understood(functions: Functions, name: str) -> None:
    """A sample input finds its door and passes its check; what becomes of it depends on the day it is sent."""
    sample = SAMPLES[name].request
    slug = SAMPLES[name].slug
    event = events(sample.body, sample.headers) if slug == "events" else webhook(sample.body, sample.headers, slug)
    status, body = call(functions, event)
    assert status == 200 or body["error"]["slug"] in {"all_events_invalid", "decision_in_future"}
    functions.queue()


@pytest.mark.parametrize("base64_encoded", [False, True])
def test_body_in_base64(functions: Functions, base64_encoded: bool) -> None:
    """API Gateway may hand the body over in base64; the signature is checked over the bytes that were sent."""
    body = json.dumps(order(test=True), ensure_ascii=False)
    event = webhook(body)
    if base64_encoded:
        event = {**event, "body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}
    assert call(functions, event) == (200, {"accepted": 0, "reasons": [], "ignored": ["test_order"]})


@pytest.mark.parametrize(
    ("event", "status", "slug"),
    [
        pytest.param(events("{"), 400, "bad_json", id="malformed"),
        pytest.param(events(None), 400, "bad_json", id="no body"),
        pytest.param(events('{"data":[NaN]}'), 400, "all_events_invalid", id="NaN"),
        pytest.param(events('{"data":' + "[" * 100_000 + "]" * 100_000 + "}"), 400, "all_events_invalid", id="nested"),
        pytest.param(events("[" * 100_000), 400, "bad_body", id="nested outside"),
        pytest.param(events('{"data":[' + "9" * 5_000 + "]}"), 400, "all_events_invalid", id="5,000 digits"),
        pytest.param(events('{"data":["\\ud800"]}'), 400, "all_events_invalid", id="lone surrogate"),
        pytest.param(events("\ud800"), 400, "bad_base64", id="raw surrogate"),
        pytest.param({**events("{}"), "isBase64Encoded": True}, 400, "bad_base64", id="wrong flag"),
        pytest.param(
            {**events(base64.b64encode(b'{"data":["\xff"]}').decode()), "isBase64Encoded": True},
            400,
            "all_events_invalid",
            id="no UTF-8",
        ),
        pytest.param(events('{"data":[]}'), 400, "no_events", id="empty"),
        pytest.param(events(HUGE), 413, "too_large", id="1 MiB and a byte"),
        pytest.param(events("{}", {}), 400, "bad_body", id="no headers"),
        pytest.param(events('{"data":[]}', {}), 401, "bad_server_key", id="no key"),
        pytest.param(events("{}", {"authorization": "Bearer \ud800"}), 401, "bad_server_key", id="key of surrogates"),
        pytest.param(events("{}", version="v1"), 404, "bad_version", id="version"),
        pytest.param(events("{}", dataset="1"), 404, "unknown_dataset", id="dataset"),
        pytest.param(events("a=b", {**KEY, "content-type": "text/csv"}), 415, "wrong_content_type", id="type"),
        pytest.param(webhook("{"), 400, "bad_json", id="hook malformed"),
        pytest.param(webhook(None), 400, "bad_json", id="hook no body"),
        pytest.param(webhook('{"a":NaN}'), 400, "bad_json", id="hook NaN"),
        pytest.param(webhook("[" * 100_000), 400, "bad_json", id="hook nested"),
        pytest.param(webhook('{"a":' + "9" * 5_000 + "}"), 400, "bad_json", id="hook 5,000 digits"),
        pytest.param(webhook('{"a":"\\ud800"}'), 400, "wrong_topic_shape", id="hook lone surrogate"),
        pytest.param(webhook("\ud800"), 400, "bad_base64", id="hook raw surrogate"),
        pytest.param(webhook("[]"), 400, "bad_body", id="hook list"),
        pytest.param(webhook("{}"), 400, "wrong_topic_shape", id="hook shape"),
        pytest.param({**webhook("{}"), "isBase64Encoded": True}, 400, "bad_base64", id="hook wrong flag"),
        pytest.param(webhook(HUGE), 413, "too_large", id="hook 1 MiB and a byte"),
        pytest.param(webhook("{}", {}), 401, "bad_signature", id="hook no headers"),
        pytest.param(webhook("{}", source="other"), 404, "unknown_source", id="hook source"),
    ],
)
def test_bad_input(functions: Functions, event: dict[str, Any], status: int, slug: str) -> None:
    """Each bad request is answered 4xx with its slug and a sentence that says how to mend it."""
    found, body = call(functions, event)
    assert (found, body["error"]["slug"]) == (status, slug)
    assert body["error"]["message"].endswith(".")


def bodies() -> st.SearchStrategy[str]:
    """Bodies of every kind: no JSON, any JSON, and events and orders with anything in a field."""
    one_event = st.builds(
        lambda name, value: {"data": [{**wire_event(event_time=NOW), name: value}]},
        st.sampled_from([*wire_event(), "app_data", "referrer_url", "original_event_data"]),
        json_values,
    )
    one_order = st.builds(lambda name, value: {**order(), name: value}, st.sampled_from(sorted(order())), json_values)
    return any_text | (json_values | one_event | one_order).map(json.dumps)


@settings(deadline=None)
@given(bodies(), st.booleans())
def test_never_5xx_for_bad_input(functions: Functions, body: str, flagged: bool) -> None:
    """Whatever an authenticated sender posts, the answer is not a 5xx."""
    for event in (events(body), webhook(body)):
        status, _ = call(functions, {**event, "isBase64Encoded": flagged})
        assert 200 <= status < 500
    functions.queue()


def test_failure_of_ours(functions: Functions) -> None:
    """A failure that nobody foresaw is 503, so that the sender comes again, and says nothing of its cause."""
    status, body = call(functions, {"routeKey": EVENTS, "requestContext": {"requestId": "id"}})
    assert (status, body["error"]["slug"]) == (503, "internal_error")
