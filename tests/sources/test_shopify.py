"""Shopify orders, and the signed sample of ``events/``."""

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected
from sluice.event import Arrival
from sluice.match_keys import to_match_keys
from sluice.rules import CURRENCIES, problems
from sluice.settings import Secret, Source
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.shopify import Options, authenticate, to_arrivals
from tests.samples import DATASET, NOW, SHOPIFY_SECRET, file_request, order, order_request
from tests.strategies import json_values

SAMPLE = file_request("shopify-orders-paid")
SECRETS = [Secret(SHOPIFY_SECRET)]
ORDER_AT = 1_795_197_869  # processed_at of the sample, 2026-11-20T19:04:29+01:00


def mapped(request: Request, options: Options | None = None, now: int = NOW) -> Mapped:
    """What the adapter makes of a request."""
    return to_arrivals(request, "shop", Source("shopify", DATASET, SECRETS, options or Options()), now)


def purchase(options: Options | None = None, **changes: Any) -> Arrival:
    """The Purchase of the sample order with other fields."""
    (arrival,) = mapped(order_request(order(**changes)), options).arrivals
    return arrival


class TestAuthenticate:
    """What the shop signed, and nothing else."""

    def test_sample(self) -> None:
        """The sample's signature fits."""
        authenticate(SAMPLE, Check(SECRETS, Options(), NOW))

    @pytest.mark.parametrize("at", [0, 5_000, len(SAMPLE.body) - 1])
    def test_changed_byte(self, at: int) -> None:
        """One other byte and the request is refused."""
        body = SAMPLE.body[:at] + bytes([SAMPLE.body[at] ^ 1]) + SAMPLE.body[at + 1 :]
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE._replace(body=body), Check(SECRETS, Options(), NOW))

    @pytest.mark.parametrize("secrets", [[], [Secret("")], [Secret("other")]])
    def test_other_secret(self, secrets: list[Secret]) -> None:
        """Under another secret, an empty one or none the request is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE, Check(secrets, Options(), NOW))

    def test_without_headers(self) -> None:
        """A request without any header is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE._replace(headers={}), Check(SECRETS, Options(), NOW))

    @pytest.mark.parametrize("domain", ["example-outdoor.myshopify.com", "Example-Outdoor.MyShopify.com"])
    def test_own_shop(self, domain: str) -> None:
        """The configured shop is let in however its name is written."""
        authenticate(SAMPLE, Check(SECRETS, Options(shop_domain=domain), NOW))

    @pytest.mark.parametrize("headers", [{"shop_domain": "other.myshopify.com"}, {"shop_domain": ""}])
    def test_other_shop(self, headers: dict[str, str]) -> None:
        """With a shop configured, another shop's header is refused although the signature fits."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(
                order_request(order(), **headers),
                Check(SECRETS, Options(shop_domain="example-outdoor.myshopify.com"), NOW),
            )


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly this Purchase, in the shop's currency."""
    (arrival,) = mapped(SAMPLE).arrivals
    agent = json.loads(SAMPLE.body)["client_details"]["user_agent"]
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": ORDER_AT,
        "event_id": "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/checkouts/cn/sample/de",
        "user_data": {
            "em": arrival.event.user_data["em"],
            "ph": "+491713920042",
            "fn": "Lena",
            "ln": "Fischer-Groß",
            "ct": "Berlin",
            "zp": "10115",
            "country": "DE",
            "external_id": "8123456789012",
            "fbp": "fb.1.1795197600123.1098115397",
            "fbc": "fb.1.1795197599001.IwAR0SampleClickIdAbC-123_xyz",
            "client_ip_address": "203.0.113.24",
            "client_user_agent": agent,
        },
        "custom_data": {
            "value": 98.5,
            "currency": "EUR",
            "order_id": "6031947350283",
            "content_type": "product",
            "content_ids": ["46100000000001", "46100000000002"],
            "contents": [
                {"id": "46100000000001", "quantity": 1, "item_price": 71.1},
                {"id": "46100000000002", "quantity": 2, "item_price": 11.25},
            ],
            "num_items": 3,
        },
    }
    assert arrival.dedup_key == "order:shop:6031947350283"
    assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:01:12Z;src=cmp",)
    assert arrival.signals.given is None
    assert arrival.signals.named_by == (("checkout", "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"),)


def test_sample_has_these_match_keys() -> None:
    """The sample's buyer becomes these digests, computed independently of the product."""
    (arrival,) = mapped(SAMPLE).arrivals
    keys = to_match_keys(arrival.event.user_data, default_country=None, now_seconds=NOW).keys
    assert {name: keys[name] for name in ("em", "ph", "fn", "ln", "ct", "zp", "country", "external_id")} == {
        "em": ["b4dc757746f5ec7c960381e10028cebc39e6954fa494f4dabcd5509d0d3f4749"],
        "ph": ["efe346cbc94d8a957432ae6cd9b0f9509ab124f0d2bd9a63bf52c09c0b13f133"],
        "fn": [hashlib.sha256(b"lena").hexdigest()],
        "ln": ["c489a4d70359ff6c3bdb006dfdc98e8ed03145ec7b7dcc19c7e505e413a6e3a0"],
        "ct": [hashlib.sha256(b"berlin").hexdigest()],
        "zp": [hashlib.sha256(b"10115").hexdigest()],
        "country": [hashlib.sha256(b"de").hexdigest()],
        "external_id": [hashlib.sha256(b"8123456789012").hexdigest()],
    }
    assert keys["fbp"] == "fb.1.1795197600123.1098115397"
    assert keys["fbc"] == "fb.1.1795197599001.IwAR0SampleClickIdAbC-123_xyz"
    assert "st" not in keys


class TestWhatIsNoPurchase:
    """Webhooks that are answered 200 and forgotten."""

    @pytest.mark.parametrize(
        ("changes", "topic", "reason"),
        [
            ({}, "products/update", "unknown_topic"),
            ({}, "", "unknown_topic"),
            ({"test": True}, "orders/paid", "test_order"),
            ({"cancelled_at": "2026-11-20T19:10:00+01:00"}, "orders/paid", "cancelled_order"),
            ({}, "orders/create", "not_the_purchase_topic"),
        ],
    )
    def test_ignored(self, changes: dict[str, Any], topic: str, reason: str) -> None:
        """Other topics, test and cancelled orders make no event, and say why."""
        assert mapped(order_request(order(**changes), topic=topic)) == Mapped(ignored=[reason])

    def test_unknown_topic_is_not_even_parsed(self) -> None:
        """A topic that is not ours may have any body."""
        assert mapped(order_request(b"\xff", topic="app/uninstalled")).ignored == ["unknown_topic"]

    def test_topic_in_capitals(self) -> None:
        """The topic counts however it is written."""
        assert mapped(order_request(order(), topic="Orders/Paid")).ignored == ()

    def test_other_purchase_topic(self) -> None:
        """The shop decides which topic is the Purchase; the other one is not."""
        options = Options(purchase_topic="orders/create")
        assert mapped(order_request(order(), topic="orders/create"), options).ignored == ()
        assert mapped(order_request(order(), topic="orders/paid"), options).ignored == ["not_the_purchase_topic"]

    @pytest.mark.parametrize(("late", "reason"), [(0, None), (1, "pixel_window_passed")])
    def test_pixel_window(self, late: int, reason: str | None) -> None:
        """Where a pixel reports the order too, a webhook that comes too late for Meta to see the double is dropped."""
        options = Options(purchase_topic="orders/create", pixel=True)
        created_at = NOW - PIXEL_WINDOW_SECONDS - late
        moment = datetime.fromtimestamp(created_at, UTC).isoformat()
        request = order_request(order(created_at=moment, processed_at=moment), topic="orders/create")
        assert mapped(request, options).ignored == ([reason] if reason else ())

    def test_late_payment_without_pixel(self) -> None:
        """Without a pixel nothing can count twice: an order that is paid days later is a Purchase."""
        late = mapped(order_request(order(created_at="2026-11-15T12:00:00Z")))
        assert late.ignored == ()

    def test_pixel_needs_the_early_topic(self) -> None:
        """A pixel together with orders/paid is refused by the settings: late payments would count twice."""
        with pytest.raises(msgspec.ValidationError, match="orders/create"):
            msgspec.convert({"pixel": True}, Options)


@pytest.mark.parametrize(
    "body",
    [
        {"id": 1},
        order(id=None),
        order(id=""),
        order(created_at=None),
        order(created_at="yesterday"),
        order(created_at="2026-11-20T19:04:29"),
        {name: value for name, value in order().items() if name != "line_items"},
        {name: value for name, value in order().items() if name != "total_price"},
        {"order": order()},
        {"order_id": 1, "refund_line_items": [], "created_at": "2026-11-20T19:04:29+01:00"},
    ],
)
def test_topic_of_another_shape(body: dict[str, Any]) -> None:
    """The topic header is not signed: a body that is no order is refused whatever the header says."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped(order_request(body))


def noted(url: str) -> list[dict[str, str]]:
    """The cart attributes of a storefront that notes this address."""
    return [{"name": "_capi_event_source_url", "value": url}]


class TestEvent:
    """Name, id, time, place."""

    @pytest.mark.parametrize(
        ("choice", "changes", "event_id"),
        [
            ("checkout_token", {}, "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5"),
            ("checkout_token", {"checkout_token": None}, "6031947350283"),
            ("order_id", {}, "6031947350283"),
            ("order_name", {"name": "#1042"}, "#1042"),
            ("order_name", {"name": None}, "6031947350283"),
        ],
    )
    def test_event_id(self, choice: Any, changes: dict[str, Any], event_id: str) -> None:
        """Pixel and webhook agree on the id; an order without a checkout has its own."""
        assert purchase(Options(event_id=choice), **changes).event.event_id == event_id

    @pytest.mark.parametrize(
        ("processed_at", "at"),
        [
            ("2026-11-20T19:04:29+01:00", ORDER_AT),
            ("2026-11-20T18:04:29Z", ORDER_AT),
            ("2026-11-20T18:04:29.999+00:00", ORDER_AT),
        ],
    )
    def test_event_time(self, processed_at: str, at: int) -> None:
        """The time of the event is when the order was processed, whatever the shop's time zone."""
        assert purchase(processed_at=processed_at).event.event_time == at

    @pytest.mark.parametrize("processed_at", [None, "", "soon", 5])
    def test_event_time_without_processed_at(self, processed_at: Any) -> None:
        """An order that was never processed happened when it was made."""
        assert purchase(processed_at=processed_at, created_at="2026-11-20T18:00:00Z").event.event_time == NOW - 2_400

    @pytest.mark.parametrize(
        ("changes", "action_source"),
        [
            ({}, "website"),
            ({"source_name": "pos"}, "physical_store"),
            ({"source_name": "shopify_draft_order"}, "other"),
            ({"source_name": "580111"}, "other"),
            ({"source_name": None}, "other"),
            ({"client_details": None}, "other"),
            ({"client_details": {"user_agent": None}}, "other"),
            ({"order_status_url": None}, "other"),
            ({"order_status_url": "junk"}, "other"),
            ({"order_status_url": "https://[broken"}, "other"),
            ({"order_status_url": "https://kaffee-müller.example/1/orders/secret"}, "website"),
        ],
    )
    def test_action_source(self, changes: dict[str, Any], action_source: str) -> None:
        """Where the person acted: online shop with its browser, till, or elsewhere."""
        assert purchase(**changes).event.action_source == action_source

    @pytest.mark.parametrize(
        ("notes", "landing_site", "url"),
        [
            (noted("https://shop.example.com/x"), "/y", "https://shop.example.com/x"),
            (noted("https://SHOP.example.com:443?x"), "/y", "https://SHOP.example.com:443?x"),
            (noted("http://de.shop.example.com"), "/y", "http://de.shop.example.com"),
            (noted("https://example.com/x"), "/y", "https://example.com/x"),
            (noted("https://com/x"), "/y", "https://shop.example.com/y"),
            (noted("https://evil.example.org/x"), "/y", "https://shop.example.com/y"),
            (noted("https://evilshop.example.com/x"), "/y", "https://shop.example.com/y"),
            (noted("https://shop.example.com.evil.example/x"), "/y", "https://shop.example.com/y"),
            (noted("https://shop.example.com@evil.example/x"), "/y", "https://shop.example.com/y"),
            (noted("https://evil.example\\.shop.example.com/x"), "/y", "https://shop.example.com/y"),
            (noted("ftp://shop.example.com/x"), "/y", "https://shop.example.com/y"),
            (noted("/products/x"), "/y", "https://shop.example.com/y"),
            (noted("undefined"), None, "https://shop.example.com/"),
            (noted("https://shop.example.com:99999/"), "/y", "https://shop.example.com/y"),
            (noted("https://shop.example.com|/"), "/y", "https://shop.example.com/y"),
            ([], "/mugs?fbclid=abc", "https://shop.example.com/mugs?fbclid=abc"),
            ([], None, "https://shop.example.com/"),
            ([], "javascript:x", "https://shop.example.com/"),
        ],
    )
    def test_event_source_url(self, notes: list[Any], landing_site: str | None, url: str) -> None:
        """The page is the storefront's own note of its page, else host and landing path; never the secret link."""
        found = purchase(
            note_attributes=notes,
            landing_site=landing_site,
            order_status_url="https://shop.example.com/1/orders/secret/authenticate?key=secret",
        )
        assert found.event.event_source_url == url

    def test_no_url_elsewhere(self) -> None:
        """Only a website event has a page."""
        assert purchase(source_name="pos").event.event_source_url is None

    @pytest.mark.parametrize("link", ["https://[broken", "no link", 5])
    def test_broken_link(self, link: Any) -> None:
        """A link that cannot be read costs the page and not the order."""
        assert purchase(order_status_url=link, note_attributes=[]).event.custom_data is not None

    def test_notes_are_signals(self) -> None:
        """Every consent note of the order is handed over as it is, unjudged."""
        notes = [{"name": "_capi_consent", "value": text} for text in ("a", "b")]
        assert purchase(note_attributes=notes).signals.notes == ("a", "b")


BILLING = {
    "first_name": "Bo", "last_name": "Bill", "city": "Bonn", "zip": "53111", "country_code": "DE",
    "province_code": "NW", "province": "Nordrhein", "phone": "+491711111111",
}  # fmt: skip
SHIPPING = {
    "first_name": "Si", "last_name": "Ship", "city": "Siegen", "zip": "57072", "country_code": "AT",
    "province_code": None, "province": "Tirol", "phone": "+491722222222",
}  # fmt: skip
CUSTOMER = {
    "id": 5, "email": "c@example.com", "phone": "+491733333333", "first_name": "Cu", "last_name": "Stomer",
    "default_address": {**BILLING, "city": "Celle"},
}  # fmt: skip
UNNAMED = {**CUSTOMER, "first_name": None, "last_name": None}


class TestUserData:
    """The buyer."""

    @pytest.mark.parametrize(
        ("changes", "field", "value"),
        [
            ({"email": "a@example.com", "contact_email": "b@example.com", "customer": CUSTOMER}, "em",
             ["a@example.com", "b@example.com", "c@example.com"]),
            ({"email": None, "contact_email": "b@example.com", "customer": None}, "em", ["b@example.com"]),
            ({"email": None, "contact_email": None, "customer": None}, "em", None),
            ({"phone": "+491700000000"}, "ph", "+491700000000"),
            ({"customer": CUSTOMER}, "ph", "+491733333333"),
            ({"customer": None}, "ph", "+491711111111"),
            ({"customer": None, "billing_address": None}, "ph", "+491722222222"),
            ({}, "fn", "Bo"),
            ({"billing_address": None}, "fn", "Si"),
            ({"billing_address": None, "customer": CUSTOMER}, "fn", "Cu"),
            ({"billing_address": None, "shipping_address": None, "customer": CUSTOMER}, "ln", "Stomer"),
            ({"billing_address": None, "shipping_address": None, "customer": UNNAMED}, "ln", "Bill"),
            ({"billing_address": {"city": "Bonn"}, "customer": CUSTOMER}, "fn", "Cu"),
            ({"billing_address": {"city": "Bonn"}}, "fn", "Si"),
            ({"billing_address": dict.fromkeys(BILLING)}, "fn", "Si"),
            ({"billing_address": dict.fromkeys(BILLING)}, "ct", "Siegen"),
            ({}, "ct", "Bonn"),
            ({"billing_address": None}, "ct", "Siegen"),
            ({"billing_address": {}}, "ct", "Siegen"),
            ({"billing_address": [], "shipping_address": []}, "ct", None),
            ({"billing_address": None, "shipping_address": None, "customer": CUSTOMER}, "ct", "Celle"),
            ({"billing_address": None, "shipping_address": None, "customer": None}, "ct", None),
            ({}, "st", "NW"),
            ({"billing_address": None}, "st", "Tirol"),
            ({}, "zp", "53111"),
            ({}, "country", "DE"),
            ({"billing_address": None}, "country", "AT"),
            ({"customer": CUSTOMER}, "external_id", "5"),
            ({"customer": None}, "external_id", None),
            ({}, "fbp", "fb.1.1.1"),
            ({}, "fbc", "fb.1.1.x"),
            ({"note_attributes": None}, "fbp", None),
            ({"browser_ip": "198.51.100.7"}, "client_ip_address", "198.51.100.7"),
            ({"browser_ip": None, "client_details": {"browser_ip": "198.51.100.8"}}, "client_ip_address",
             "198.51.100.8"),
            ({"client_details": {"user_agent": "Mozilla"}}, "client_user_agent", "Mozilla"),
            ({"source_name": "pos", "browser_ip": "198.51.100.7"}, "client_ip_address", None),
            ({"source_name": "pos"}, "client_user_agent", None),
        ],
    )  # fmt: skip
    def test_field(self, changes: dict[str, Any], field: str, value: Any) -> None:
        """Each field comes from the first place that has it; what nobody has is left out."""
        base = {
            "email": None, "contact_email": None, "phone": None, "customer": None,
            "billing_address": BILLING, "shipping_address": SHIPPING,
            "note_attributes": [{"name": "_fbp", "value": "fb.1.1.1"}, {"name": "_fbc", "value": "fb.1.1.x"}],
        }  # fmt: skip
        assert purchase(**{**base, **changes}).event.user_data.get(field) == value

    def test_marketing_opt_in_is_no_consent(self) -> None:
        """The newsletter's opt-in says nothing about advertising and is no signal."""
        found = purchase(note_attributes=[], buyer_accepts_marketing=True)
        assert found.signals.notes == ()


def line(**changes: Any) -> dict[str, Any]:
    """A line item of two pieces at 10 each."""
    return {"variant_id": 7, "product_id": 3, "sku": "MUG", "quantity": 2, "price": "10.00", **changes}


class TestCustomData:
    """What was bought."""

    @pytest.mark.parametrize(
        ("content_id", "found", "content_type"),
        [("variant_id", "7", "product"), ("product_id", "3", "product_group"), ("sku", "MUG", "product")],
    )
    def test_content_id(self, content_id: Any, found: str, content_type: str) -> None:
        """The catalogue decides which id an item has."""
        data = purchase(Options(content_id=content_id), line_items=[line()]).event.custom_data
        assert data is not None
        assert (data["content_ids"], data["content_type"]) == ([found], content_type)

    @pytest.mark.parametrize(
        ("changes", "item_price"),
        [
            ({}, 10.0),
            ({"discount_allocations": [{"amount": "5.00"}]}, 7.5),
            ({"discount_allocations": [{"amount": "5.00"}, {"amount": "1.00"}]}, 7.0),
            ({"discount_allocations": [{"amount": "x"}, None]}, 10.0),
            ({"price": "0.00"}, 0.0),
            ({"price": "0.3", "quantity": 3, "discount_allocations": [{"amount": "0.2"}]}, 0.2333),
            ({"price": "9e999999"}, None),
            ({"discount_allocations": [{"amount": "9e999999"}]}, 10.0),
            ({"discount_allocations": [{"amount": "20.01"}]}, 0.0),
            ({"price": "-0.00"}, 0.0),
            ({"price": "-1.00"}, None),
            ({"price": "NaN"}, None),
            ({"price": None}, None),
        ],
    )
    def test_item_price(self, changes: dict[str, Any], item_price: float | None) -> None:
        """The price of one piece after discounts, to four decimals, never below 0; none for what is no price."""
        data = purchase(line_items=[line(**changes)]).event.custom_data
        assert data is not None
        assert data["contents"][0].get("item_price") == item_price

    @pytest.mark.parametrize(
        "changes",
        [
            {"variant_id": None},
            {"variant_id": " "},
            {"quantity": 0},
            {"quantity": -1},
            {"quantity": "two"},
            {"quantity": True},
            {"quantity": 10**9 + 1},
            {"quantity": 10**400},
        ],
    )
    def test_line_that_is_no_content(self, changes: dict[str, Any]) -> None:
        """Tips and custom items, which are in no catalogue, are left out of the contents."""
        data = purchase(line_items=[line(**changes), line()]).event.custom_data
        assert data is not None
        assert (data["content_ids"], data["num_items"]) == (["7"], 2)

    def test_no_contents(self) -> None:
        """An order of nothing from the catalogue is a Purchase with a value and no contents."""
        data = purchase(line_items=[]).event.custom_data
        assert data == {"value": 98.5, "currency": "EUR", "order_id": "6031947350283"}

    @pytest.mark.parametrize(
        ("changes", "field", "value"),
        [
            ({"total_price": "0.00"}, "value", 0.0),
            ({"total_price": "12.345"}, "value", 12.345),
            ({"total_price": "x"}, "value", None),
            ({"total_price": None}, "value", None),
            ({"total_price": "1e999"}, "value", None),
            ({"currency": "eur"}, "currency", "EUR"),
            ({"currency": None}, "currency", None),
        ],
    )
    def test_money(self, changes: dict[str, Any], field: str, value: Any) -> None:
        """Value and currency are the shop's; nothing is made up for what is missing."""
        data = purchase(**changes).event.custom_data
        assert data is not None
        assert data.get(field) == value


FIELDS = sorted(order())
MONEY = {"custom_data.value", "custom_data.currency"}


def is_sound(found: Mapped) -> bool:
    """Whether Meta could refuse the events' ``custom_data`` for nothing but total and currency, which are the shop's.

    With a total and a currency that can be read it could refuse them for nothing at all.
    """
    for arrival in found.arrivals:
        data = arrival.event.custom_data or {}
        wrong = {path for _, path in problems(arrival.event, now_seconds=NOW) if path.startswith("custom_data")}
        is_money_readable = data.get("value", -1) >= 0 and data.get("currency") in CURRENCIES
        if wrong - (set() if is_money_readable else MONEY):
            return False
    return True


@given(st.sampled_from(FIELDS), json_values)
def test_total(field: str, value: Any) -> None:
    """A signed order with any value in any field is mapped to sound data, ignored or refused, and nothing else."""
    with suppress(Rejected):
        assert is_sound(mapped(order_request(order(**{field: value}))))


ANY_PRICE = st.decimals().map(str) | st.decimals(-100, 100, places=2).map(str) | json_values
ANY_LINE = st.fixed_dictionaries(
    {},
    optional={
        "price": ANY_PRICE,
        "quantity": st.integers(-1, 5) | st.integers(-(10**40), 10**40) | json_values,
        "variant_id": st.integers() | json_values,
        "discount_allocations": st.lists(st.fixed_dictionaries({"amount": ANY_PRICE}), max_size=3) | json_values,
    },
)


@given(st.lists(ANY_LINE.map(lambda changes: line(**changes)) | json_values, max_size=4), ANY_PRICE)
def test_total_in_line_items(lines: list[Any], total: Any) -> None:
    """So is one with anything in its line items."""
    found = mapped(order_request(order(line_items=lines, total_price=total)))
    assert [arrival.dedup_key for arrival in found.arrivals] == ["order:shop:6031947350283"]
    assert is_sound(found)


def test_most_of_everything() -> None:
    """Many lines of the largest quantity are still a number of items that Meta takes."""
    assert is_sound(mapped(order_request(order(line_items=[line(quantity=10**9)] * 5_000))))


def test_half_a_character() -> None:
    """A signed order whose note ends in half an emoji is the Purchase all the same."""
    body = json.dumps(order(note="cut \ud83d")).encode()
    assert mapped(order_request(body)).arrivals[0].event.custom_data == purchase().event.custom_data
