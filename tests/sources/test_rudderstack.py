"""RudderStack's webhooks, and the sample of ``events/``."""

import json
from typing import Any

import msgspec
import pytest

from sluice.event import Consent
from sluice.settings import Secret, Source
from sluice.sources.request import Mapped
from sluice.sources.rudderstack import Options, to_arrivals
from tests.samples import DATASET, NOW, file_request, request

CALL: dict[str, Any] = json.loads(file_request("rudderstack-product-added").body)


def mapped(body: object, **options: Any) -> Mapped:
    """What the adapter makes of a body."""
    source = Source("rudderstack", DATASET, [Secret("sample")], msgspec.convert(options, Options))
    return to_arrivals(request(json.dumps(body).encode()), "shop", source, NOW)


def test_sample_is_this_event() -> None:
    """The sample becomes exactly this AddToCart."""
    (arrival,) = mapped(CALL, consent_categories=["marketing"]).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "AddToCart",
        "event_time": 1_795_199_412,
        "event_id": "5c1e9d30-70b2-4f39-8a6a-0d1b9f2c7e11",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/p/mug-blue",
        "referrer_url": "https://shop.example.de/",
        "user_data": {
            "em": ["jonas.kern@example.de"],
            "external_id": "customer-513",
            "fbp": "fb.1.1795199100456.1402210345",
            "client_ip_address": "203.0.113.77",
            "client_user_agent": CALL["context"]["userAgent"],
        },
        "custom_data": {
            "value": 29.8,
            "currency": "EUR",
            "content_type": "product",
            "content_ids": ["mug-blue"],
            "contents": [{"id": "mug-blue", "quantity": 2, "item_price": 14.9}],
            "num_items": 2,
            "content_name": "Becher blau",
            "content_category": "Küche",
        },
    }
    assert arrival.dedup_key is None
    assert arrival.signals.given == Consent(granted=True, at=1_795_199_412)


@pytest.mark.parametrize(
    ("changes", "event_id"),
    [
        ({}, CALL["messageId"]),
        ({"properties": {"event_id": "of-properties"}}, "of-properties"),
        ({"properties": {"event_id": "p"}, "context": {"traits": {"event_id": "of-context"}}}, "of-context"),
        ({"properties": {"event_id": "p"}, "traits": {"event_id": "of-traits"}}, "of-traits"),
        ({"messageId": None}, None),
    ],
)
def test_event_id(changes: dict[str, Any], event_id: str | None) -> None:
    """The id is the one that RudderStack's own Meta pixel sends, found in the same order."""
    (arrival,) = mapped({**CALL, **changes}).arrivals
    assert arrival.event.event_id == event_id


@pytest.mark.parametrize(
    ("state", "flag"),
    [
        ({"allowedConsentIds": ["marketing"], "deniedConsentIds": []}, True),
        ({"allowedConsentIds": ["marketing", "other"]}, True),
        ({"allowedConsentIds": ["other"], "deniedConsentIds": ["marketing"]}, False),
        ({"allowedConsentIds": ["marketing"], "deniedConsentIds": ["marketing"]}, False),
        ({"allowedConsentIds": ["other"], "deniedConsentIds": []}, False),
        ({"allowedConsentIds": [], "deniedConsentIds": ["other"]}, False),
        ({"allowedConsentIds": [], "deniedConsentIds": []}, None),
        ({"allowedConsentIds": "marketing"}, None),
        ({"allowedConsentIds": [5, None]}, False),
        ({"allowedConsentIds": ["marketing"], "deniedConsentIds": None}, True),
        ({"allowedConsentIds": ["marketing"], "deniedConsentIds": "marketing"}, False),
        ({}, None),
        (None, None),
    ],
)
def test_consent(state: Any, flag: bool | None) -> None:
    """A category must be among the allowed ones; that it is not denied, which RudderStack goes by, is not enough."""
    context = {**CALL["context"], "consentManagement": state}
    (arrival,) = mapped({**CALL, "context": context}, consent_categories=["marketing"]).arrivals
    assert arrival.signals.given == (None if flag is None else Consent(granted=flag, at=1_795_199_412))


def test_array() -> None:
    """Several calls in an array are taken one by one."""
    found = mapped([CALL, {**CALL, "type": "delete"}, "x"])
    assert len(found.arrivals) == 1
    assert found.ignored == ["unknown_topic", "unreadable_event"]
