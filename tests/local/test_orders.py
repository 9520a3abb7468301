"""A Shopify order on its way to Meta, or not."""

import copy
import json
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.local.stack import Stack, eventually, forms, purchase

SAMPLE = Path(__file__).resolve().parents[2] / "events" / "shopify-orders-paid.json"


def order(**changes: Any) -> dict[str, Any]:
    """The sample order, placed a moment ago, under ids of its own."""
    found: dict[str, Any] = copy.deepcopy(json.loads(json.loads(SAMPLE.read_text())["request"]["body"]))
    now = datetime.now(UTC).replace(microsecond=0)
    note = f"marketing=granted;ts={datetime.fromtimestamp(now.timestamp() - 120, UTC).isoformat()};src=cmp"
    attributes = [a for a in found["note_attributes"] if a["name"] != "_capi_consent"]
    return {
        **found,
        "id": uuid.uuid4().int >> 72,
        "checkout_token": uuid.uuid4().hex,
        "created_at": now.isoformat(),
        "processed_at": now.isoformat(),
        "note_attributes": [*attributes, {"name": "_capi_consent", "value": note}],
        **changes,
    }


def test_a_paid_order_becomes_a_purchase(stack: Stack) -> None:
    """Meta sees the order's value, its contents and hashed match keys under the checkout's token."""
    placed = order()
    assert stack.post_order(placed).json() == {"accepted": 1, "reasons": []}
    (seen,) = eventually(lambda: stack.received(placed["checkout_token"]))
    assert seen["event_name"] == "Purchase"
    assert seen["raw_identifier"] == []
    data = seen["event"]["custom_data"]
    assert (data["value"], data["currency"], data["num_items"]) == (98.5, "EUR", 3)
    assert [content["item_price"] for content in data["contents"]] == [71.1, 11.25]
    assert set(seen["match_keys"]) >= {"em", "ph", "fn", "ln", "ct", "zp", "country", "external_id", "fbp", "fbc"}


def test_the_same_order_twice_reaches_meta_once(stack: Stack) -> None:
    """A retried webhook is answered 200 like the first, and so is one whose event id differs."""
    placed = order()
    assert stack.post_order(placed).status == 200
    eventually(lambda: stack.received(placed["checkout_token"]))
    assert stack.post_order(placed).status == 200
    other_token = {**placed, "checkout_token": uuid.uuid4().hex}
    assert stack.post_order(other_token).status == 200
    stack.post_events(after := purchase())
    eventually(lambda: stack.received(after["event_id"]))
    eventually(lambda: stack.waiting_messages() == 0)
    assert len(stack.received(placed["checkout_token"])) == 1
    assert not stack.received(other_token["checkout_token"])


@pytest.mark.parametrize("change", [{"test": True}, {"cancelled_at": "2026-11-20T19:04:31+01:00"}])
def test_test_and_cancelled_orders_are_never_sent(stack: Stack, change: dict[str, Any]) -> None:
    """They are answered 200, so that the shop does not send them again."""
    response = stack.post_order(order(**change))
    assert (response.status, response.json()["accepted"]) == (200, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_shopify_hmac_sha256": "AAAA"},
        {"x_shopify_hmac_sha256": ""},
        {"x_shopify_hmac_sha256": "sïgnature"},
        {"x_shopify_shop_domain": "another.myshopify.com"},
    ],
)
def test_what_the_shop_did_not_sign_is_401(stack: Stack, headers: dict[str, str]) -> None:
    """Nothing is queued, whatever the header holds."""
    placed = order()
    response = stack.post_order(placed, **headers)
    assert (response.status, response.json()["error"]["slug"]) == (401, "bad_signature")


def test_a_body_changed_by_one_byte_is_401(stack: Stack) -> None:
    """The signature covers every byte."""
    body = json.dumps(order()).encode()
    changed = body.replace(b"98.50", b"98.51", 1)
    response = stack.post_signed(changed, x_shopify_hmac_sha256=stack.signature(body))
    assert (response.status, response.json()["error"]["slug"]) == (401, "bad_signature")


def test_an_order_without_consent_leaves_no_trace(stack: Stack) -> None:
    """It is answered 200 and counted; neither queue, table nor log knows anything of the person."""
    marker = f"Zz{uuid.uuid4().hex[:12]}Marker"
    placed = order(email=f"{marker}@example.de", note_attributes=[])
    placed["billing_address"]["last_name"] = marker
    items = len(stack.items())
    assert stack.post_order(placed).json() == {"accepted": 0, "reasons": ["no_signal"]}
    stack.post_events(after := purchase())
    eventually(lambda: stack.received(after["event_id"]))
    eventually(lambda: stack.waiting_messages() == 0)
    assert len(stack.items()) == items + 1
    text = stack.logs() + json.dumps(stack.items()) + json.dumps(stack.dead_letters())
    assert '"no_signal":1' in text
    for shape in [*forms(marker), placed["checkout_token"], str(placed["id"])]:
        assert shape not in text


def test_no_identifier_and_no_secret_is_left_anywhere(stack: Stack) -> None:
    """Markers in every personal field, sent and refused by Meta: not in logs, items, dead letters or metrics."""
    tag = uuid.uuid4().hex[:10]
    fields = ("em", "ph", "fn", "ln", "ct", "st", "zp", "external_id", "ge", "db")
    markers = {name: f"Mk{name}{tag}" for name in fields}
    markers["em"] = f"Mk.Em{tag}@example.de"
    event = purchase(user_data={**markers, "client_user_agent": "Mozilla/5.0"})
    stack.fault(kind="error", status=400, code=100, error_subcode=2804999)
    assert stack.post_events(event).json()["events_received"] == 1
    letter = eventually(
        lambda: [m for m in stack.dead_letters() if event["event_id"] in m["Body"]],
    )[0]
    reasons = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (reasons["slug"], reasons["code"], reasons["subcode"]) == ("meta_refused_event", "100", "2804999")
    text = stack.logs() + json.dumps(stack.items()) + json.dumps(letter)
    for marker in markers.values():
        for shape in forms(marker):
            assert shape not in text
    dataset = stack.settings["datasets"][stack.dataset]
    for secret in (dataset["access_token"], *dataset["server_keys"], stack.shop_secret, stack.settings["pepper"]):
        assert secret not in text


def test_a_thousand_events_reach_meta_in_at_most_two_requests(stack: Stack) -> None:
    """One request in, one envelope, one or two requests out."""
    tag = uuid.uuid4().hex
    events = [purchase(event_id=f"{tag}-{n}", user_data={"em": f"p{n}-{tag}@example.de"}) for n in range(1_000)]
    eventually(lambda: stack.waiting_messages() == 0)
    before = stack.graph("/_graph/counters")
    assert stack.post_events(*events).json()["events_received"] == 1_000
    eventually(lambda: stack.graph("/_graph/counters")["received"] >= before["received"] + 1_000)
    after = stack.graph("/_graph/counters")
    assert after["received"] - before["received"] == 1_000
    assert after["requests"] - before["requests"] <= 2


def test_a_transient_failure_is_tried_again(stack: Stack) -> None:
    """Meta answers 500 once; the event arrives a little later under the same id, and once."""
    stack.fault(kind="status", status=503)
    stack.post_events(event := purchase())
    eventually(lambda: [i for i in stack.items() if i["state"]["S"] == "waiting"])
    started = time.monotonic()
    eventually(lambda: stack.received(event["event_id"]))
    assert time.monotonic() - started < 30
    assert len(stack.received(event["event_id"])) == 1
