"""Which of Shopify's webhooks become what: orders of every kind and age, checkouts, customers, privacy requests."""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected
from sluice.event import Arrival
from sluice.match_keys import to_match_keys
from sluice.rules import problems
from sluice.settings import Secret, Source
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.shopify import Options, authenticate, to_arrivals
from tests.samples import DATASET, NOW, SHOPIFY_SECRET, file_request, order, order_request, request
from tests.strategies import json_values

SECRETS = [Secret(SHOPIFY_SECRET)]
DAY = 86_400
ORDER_AT = "2026-11-20T18:04:29Z"
CHECKOUT = file_request("shopify-checkouts-create")
REDACT = file_request("shopify-customers-redact")
TOKEN = "9d2b7c4e1f6a4835b0c9d8e7f6a5b4c3"


def mapped(request: Request, now: int = NOW, **options: Any) -> Mapped:
    """What the adapter makes of a request."""
    return to_arrivals(request, "shop", Source("shopify", DATASET, SECRETS, Options(**options)), now)


def of_topic(topic: str, body: dict[str, Any], now: int = NOW, **options: Any) -> Mapped:
    """What the adapter makes of a body under a topic."""
    return mapped(order_request(body, topic=topic), now, **options)


def one(found: Mapped) -> Arrival:
    """The one event."""
    (arrival,) = found.arrivals
    return arrival


def checkout(**changes: Any) -> dict[str, Any]:
    """The checkout of the sample with other fields; ``...`` leaves one out."""
    body = {**json.loads(CHECKOUT.body), **changes}
    return {name: value for name, value in body.items() if value is not ...}


def customer(**changes: Any) -> dict[str, Any]:
    """A customer with an account."""
    return {
        "id": 8123456789099,
        "email": "kim.sample@example.com",
        "created_at": "2026-11-20T18:00:00Z",
        "updated_at": "2026-11-20T18:30:00Z",
        "first_name": "Kim",
        "last_name": "Sample",
        "state": "enabled",
        "phone": "+491713920099",
        "currency": "EUR",
        "addresses": [],
        "default_address": {"first_name": "Kim", "last_name": "Sample", "city": "Bonn", "country_code": "DE"},
        **changes,
    }


DRAFT = {"id": 5, "line_items": [], "total_price": "1.00", "created_at": ORDER_AT, "status": "open"}


class TestTopics:
    """What is not an event is ignored for a reason, and its body is not even read."""

    @pytest.mark.parametrize(
        ("topic", "reason"),
        [
            ("carts/create", "nobody_named"),
            ("carts/update", "nobody_named"),
            ("refunds/create", "nobody_named"),
            ("draft_orders/create", "draft_order"),
            ("draft_orders/update", "draft_order"),
            ("orders/edited", "unknown_topic"),
            ("orders/delete", "unknown_topic"),
            ("orders/fulfilled", "unknown_topic"),
            ("orders/partially_fulfilled", "unknown_topic"),
            ("fulfillments/create", "unknown_topic"),
            ("checkouts/delete", "unknown_topic"),
            ("customers/update", "unknown_topic"),
            ("customers/disable", "unknown_topic"),
            ("customers_email_marketing_consent/update", "unknown_topic"),
            ("customers_marketing_consent/update", "unknown_topic"),
            ("app/uninstalled", "unknown_topic"),
            ("products/update", "unknown_topic"),
            ("", "unknown_topic"),
        ],
    )
    def test_ignored(self, topic: str, reason: str) -> None:
        """The body may be anything."""
        assert mapped(order_request(b"no json", topic=topic)) == Mapped(ignored=[reason])

    @pytest.mark.parametrize("topic", ["ORDERS/PAID", "Orders/Paid"])
    def test_spelling(self, topic: str) -> None:
        """A topic is the same in any case."""
        assert one(of_topic(topic, order())).event.event_name == "Purchase"

    @pytest.mark.parametrize(
        ("topic", "body"),
        [
            ("orders/paid", checkout(id=5)),
            ("orders/paid", customer()),
            ("orders/paid", {**order(), "created_at": None}),
            ("orders/cancelled", order()),
            ("orders/paid", DRAFT),
            ("checkouts/create", order()),
            ("checkouts/update", {"token": "t", "line_items": [], "created_at": ORDER_AT}),
            ("checkouts/create", customer()),
            ("customers/create", order()),
            ("customers/enable", checkout()),
            ("customers/create", {"id": 5, "created_at": ORDER_AT, "email": None}),
            ("customers/redact", {"shop_id": 1, "shop_domain": "x"}),
            ("customers/redact", {**json.loads(REDACT.body), "orders_requested": [1]}),
            ("customers/data_request", json.loads(REDACT.body)),
            ("customers/redact", {"shop_domain": "x", "customer": {}, "data_request": {"id": 1}}),
            ("shop/redact", json.loads(REDACT.body)),
            ("shop/redact", {}),
            ("shop/redact", order()),
        ],
    )
    def test_topic_of_another_body(self, topic: str, body: dict[str, Any]) -> None:
        """The topic is not signed: a body that is not of its kind is refused, and never taken for something else."""
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            of_topic(topic, body)

    @pytest.mark.parametrize(
        "topic", ["orders/updated", "checkouts/create", "customers/enable", "customers/redact", "shop/redact"]
    )
    @given(body=json_values)
    def test_total(self, topic: str, body: Any) -> None:
        """Any JSON under any topic is mapped, ignored or refused, and nothing else."""
        with suppress(Rejected):
            mapped(order_request(json.dumps(body).encode(), topic=topic))


class TestEventsFamily:
    """Shopify's newer Events: headers without X-."""

    @staticmethod
    def sent(body: bytes = b'{"topic":"Product"}', **headers: str) -> Request:
        """A signed one."""
        signature = base64.b64encode(hmac.digest(SHOPIFY_SECRET.encode(), body, "sha256")).decode()
        named = {"shopify-hmac-sha256": signature, "shopify-shop-domain": "one.myshopify.com", **headers}
        return request(body, {"shopify-topic": "Product", "shopify-action": "update", **named})

    def test_is_acknowledged(self) -> None:
        """It is let in by its own headers, ignored and counted."""
        authenticate(self.sent(), Check(SECRETS, Options(shop_domain="one.myshopify.com"), NOW))
        assert mapped(self.sent()) == Mapped(ignored=["unsupported_family"])

    def test_says_nothing_to_the_other_family(self) -> None:
        """A header of the other family does not make an order of it."""
        both = self.sent(order_request(order()).body, **{"x-shopify-topic": "orders/paid"})
        assert mapped(both) == Mapped(ignored=["unsupported_family"])

    @pytest.mark.parametrize(
        "headers",
        [{"shopify-hmac-sha256": "AAAA"}, {"shopify-hmac-sha256": ""}, {"shopify-shop-domain": "two.myshopify.com"}],
    )
    def test_must_be_signed(self, headers: dict[str, str]) -> None:
        """Its own signature must fit, and so must its own shop."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(**headers), Check(SECRETS, Options(shop_domain="one.myshopify.com"), NOW))

    def test_is_not_let_in_by_the_other_family_s_signature(self) -> None:
        """A signature of the other family that fits makes up for none of its own."""
        others = {"x-shopify-hmac-sha256": self.sent().headers["shopify-hmac-sha256"]}
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(**others, **{"shopify-hmac-sha256": "AAAA"}), Check(SECRETS, Options(), NOW))


class TestOrderTopics:
    """One of an order's many webhooks is the Purchase."""

    @pytest.mark.parametrize(
        ("topic", "changes", "options", "reason"),
        [
            ("orders/paid", {}, {}, None),
            ("orders/create", {}, {}, "not_the_purchase_topic"),
            ("orders/updated", {}, {}, "not_the_purchase_topic"),
            ("orders/create", {}, {"purchase_topic": "orders/create"}, None),
            ("orders/create", {"financial_status": "pending"}, {"purchase_topic": "orders/create"}, None),
            ("orders/paid", {}, {"purchase_topic": "orders/create"}, "not_the_purchase_topic"),
            ("orders/updated", {}, {"purchase_topic": "orders/create"}, "not_the_purchase_topic"),
            ("orders/updated", {}, {"paid_by_update": True}, None),
            ("orders/create", {}, {"paid_by_update": True}, "not_the_purchase_topic"),
            ("orders/updated", {"financial_status": "pending"}, {"paid_by_update": True}, "unpaid_order"),
            ("orders/updated", {"financial_status": "refunded"}, {"paid_by_update": True}, "unpaid_order"),
            ("orders/updated", {"financial_status": None}, {"paid_by_update": True}, "unpaid_order"),
            ("orders/updated", {"created_at": "2026-11-13T18:39:59Z"}, {"paid_by_update": True}, "too_old"),
            ("orders/updated", {"created_at": "2026-11-13T18:40:00Z"}, {"paid_by_update": True}, None),
            ("orders/paid", {"financial_status": "pending"}, {}, "unpaid_order"),
            ("orders/paid", {"financial_status": "authorized"}, {}, "unpaid_order"),
            ("orders/paid", {"financial_status": "voided"}, {}, "unpaid_order"),
            ("orders/paid", {"financial_status": "partially_refunded"}, {}, None),
            ("orders/paid", {"financial_status": None}, {}, None),
            ("orders/paid", {"test": True}, {}, "test_order"),
            ("orders/paid", {"cancelled_at": ORDER_AT}, {}, "cancelled_order"),
            ("orders/cancelled", {"cancelled_at": ORDER_AT}, {}, "cancelled_order"),
            ("orders/cancelled", {"cancelled_at": ORDER_AT, "test": True}, {"cancellations": True}, "test_order"),
            ("orders/paid", {"cancelled_at": ORDER_AT}, {"cancellations": True}, "cancelled_order"),
            ("orders/paid", {"company": {"id": 1, "location_id": 2}}, {}, None),
            ("orders/paid", {"company": {"id": 1, "location_id": 2}}, {"b2b": False}, "b2b_order"),
            ("orders/paid", {"company": None}, {"b2b": False}, None),
            ("orders/paid", {"source_name": "shopify_draft_order"}, {"drafts": "ignore"}, "unwanted_origin"),
            ("orders/paid", {"source_name": "subscription_contract"}, {"subscriptions": "ignore"}, "unwanted_origin"),
            ("orders/paid", {"source_name": "580111"}, {"apps": "ignore"}, "unwanted_origin"),
            ("orders/paid", {"source_name": None}, {"apps": "ignore"}, "unwanted_origin"),
            ("orders/paid", {"source_name": "web"}, {"apps": "ignore", "drafts": "ignore"}, None),
            ("orders/paid", {"source_name": "pos"}, {"apps": "ignore", "drafts": "ignore"}, None),
        ],
    )
    def test_purchase(self, topic: str, changes: dict[str, Any], options: dict[str, Any], reason: str | None) -> None:
        """An order that is no Purchase now is ignored for a reason."""
        found = of_topic(topic, order(**changes), **options)
        assert [*found.ignored] == ([reason] if reason else [])
        assert len(found.arrivals) == (0 if reason else 1)

    @pytest.mark.parametrize(
        ("source_name", "action_source"),
        [
            ("subscription_contract", "system_generated"),
            ("subscription_contract_checkout_one", "system_generated"),
            ("shopify_draft_order", "phone_call"),
            ("580111", "chat"),
            ("iphone", "chat"),
            ("web", "website"),
            ("pos", "physical_store"),
        ],
    )
    def test_origin(self, source_name: str, action_source: str) -> None:
        """A renewal happens by itself; where drafts and other programs' orders are made, the shop knows."""
        found = of_topic("orders/paid", order(source_name=source_name), drafts="phone_call", apps="chat")
        assert one(found).event.action_source == action_source

    @pytest.mark.parametrize(
        ("source_name", "processed_at", "reason"),
        [
            ("580111", "2026-11-13T18:04:30Z", None),
            ("580111", "2026-11-13T18:04:29Z", "imported_order"),
            ("shopify_draft_order", "2025-01-01T00:00:00Z", "imported_order"),
            ("web", "2026-11-01T00:00:00Z", None),
            ("pos", "2026-11-01T00:00:00Z", None),
        ],
    )
    def test_import(self, source_name: str, processed_at: str, reason: str | None) -> None:
        """What a program entered more than a week after it was sold is no event of now; a till may be late."""
        sold = order(source_name=source_name, processed_at=processed_at, created_at="2026-11-20T18:04:30Z")
        assert [*of_topic("orders/paid", sold).ignored] == ([reason] if reason else [])

    @pytest.mark.parametrize(
        "options",
        [{"pixel": True}, {"paid_by_update": True, "purchase_topic": "orders/create"}],
    )
    def test_options_that_contradict_each_other(self, options: dict[str, Any]) -> None:
        """They are named when the settings are checked."""
        with pytest.raises(ValueError, match="purchase_topic"):
            Options(**options)


class TestLatePayment:
    """An invoice that is paid more than six days after the order."""

    MADE = "2026-11-05T10:00:00Z"
    PAID = "2026-11-20T18:30:00Z"
    PAID_AT = NOW - 600

    def paid(self, topic: str = "orders/paid", triggered_at: str = PAID, **changes: Any) -> Arrival:
        """The Purchase of such an order."""
        late = order(**{"created_at": self.MADE, "processed_at": self.MADE, "updated_at": self.PAID, **changes})
        return one(mapped(order_request(late, topic=topic, triggered_at=triggered_at), purchase_topic=topic))

    def test_is_dated_by_the_payment(self) -> None:
        """Its time is the order's last change, which the payment was."""
        assert self.paid().event.event_time == self.PAID_AT

    @pytest.mark.parametrize("triggered_at", ["", "soon", "2026-11-20T18:39:00Z", "2030-01-01T00:00:00Z"])
    def test_the_unsigned_time_changes_nothing(self, triggered_at: str) -> None:
        """Whoever sends a signed body once more cannot date it."""
        assert self.paid(triggered_at=triggered_at).event.event_time == self.PAID_AT

    @pytest.mark.parametrize(
        ("changes", "age"),
        [
            ({"updated_at": "2026-11-11T10:00:00Z"}, 15 * DAY + 8 * 3600 + 2400),
            ({"updated_at": "2026-11-11T10:00:01Z"}, 9 * DAY + 8 * 3600 + 2399),
            ({"updated_at": None}, 15 * DAY + 8 * 3600 + 2400),
            ({"updated_at": "soon"}, 15 * DAY + 8 * 3600 + 2400),
            ({"source_name": "pos"}, 15 * DAY + 8 * 3600 + 2400),
        ],
    )
    def test_what_is_not_late(self, changes: dict[str, Any], age: int) -> None:
        """Up to six days, without a readable change, and at a till, whose events Meta takes for two months."""
        assert NOW - self.paid(**changes).event.event_time == age

    def test_only_of_a_payment(self) -> None:
        """Another topic's last change is no payment."""
        assert self.paid("orders/create").event.event_time == NOW - (15 * DAY + 8 * 3600 + 2400)

    def test_an_import_is_not_made_young(self) -> None:
        """An order of long ago that was entered and marked as paid now keeps its time."""
        entered = {"source_name": "web", "created_at": "2026-11-20T18:29:00Z", "processed_at": "2026-01-01T00:00:00Z"}
        assert self.paid(**entered).event.event_time == 1_767_225_600


CANCELLED = {"cancelled_at": "2026-11-20T19:30:00+01:00", "financial_status": "refunded"}


class TestCancellation:
    """``OrderCancelled``, if the source wants it."""

    def test_event(self) -> None:
        """It has an id of its own, a positive value, the order's person and consent, and no browser."""
        found = one(of_topic("orders/cancelled", order(**CANCELLED), cancellations=True))
        purchase = one(of_topic("orders/paid", order()))
        browser = {"client_ip_address", "client_user_agent"}
        assert msgspec.to_builtins(found.event) == {
            "event_name": "OrderCancelled",
            "event_time": NOW - 600,
            "event_id": "cancelled-6031947350283",
            "action_source": "system_generated",
            "user_data": {name: value for name, value in purchase.event.user_data.items() if name not in browser},
            "custom_data": purchase.event.custom_data,
        }
        assert found.dedup_key is None
        assert found.signals == purchase.signals

    @pytest.mark.parametrize(
        ("status", "topic", "is_sent"),
        [
            ("refunded", "orders/paid", True),
            ("voided", "orders/paid", False),
            ("pending", "orders/paid", False),
            ("voided", "orders/create", True),
        ],
    )
    def test_only_of_a_purchase(self, status: str, topic: Any, is_sent: bool) -> None:
        """An order that never was a Purchase is not one taken back."""
        body = order(**{**CANCELLED, "financial_status": status})
        found = of_topic("orders/cancelled", body, cancellations=True, purchase_topic=topic)
        assert bool(found.arrivals) == is_sent


class TestMoney:
    """Shop's or buyer's money, never mixed."""

    def test_buyer_s_currency(self) -> None:
        """Total, currency and the price of each piece are the buyer's."""
        data = one(of_topic("orders/paid", order(), money="presentment")).event.custom_data
        assert data is not None
        assert (data["value"], data["currency"]) == (94.56, "CHF")
        assert [content["item_price"] for content in data["contents"]] == [68.26, 10.8]

    @pytest.mark.parametrize(
        "total_price_set",
        [
            None,
            {},
            [],
            {"presentment_money": None},
            {"presentment_money": {"amount": "94.56"}},
            {"presentment_money": {"currency_code": "CHF"}},
            {"presentment_money": {"amount": "x", "currency_code": "CHF"}},
        ],
    )
    def test_missing(self, total_price_set: Any) -> None:
        """Where the buyer's total is not readable, everything is the shop's."""
        data = one(of_topic("orders/paid", order(total_price_set=total_price_set), money="presentment"))
        assert data.event.custom_data == one(of_topic("orders/paid", order())).event.custom_data

    def test_line_without_the_buyer_s_price(self) -> None:
        """A line that has only the shop's price has none."""
        lines = [{"variant_id": 7, "quantity": 1, "price": "10.00"}]
        data = one(of_topic("orders/paid", order(line_items=lines), money="presentment")).event.custom_data
        assert data is not None
        assert data["contents"] == [{"id": "7", "quantity": 1}]


NOBODY = {
    "email": None, "contact_email": None, "phone": None, "customer": None, "note_attributes": [],
    "billing_address": {"country": "Germany", "country_code": "DE", "province": None}, "shipping_address": [],
}  # fmt: skip


class TestWithheld:
    """What an app without approval for customers' data gets, and tills that ask nobody."""

    @pytest.mark.parametrize(
        ("topic", "body"),
        [
            ("orders/paid", order(**NOBODY)),
            ("orders/paid", order(**NOBODY, browser_ip=None, client_details=None)),
            ("orders/paid", order(**NOBODY, source_name="pos")),
            ("orders/cancelled", order(**NOBODY, cancelled_at=ORDER_AT)),
            ("checkouts/create", checkout(**NOBODY)),
        ],
    )
    def test_nobody(self, topic: str, body: dict[str, Any]) -> None:
        """A body that names nobody makes no event; a browser's address and a country name nobody."""
        assert of_topic(topic, body, cancellations=True) == Mapped(ignored=["no_identifiers"])

    @pytest.mark.parametrize(
        "changes",
        [
            {"customer": {"id": 5}},
            {"email": "jo.sample@example.com"},
            {"note_attributes": [{"name": "_fbp", "value": "fb.1.1795197600123.1"}]},
            {"note_attributes": [{"name": "_fbc", "value": "fb.1.1795197600123.x"}]},
            {"shipping_address": {"phone": "+491713920042"}},
        ],
    )
    def test_somebody(self, changes: dict[str, Any]) -> None:
        """One thing that names a person is enough."""
        assert one(of_topic("orders/paid", order(**{**NOBODY, **changes}))).event.event_name == "Purchase"


class TestClickOfLandingPage:
    """``fbc`` from the click id in ``landing_site``, only with a time that somebody noted."""

    LANDING = "/products/vest?utm_source=facebook&fbclid=IwAR0Sample_1-a"

    def fbc(self, landing_site: Any = LANDING, **notes: str) -> object:
        """The click id of an order with these cart attributes."""
        attributes = [{"name": f"_{name}", "value": value} for name, value in notes.items()]
        found = of_topic("orders/paid", order(landing_site=landing_site, note_attributes=attributes))
        return one(found).event.user_data.get("fbc")

    def test_with_the_time_of_the_landing(self) -> None:
        """The storefront's note of when the landing page was opened is the time of the click."""
        assert self.fbc(capi_landed_at="2026-11-20T17:59:59.001Z") == "fb.1.1795197599000.IwAR0Sample_1-a"

    @pytest.mark.parametrize(
        "notes",
        [
            {},
            {"capi_landed_at": ""},
            {"capi_landed_at": "soon"},
            {"capi_landed_at": "2026-11-20 17:59:59"},
            {"capi_landed_at": "2026-11-20T18:04:32Z"},
            {"capi_consent": "marketing=granted;ts=2026-11-20T18:01:12Z;src=cmp", "fbp": "fb.1.1795197600123.1"},
        ],
    )
    def test_without(self, notes: dict[str, str]) -> None:
        """The order, the choice and the browser id have times of their own; a note from after the order is none."""
        assert self.fbc(**notes) is None

    def test_the_cookie_first(self) -> None:
        """The cookie is the click id itself."""
        assert self.fbc(fbc="fb.1.1795197599001.x", capi_landed_at="2026-11-20T17:00:00Z") == "fb.1.1795197599001.x"

    @pytest.mark.parametrize(
        "landing_site", [None, "", "/products/vest", "/?fbclid=", "/?fbclid=a.b", "/?x=" + "y" * 245 + "&fbclid=cut", 5]
    )
    def test_no_click(self, landing_site: Any) -> None:
        """No click id, one that is none, and one that the end of a long address may have cut off."""
        assert self.fbc(landing_site, capi_landed_at="2026-11-20T17:00:00Z") is None


class TestCheckout:
    """``InitiateCheckout``."""

    def test_sample_is_this_event(self) -> None:
        """The signed sample becomes exactly this event."""
        found = one(mapped(CHECKOUT))
        assert msgspec.to_builtins(found.event) == {
            "event_name": "InitiateCheckout",
            "event_time": 1_795_199_468,
            "event_id": TOKEN,
            "action_source": "other",
            "user_data": {
                "em": ["mara.oezdemir@example.de", "mara.oezdemir@example.de"],
                "fn": "Mara",
                "ln": "Özdemir",
                "ct": "Köln",
                "zp": "50667",
                "country": "DE",
                "external_id": "8123456789077",
                "fbp": "fb.1.1795199091456.1740294851",
            },
            "custom_data": {
                "value": 44.9,
                "currency": "EUR",
                "content_type": "product",
                "content_ids": ["46100000000002", "46100000000005"],
                "contents": [
                    {"id": "46100000000002", "quantity": 2, "item_price": 12.5},
                    {"id": "46100000000005", "quantity": 1, "item_price": 19.9},
                ],
                "num_items": 3,
            },
        }
        assert found.dedup_key is None
        assert found.signals.notes == ("marketing=granted;ts=2026-11-20T18:24:50Z;src=shopify-customer-privacy",)
        assert found.signals.named_by == (("checkout", TOKEN),)
        assert found.not_after is None
        assert problems(found.event, now_seconds=NOW) == []

    def test_update_is_the_same(self) -> None:
        """An update is the same event under the same key, at the time of the checkout."""
        later = checkout(updated_at="2026-11-20T19:38:00+01:00", completed_at="2026-11-20T19:38:00+01:00")
        assert one(of_topic("checkouts/update", later)) == one(mapped(CHECKOUT))

    @pytest.mark.parametrize(
        ("changes", "options", "reason"),
        [
            ({"created_at": "2026-11-13T18:39:59Z"}, {}, "too_old"),
            ({"created_at": "2026-11-13T18:40:00Z"}, {}, None),
            ({"source_name": "shopify_draft_order"}, {"drafts": "ignore"}, "unwanted_origin"),
            ({"created_at": "2026-11-18T19:39:59Z"}, {"pixel": True}, "pixel_window_passed"),
            ({"created_at": "2026-11-18T19:40:00Z"}, {"pixel": True}, None),
        ],
    )
    def test_ignored(self, changes: dict[str, Any], options: dict[str, Any], reason: str | None) -> None:
        """One that is too old, unwanted, or reported by a pixel long ago."""
        topic = "orders/create" if "pixel" in options else "orders/paid"
        found = of_topic("checkouts/update", checkout(**changes), purchase_topic=topic, **options)
        assert [*found.ignored] == ([reason] if reason else [])

    def test_not_after_the_pixel_s(self) -> None:
        """Beside a pixel it must be sent while Meta still sees that they are one."""
        found = one(of_topic("checkouts/create", checkout(), purchase_topic="orders/create", pixel=True))
        assert found.not_after == 1_795_199_468 + 47 * 3600

    @pytest.mark.parametrize("money", ["shop", "presentment"])
    def test_two_currencies(self, money: str) -> None:
        """Where shop and buyer have different currencies nobody says whose the amounts are: they are left out."""
        data = one(of_topic("checkouts/create", checkout(presentment_currency="CHF"), money=money)).event.custom_data
        assert data == {
            "content_type": "product",
            "content_ids": ["46100000000002", "46100000000005"],
            "contents": [{"id": "46100000000002", "quantity": 2}, {"id": "46100000000005", "quantity": 1}],
            "num_items": 3,
        }

    @pytest.mark.parametrize("properties", [None, [], {}, {"a": "b"}, [{"name": "a", "value": "b"}]])
    @pytest.mark.parametrize("address", [[], None, {}, ...])
    def test_shapes_that_vary(self, properties: Any, address: Any) -> None:
        """Lists in the place of objects, nothing and nulls change nothing."""
        lines = [{**line, "properties": properties} for line in checkout()["line_items"]]
        found = one(of_topic("checkouts/create", checkout(line_items=lines, shipping_address=address)))
        assert found == one(mapped(CHECKOUT))

    def test_till(self) -> None:
        """A till's is one of a physical store."""
        assert one(of_topic("checkouts/create", checkout(source_name="pos"))).event.action_source == "physical_store"


class TestCustomer:
    """``CompleteRegistration``."""

    def test_event(self) -> None:
        """A customer with an account; the id is the digest that the pixel can compute, and no raw id."""
        found = one(of_topic("customers/create", customer()))
        assert msgspec.to_builtins(found.event) == {
            "event_name": "CompleteRegistration",
            "event_time": NOW - 2_400,
            "event_id": hashlib.sha256(b"8123456789099").hexdigest(),
            "action_source": "other",
            "user_data": {
                "em": ["kim.sample@example.com"],
                "ph": "+491713920099",
                "fn": "Kim",
                "ln": "Sample",
                "ct": "Bonn",
                "country": "DE",
                "external_id": "8123456789099",
            },
        }
        assert found.dedup_key is None
        assert (found.signals.notes, found.signals.given) == ((), None)
        keys = to_match_keys(found.event.user_data, default_country=None, now_seconds=NOW).keys
        assert keys["external_id"] == [found.event.event_id]

    def test_activation(self) -> None:
        """An account that was opened later happened then, and counts once with the other topic."""
        opened = one(of_topic("customers/enable", customer()))
        made = one(of_topic("customers/create", customer()))
        assert opened.event.event_time == NOW - 600
        assert (opened.dedup_key, opened.event.event_id) == (made.dedup_key, made.event.event_id)

    @pytest.mark.parametrize("topic", ["customers/create", "customers/enable"])
    @pytest.mark.parametrize("state", ["disabled", "invited", "declined", None, "", 5])
    def test_no_account(self, topic: str, state: Any) -> None:
        """Guests, imports, tills and invitations open no account."""
        assert of_topic(topic, customer(state=state)) == Mapped(ignored=["no_account"])

    def test_old_body(self) -> None:
        """The newsletter's state, which bodies before 2025-01 hold, is no signal."""
        old = customer(
            accepts_marketing=True,
            email_marketing_consent={"state": "subscribed", "opt_in_level": "single_opt_in"},
            orders_count=0,
        )
        assert one(of_topic("customers/create", old)) == one(of_topic("customers/create", customer()))


class TestPrivacy:
    """The three compliance topics."""

    def test_sample(self) -> None:
        """The signed sample asks to erase a person and two orders; its reference is a digest of the body."""
        found = mapped(REDACT)
        (asked,) = found.privacy
        assert (asked.kind, asked.reference) == ("erasure", hashlib.sha256(REDACT.body).hexdigest())
        assert asked.user_data == {
            "em": "tom.berger@example.de", "ph": "+491713920111", "external_id": "8123456789031",
        }  # fmt: skip
        assert asked.orders == ["6031947350111", "6031947350112"]
        assert found == Mapped(privacy=[asked])

    @pytest.mark.parametrize(
        ("changes", "user_data", "orders"),
        [
            ({"customer": {"email": "a@example.com"}}, {"em": "a@example.com"}, ["1"]),
            ({"customer": {"id": 5, "email": None, "phone": None}}, {"external_id": "5"}, ["1"]),
            ({"customer": None}, {}, ["1"]),
            ({"customer": []}, {}, ["1"]),
            ({"orders_to_redact": None}, {"external_id": "7"}, []),
            ({"orders_to_redact": [1, "2", None, {}]}, {"external_id": "7"}, ["1", "2"]),
            ({"orders_to_redact": "1"}, {"external_id": "7"}, []),
        ],
    )
    def test_what_is_missing(self, changes: dict[str, Any], user_data: dict[str, str], orders: list[str]) -> None:
        """Whatever of it is not there, the request is recorded."""
        body = {"shop_id": 1, "shop_domain": "x", "customer": {"id": 7}, "orders_to_redact": [1], **changes}
        (asked,) = of_topic("customers/redact", body).privacy
        assert (asked.user_data, asked.orders) == (user_data, orders)

    def test_access(self) -> None:
        """A request for a copy has Shopify's id."""
        body = {
            "shop_id": 1,
            "shop_domain": "example-outdoor.myshopify.com",
            "customer": {"id": 7, "email": "a@example.com", "phone": "555-625-1199"},
            "orders_requested": [11, 12],
            "data_request": {"id": 9999},
        }
        (asked,) = of_topic("customers/data_request", body).privacy
        assert (asked.kind, asked.reference, asked.orders) == ("access", "9999", ["11", "12"])

    def test_shop(self) -> None:
        """The end of a shop names nobody."""
        (asked,) = of_topic("shop/redact", {"shop_id": 1, "shop_domain": "x"}).privacy
        assert (asked.kind, asked.user_data, asked.orders) == ("shop_erasure", {}, [])

    def test_nothing_shows(self) -> None:
        """What is printed of it names nobody."""
        assert "example" not in repr(mapped(REDACT)) + repr(mapped(CHECKOUT).privacy)


CONSENT_FIELDS = {"state": "subscribed", "opt_in_level": None, "consent_updated_at": ORDER_AT}
OF_CUSTOMER = {"orders_count": 1, "total_spent": "98.50", "last_order_id": 6031947350283, "tags": "vip"}
VERSIONS = {
    "2023-07": ({"checkout_id": 3551234567, "user_id": None, "gateway": "shopify_payments", "total_price_usd": "1.00"},
                {**OF_CUSTOMER, "accepts_marketing": True, "accepts_marketing_updated_at": ORDER_AT,
                 "marketing_opt_in_level": "single_opt_in", "email_marketing_consent": CONSENT_FIELDS,
                 "sms_marketing_consent": CONSENT_FIELDS}),
    "2024-01": ({"checkout_id": 3551234567},
                {**OF_CUSTOMER, "email_marketing_consent": CONSENT_FIELDS, "sms_marketing_consent": CONSENT_FIELDS}),
    "2024-10": ({"checkout_id": 3551234567, "returns": [], "total_cash_rounding_payment_adjustment_set": None},
                {**OF_CUSTOMER, "email_marketing_consent": CONSENT_FIELDS, "sms_marketing_consent": None}),
    "2025-01": ({"checkout_id": 3551234567, "company": None}, {}),
    "2025-07": ({"checkout_id": None, "company": None}, {}),
    "2026-04": ({"line_item_groups": [], "merchant_business_entity_id": "SAMPLEENTITY"}, {}),
    "2026-10": ({}, {}),
}  # fmt: skip
"""What bodies of each version had beside or instead of the newest's fields: in the order, and in its customer."""


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_the_same_event(version: str) -> None:
    """Versions come and go by themselves; the same order is the same event under each."""
    of_order, of_customer = VERSIONS[version]
    body = order(**of_order)
    body["customer"] = {**body["customer"], **of_customer}
    found = mapped(order_request(body, api_version=version))
    assert one(found) == one(mapped(file_request("shopify-orders-paid")))


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"client_details": None}, {"client_user_agent"}),
        ({"client_details": []}, {"client_user_agent"}),
        ({"client_details": None, "browser_ip": None}, {"client_user_agent", "client_ip_address"}),
        ({"billing_address": [], "shipping_address": []}, {"ph"}),
        ({"billing_address": [], "shipping_address": [], "customer": None}, {"ph", "fn", "ln", "ct", "zp", "country",
                                                                          "external_id"}),
        ({"customer": []}, {"external_id"}),
        ({"note_attributes": {}}, {"fbp", "fbc"}),
        ({"discount_applications": None, "tax_lines": None, "shipping_lines": None, "payment_terms": None}, set()),
        ({"cart_token": None, "landing_site": None, "referring_site": "", "customer_locale": None}, set()),
    ],
)  # fmt: skip
def test_shapes_that_vary(changes: dict[str, Any], missing: set[str]) -> None:
    """Nulls and empty lists in the place of objects cost what they would hold, and nothing else."""
    whole, found = (one(of_topic("orders/paid", order(**each))).event for each in ({}, changes))
    assert whole.user_data.keys() - found.user_data.keys() == missing
    assert found.custom_data == whole.custom_data


@given(st.sampled_from(sorted(checkout())), json_values)
def test_total_of_a_checkout(field: str, value: Any) -> None:
    """A signed checkout with any value in any field is an event that Meta takes but for its money, or none."""
    with suppress(Rejected):
        for arrival in of_topic("checkouts/update", checkout(**{field: value})).arrivals:
            paths = {problem.path for problem in problems(arrival.event, now_seconds=NOW)}
            assert paths <= {"custom_data.currency", "custom_data.value", "event_time"}
