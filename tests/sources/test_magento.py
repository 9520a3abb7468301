"""Magento's orders by Adobe I/O Events and by the webhooks of Commerce, and the sample of ``events/``."""

import base64
import json
from functools import cache
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected, Unavailable
from sluice.event import Arrival
from sluice.settings import Secret, Source
from sluice.sources.magento import KIND, Options, authenticate, greeting, to_arrivals
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.request import Check, Mapped, Request
from sluice.telemetry import Metric
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, document, file_request, request, with_source
from tests.strategies import any_text

SAMPLE = file_request("magento-sales-order-place-after")
CLIENT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
IO_EVENTS = Options(api="io_events", client_id=CLIENT)
WEBHOOKS = Options(api="commerce_webhooks", secret_header="X-Sluice-Secret")
SIGNED = Options(api="commerce_webhooks")
CREATED_AT = 1_795_199_414  # 2026-11-20 18:30:14, without a zone
KEY_1, KEY_2 = "/prod/keys/pub-key-lyTiz3gQe4.pem", "/prod/keys/pub-key-kruhWwu4Or.pem"


@cache
def private_key(_name: str) -> rsa.RSAPrivateKey:
    """A signer's key, one for each name."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def pem(name: str) -> bytes:
    """The signer's public key."""
    return public(private_key(name).public_key())


def public(key: Any) -> bytes:
    """A public key as it is published."""
    found: bytes = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def signature(name: str, message: bytes) -> str:
    """The signer's signature of a message."""
    return base64.b64encode(private_key(name).sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def order(**changes: Any) -> dict[str, Any]:
    """The sample's order, stored, with other fields."""
    found: dict[str, Any] = json.loads(SAMPLE.body)["data"]["order"]
    return {**found, "created_at": "2026-11-20 18:30:14", **changes}


def cloud_event(value: object, event: str = "sales_order_save_commit_after", **changes: Any) -> dict[str, Any]:
    """What Adobe I/O Events posts."""
    return {
        "specversion": "1.0",
        "id": "5a1b7c9d-0001-4e2f-8a3b-4c5d6e7f8091",
        "source": "urn:uuid:0a1b2c3d-1111-4222-8333-444455556666",
        "type": f"com.adobe.commerce.observer.{event}",
        "datacontenttype": "application/json",
        "time": "2026-11-20T18:30:20.123Z",
        "recipientclientid": CLIENT,
        "data": {"key": "9f0e", "value": value, "_metadata": {"storeId": "1"}},
        **changes,
    }


def mapped(body: object, options: Options = IO_EVENTS, now: int = NOW) -> Mapped:
    """What the adapter makes of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return to_arrivals(request(raw), "shop", Source("magento", DATASET, [], options), now)


def purchase(options: Options = IO_EVENTS, **changes: Any) -> Arrival:
    """The Purchase of the sample's order with other fields, by Adobe I/O Events."""
    (arrival,) = mapped(cloud_event(order(**changes)), options).arrivals
    return arrival


class TestOptions:
    """Settings that would let strangers in, or nobody."""

    @pytest.mark.parametrize(
        ("options", "at"),
        [
            ({"api": "io_events"}, "client_id"),
            ({"api": "io_events", "client_id": ""}, "client_id"),
            ({"api": "commerce_webhooks", "client_id": CLIENT}, "client_id"),
            ({"api": "io_events", "client_id": CLIENT, "secret_header": "X-Secret"}, "secret_header"),
            ({"api": "commerce_webhooks", "secret_header": ""}, "secret_header"),
            ({"api": "commerce_webhooks", "purchase_states": []}, "purchase_states"),
            ({"api": "commerce_webhooks", "purchase_states": ["canceled"]}, "purchase_states"),
            ({"api": "rest"}, "api"),
            ({}, "api"),
        ],
    )
    def test_refused(self, options: dict[str, Any], at: str) -> None:
        """The settings say which option is wrong."""
        with pytest.raises(msgspec.ValidationError, match=at):
            msgspec.convert(options, Options)


class TestChallenge:
    """What Adobe asks a new address."""

    def test_is_answered(self) -> None:
        """The value comes back as JSON, without any secret."""
        ingest = IngestRoom()
        ingest.configure(with_source("magento-sales-order-place-after"))
        asked = request(challenge="8ec8d794-e0ab-42df-9017-e3dada8e84f7")._replace(method="GET")
        answer = ingest.webhook(asked, "magento-demo")
        assert answer[:2] == (200, {"challenge": "8ec8d794-e0ab-42df-9017-e3dada8e84f7"})

    @pytest.mark.parametrize("challenge", ["", "a" * 257, "a b", "<script>", 'a"', "a\n", "ä"])
    def test_other_text_is_not_repeated(self, challenge: str) -> None:
        """What is no challenge of Adobe's is not sent back."""
        assert greeting(request(challenge=challenge)._replace(method="GET")) is None

    def test_only_a_question(self) -> None:
        """A delivery has to be signed, whatever its query."""
        assert greeting(request(b"{}", challenge="abc")) is None


class TestAdobe:
    """What Adobe signs for this client."""

    BODY = json.dumps(cloud_event({})).encode()

    def sent(self, body: bytes = BODY, first: str = "one", second: str = "two") -> Request:
        """A delivery under two keys of Adobe's."""
        return request(
            body,
            {
                "x-adobe-digital-signature-1": signature(first, body),
                "x-adobe-digital-signature-2": signature(second, body),
                "x-adobe-public-key1-path": KEY_1,
                "x-adobe-public-key2-path": KEY_2,
            },
        )

    def check(self, keys: dict[str, bytes] | None = None, options: Options = IO_EVENTS) -> Check:
        """What the host publishes."""
        return Check([], options, NOW, ({KEY_1: pem("one"), KEY_2: pem("two")} if keys is None else keys).get)

    @pytest.mark.parametrize(("first", "second"), [("one", "two"), ("other", "two"), ("one", "other")])
    def test_either_key(self, first: str, second: str) -> None:
        """Either signature is enough."""
        authenticate(self.sent(first=first, second=second), self.check())

    def test_key_that_is_gone(self) -> None:
        """A key that the host no longer has leaves the other one."""
        authenticate(self.sent(), self.check({KEY_2: pem("two")}))

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param({"first": "other", "second": "other"}, id="other keys"),
            pytest.param({"first": "two", "second": "one"}, id="keys exchanged"),
        ],
    )
    def test_other_signatures(self, asked: dict[str, str]) -> None:
        """A signature of another key is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(**asked), self.check())

    @pytest.mark.parametrize(
        "keys",
        [
            {},
            {KEY_1: b"", KEY_2: b"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"},
            {KEY_1: pem("other"), KEY_2: public(ec.generate_private_key(ec.SECP256R1()).public_key())},
        ],
        ids=["none", "unreadable", "others"],
    )
    def test_keys_that_do_not_fit(self, keys: dict[str, bytes]) -> None:
        """Without the right RSA key nothing is proven."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(), self.check(keys))

    def test_changed_byte(self) -> None:
        """One other byte and the delivery is refused."""
        body = self.BODY.replace(b"18:30:20", b"18:30:21")
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent()._replace(body=body), self.check())

    @pytest.mark.parametrize(
        "body",
        [
            cloud_event({}, recipientclientid="f" * 32),
            cloud_event({}, recipientclientid="f" * 32, recipient_client_id=CLIENT),
            cloud_event({"note": CLIENT}, recipientclientid=None),
            cloud_event({}, recipientclientid=[CLIENT]),
            [CLIENT],
            CLIENT,
        ],
    )
    def test_another_client(self, body: object) -> None:
        """Adobe signs for every customer with the same keys: what was sent to another one is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(json.dumps(body).encode()), self.check())

    def test_no_json(self) -> None:
        """A signed body that is no JSON names no client."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(b"\xff" + CLIENT.encode()), self.check())

    def test_other_spelling_of_the_client(self) -> None:
        """The client may stand under the other name that Adobe writes."""
        body = cloud_event({}, recipient_client_id=CLIENT)
        del body["recipientclientid"]
        authenticate(self.sent(json.dumps(body).encode()), self.check())

    def test_stranger_costs_no_question(self) -> None:
        """For a body that does not hold the client's id no key is fetched."""
        asked: list[str] = []
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(b"{}"), Check([], IO_EVENTS, NOW, asked.append))
        assert asked == []

    def test_host_does_not_answer(self) -> None:
        """While nobody knows the key, nobody is refused: Adobe shall send it again."""

        def unavailable(_path: str) -> None:
            raise Unavailable("public_key_unavailable")

        with pytest.raises(Unavailable, match="public_key_unavailable"):
            authenticate(self.sent(), Check([], IO_EVENTS, NOW, unavailable))

    def test_without_keys_nobody_is_let_in(self) -> None:
        """A check that knows no public key lets nobody in, whatever the secrets."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(self.sent(), Check([Secret(pem("one").decode())], IO_EVENTS, NOW))

    @given(
        headers=st.dictionaries(st.sampled_from(["x-adobe-digital-signature-1", "x-adobe-public-key1-path"]), any_text)
    )
    def test_any_headers(self, headers: dict[str, str]) -> None:
        """Whatever stands in the headers, the answer is no."""
        asked = self.sent()._replace(headers={"x-adobe-public-key1-path": KEY_1, **headers})
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(asked, self.check())

    def test_through_the_door(self) -> None:
        """A signed delivery becomes a queued event, and Adobe is told the usual."""
        ingest = IngestRoom()
        ingest.public_keys[KEY_1] = pem("one")
        source = {"kind": "magento", "dataset": DATASET, "secrets": [], "options": msgspec.to_builtins(IO_EVENTS)}
        ingest.configure(document(sources={"magento": source}))
        body = json.dumps(cloud_event(order())).encode()
        answer = ingest.webhook(self.sent(body), "magento")
        assert answer[:2] == (200, {"accepted": 1, "reasons": []})
        assert ingest.queued == ["000000412"]


class TestCommerce:
    """What the shop itself sends."""

    def test_static_header(self) -> None:
        """The secret of the header lets in, in any spelling of the header's name."""
        authenticate(SAMPLE, Check([Secret("sample-magento-header-secret")], WEBHOOKS, NOW))
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE, Check([Secret("sample-magento-header-secreT")], WEBHOOKS, NOW))

    def test_signature_is_over_base64(self) -> None:
        """Commerce signs the base64 text of the body; a signature of the body itself is none."""
        check = Check([Secret("old"), Secret(pem("shop").decode())], SIGNED, NOW)
        header = "x-adobe-commerce-webhook-signature"
        proof = signature("shop", base64.b64encode(SAMPLE.body))
        authenticate(request(SAMPLE.body, {header: proof}), check)
        for other in (signature("shop", SAMPLE.body), signature("other", base64.b64encode(SAMPLE.body)), "", "ä", "="):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(request(SAMPLE.body, {header: other}), check)

    @pytest.mark.parametrize("secrets", [[], [""], ["no key"]])
    def test_secrets_that_are_no_keys(self, secrets: list[str]) -> None:
        """Without a public key nobody is let in, also not by showing the secret."""
        proof = signature("shop", base64.b64encode(SAMPLE.body))
        headers = {"x-adobe-commerce-webhook-signature": proof, "x-sluice-secret": "no key"}
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(SAMPLE.body, headers), Check([Secret(text) for text in secrets], SIGNED, NOW))

    @pytest.mark.parametrize(
        "body",
        [
            SAMPLE.body,
            b"",
            b"\xff",
            b"[]",
            b"{}",
            b'{"eventName":"sales_order_place_before","data":{"order":{}}}',
            SAMPLE.body.replace(b"granted", b"denied"),
        ],
        ids=["allowed", "empty", "no JSON", "a list", "no order", "another event", "denied"],
    )
    def test_checkout_always_goes_on(self, body: bytes) -> None:
        """Whatever becomes of the order, the buyer's checkout is told to go on."""
        ingest = IngestRoom()
        ingest.configure(with_source("magento-sales-order-place-after"))
        assert ingest.webhook(SAMPLE._replace(body=body), "magento-demo")[:2] == (200, {"op": "success"})

    @pytest.mark.parametrize("down", ["queue", "consent"])
    def test_what_could_not_be_stored(self, down: str) -> None:
        """While queue or ledger is down the checkout goes on; the order is lost, which is counted and logged."""
        ingest = IngestRoom()
        ingest.configure(with_source("magento-sales-order-place-after"))
        getattr(ingest, down).down = True
        body = SAMPLE.body if down == "queue" else SAMPLE.body.replace(b"capi_consent", b"capi_nothing")
        assert ingest.webhook(SAMPLE._replace(body=body), "magento-demo")[:2] == (200, {"op": "success"})
        slug = {"queue": "queue_unavailable", "consent": "consent_store_unavailable"}[down]
        assert ingest.telemetry.lines == [("lost", {"source": "magento-demo", "slug": slug})]
        assert ingest.telemetry.counts == {Metric.WEBHOOKS_LOST: 1}

    def test_what_adobe_repeats(self) -> None:
        """An event that Adobe sends again is refused while it could not be stored."""
        ingest = IngestRoom()
        ingest.public_keys[KEY_1] = pem("one")
        source = {"kind": "magento", "dataset": DATASET, "secrets": [], "options": msgspec.to_builtins(IO_EVENTS)}
        ingest.configure(document(sources={"magento": source}))
        ingest.queue.down = True
        body = json.dumps(cloud_event(order())).encode()
        with pytest.raises(Unavailable, match="queue_unavailable"):
            ingest.webhook(TestAdobe().sent(body), "magento")

    @pytest.mark.parametrize("body", [b"\xff", b"[]", b"{}", b'{"order":{}}', b'{"data":{"order":[]}}'])
    def test_unreadable(self, body: bytes) -> None:
        """What is no order is counted as that."""
        assert mapped(body, WEBHOOKS) == Mapped(ignored=["unreadable_order"])

    @pytest.mark.parametrize(
        ("body", "accepted"),
        [
            ({"eventName": "sales_order_place_after", "data": {"order": order()}}, 1),
            ({"eventName": "observer.sales_order_place_after", "data": {"order": order()}}, 1),
            ({"eventName": "sales_order_save_after", "data": {"data_object": order()}}, 1),
            ({"data": {"order": order()}}, 1),
            ({"order": order()}, 1),
            (order(), 1),
            ({"eventName": "sales_order_place_before", "data": {"order": order()}}, 0),
            ({"eventName": "checkout_cart_product_add_before", "data": {"order": order()}}, 0),
        ],
    )
    def test_places_of_the_order(self, body: dict[str, Any], accepted: int) -> None:
        """The order may stand where Commerce puts it or where the hook's fields do; before it is placed it is none."""
        found = mapped(body, WEBHOOKS)
        assert len(found.arrivals) == accepted
        assert list(found.ignored) == ([] if accepted else ["unknown_topic"])

    @pytest.mark.parametrize(
        ("event", "created_at", "at"),
        [
            ("sales_order_place_after", None, NOW),
            ("sales_order_place_after", "2026-11-20 18:30:14", CREATED_AT),
            ("sales_order_save_after", "2026-11-20 18:30:14", CREATED_AT),
            ("sales_order_save_after", None, None),
            (None, None, None),
        ],
    )
    def test_time(self, event: str | None, created_at: str | None, at: int | None) -> None:
        """Who waits for the answer places the order now; of any other order the time has to be known."""
        found = mapped({"eventName": event, "data": {"order": order(created_at=created_at)}}, WEBHOOKS)
        assert [arrival.event.event_time for arrival in found.arrivals] == ([] if at is None else [at])


def test_sample_is_this_event() -> None:
    """The sample becomes exactly this Purchase."""
    (arrival,) = mapped(SAMPLE.body, WEBHOOKS).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": NOW,
        "event_id": "000000412",
        "action_source": "website",
        "event_source_url": "https://outdoor.example.de/checkout/",
        "user_data": {
            "em": ["mara.lindner@example.de", "mara.lindner@example.de"],
            "ph": "0171 3920099",
            "fn": "Mara",
            "ln": "Lindner",
            "ge": "f",
            "ct": "Dresden",
            "st": "SAS",
            "zp": "01067",
            "country": "DE",
            "external_id": "77",
            "fbp": "fb.1.1795198811123.3087734422",
            "fbc": "fb.1.1795198810456.IwAR2SampleMagentoClick-7_x",
            "client_ip_address": "203.0.113.58",
            "client_user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        },
        "custom_data": {
            "value": 88.9,
            "currency": "EUR",
            "order_id": "000000412",
            "content_type": "product",
            "content_ids": ["JKT-M-GRN", "SOCK-41"],
            "contents": [
                {"id": "JKT-M-GRN", "quantity": 1, "item_price": 65.0},
                {"id": "SOCK-41", "quantity": 2, "item_price": 9.5},
            ],
            "num_items": 3,
        },
    }
    assert arrival.dedup_key == "order:shop:000000412"
    assert arrival.not_after is None
    assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:25:40Z;src=usercentrics",)


class TestCloudEvent:
    """What Adobe I/O Events delivers."""

    @pytest.mark.parametrize(
        ("event", "ignored"),
        [
            ("sales_order_save_commit_after", ()),
            ("sales_order_place_after", ()),
            ("sales_order_invoice_save_after", ["unknown_topic"]),
            ("sales_order_creditmemo_save_after", ["unknown_topic"]),
            ("catalog_product_save_after", ["unknown_topic"]),
        ],
    )
    def test_event(self, event: str, ignored: Any) -> None:
        """Only events of an order are read."""
        assert mapped(cloud_event(order(), event)).ignored == ignored

    @pytest.mark.parametrize("event_type", [None, "", 5, []])
    def test_event_without_a_type(self, event_type: Any) -> None:
        """An event that does not say what it is, is none of ours."""
        assert mapped(cloud_event(order(), type=event_type)).ignored == ["unknown_topic"]

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            {},
            *[{name: value for name, value in order().items() if name != missing} for missing in (
                "increment_id", "state", "created_at", "grand_total",
            )],
            order(created_at="yesterday"),
        ],
    )  # fmt: skip
    def test_missing_fields(self, value: object) -> None:
        """Without number, state, time and total there is no Purchase, and Adobe's console shows the refusal."""
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped(cloud_event(value))

    def test_time_of_an_order_that_is_placed(self) -> None:
        """An order that was not stored yet happened when Adobe says; a later save never dates it anew."""
        body = cloud_event(order(created_at=None), "sales_order_place_after")
        assert mapped(body).arrivals[0].event.event_time == CREATED_AT + 6
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped({**body, "time": "soon"})

    @pytest.mark.parametrize(
        ("state", "accepted"),
        [
            ("new", 0), ("pending_payment", 0), ("payment_review", 0), ("processing", 1), ("complete", 1),
            ("closed", 0), ("canceled", 0), ("holded", 0), ("own_state", 0),
        ],
    )  # fmt: skip
    def test_states(self, state: str, accepted: int) -> None:
        """Of all states two are a Purchase."""
        found = mapped(cloud_event(order(state=state)))
        assert (len(found.arrivals), list(found.ignored)) == (accepted, [] if accepted else ["not_the_purchase_status"])

    def test_own_states(self) -> None:
        """The shop may count an order before it is paid."""
        options = msgspec.structs.replace(IO_EVENTS, purchase_states=("new",))
        assert mapped(cloud_event(order(state="new")), options).arrivals
        assert mapped(cloud_event(order()), options).ignored == ["not_the_purchase_status"]

    def test_pixel_window(self) -> None:
        """Where a pixel reports the order too, what Meta could no longer drop as its double is not sent."""
        options = msgspec.structs.replace(IO_EVENTS, pixel=True)
        latest = CREATED_AT + PIXEL_WINDOW_SECONDS
        (arrival,) = mapped(cloud_event(order()), options, latest).arrivals
        assert arrival.not_after == latest
        assert mapped(cloud_event(order()), options, latest + 1).ignored == ["pixel_window_passed"]

    def test_store_and_number(self) -> None:
        """Where several store views count alike, the store makes two orders different."""
        options = msgspec.structs.replace(IO_EVENTS, event_id="store_and_increment_id")
        arrival = purchase(options, store_id=3)
        assert (arrival.event.event_id, arrival.dedup_key) == ("3-000000412", "order:shop:3-000000412")
        assert arrival.event.custom_data is not None
        assert arrival.event.custom_data["order_id"] == "000000412"
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped(cloud_event(order(store_id=None)), options)


ADDRESS = {"firstname": "Bo", "lastname": "Bill", "city": "Bonn", "region": "Nordrhein-Westfalen", "country_id": "DE"}


class TestBuyer:
    """Who bought."""

    @pytest.mark.parametrize(
        ("changes", "field", "value"),
        [
            ({"customer_email": None}, "em", ["mara.lindner@example.de"]),
            ({"addresses": []}, "fn", "Mara"),
            ({"addresses": []}, "ct", None),
            ({"addresses": [{**ADDRESS, "address_type": "shipping"}]}, "ct", "Bonn"),
            ({"addresses": [{**ADDRESS, "address_type": "billing"}]}, "st", "Nordrhein-Westfalen"),
            ({"addresses": [{**ADDRESS, "address_type": "billing", "region_code": "NRW"}]}, "st", "NRW"),
            ({"addresses": {"billing": ADDRESS}}, "ct", None),
            ({"customer_gender": 1}, "ge", "m"),
            ({"customer_gender": "3"}, "ge", None),
            ({"customer_dob": "1990-04-12 00:00:00"}, "db", "1990-04-12"),
            ({"customer_id": None}, "external_id", None),
            ({"x_forwarded_for": "8.8.8.8, 10.0.0.1"}, "client_ip_address", "8.8.8.8"),
            ({"x_forwarded_for": "10.0.0.1, 8.8.4.4, 8.8.8.8"}, "client_ip_address", "8.8.4.4"),
            ({"x_forwarded_for": "10.0.0.1, unknown"}, "client_ip_address", "203.0.113.58"),
            ({"x_forwarded_for": "192.0.2.7, 10.0.0.1", "remote_ip": "10.0.0.1"}, "client_ip_address", "192.0.2.7"),
            ({"x_forwarded_for": "::ffff:10.0.0.1, 8.8.8.8"}, "client_ip_address", "8.8.8.8"),
            ({"x_forwarded_for": "224.0.0.1, 8.8.8.8"}, "client_ip_address", "8.8.8.8"),
            ({"x_forwarded_for": 5}, "client_ip_address", "203.0.113.58"),
            ({"x_forwarded_for": "10.0.0.1, " * 50 + "8.8.8.8"}, "client_ip_address", "203.0.113.58"),
            ({"remote_ip": None}, "client_ip_address", None),
        ],
    )
    def test_field(self, changes: dict[str, Any], field: str, value: Any) -> None:
        """Each field comes from the first place that has it; names and places come from one address."""
        assert purchase(**changes).event.user_data.get(field) == value

    @pytest.mark.parametrize(
        "changes",
        [
            {"custom_attributes": [{"attribute_code": "fbp", "value": "fb.1.1.1"}, None, {"attribute_code": []}]},
            {"custom_attributes": {"fbp": "fb.1.1.1"}},
            {"custom_attributes_serializable": {"fbp": "fb.1.1.1"}},
            {"fbp": "fb.1.1.1"},
        ],
    )
    def test_attributes(self, changes: dict[str, Any]) -> None:
        """What the shop's code wrote is found in every form in which Magento hands it on."""
        found = purchase(**{"custom_attributes_serializable": None, **changes}).event
        assert found.user_data["fbp"] == "fb.1.1.1"

    @pytest.mark.parametrize("form", ["custom_attributes_serializable", "custom_attributes"])
    def test_every_note(self, form: str) -> None:
        """What stands in a second place is not lost: it may be the refusal."""
        second = {"capi_consent": "marketing=denied;ts=2026-11-20T18:26:40Z;src=x"}
        changes: dict[str, Any] = {"custom_attributes_serializable": None, "capi_consent": "a"}
        assert purchase(**{**changes, form: second}).signals.notes == ("a", *second.values())
        listed = [{"attribute_code": "capi_consent", "value": note} for note in (*second.values(), "b")]
        assert purchase(**{**changes, form: listed}).signals.notes == ("a", *second.values(), "b")

    def test_without_attributes(self) -> None:
        """Magento records neither browser nor choice: without the shop's code there is no signal and no page."""
        arrival = purchase(custom_attributes_serializable=None)
        assert (arrival.event.action_source, arrival.event.event_source_url) == ("other", None)
        assert arrival.signals.notes == ()

    @pytest.mark.parametrize("page", ["https://", "/checkout/", "https://outdoor.example.de:99999/"])
    def test_page_that_is_none(self, page: str) -> None:
        """An address that nobody can read makes it an event of elsewhere, and does not cost the order."""
        event = purchase(capi_event_source_url=page, capi_user_agent="UA", custom_attributes_serializable=None).event
        assert (event.action_source, event.event_source_url) == ("other", None)


class TestItems:
    """What was bought."""

    def bought(self, options: Options = IO_EVENTS, **changes: Any) -> dict[str, Any]:
        """The custom data of the sample's order with other fields."""
        found = purchase(options, **changes).event.custom_data
        assert found is not None
        return found

    def test_product_ids(self) -> None:
        """A configured product is known by the id of what was sold, not by that of the whole family."""
        options = msgspec.structs.replace(IO_EVENTS, content_id="product_id")
        assert self.bought(options)["content_ids"] == ["44", "52"]
        alone = [{"product_id": 41, "product_type": "configurable", "qty_ordered": 1}]
        assert self.bought(options, items=alone)["content_ids"] == ["41"]

    @pytest.mark.parametrize(
        ("changes", "item_price"),
        [
            ({}, 9.5),
            ({"row_total_incl_tax": 19}, 9.5),
            ({"discount_amount": "-3.0000"}, 8.0),
            ({"discount_amount": "3.0000"}, 8.0),
            ({"discount_amount": None}, 9.5),
            ({"row_total_incl_tax": None}, None),
            ({"discount_amount": "20"}, None),
        ],
    )
    def test_item_price(self, changes: dict[str, Any], item_price: float | None) -> None:
        """What was paid for one piece, with tax and after discounts; without the tax there is none."""
        item = {"sku": "SOCK", "qty_ordered": "2.0000", "row_total_incl_tax": "19.0000", "price": "8.4", **changes}
        assert self.bought(items=[item])["contents"][0].get("item_price") == item_price

    @pytest.mark.parametrize(
        ("changes", "value", "currency"),
        [
            ({"grand_total": "32444.000000"}, 32444.0, "EUR"),
            ({"grand_total": 5}, 5.0, "EUR"),
            ({"grand_total": None}, None, "EUR"),
            ({"order_currency_code": "CHF"}, 88.9, "CHF"),
            ({"order_currency_code": None}, 88.9, None),
        ],
    )
    def test_value(self, changes: dict[str, Any], value: float | None, currency: str | None) -> None:
        """Total and currency are the buyer's; those of the shop's books are never read in their place."""
        found = self.bought(**changes)
        assert (found.get("value"), found.get("currency")) == (value, currency)


def test_other_kinds_of_answer() -> None:
    """Only a checkout that waits is told to go on."""
    assert KIND.reply(WEBHOOKS) == {"op": "success"}
    assert KIND.reply(IO_EVENTS) is None
