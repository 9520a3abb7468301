"""Tealium's webhooks, and the sample of ``events/``."""

import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Arrival, Consent
from sluice.settings import Secret, Source
from sluice.sources.request import Mapped
from sluice.sources.tealium import Options, to_arrivals
from tests.samples import DATASET, NOW, file_request, request

BODY: dict[str, Any] = json.loads(file_request("tealium-purchase").body)
AT = 1_795_199_410
WHOLE: dict[str, Any] = {
    "account": "example", "profile": "main", "env": "prod", "event_id": "1a1ee055-1456-46f8-ab4d-779628c05dd4",
    "visitor_id": "0176cb4f3482110a5ba4702e147b0006d005a065104f2", "post_time": AT * 1_000, "type": "LIVE",
    "client_ip": "198.51.100.31", "useragent": "Mozilla/5.0",
    "page_url": {"full_url": "https://shop.example.de/danke", "domain": "shop.example.de", "path": "/danke"},
    "referrer_url": {"full_url": "https://shop.example.de/kasse"},
    "data": {
        "udo": {
            "tealium_event": "purchase", "customer_email": "ida.brandt@example.de", "customer_first_name": "Ida",
            "customer_last_name": "Brandt", "customer_city": "Berlin", "customer_state": "BE", "customer_zip": "10115",
            "customer_country": "DE", "customer_id": "customer-77", "order_id": "77120", "order_total": "61.30",
            "order_currency": "EUR", "product_id": ["mug-blue", "tea-green"], "product_quantity": ["3", "1"],
            "product_unit_price": ["14.90", "8.50"], "product_sku": ["M-1", "T-7"],
            "tci.consent_type": "explicit", "tci.purposes_with_consent_all": ["C0001", "C0004"],
        },
        "dom": {"url": "https://shop.example.de/danke?x", "referrer": "https://shop.example.de/"},
        "firstparty_tealium_cookies": {"_fbp": "fb.1.1795199200789.1577001122", "_fbc": "fb.1.1795199200001.IwAR0Tea"},
    },
}  # fmt: skip
"""The whole event object, as far as Tealium documents it."""
CONTENTS = {
    "content_type": "product",
    "content_ids": ["mug-blue", "tea-green"],
    "contents": [
        {"id": "mug-blue", "quantity": 3, "item_price": 14.9},
        {"id": "tea-green", "quantity": 1, "item_price": 8.5},
    ],
    "num_items": 4,
}


def mapped(body: object, **options: Any) -> Mapped:
    """What the adapter makes of a body."""
    source = Source("tealium", DATASET, [Secret("sample")], msgspec.convert(options, Options))
    return to_arrivals(request(json.dumps(body).encode()), "shop", source, NOW)


def arrival(body: dict[str, Any], **options: Any) -> Arrival:
    """The one event of a body."""
    (found,) = mapped(body, **options).arrivals
    return found


def of(options: dict[str, Any] | None = None, **body: Any) -> Arrival:
    """The event of a template's body with these names alone."""
    return arrival({"event_name": "purchase", "event_time": AT, **body}, **(options or {}))


def whole(**layer: Any) -> dict[str, Any]:
    """The whole event object with other attributes in its data layer."""
    return {**WHOLE, "data": {**WHOLE["data"], "udo": {**WHOLE["data"]["udo"], **layer}}}


def test_sample_is_this_event() -> None:
    """The sample's template becomes exactly this Purchase."""
    found = arrival(BODY, consent_categories=["C0004"])
    assert msgspec.to_builtins(found.event) == {
        "event_name": "Purchase",
        "event_time": AT,
        "event_id": "order-77120",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/danke",
        "referrer_url": "https://shop.example.de/kasse",
        "user_data": {
            "em": "ida.brandt@example.de",
            "ph": "+49 30 5550188",
            "fn": "Ida",
            "ln": "Brandt",
            "zp": "10115",
            "country": "DE",
            "external_id": "customer-77",
            "fbp": "fb.1.1795199200789.1577001122",
            "client_ip_address": "198.51.100.31",
            "client_user_agent": BODY["useragent"],
        },
        "custom_data": {"value": 61.3, "currency": "EUR", "order_id": "77120", **CONTENTS},
    }
    assert found.dedup_key == "order:shop:77120"
    assert found.signals.given == Consent(granted=True, at=AT)


def test_an_empty_template_variable_is_missing() -> None:
    """What the template leaves empty in ``user_data`` does not hide the documented attribute."""
    found = arrival({**BODY, "user_data": {"em": "", "fn": None}, "customer_email": "ida.brandt@example.de"})
    assert found.event.user_data["em"] == "ida.brandt@example.de"


def test_whole_event_object() -> None:
    """Of the whole event object what Tealium documents is read."""
    found = arrival(WHOLE, consent_categories=["C0004"])
    assert msgspec.to_builtins(found.event) == {
        "event_name": "Purchase",
        "event_time": AT,
        "event_id": "1a1ee055-1456-46f8-ab4d-779628c05dd4",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/danke",
        "referrer_url": "https://shop.example.de/kasse",
        "user_data": {
            "em": "ida.brandt@example.de",
            "fn": "Ida",
            "ln": "Brandt",
            "ct": "Berlin",
            "st": "BE",
            "zp": "10115",
            "country": "DE",
            "external_id": "customer-77",
            "client_ip_address": "198.51.100.31",
            "client_user_agent": "Mozilla/5.0",
            "fbp": "fb.1.1795199200789.1577001122",
            "fbc": "fb.1.1795199200001.IwAR0Tea",
        },
        "custom_data": {"value": 61.3, "currency": "EUR", "order_id": "77120", **CONTENTS},
    }
    assert found.dedup_key == "order:shop:77120"
    assert found.signals.given == Consent(granted=True, at=AT)


def test_what_a_visitor_can_write() -> None:
    """The data layer comes from the browser: what only a template may say is not read there."""
    forged = {
        "consent": {"granted": True, "at": AT}, "user_data": {"em": "x@example.de"}, "event_name": "search",
        "action_source": "phone_call", "event_time": 1, "post_time": 1, "event_id": "x", "client_ip": "203.0.113.1",
    }  # fmt: skip
    assert arrival(whole(**forged)) == arrival(WHOLE)


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        ("page_view", "PageView"),
        ("product_view", "ViewContent"),
        ("cart_add", "AddToCart"),
        ("checkout", "InitiateCheckout"),
        ("purchase", "Purchase"),
        ("search", "Search"),
        ("AddToCart", "AddToCart"),
        ("form_sent", "Lead"),
    ],
)
def test_event_names(name: str, meta: str) -> None:
    """The names that Tealium documents, Meta's, and those of the options; a template's goes before Tealium's."""
    events = {"form_sent": "Lead"}
    assert arrival({"tealium_event": name, "post_time": AT}, events=events).event.event_name == meta
    assert of({"events": events}, event_name=name, tealium_event="view").event.event_name == meta


@pytest.mark.parametrize("name", ["view", "link", "cart_remove", "cart_view", "grant_full_consent"])
def test_what_is_no_event(name: str) -> None:
    """Other names make no event."""
    assert mapped({**BODY, "event_name": name}).ignored == ["unknown_topic"]


@pytest.mark.parametrize("env", ["dev", "qa"])
def test_environment(env: str) -> None:
    """What a test environment sends is no visitor's."""
    assert mapped({**BODY, "env": env}) == Mapped(ignored=["test_environment"])
    assert mapped({**WHOLE, "env": env}) == Mapped(ignored=["test_environment"])


@pytest.mark.parametrize(
    "body",
    [
        {"event_name": "purchase"},
        {"event_time": AT},
        {"event_name": "purchase", "event_time": "soon"},
        {"metrics": {}, "dates": {}, "properties": {}},
        {"data": {"udo": {"tealium_event": "purchase"}}},
        {"data": {"udo": []}, "post_time": AT},
    ],
)
def test_what_is_no_event_object(body: dict[str, Any]) -> None:
    """Without a name or a time it is none; AudienceStream's visitors have neither."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped(body)


def test_array() -> None:
    """A batch is an array of the same; one that cannot be read harms no other."""
    found = mapped([BODY, WHOLE, {"event_name": "purchase"}, None])
    assert len(found.arrivals) == 2
    assert found.ignored == ["unreadable_event", "unreadable_event"]


@pytest.mark.parametrize("time", [AT, AT * 1_000, "2026-11-20T18:30:10Z"])
def test_time(time: Any) -> None:
    """Seconds, milliseconds and ISO 8601, as number or text, are the same moment."""
    assert of(event_time=str(time)).event.event_time == AT
    assert of(event_time=time).event.event_time == AT
    assert of(event_time=None, post_time=time).event.event_time == AT


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"value": 5, "order_total": "9", "currency": "eur", "order_currency": "USD"},
         {"value": 5.0, "currency": "EUR"}),
        ({"order_total": "9", "order_currency": "USD"}, {"value": 9.0, "currency": "USD"}),
        ({"value": 5}, {"value": 5.0}),
        ({"search_string": "mug"}, {"search_string": "mug"}),
        ({"search_keyword": "mug"}, {"search_string": "mug"}),
        ({"product_id": ["a"]},
         {"content_type": "product", "content_ids": ["a"], "contents": [{"id": "a", "quantity": 1}], "num_items": 1}),
        ({"product_id": "a", "product_quantity": 2, "product_unit_price": "3"},
         {"content_type": "product", "content_ids": ["a"], "num_items": 2,
          "contents": [{"id": "a", "quantity": 2, "item_price": 3.0}]}),
        ({"product_id": ["a", "b"], "product_quantity": ["2"]}, None),
        ({"product_id": ["a"], "product_unit_price": ["2", "3"]}, None),
        ({"product_id": [], "product_quantity": ["2"]}, None),
        ({"contents": [{"id": "c", "quantity": 2, "item_price": "1.5"}, {"quantity": 1}], "product_id": ["a"]},
         {"content_type": "product", "content_ids": ["c"], "num_items": 2,
          "contents": [{"id": "c", "quantity": 2, "item_price": 1.5}]}),
        ({}, None),
    ],
)  # fmt: skip
def test_custom_data(body: dict[str, Any], data: dict[str, Any] | None) -> None:
    """A template's names go first; arrays whose lengths differ pair nothing; no currency is assumed."""
    assert of(**body).event.custom_data == data


def test_content_id() -> None:
    """The catalogue decides which attribute lists the products."""
    found = arrival(WHOLE, content_id="product_sku").event.custom_data
    assert found
    assert found["content_ids"] == ["M-1", "T-7"]


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ({}, None),
        ({"tci.consent_type": "explicit", "tci.purposes_with_consent_all": ["C0004"]}, Consent(granted=True, at=AT)),
        ({"tci.consent_type": "explicit", "tci.purposes_with_consent_all": ["C0001"]}, Consent(granted=False, at=AT)),
        ({"tci.consent_type": "implicit", "tci.purposes_with_consent_all": ["C0004"]}, None),
        ({"tci.consent_type": "implicit", "tci.purposes_with_consent_all": []}, None),
        ({"tci.purposes_with_consent_all": ["C0004"]}, None),
        ({"consent_type": "explicit", "purposes_with_consent_all": ["C0004"]}, Consent(granted=True, at=AT)),
        ({"consent_type": "explicit", "purposes_with_consent_all": "C0004"}, None),
        ({"consent_categories": ["C0004", "email"]}, Consent(granted=True, at=AT)),
        ({"consent_categories": []}, Consent(granted=False, at=AT)),
        ({"consent_categories": ""}, None),
        ({"consent_categories": [], "purposes_with_consent_all": ""}, Consent(granted=False, at=AT)),
        ({"consent_categories": ["C0004"], "consent_type": "implicit", "purposes_with_consent_all": ["C0004"]}, None),
        ({"consent_categories": ["C0004"], "consent_type": "implicit"}, None),
        ({"consent_categories": ["C0004"], "consent_type": "explicit", "purposes_with_consent_all": "C0001"}, None),
        ({"consent_categories": [], "consent_type": "implicit"}, Consent(granted=False, at=AT)),
        ({"consent_categories": ["C0004"], "consent_type": "explicit"}, Consent(granted=True, at=AT)),
        (
            {"consent_categories": [], "consent_type": "explicit", "purposes_with_consent_all": ["C0004"]},
            Consent(granted=False, at=AT),
        ),
        (
            {"consent_type": "explicit", "tci.purposes_with_consent_all": ["C0004"], "purposes_with_consent_all": []},
            Consent(granted=False, at=AT),
        ),
        (
            {"tci.consent_type": "explicit", "consent_type": "implicit", "tci.purposes_with_consent_all": ["C0004"]},
            None,
        ),
        ({"consent": {"tcf": "CQt"}}, Consent(tcf="CQt")),
        ({"consent": {"granted": True, "at": 5}, "consent_categories": []}, Consent(granted=False, at=AT)),
    ],
)
def test_consent(body: dict[str, Any], given: Consent | None) -> None:
    """A list counts when the visitor chose; what it leaves out was refused."""
    assert of({"consent_categories": ["C0004"]}, **body).signals.given == given


def test_consent_without_the_option() -> None:
    """Which purpose stands for advertising at Meta, only the options can say."""
    assert arrival(BODY).signals.given is None
    assert of(consent_categories=[]).signals.given is None


@pytest.mark.parametrize("page", ["https://", "about:blank", "https://shop.example.de:99999/"])
def test_page_that_is_none(page: str) -> None:
    """An address that nobody can read makes it an event of elsewhere, and does not cost the event."""
    event = of(page_url=page).event
    assert (event.action_source, event.event_source_url) == ("other", None)
