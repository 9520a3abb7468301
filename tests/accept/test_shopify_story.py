"""One order's many webhooks, in any order: one Purchase and one InitiateCheckout reach Meta."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sluice.errors import REJECTIONS, Rejected
from sluice.sources.request import Request
from tests.fakes.rooms import Gateway
from tests.samples import document, file_request, order, order_request

CREATED = order(financial_status="pending", updated_at="2026-11-20T18:04:31Z")
PAID = order()
UPDATED = order(tags="vip", updated_at="2026-11-20T18:31:00Z", fulfillment_status="fulfilled")
STARTED = json.loads(file_request("shopify-checkouts-create").body)
EMPTY = {**STARTED, "email": None, "customer": None, "note_attributes": [], "billing_address": None}


def told(topic: str, body: dict[str, Any], delivery: str = "1") -> Request:
    """A webhook of a delivery; its retries are the same bytes under the same id."""
    return order_request(body, topic=topic, webhook_id=delivery, event_id="2")


ORDER = [
    told("orders/create", CREATED),
    told("orders/paid", PAID),
    *[told("orders/paid", PAID)] * 5,
    told("orders/paid", PAID, "another subscription"),
    told("orders/updated", UPDATED),
]
CHECKOUT = [
    told("checkouts/create", EMPTY),
    told("checkouts/update", STARTED),
    told("checkouts/update", {**STARTED, "total_price": "54.90", "completed_at": "2026-11-20T18:36:00Z"}),
]
EVERY = [*ORDER, *CHECKOUT] * 2


def sent(gateway: Gateway) -> list[tuple[str, str]]:
    """Name and id of what Meta received."""
    events = [event for posted in gateway.sender.graph.requests for event in posted.events]
    return sorted((event["event_name"], event["event_id"]) for event in events)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"paid_by_update": True},
        {"purchase_topic": "orders/create"},
        {"purchase_topic": "orders/create", "pixel": True},
    ],
    ids=str,
)
@hypothesis_settings(deadline=None)
@given(webhooks=st.permutations(EVERY), pauses=st.sets(st.integers(0, len(EVERY))))
def test_one_order_is_one_purchase(options: dict[str, Any], webhooks: list[Request], pauses: set[int]) -> None:
    """Shuffled and doubled, with deliveries to Meta in between, they are one Purchase and one InitiateCheckout."""
    gateway, settings = Gateway(), document()
    settings["sources"]["shopify-demo"]["options"] = options
    gateway.configure(settings)
    for at, webhook in enumerate(webhooks):
        assert gateway.ingest.webhook(webhook).status == 200
        if at in pauses:
            gateway.deliver()
    gateway.deliver()
    assert sent(gateway) == [
        ("InitiateCheckout", "9d2b7c4e1f6a4835b0c9d8e7f6a5b4c3"),
        ("Purchase", "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"),
    ]
    assert gateway.waiting == []


def test_a_missed_payment_is_made_up_for(gateway: Gateway) -> None:
    """A shop whose paid webhook never came is heard when the order changes, if the source wants it."""
    settings = document()
    settings["sources"]["shopify-demo"]["options"] = {"paid_by_update": True}
    gateway.configure(settings)
    gateway.ingest.webhook(told("orders/create", CREATED))
    gateway.ingest.webhook(told("orders/updated", UPDATED))
    assert gateway.deliver() == ["5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"]


def test_a_cancelled_order_is_a_purchase_and_its_cancellation(gateway: Gateway) -> None:
    """A source that wants cancellations sends each once, and never a Purchase of what is cancelled already."""
    settings = document()
    settings["sources"]["shopify-demo"]["options"] = {"cancellations": True}
    gateway.configure(settings)
    cancelled = order(cancelled_at="2026-11-20T18:30:00Z", financial_status="refunded")
    for webhook in [
        told("orders/paid", PAID),
        *[told("orders/cancelled", cancelled)] * 3,
        told("orders/paid", cancelled),
    ]:
        gateway.ingest.webhook(webhook)
    gateway.deliver()
    assert sent(gateway) == [
        ("OrderCancelled", "cancelled-6031947350283"),
        ("Purchase", "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"),
    ]


def test_a_topic_that_was_exchanged_changes_nothing(gateway: Gateway) -> None:
    """Topics and delivery ids are not signed: the same body under others is still one Purchase."""
    for topic, delivery in [
        ("orders/paid", "1"),
        ("orders/create", "2"),
        ("orders/paid", "3"),
        ("orders/updated", "4"),
    ]:
        gateway.ingest.webhook(told(topic, PAID, delivery))
    assert gateway.deliver() == ["5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"]


def test_a_privacy_request_is_recorded_once(gateway: Gateway) -> None:
    """What a person asks is answered 200 and kept under subject keys until it is done, however often it comes."""
    sample = file_request("shopify-customers-redact")
    for _ in range(3):
        assert gateway.ingest.webhook(sample).body == {"accepted": 0, "reasons": [], "recorded": 1}
    (kept,) = gateway.ingest.privacy.open_requests()
    assert (kept.kind, kept.due_at - kept.received_at) == ("erasure", 30 * 86_400)
    assert len(kept.subjects) == 3
    assert len(kept.delivery_keys) == 2
    assert gateway.ingest.queue.stored == []


def test_a_privacy_request_that_the_shop_did_not_sign(gateway: Gateway) -> None:
    """It is answered 401, as Shopify asks for, and nothing is kept."""
    sample = file_request("shopify-customers-redact")
    with pytest.raises(Rejected) as refusal:
        gateway.ingest.webhook(sample._replace(body=sample.body.replace(b"tom", b"tim")))
    assert REJECTIONS[refusal.value.slug].status == 401
    assert gateway.ingest.privacy.open_requests() == []
