"""Webhooks that are no event."""

from typing import Any

import pytest

from sluice.errors import Rejected
from sluice.telemetry import Metric
from tests.fakes.rooms import IngestRoom
from tests.samples import file_request, order, order_request, request


def test_test_order(ingest: IngestRoom) -> None:
    """An order of the test gateway is answered 200 and forgotten."""
    answer = ingest.webhook(file_request("shopify-test-order"))
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [], "ignored": ["test_order"]})
    assert ingest.queue.stored == []
    assert ingest.telemetry.counts == {Metric.WEBHOOKS_IGNORED: 1}


def test_other_topic(ingest: IngestRoom) -> None:
    """A topic that is not ours is answered 200, or Shopify would end the subscription."""
    assert ingest.webhook(order_request(b"{}", topic="carts/update")).status == 200


@pytest.mark.parametrize(
    ("body", "slug"), [(b"", "bad_json"), (b"[]", "bad_body"), (b"{}", "wrong_topic_shape"), (b"\xff", "bad_json")]
)
def test_signed_nonsense(ingest: IngestRoom, body: bytes, slug: str) -> None:
    """A signed body that is no order is refused as what it is."""
    with pytest.raises(Rejected, match=slug):
        ingest.webhook(order_request(body))


def test_without_headers(ingest: IngestRoom) -> None:
    """A request without a signature is refused before it is read."""
    with pytest.raises(Rejected, match="bad_signature"):
        ingest.webhook(request(b"no json"))


@pytest.mark.parametrize("link", ["https://[broken", "junk", "https://kaffee-müller.example/1/orders/secret"])
def test_order_without_a_readable_page(ingest: IngestRoom, link: str) -> None:
    """A link that cannot be read does not cost the order."""
    assert ingest.webhook(order_request(order(order_status_url=link))).body == {"accepted": 1, "reasons": []}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": None}, "currency_missing"),
        ({"total_price": None}, "value_missing"),
        ({"total_price": "-1.00"}, "value_invalid"),
        ({"processed_at": "2026-11-01T00:00:00Z"}, "event_time_too_old"),
    ],
)
def test_order_that_meta_would_refuse(ingest: IngestRoom, changes: dict[str, Any], reason: str) -> None:
    """The shop is answered 200 (sending it again would not help), the reason is in the answer and counted."""
    answer = ingest.webhook(order_request(order(**changes)))
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [reason]})
    assert ingest.telemetry.counts[Metric.EVENTS_INVALID] == 1
