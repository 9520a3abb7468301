"""WooCommerce's orders and customers, and the signed sample of ``events/``."""

import base64
import hmac
import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Arrival
from sluice.match_keys import to_match_keys
from sluice.settings import Secret, Source
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.woocommerce import KIND, Options, authenticate, greeting, to_arrivals
from sluice.telemetry import Metric
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, file_request, request, with_source

SAMPLE = file_request("woocommerce-order-created")
SECRET = "sample-woo-secret"
PAID_AT = 1_795_200_130  # date_paid_gmt of the sample, 2026-11-20T18:42:10 without a zone
CREATED_AT = 1_795_200_127
NOW = PAID_AT + 70
META_EVENT_ID = "3f2b8c1e-5d7a-4c90-9f2e-1a6b7c8d9e0f"


def metas(**changes: Any) -> list[dict[str, Any]]:
    """The sample's meta data with other values; None removes one."""
    found = {meta["key"]: meta["value"] for meta in json.loads(SAMPLE.body)["meta_data"]} | changes
    return [{"id": 1, "key": key, "value": value} for key, value in found.items() if value is not None]


def order(**changes: Any) -> dict[str, Any]:
    """The sample order with other fields."""
    return {**json.loads(SAMPLE.body), **changes}


def sent(body: object, topic: str = "order.created", **headers: str) -> Request:
    """A webhook of the sample's shop."""
    named = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://kaffee.example.com/", **headers}
    return request(json.dumps(body).encode(), named)


def mapped(asked: Request, options: Options | None = None, now: int = NOW) -> Mapped:
    """What the adapter makes of a request."""
    return to_arrivals(asked, "shop", Source("woocommerce", DATASET, [], options or Options()), now)


def purchase(options: Options | None = None, **changes: Any) -> Arrival:
    """The Purchase of the sample order with other fields."""
    (arrival,) = mapped(sent(order(**changes)), options).arrivals
    return arrival


def bought(options: Options | None = None, **changes: Any) -> dict[str, Any]:
    """What was bought in the sample order with other fields."""
    found = purchase(options, **changes).event.custom_data
    assert found is not None
    return found


class TestPing:
    """What WordPress posts when a webhook is saved."""

    PING = request(b"webhook_id=7", {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"})

    def test_is_answered_200(self) -> None:
        """The unsigned form is answered with exactly 200, and nothing becomes of it."""
        ingest = IngestRoom()
        ingest.configure(with_source("woocommerce-order-created"))
        assert ingest.webhook(self.PING, "woocommerce-demo")[:2] == (200, {"status": "ok"})
        assert ingest.queued == []

    @pytest.mark.parametrize(
        "asked",
        [
            PING._replace(body=b"webhook_id=7&x=1"),
            PING._replace(body=b"webhook_id=x"),
            PING._replace(body=b"webhook_id="),
            PING._replace(body=b"webhook_id=" + b"7" * 21),
            PING._replace(body=b"webhook_id=7\n"),
            PING._replace(body=b""),
            PING._replace(method="GET"),
            PING._replace(headers={"content-type": "application/json"}),
            PING._replace(headers={}),
            PING._replace(headers={**PING.headers, "x-wc-webhook-signature": "x"}),
        ],
    )
    def test_nothing_else_is_a_ping(self, asked: Request) -> None:
        """Any other request has to be signed."""
        assert greeting(asked) is None


class TestAuthenticate:
    """What the shop signed."""

    def test_sample(self) -> None:
        """The sample's signature fits under its secret, and under no other."""
        authenticate(SAMPLE, Check([Secret("sample-woo-secret")], Options(), NOW))
        for secrets in ([], [Secret("")], [Secret("sample-woo-secret ")]):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(SAMPLE, Check(secrets, Options(), NOW))


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly this Purchase."""
    (arrival,) = mapped(SAMPLE).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": PAID_AT,
        "event_id": META_EVENT_ID,
        "action_source": "website",
        "event_source_url": "https://kaffee.example.com/kasse/",
        "user_data": {
            "em": ["Jonas.Weber@example.de"],
            "ph": "0171 3920077",
            "fn": "Jonas",
            "ln": "Weber",
            "ct": "München",
            "st": "BY",
            "zp": "80331",
            "country": "DE",
            "fbp": "fb.1.1795199803456.2087734411",
            "fbc": "fb.1.1795199801777.IwAR1SampleWooClick_9-Z",
            "client_ip_address": "2001:db8:12::9f",
            "client_user_agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/131.0.0.0 Mobile Safari/537.36",
        },
        "custom_data": {
            "value": 73.03,
            "currency": "EUR",
            "order_id": "10457",
            "content_type": "product",
            "content_ids": ["311", "322"],
            "contents": [
                {"id": "311", "quantity": 2, "item_price": 16.11},
                {"id": "322", "quantity": 1, "item_price": 35.91},
            ],
            "num_items": 3,
        },
    }
    assert arrival.dedup_key == "order:shop:10457"
    assert arrival.not_after is None
    assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:35:02Z;src=wp-consent-api",)
    assert arrival.signals.given is None


def test_sample_has_these_match_keys() -> None:
    """The sample's buyer becomes these digests, computed independently of the product."""
    user_data = mapped(SAMPLE).arrivals[0].event.user_data
    keys = to_match_keys(user_data, default_country=None, now_seconds=NOW, candidates="documented").keys
    assert {name: keys[name] for name in ("em", "ph", "fn", "ln", "ct", "st", "zp", "country")} == {
        "em": ["2fefee2d1c304b5b694ce56f15f09082485c236f18e8c324504b5f5a478438c1"],
        "ph": ["6cf9d14d3ddd91546120a8975c73605f6331637b19d6e612eaabef863ed617ac"],
        "fn": ["bf74e4a280affafbdf6692bc6a9f3d66b03094fbfb4a91589bc7fd6b32664fdb"],
        "ln": ["42258bfc34d01f0078c5c25148b235ea9f7a67fbd6ab5ac4efdacaf310825022"],
        "ct": ["f75c175f552c8b2bf46ef4b282ee782c81cf8687f66a8fe8278cc56fa727503e"],
        "st": ["a7e2d26e8d15814dd9c6a1bdc90585c8d0a3170dfffeb21fc42986683113041b"],
        "zp": ["55eb98af205c9d17e3569de62916a94b7944672c772f526e6e4c957c0b8d5eeb"],
        "country": ["959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"],
    }
    assert "external_id" not in keys


class TestWhatIsNoPurchase:
    """Webhooks that are answered 200 and forgotten."""

    @pytest.mark.parametrize(
        "topic",
        [
            "order.deleted",
            "customer.updated",
            "product.created",
            "action.woocommerce_add_to_cart",
            "coupon.updated",
            "",
        ],
    )
    def test_other_topics(self, topic: str) -> None:
        """No event is made of another topic, whatever its body; it is not even parsed."""
        assert mapped(sent({}, topic)._replace(body=b"\xff")) == Mapped(ignored=["unknown_topic"])

    @pytest.mark.parametrize("topic", ["order.created", "order.updated", "order.restored", "Order.Created"])
    def test_order_topics(self, topic: str) -> None:
        """Every topic of an order may bring its Purchase: the body is as new as its delivery, whatever the topic."""
        found = mapped(sent(order(), topic))
        assert [arrival.dedup_key for arrival in found.arrivals] == ["order:shop:10457"]

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            ("checkout-draft", "draft_order"),
            ("auto-draft", "draft_order"),
            ("draft", "draft_order"),
            ("new", "draft_order"),
            ("trash", "draft_order"),
            ("pending", "not_the_purchase_status"),
            ("on-hold", "not_the_purchase_status"),
            ("failed", "not_the_purchase_status"),
            ("cancelled", "not_the_purchase_status"),
            ("refunded", "not_the_purchase_status"),
            ("shipped-by-plugin", "not_the_purchase_status"),
            ("processing", None),
            ("completed", None),
        ],
    )
    def test_status_lifecycle(self, status: str, reason: str | None) -> None:
        """Of all statuses two are a Purchase."""
        assert mapped(sent(order(status=status))).ignored == ([reason] if reason else ())

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"date_paid_gmt": None}, "unpaid_order"),
            ({"date_paid_gmt": ""}, "unpaid_order"),
            ({"date_paid_gmt": "0000-00-00T00:00:00"}, "unpaid_order"),
            ({"date_paid_gmt": "-0001-11-30T00:00:00"}, "unpaid_order"),
            ({"date_paid_gmt": "1970-01-01T00:00:00"}, "unpaid_order"),
            ({"date_paid_gmt": "soon"}, "unpaid_order"),
            ({"date_paid_gmt": None, "payment_method": "cod"}, None),
            ({"date_paid_gmt": None, "status": "on-hold"}, None),
        ],
    )
    def test_payment(self, changes: dict[str, Any], reason: str | None) -> None:
        """What is to be shipped is paid or cash on delivery; a status that the shop adds needs no payment."""
        options = Options(purchase_statuses=("processing", "on-hold"))
        assert mapped(sent(order(**changes)), options).ignored == ([reason] if reason else ())

    @pytest.mark.parametrize(
        "statuses", [[], ["checkout-draft"], ["processing", "refunded"], ["wc-processing"], ["trash"]]
    )
    def test_statuses_that_cannot_be(self, statuses: list[str]) -> None:
        """The settings refuse statuses that are no sale, or that no webhook writes so."""
        with pytest.raises(msgspec.ValidationError, match="purchase_statuses"):
            msgspec.convert({"purchase_statuses": statuses}, Options)

    def test_error_in_place_of_an_order(self) -> None:
        """When the webhook's owner lost their rights, the signed body is an error; it is answered and counted."""
        body = {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 401}}
        assert mapped(sent(body)) == Mapped(ignored=["error_in_place_of_body"])
        assert mapped(sent(body, "customer.created")) == Mapped(ignored=["error_in_place_of_body"])

    def test_error_raises_an_alarm(self, ingest: IngestRoom) -> None:
        """The shop believes that its webhook works, so nobody else would tell of the orders that are missing."""
        body = b'{"code": "woocommerce_rest_cannot_view", "message": "Sorry."}'
        proof = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        ingest.configure(with_source("woocommerce-order-created"))
        webhook = request(body, {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": proof})
        ingest.webhook(webhook, "woocommerce-demo")
        assert ingest.telemetry.counts == {Metric.WEBHOOKS_IGNORED: 1, Metric.WEBHOOKS_LOST: 1}

    @pytest.mark.parametrize("flag", ["1", "yes", "true", True, 1, "2026-11-20"], ids=repr)
    def test_sent_by_meta_s_plugin(self, flag: Any) -> None:
        """What Meta's plugin sent from the server is not sent again."""
        changes = {"meta_data": metas(_meta_purchase_tracked_server=flag)}
        assert mapped(sent(order(**changes))).ignored == ["sent_by_meta_plugin"]

    @pytest.mark.parametrize("flag", ["", "0", "no", "false", False, 0, {}], ids=repr)
    def test_not_sent_by_meta_s_plugin(self, flag: Any) -> None:
        """A flag that says no does not stop the order."""
        assert purchase(meta_data=metas(_meta_purchase_tracked_server=flag)).event.event_id == META_EVENT_ID

    def test_waiting_for_meta_s_plugin(self) -> None:
        """With the plugin, an order waits for the webhook that has the plugin's event id."""
        options = Options(meta_plugin=True)
        assert mapped(sent(order(meta_data=metas(_meta_event_id=None))), options).ignored == ["no_meta_event_id_yet"]
        assert mapped(sent(order(), "order.updated"), options).arrivals[0].event.event_id == META_EVENT_ID

    @pytest.mark.parametrize(
        ("options", "meta_data"),
        [
            (Options(pixel=True), metas()),
            (Options(meta_plugin=True), metas()),
            (Options(), metas(_meta_purchase_tracked_browser="1")),
        ],
    )
    def test_pixel_window(self, options: Options, meta_data: list[dict[str, Any]]) -> None:
        """Where a pixel reports the order too, what Meta could no longer drop as its double is not sent."""
        asked = sent(order(meta_data=meta_data))
        latest = CREATED_AT + PIXEL_WINDOW_SECONDS
        (arrival,) = mapped(asked, options, latest).arrivals
        assert arrival.not_after == latest
        assert mapped(asked, options, latest + 1).ignored == ["pixel_window_passed"]

    def test_late_payment_without_pixel(self) -> None:
        """Without a pixel nothing can count twice, however late the shop delivers."""
        assert mapped(sent(order()), now=CREATED_AT + 5 * 86_400).arrivals


@pytest.mark.parametrize(
    "body",
    [
        {"id": 1},
        {"order": order()},
        order(id=None),
        order(status=""),
        order(date_created_gmt=None),
        order(date_created_gmt="yesterday"),
        *[
            {name: value for name, value in order().items() if name != missing}
            for missing in ("line_items", "total", "billing")
        ],
    ],
)
def test_topic_of_another_shape(body: dict[str, Any]) -> None:
    """The topic header is not signed: a body that is no order is refused."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped(sent(body))


class TestEvent:
    """Name, id, time, place."""

    @pytest.mark.parametrize(
        ("choice", "changes", "event_id"),
        [
            ("source_and_order_id", {}, "wc_shop_10457"),
            ("order_id", {}, "10457"),
            ("order_number", {"number": "2026-77"}, "2026-77"),
            ("order_number", {"number": ""}, "10457"),
            ("order_id", {"meta_data": metas()}, META_EVENT_ID),
        ],
    )
    def test_event_id(self, choice: Any, changes: dict[str, Any], event_id: str) -> None:
        """The plugin's id wins; without one, pixel and webhook agree by the option."""
        changes = {"meta_data": metas(_meta_event_id=None), **changes}
        assert purchase(Options(event_id=choice), **changes).event.event_id == event_id

    @pytest.mark.parametrize(
        ("paid", "created", "at"),
        [
            ("2026-11-20T18:42:10", "2026-11-20T18:42:07", PAID_AT),
            ("2026-11-20T18:42:10Z", "2026-11-20T18:42:07", PAID_AT),
            ("2026-11-20T19:42:10+01:00", "2026-11-20T18:42:07", PAID_AT),
            (None, "2026-11-20T18:42:07", CREATED_AT),
            ("soon", "2026-11-20T18:42:07", CREATED_AT),
        ],
    )
    def test_event_time(self, paid: str | None, created: str, at: int) -> None:
        """Times without a zone are UTC; the order's payment counts, else its creation."""
        found = purchase(date_paid_gmt=paid, date_created_gmt=created, payment_method="cod")
        assert found.event.event_time == at

    def test_local_times_are_not_read(self) -> None:
        """The shop's local times change nothing."""
        assert purchase(date_paid="2020-01-01T00:00:00", date_created="x").event.event_time == PAID_AT

    @pytest.mark.parametrize(
        ("changes", "action_source"),
        [
            ({}, "website"),
            ({"created_via": "store-api"}, "website"),
            ({"created_via": "checkout", "customer_user_agent": ""}, "website"),  # the attribution has it
            ({"customer_user_agent": "", "meta_data": []}, "other"),
            ({"created_via": "pos-rest-api"}, "physical_store"),
            ({"meta_data": metas(_pos="1")}, "physical_store"),
            ({"created_via": "admin"}, "system_generated"),
            ({"created_via": "rest-api"}, "system_generated"),
            ({"created_via": "subscription"}, "system_generated"),
            ({"created_via": "some-plugin"}, "other"),
            ({"created_via": None}, "other"),
        ],
    )
    def test_action_source(self, changes: dict[str, Any], action_source: str) -> None:
        """Where the person acted decides whether browser and page are theirs."""
        event = purchase(**changes).event
        assert event.action_source == action_source
        is_website = action_source == "website"
        assert (event.event_source_url is not None) == is_website
        assert ("client_user_agent" in event.user_data) == is_website
        assert ("client_ip_address" in event.user_data) == is_website

    @pytest.mark.parametrize(
        ("payment_url", "url"),
        [
            ("https://a.example/kasse/order-pay/10457/?pay_for_order=true&key=wc_order_x", "https://a.example/kasse/"),
            ("https://a.example/de/kasse/bezahlen/10457", "https://a.example/de/kasse/"),
            ("https://a.example/order-pay/10457/", "https://a.example/"),
            ("https://a.example/?page_id=8&order-pay=10457&key=wc_order_x", "https://kaffee.example.com/"),
            ("https://a.example/kasse/order-pay/99/", "https://kaffee.example.com/"),
            ("https://10457", "https://kaffee.example.com/"),
            ("https://a.example:99999/kasse/order-pay/10457/", "https://kaffee.example.com/"),
            ("https://a|b/kasse/order-pay/10457/", "https://kaffee.example.com/"),
            ("javascript:x/y/10457", "https://kaffee.example.com/"),
            (None, "https://kaffee.example.com/"),
            (5, "https://kaffee.example.com/"),
        ],
    )
    def test_event_source_url(self, payment_url: Any, url: str) -> None:
        """The page is the checkout, never the rest of the link that opens the order."""
        assert purchase(payment_url=payment_url).event.event_source_url == url

    @pytest.mark.parametrize("links", [None, [], {}, {"self": {}}, {"self": [{"href": "shop"}]}, {"self": [{}, 5]}])
    def test_no_page(self, links: Any) -> None:
        """Without an address in the body it is no event of the website: the header with the shop's is not signed."""
        event = purchase(payment_url="", _links=links).event
        assert (event.action_source, event.event_source_url) == ("other", None)

    def test_shop_url(self) -> None:
        """The option names the shop for orders whose body does not; a link in the body goes before it."""
        options = Options(shop_url="https://kaffee.example.de/laden/")
        assert purchase(options, payment_url="", _links=None).event.event_source_url == options.shop_url
        assert purchase(options, payment_url="").event.event_source_url == "https://kaffee.example.com/"

    @pytest.mark.parametrize("shop_url", ["", "shop", "ftp://a.example/", "https://", "https://a.example:99999/"])
    def test_shop_url_that_is_none(self, shop_url: str) -> None:
        """The settings refuse what is no address."""
        with pytest.raises(msgspec.ValidationError, match="shop_url"):
            msgspec.convert({"shop_url": shop_url}, Options)

    def test_every_note_is_a_signal(self) -> None:
        """Every consent note is handed over as it is; what is no text is none."""
        notes = [{"key": "_capi_consent", "value": value} for value in ("a", {"b": 1}, "c")]
        assert purchase(meta_data=notes).signals.notes == ("a", "c")
        assert purchase(meta_data=[]).signals.notes == ()


def billing(**changes: Any) -> dict[str, Any]:
    """The sample's billing address with other fields."""
    return {"billing": {**order()["billing"], **changes}}


class TestUserData:
    """The buyer."""

    @pytest.mark.parametrize(
        ("changes", "field", "value"),
        [
            (billing(email=""), "em", None),
            (billing(phone=""), "ph", None),
            (billing(state="DE-BY", country="DE"), "st", "BY"),
            (billing(state="CH-ZH", country="CH"), "st", "ZH"),
            (billing(state="CA", country="US"), "st", "CA"),
            (billing(state="DE-BY", country="AT"), "st", "DE-BY"),
            (billing(state="", country="DE"), "st", None),
            (billing(state="BY", country=""), "st", "BY"),
            ({"billing": []}, "fn", None),
            ({"billing": None}, "country", None),
            ({"customer_id": 12}, "external_id", "12"),
            ({"customer_id": 0}, "external_id", None),
            ({"customer_id": "0"}, "external_id", None),
            ({"meta_data": metas(_fbp=None)}, "fbp", None),
            ({"meta_data": {"_fbp": "x"}}, "fbp", None),
            ({"customer_ip_address": ""}, "client_ip_address", None),
        ],
    )
    def test_field(self, changes: dict[str, Any], field: str, value: Any) -> None:
        """Each field as the order has it; what it does not have is left out."""
        assert purchase(**changes).event.user_data.get(field) == value

    @pytest.mark.parametrize(
        ("changes", "fbc"),
        [
            ({}, "fb.1.1795199801000.IwAR1SampleWooClick_9-Z"),
            ({"_wc_order_attribution_session_start_time": None}, None),
            ({"_wc_order_attribution_session_start_time": "yesterday"}, None),
            ({"_wc_order_attribution_session_entry": None}, None),
            ({"_wc_order_attribution_session_entry": "https://kaffee.example.com/?fbclid="}, None),
            ({"_wc_order_attribution_session_entry": ["https://kaffee.example.com/?fbclid=a"]}, None),
        ],
    )
    def test_click_of_the_session(self, changes: dict[str, Any], fbc: str | None) -> None:
        """Without Meta's cookie the click is that of the session's first page, with the session's own start."""
        assert purchase(meta_data=metas(_fbc=None, **changes)).event.user_data.get("fbc") == fbc


def line(**changes: Any) -> dict[str, Any]:
    """A line of two pieces at 10 each and 1.90 tax."""
    item = {"product_id": 320, "variation_id": 0, "sku": "KTL", "quantity": 2, "total": "20.00", "total_tax": "3.80"}
    return {**item, **changes}


class TestCustomData:
    """What was bought."""

    @pytest.mark.parametrize(
        ("content_id", "changes", "found"),
        [
            ("variation_id", {}, "320"),
            ("variation_id", {"variation_id": 322}, "322"),
            ("product_id", {"variation_id": 322}, "320"),
            ("sku", {}, "KTL"),
            ("sku", {"sku": ""}, None),
            ("sku", {"sku": None}, None),
            ("meta_plugin", {}, "KTL_320"),
            ("meta_plugin", {"variation_id": 322}, "KTL_322"),
            ("meta_plugin", {"sku": ""}, "wc_post_id_320"),
            ("variation_id", {"product_id": 0}, None),
        ],
    )
    def test_content_id(self, content_id: Any, changes: dict[str, Any], found: str | None) -> None:
        """The catalogue decides which id an item has; a deleted product has none."""
        data = bought(Options(content_id=content_id), line_items=[line(**changes)])
        assert data.get("content_ids") == (None if found is None else [found])

    def test_product_id_names_a_group(self) -> None:
        """A product's id stands for all its variations."""
        assert bought(Options(content_id="product_id"))["content_type"] == "product_group"

    @pytest.mark.parametrize(
        ("amounts", "changes", "item_price"),
        [
            ("gross", {}, 11.9),
            ("net", {}, 10.0),
            ("gross", {"quantity": 3}, 7.9333),
            ("gross", {"total_tax": ""}, None),
            ("net", {"total_tax": ""}, 10.0),
            ("gross", {"total": None}, None),
            ("gross", {"total": "0.00", "total_tax": "0.00"}, 0.0),
            ("gross", {"total": "-5.00", "total_tax": "0.00"}, None),
            ("gross", {"price": 99.0}, 11.9),
        ],
    )
    def test_item_price(self, amounts: Any, changes: dict[str, Any], item_price: float | None) -> None:
        """What was paid for one piece; the line's own ``price`` is net and not read."""
        (content,) = bought(Options(amounts=amounts), line_items=[line(**changes)])["contents"]
        assert content.get("item_price") == item_price

    @pytest.mark.parametrize(
        ("amounts", "changes", "value"),
        [
            ("gross", {}, 73.03),
            ("net", {}, 64.41),
            ("net", {"total_tax": None}, None),
            ("gross", {"total_tax": None}, 73.03),
            ("gross", {"total": "0.00"}, 0.0),
        ],
    )
    def test_value(self, amounts: Any, changes: dict[str, Any], value: float | None) -> None:
        """The order's total with or without its tax; without the tax's amount there is no net."""
        assert bought(Options(amounts=amounts), **changes).get("value") == value

    def test_net_sample(self) -> None:
        """Net prices are those of the lines' totals."""
        assert bought(Options(amounts="net"))["contents"] == [
            {"id": "311", "quantity": 2, "item_price": 15.055},
            {"id": "322", "quantity": 1, "item_price": 30.18},
        ]

    @pytest.mark.parametrize("quantity", [0, -1, 1.5, None, "x"])
    def test_quantity(self, quantity: Any) -> None:
        """A line without a whole number of pieces is left out."""
        assert "contents" not in bought(line_items=[line(quantity=quantity)])


CUSTOMER: dict[str, Any] = {
    "id": 58, "date_created_gmt": "2026-11-20T18:30:00", "email": "mia.berg@example.de", "first_name": "Mia",
    "last_name": "Berg", "username": "mia", "role": "customer", "shipping": {}, "is_paying_customer": False,
    "billing": {"first_name": "", "city": "", "country": "", "email": "", "phone": "", "state": ""},
    "meta_data": [{"id": 1, "key": "_capi_consent", "value": "marketing=granted;ts=2026-11-20T18:29:00Z;src=x"}],
}  # fmt: skip


class TestCustomer:
    """New accounts."""

    def test_registration(self) -> None:
        """A new customer is a CompleteRegistration without an id of its own: it would be the customer's number."""
        (arrival,) = mapped(sent(CUSTOMER, "customer.created")).arrivals
        assert msgspec.to_builtins(arrival.event) == {
            "event_name": "CompleteRegistration",
            "event_time": 1_795_199_400,
            "action_source": "other",
            "user_data": {"em": ["mia.berg@example.de"], "fn": "Mia", "ln": "Berg", "external_id": "58"},
        }
        assert arrival.dedup_key is None
        assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:29:00Z;src=x",)

    def test_registration_counts_once(self) -> None:
        """The same customer from two webhooks is one event, whose id does not tell the customer's number."""
        body, ingest = json.dumps(CUSTOMER).encode(), IngestRoom()
        ingest.configure(with_source("woocommerce-order-created"))
        ingest.clock.now = NOW
        proof = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        webhook = request(body, {"x-wc-webhook-topic": "customer.created", "x-wc-webhook-signature": proof})
        for _ in range(2):
            assert ingest.webhook(webhook, "woocommerce-demo").body == {"accepted": 1, "reasons": []}
        first, second = ingest.queued
        assert first == second
        assert first.startswith("sluice.")

    def test_at_the_checkout(self) -> None:
        """Who registers with an order has an address already."""
        address = {"first_name": "M.", "email": "m@example.de", "country": "DE", "state": "DE-HE", "city": "Fulda"}
        (arrival,) = mapped(sent({**CUSTOMER, "billing": address}, "customer.created")).arrivals
        found = arrival.event.user_data
        assert (found["em"], found["fn"], found["st"]) == (["m@example.de", "mia.berg@example.de"], "M.", "HE")

    @pytest.mark.parametrize(("role", "reason"), [("shop_manager", "not_a_customer"), ("", None), (None, None)])
    def test_role(self, role: str | None, reason: str | None) -> None:
        """The account of somebody who works there is no registration."""
        found = mapped(sent({**CUSTOMER, "role": role}, "customer.created"))
        assert found.ignored == ([reason] if reason else ())

    @pytest.mark.parametrize("missing", ["id", "email", "billing", "date_created_gmt"])
    def test_another_shape(self, missing: str) -> None:
        """A body that is no customer is refused."""
        body = {name: value for name, value in CUSTOMER.items() if name != missing}
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped(sent(body, "customer.created"))


def test_two_orders_of_one_second() -> None:
    """WooCommerce gives deliveries of one second one id, so it is not what makes two orders the same."""
    ingest = IngestRoom()
    ingest.configure(with_source("woocommerce-order-created"))
    ingest.clock.now = NOW
    for _ in range(2):
        assert ingest.webhook(SAMPLE, "woocommerce-demo").body == {"accepted": 1, "reasons": []}
    keys = {mapped(sent(order(id=number))).arrivals[0].dedup_key for number in (1, 2)}
    assert keys == {"order:shop:1", "order:shop:2"}


def test_kind_greets() -> None:
    """The registry knows the ping."""
    assert KIND.greeting(TestPing.PING) == {"status": "ok"}
