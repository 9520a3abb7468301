"""The calls of the ecommerce spec that Segment and RudderStack share."""

import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Arrival, Consent
from sluice.settings import Secret, Source
from sluice.sources.request import Mapped
from sluice.sources.segment import Options, to_arrivals
from tests.samples import DATASET, NOW, file_request, request

SAMPLE: dict[str, Any] = json.loads(file_request("segment-order-completed").body)
CALLED_AT = 1_795_199_412  # 2026-11-20T18:30:12Z
PRODUCT = {"product_id": "p-1", "sku": "s-1", "name": "Mug", "category": "Kitchen", "price": 5.5, "quantity": 2}


def mapped(call: object, **options: Any) -> Mapped:
    """What is made of a call."""
    source = Source("segment", DATASET, [Secret("sample")], msgspec.convert(options, Options))
    return to_arrivals(request(json.dumps(call).encode()), "shop", source, NOW)


def arrival(call: dict[str, Any], **options: Any) -> Arrival:
    """The one event of a call."""
    (found,) = mapped(call, **options).arrivals
    return found


def track(name: str, options: dict[str, Any] | None = None, /, **properties: Any) -> Arrival:
    """The event of a ``track`` call about these things."""
    return arrival({**SAMPLE, "event": name, "properties": properties}, **(options or {}))


def of_context(**context: Any) -> Arrival:
    """The event of the sample with other things in its context."""
    return arrival({**SAMPLE, "context": {**SAMPLE["context"], **context}}, consent_categories=["advertising"])


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        ("Order Completed", "Purchase"),
        ("Completed Order", "Purchase"),
        ("order completed", "Purchase"),
        ("Checkout Started", "InitiateCheckout"),
        ("Payment Info Entered", "AddPaymentInfo"),
        ("Product Added", "AddToCart"),
        ("Product Viewed", "ViewContent"),
        ("Product List Viewed", "ViewContent"),
        ("Products Searched", "Search"),
        ("Product Added to Wishlist", "AddToWishlist"),
        ("Signed Up", "CompleteRegistration"),
        ("Purchase", "Purchase"),
    ],
)
def test_event_names(name: str, meta: str) -> None:
    """The spec's names become Meta's."""
    assert track(name).event.event_name == meta


@pytest.mark.parametrize(
    "changes",
    [
        *({"event": name} for name in ("Order Refunded", "Order Cancelled", "Order Updated", "Coupon Entered", "", 5)),
        *({"type": kind} for kind in ("identify", "screen", "group", "alias", "video", "Track")),
    ],
)
def test_what_is_no_event(changes: dict[str, Any]) -> None:
    """Other calls and other names of ``track`` make no event."""
    assert mapped({**SAMPLE, **changes}) == Mapped(ignored=["unknown_topic"])


def test_further_names() -> None:
    """The options name further events; they go before the spec."""
    events = {"Trial Begun": "StartTrial", "Product Viewed": "Lead"}
    assert track("Trial Begun", {"events": events}).event.event_name == "StartTrial"
    assert track("Product Viewed", {"events": events}).event.event_name == "Lead"


@pytest.mark.parametrize("changes", [{"type": None}, {"type": ""}, {"timestamp": "now", "originalTimestamp": None}])
def test_what_is_no_call(changes: dict[str, Any]) -> None:
    """A body without a type or a time is refused."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped({**SAMPLE, **changes})


def test_page() -> None:
    """A ``page`` call is a PageView without any data; only here a click id of the address is a time of its own."""
    page = {"url": "https://shop.example.de/?fbclid=IwAR0Click", "search": "?fbclid=IwAR0Click"}
    context = {**SAMPLE["context"], "page": page}
    found = arrival({**SAMPLE, "type": "page", "properties": {"title": "Tee"}, "context": context}).event
    assert found.event_name == "PageView"
    assert found.custom_data is None
    assert found.user_data["fbc"] == f"fb.1.{CALLED_AT}000.IwAR0Click"
    tracked = arrival({**SAMPLE, "properties": {}, "context": context}).event
    assert "fbc" not in tracked.user_data


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, CALLED_AT),
        ({"timestamp": "2026-11-20T19:30:12+01:00"}, CALLED_AT),
        ({"timestamp": None}, CALLED_AT),
        ({"timestamp": "2019-01-01T00:00:00Z"}, 1_546_300_800),
    ],
)
def test_time(changes: dict[str, Any], at: int) -> None:
    """The event happened when the call says; a replay stays old, and is refused for its age later."""
    assert arrival({**SAMPLE, **changes}).event.event_time == at


@pytest.mark.parametrize(
    ("context", "properties", "kind", "place", "url"),
    [
        ({"page": {"url": "https://shop.example.de/x"}}, {}, "track", "website", "https://shop.example.de/x"),
        ({}, {"url": "https://shop.example.de/p"}, "page", "website", "https://shop.example.de/p"),
        ({}, {"url": "https://shop.example.de/p"}, "track", "other", None),
        ({"page": 5}, {}, "track", "other", None),
        (None, {}, "track", "other", None),
    ],
)
def test_place(context: Any, properties: dict[str, Any], kind: str, place: str, url: str | None) -> None:
    """A call with a page happened on the website; a server's or an app's call elsewhere."""
    found = arrival({**SAMPLE, "type": kind, "context": context, "properties": properties}).event
    assert (found.action_source, found.event_source_url) == (place, url)


TRAITS = {
    "email": "a@example.de", "phone": "+491", "firstName": "Ada", "lastName": "Bo", "birthday": "1990-01-02",
    "gender": "f", "address": {"city": "Bonn", "state": "NW", "postalCode": "53111", "country": "DE"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({}, "em", ["a@example.de"]),
        ({"properties": {"email": "b@example.de"}}, "em", ["a@example.de", "b@example.de"]),
        ({"context": {}, "traits": {"email": "c@example.de"}}, "em", ["c@example.de"]),
        ({"context": {}}, "em", None),
        ({}, "ph", "+491"),
        ({}, "fn", "Ada"),
        ({}, "ln", "Bo"),
        ({}, "ge", "f"),
        ({}, "db", "1990-01-02"),
        ({}, "ct", "Bonn"),
        ({}, "st", "NW"),
        ({}, "zp", "53111"),
        ({}, "country", "DE"),
        ({}, "external_id", "user-1"),
        ({"userId": None}, "external_id", "visitor-1"),
        ({"userId": 12}, "external_id", "12"),
        ({"properties": {"fbp": "fb.1.1.1"}}, "fbp", "fb.1.1.1"),
        ({"context": {"fbp": "fb.1.1.2"}}, "fbp", "fb.1.1.2"),
        ({"integrations": {"Facebook Conversions API (Actions)": {"fbp": "fb.1.1.3"}}}, "fbp", "fb.1.1.3"),
        ({"properties": {"fbc": "fb.1.1.x"}}, "fbc", "fb.1.1.x"),
        ({"integrations": {"All": True, "Facebook": {"fbc": "fb.1.1.y"}}}, "fbc", "fb.1.1.y"),
        ({"context": {"ip": "203.0.113.5"}}, "client_ip_address", "203.0.113.5"),
        ({"context": {"ip": "203.0.113.5"}, "request_ip": "203.0.113.5", "channel": "web"}, "client_ip_address",
         "203.0.113.5"),
        ({"context": {"ip": "203.0.113.5"}, "request_ip": "203.0.113.5", "channel": "server"}, "client_ip_address",
         None),
        ({"context": {"ip": "203.0.113.5"}, "request_ip": "203.0.113.6", "channel": "server"}, "client_ip_address",
         "203.0.113.5"),
        ({"context": {"userAgent": "Mozilla"}}, "client_user_agent", "Mozilla"),
        ({"context": []}, "client_user_agent", None),
    ],
)  # fmt: skip
def test_person(changes: dict[str, Any], field: str, value: Any) -> None:
    """Each field comes from the first place that has it; an address that is a server's own is left out."""
    call = {
        "type": "track", "event": "Product Viewed", "timestamp": SAMPLE["timestamp"], "userId": "user-1",
        "anonymousId": "visitor-1", "context": {"traits": TRAITS}, **changes,
    }  # fmt: skip
    assert arrival(call).event.user_data.get(field) == value


@pytest.mark.parametrize(
    ("name", "properties", "value"),
    [
        ("Order Completed", {"total": 20, "revenue": 15, "value": 9}, 20.0),
        ("Order Completed", {"revenue": "15.50", "value": 9}, 15.5),
        ("Order Completed", {"value": 9}, 9.0),
        ("Order Completed", {"price": 9, "quantity": 1}, None),
        ("Checkout Started", {"value": 8, "revenue": 7}, 8.0),
        ("Checkout Started", {"revenue": 7}, 7.0),
        ("Product Added", {"price": 5.5, "quantity": 3}, 16.5),
        ("Product Added", {"price": 5.5}, 5.5),
        ("Product Added", {"price": 5.5, "quantity": 3, "value": 4}, 4.0),
        ("Product Added", {"price": 5.5, "quantity": "many"}, None),
        ("Product Viewed", {"value": 5.5}, 5.5),
        ("Payment Info Entered", {}, None),
    ],
)
def test_value(name: str, properties: dict[str, Any], value: float | None) -> None:
    """An order is worth its total, a product its price by pieces."""
    data = track(name, currency="EUR", **properties).event.custom_data
    assert data is not None
    assert data.get("value") == value


def test_no_currency_is_assumed() -> None:
    """An order without one keeps its value, and is refused for it."""
    assert track("Order Completed", total=20).event.custom_data == {"value": 20.0}


def test_one_product() -> None:
    """A call about one product describes it at its root."""
    assert track("Product Added", currency="eur", **PRODUCT).event.custom_data == {
        "value": 11.0,
        "currency": "EUR",
        "content_type": "product",
        "content_ids": ["p-1"],
        "contents": [{"id": "p-1", "quantity": 2, "item_price": 5.5}],
        "num_items": 2,
        "content_name": "Mug",
        "content_category": "Kitchen",
    }


@pytest.mark.parametrize(
    ("properties", "data"),
    [
        ({"category": "Tea"}, {"content_type": "product_group", "content_ids": ["Tea"]}),
        ({"category": "Tea", "products": [{"product_id": "p-1"}]},
         {"content_type": "product", "content_ids": ["p-1"], "contents": [{"id": "p-1", "quantity": 1}],
          "num_items": 1}),
        ({}, {}),
    ],
)  # fmt: skip
def test_list_of_products(properties: dict[str, Any], data: dict[str, Any]) -> None:
    """A list is its products, and where the call names none the category."""
    assert track("Product List Viewed", **properties).event.custom_data == data


@pytest.mark.parametrize(("choice", "found"), [("product_id", ["p-1"]), ("sku", ["s-1"])])
def test_content_id(choice: str, found: list[str]) -> None:
    """The catalogue decides which id a product has."""
    for properties in (PRODUCT, {"products": [PRODUCT]}):
        data = track("Product Added", {"content_id": choice}, **properties).event.custom_data
        assert data
        assert data["content_ids"] == found


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("Products Searched", "blue mug", "blue mug"),
        ("Products Searched", {"q": "x"}, None),
        ("Order Completed", "x", None),
    ],
)
def test_search(name: str, query: Any, found: str | None) -> None:
    """Only a search has a search text."""
    assert (track(name, query=query).event.custom_data or {}).get("search_string") == found


@pytest.mark.parametrize(
    ("name", "order_id", "key"),
    [
        ("Order Completed", "DE-7", "order:shop:DE-7"),
        ("Order Completed", 7, "order:shop:7"),
        ("Order Completed", None, None),
        ("Checkout Started", "DE-7", None),
    ],
)
def test_one_order_is_one_purchase(name: str, order_id: Any, key: str | None) -> None:
    """The order makes two Purchases the same; other events of it are told apart by their ids."""
    assert track(name, order_id=order_id).dedup_key == key


@pytest.mark.parametrize(
    ("context", "given"),
    [
        ({}, Consent(granted=True, at=CALLED_AT)),
        ({"device": {"adTrackingEnabled": True}}, Consent(granted=True, at=CALLED_AT)),
        ({"device": {"adTrackingEnabled": False}}, Consent(granted=False, at=CALLED_AT)),
        ({"device": {"adTrackingEnabled": None}}, Consent(granted=True, at=CALLED_AT)),
    ],
)
def test_device_that_forbids_tracking(context: dict[str, Any], given: Consent) -> None:
    """Who switched off ad tracking on the device refuses, whatever else the call says."""
    assert of_context(**context).signals.given == given


def test_consent_is_not_dated_ahead() -> None:
    """A clock that runs ahead does not date the consent after now."""
    found = arrival({**SAMPLE, "timestamp": "2026-11-20T18:42:00Z"}, consent_categories=["advertising"])
    assert found.signals.given == Consent(granted=True, at=NOW)


@pytest.mark.parametrize("page", ["https://", "about:blank", "https://shop.example.de:99999/"])
def test_page_that_is_none(page: str) -> None:
    """An address that nobody can read makes it an event of elsewhere, and does not cost the event."""
    event = of_context(page={"url": page}).event
    assert (event.action_source, event.event_source_url) == ("other", None)
