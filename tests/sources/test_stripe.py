"""Stripe's payments, and the signed sample of ``events/``."""

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
from sluice.rules import problems
from sluice.settings import Secret, Source
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.stripe import Options, authenticate, to_arrivals
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, file_request, request, with_source

SAMPLE = file_request("stripe-checkout-completed")
SECRET = "whsec_sample-stripe-endpoint-secret"
TOLD = json.loads(SAMPLE.body)
SESSION = TOLD["data"]["object"]
TOLD_AT = 1_795_199_460
MADE_AT = 1_795_199_340
AGENT = SESSION["metadata"]["ua"]


def mapped(told: dict[str, Any], options: Options | None = None, now: int = NOW) -> Mapped:
    """What the adapter makes of an event."""
    source = Source("stripe", DATASET, [Secret(SECRET)], options or Options())
    return to_arrivals(request(json.dumps(told).encode()), "pay", source, now)


def told(topic: str = "checkout.session.completed", **about: Any) -> dict[str, Any]:
    """The sample's event with another type, or its session with other fields."""
    return {**TOLD, "type": topic, "data": {"object": {**SESSION, **about}}}


def purchase(event: dict[str, Any], options: Options | None = None) -> Arrival:
    """The Purchase that an event becomes."""
    (arrival,) = mapped(event, options).arrivals
    return arrival


def session(**about: Any) -> Arrival:
    """The Purchase of the sample's session with other fields."""
    return purchase(told(**about))


def invoice(**about: Any) -> Arrival:
    """The Purchase of an invoice."""
    paid = {
        "id": "in_Sample1",
        "object": "invoice",
        "created": MADE_AT,
        "amount_paid": 2_900,
        "currency": "eur",
        "billing_reason": "subscription_cycle",
        "customer": "cus_Sample2",
        "customer_email": "olga.roth@example.de",
        "customer_name": "Olga Roth",
        "customer_phone": "+49 30 901820",
        "customer_address": {"city": "Berlin", "country": "DE", "postal_code": "10115", "state": "BE"},
        **about,
    }
    event = {**TOLD, "type": "invoice.paid", "data": {"object": paid}}
    return purchase(event, Options(purchase_topic="invoice.paid"))


def signature(secret: str = SECRET, stamp: object = NOW, body: bytes = SAMPLE.body) -> str:
    """The hexadecimal digest of one ``v1`` entry."""
    return hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()


def knows(header: str, secrets: list[str] | None = None, now: int = NOW, body: bytes = SAMPLE.body) -> bool:
    """Whether a request with this header is let in."""
    check = Check([Secret(secret) for secret in secrets or [SECRET]], Options(), now)
    with suppress(Rejected):
        authenticate(Request({"stripe-signature": header}, {}, body, "request-1"), check)
        return True
    return False


class TestAuthenticate:
    """What Stripe signed within five minutes, and nothing else."""

    def test_known_vector(self) -> None:
        """A signature that was computed elsewhere: the secret is used as text, with its ``whsec_``."""
        body = b'{"type":"purchase","timestamp":"2026-11-20T18:42:10Z","data":{"event_id":"ord-10457","value":73.03}}'
        header = "t=1795200130,v1=3334f56df00a1546ac69021d6473697f844e27dbe1f21036d483e3de09f4d3b6"
        assert knows(header, ["whsec_sample_stripe"], 1_795_200_130, body)
        assert not knows(header, ["sample_stripe"], 1_795_200_130, body)

    @pytest.mark.parametrize(
        ("header", "known"),
        [
            (f"t={NOW},v1={signature()}", True),
            (f"v1={signature()},t={NOW}", True),
            (f"t={NOW},v1={signature('other')},v1={signature()}", True),
            (f"t={NOW},v1={signature()},v1=zz,v0=zz", True),
            (f"t={NOW},v0={signature()}", False),
            (f"t={NOW},v2={signature()}", False),
            (f"t={NOW}", False),
            (f"v1={signature()}", False),
            (f"t={NOW + 1},v1={signature()}", False),
            (f"t={NOW},t={NOW + 1},v1={signature(stamp=NOW + 1)}", False),
            (f"t=,v1={signature(stamp='')}", False),
            (f"t={NOW}.0,v1={signature(stamp=f'{NOW}.0')}", False),
            (f"t={NOW},v1={signature()[:-1]}", False),
            (f"t={NOW}," + "v1=zz," * 8 + f"v1={signature()}", False),
        ],
    )
    def test_header(self, header: str, *, known: bool) -> None:
        """One of up to eight ``v1`` entries must fit, under the first time; every other entry is passed over."""
        assert knows(header) is known

    def test_rotation(self) -> None:
        """While a secret is replaced, Stripe signs with both, and the settings may have both."""
        header = f"t={NOW},v1={signature('new-secret')},v1={signature('old-secret')}"
        assert knows(header, ["old-secret"])
        assert knows(header, ["new-secret"])
        assert knows(f"t={NOW},v1={signature('old-secret')}", ["new-secret", "old-secret"])

    @pytest.mark.parametrize(("late", "known"), [(300, True), (-300, True), (301, False), (-301, False)])
    def test_time(self, late: int, *, known: bool) -> None:
        """A time five minutes before or ahead is refused, however well it is signed."""
        assert knows(f"t={NOW},v1={signature()}", now=NOW + late) is known


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly this Purchase."""
    arrival = purchase(TOLD)
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": TOLD_AT,
        "event_id": "order-88123",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/checkout/thanks",
        "user_data": {
            "em": "Mara.Lindner@example.de",
            "ph": "+491713920077",
            "fn": "Mara",
            "ln": "Lindner",
            "ct": "Köln",
            "zp": "50667",
            "country": "DE",
            "external_id": "cus_SampleCustomer1",
            "fbp": "fb.1.1795198800123.1098115397",
            "fbc": "fb.1.1795198799001.IwAR0SampleStripeClick_1-z",
            "client_ip_address": "203.0.113.77",
            "client_user_agent": AGENT,
        },
        "custom_data": {"value": 124.9, "currency": "EUR", "order_id": "cs_live_SampleSession0001"},
    }
    assert arrival.dedup_key == "order:pay:cs_live_SampleSession0001"
    assert arrival.not_after is None
    assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:20:11Z;src=cmp",)
    assert arrival.signals.given is None


SETUP = {"mode": "setup", "payment_status": "no_payment_required", "amount_total": None}


@pytest.mark.parametrize(
    ("event", "options", "reason"),
    [
        (told("charge.refunded"), None, "unknown_topic"),
        (told("checkout.session.expired"), None, "unknown_topic"),
        ({"id": "evt_1", "object": "v2.core.event", "type": "v2.core.account.updated"}, None, "unknown_topic"),
        ({}, None, "unknown_topic"),
        ({"type": ["checkout.session.completed"]}, None, "unknown_topic"),
        ({**TOLD, "livemode": False}, None, "test_order"),
        (told(payment_status="unpaid"), None, "payment_pending"),
        (told(payment_status=None), None, "payment_pending"),
        (told(**SETUP), None, "nothing_bought"),
        (TOLD, Options(purchase_topic="payment_intent.succeeded"), "not_the_purchase_topic"),
        (TOLD, Options(purchase_topic="invoice.paid"), "not_the_purchase_topic"),
        (
            told("checkout.session.async_payment_succeeded"),
            Options(purchase_topic="invoice.paid"),
            "not_the_purchase_topic",
        ),
        (told("payment_intent.succeeded", object="payment_intent"), None, "not_the_purchase_topic"),
        (told("invoice.paid", object="invoice"), None, "not_the_purchase_topic"),
    ],
)
def test_what_is_no_purchase(event: dict[str, Any], options: Options | None, reason: str) -> None:
    """Every other event is answered 200, with this reason."""
    assert mapped(event, options) == Mapped(ignored=[reason])


@pytest.mark.parametrize(
    "event",
    [
        {**TOLD, "data": None},
        {**TOLD, "data": {"object": []}},
        {**TOLD, "created": None},
        {**TOLD, "created": "soon"},
        told(object="payment_intent"),
        told("invoice.paid"),
        told(id=None),
        told(created=None),
    ],
)
def test_wrong_shape(event: dict[str, Any]) -> None:
    """A body that is not what its type announces is refused."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped(event)


class TestOnePurchase:
    """A payment counts once, whatever tells it."""

    def test_paid_later(self) -> None:
        """A session that is paid days later is the Purchase of then, under the key of the session."""
        event = told("checkout.session.async_payment_succeeded") | {"created": TOLD_AT + 500}
        assert purchase(event).dedup_key == session().dedup_key
        assert purchase(event).event.event_time == TOLD_AT + 500

    @pytest.mark.parametrize("status", ["paid", "no_payment_required"])
    def test_paid_at_once(self, status: str) -> None:
        """Also a session that a voucher paid is a Purchase."""
        assert session(payment_status=status, amount_total=0).event.custom_data == {
            "value": 0,
            "currency": "EUR",
            "order_id": "cs_live_SampleSession0001",
        }

    def test_every_way_together(self, gateway: Gateway) -> None:
        """The webhook, its repetition and the later success reach Meta as one event."""
        gateway.configure(with_source("stripe-checkout-completed"))
        for event in (TOLD, TOLD, {**told("checkout.session.async_payment_succeeded"), "id": "evt_other"}):
            body = json.dumps(event).encode()
            sent = request(body, {"stripe-signature": f"t={NOW},v1={signature(body=body)}"})
            gateway.ingest.webhook(sent, "stripe-demo")
        assert gateway.deliver() == ["order-88123"]

    def test_event_id(self) -> None:
        """Without an id in the metadata, it is the object's, which a page can know too."""
        assert session(metadata={}).event.event_id == "cs_live_SampleSession0001"

    @pytest.mark.parametrize(("since_made", "sent"), [(0, True), (47 * 3_600, True), (47 * 3_600 + 1, False)])
    def test_beside_a_pixel(self, since_made: int, *, sent: bool) -> None:
        """Later than Meta would see the double of what a pixel reported, nothing is sent."""
        found = mapped(TOLD, Options(pixel=True), MADE_AT + since_made)
        assert [arrival.not_after for arrival in found.arrivals] == ([MADE_AT + 47 * 3_600] if sent else [])
        assert list(found.ignored) == ([] if sent else ["pixel_window_passed"])


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [
        (1_999, "eur", 19.99),
        (500, "jpy", 500),
        (500, "krw", 500),
        (5_120, "kwd", 5.12),
        (5_120, "TND", 5.12),
        (500, "isk", 5),
        (500, "ugx", 5),
        (1_050, "huf", 10.5),
        (1_050, "twd", 10.5),
        (0, "usd", 0),
    ],
)
def test_money(minor: int, currency: str, value: float) -> None:
    """Amounts come in the smallest unit that Stripe writes for the currency."""
    data = session(amount_total=minor, currency=currency).event.custom_data
    assert data == {"value": value, "currency": currency.upper(), "order_id": "cs_live_SampleSession0001"}


@pytest.mark.parametrize("changes", [{"amount_total": None}, {"amount_total": "many"}, {"currency": None}])
def test_money_that_cannot_be_read(changes: dict[str, Any]) -> None:
    """A Purchase without value or currency is not sent; nothing is guessed."""
    slugs = {problem.slug for problem in problems(session(**changes).event, now_seconds=NOW)}
    assert slugs & {"value_missing", "currency_missing"}


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, "website"),
        ({"metadata": {"ua": AGENT}}, "other"),
        ({"metadata": {"url": "https://shop.example.de/"}}, "other"),
        ({"metadata": {"url": "/thanks", "ua": AGENT}}, "other"),
        ({"metadata": {"url": "https://", "ua": AGENT}}, "other"),
        ({"metadata": {"url": "https://shop.example.de:99999/", "ua": AGENT}}, "other"),
        ({"metadata": None}, "other"),
    ],
)
def test_where_the_person_acted(changes: dict[str, Any], source: str) -> None:
    """A web page is said only with its address and browser, both of which Meta asks for."""
    event = session(**changes).event
    assert event.action_source == source
    assert (event.event_source_url is None) == (source == "other")
    assert problems(event, now_seconds=NOW) == []


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Mara Lindner", "Mara", "Lindner"),
        (" Mara   Lindner ", "Mara", "Lindner"),
        ("Lindner", None, None),
        ("Ana María López", None, None),
        (None, None, None),
        (5, None, None),
    ],
)
def test_names(name: object, given: str | None, family: str | None) -> None:
    """Which word is which is known of two words only."""
    user_data = session(customer_details={"name": name}).event.user_data
    assert (user_data.get("fn"), user_data.get("ln")) == (given, family)


def test_payment_intent() -> None:
    """A payment without checkout has a receipt's address, and names and places of where it is shipped to."""
    paid = {
        "id": "pi_Sample1",
        "object": "payment_intent",
        "created": MADE_AT,
        "amount": 9_000,
        "amount_received": 8_000,
        "currency": "chf",
        "receipt_email": "bea.frey@example.com",
        "shipping": {"name": "Bea Frey", "phone": "+41446681800", "address": {"city": "Zürich", "country": "CH"}},
        "metadata": {"event_id": "order-7"},
    }
    event = {**TOLD, "type": "payment_intent.succeeded", "data": {"object": paid}}
    arrival = purchase(event, Options(purchase_topic="payment_intent.succeeded"))
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": TOLD_AT,
        "event_id": "order-7",
        "action_source": "other",
        "user_data": {
            "em": "bea.frey@example.com",
            "ph": "+41446681800",
            "fn": "Bea",
            "ln": "Frey",
            "ct": "Zürich",
            "country": "CH",
        },
        "custom_data": {"value": 80, "currency": "CHF", "order_id": "pi_Sample1"},
    }
    assert arrival.dedup_key == "order:pay:pi_Sample1"


NOTED = {**SESSION["metadata"], "ip": "203.0.113.9"}


class TestInvoices:
    """Subscriptions: their first invoice is bought, the next ones come by themselves."""

    def test_renewal(self) -> None:
        """A renewal is nobody's act: no browser, no page, and an id of its own."""
        arrival = invoice(parent={"subscription_details": {"metadata": NOTED}})
        assert msgspec.to_builtins(arrival.event) == {
            "event_name": "Purchase",
            "event_time": TOLD_AT,
            "event_id": "in_Sample1",
            "action_source": "system_generated",
            "user_data": {
                "em": "olga.roth@example.de",
                "ph": "+49 30 901820",
                "fn": "Olga",
                "ln": "Roth",
                "ct": "Berlin",
                "st": "BE",
                "zp": "10115",
                "country": "DE",
                "external_id": "cus_Sample2",
                "fbp": "fb.1.1795198800123.1098115397",
                "fbc": "fb.1.1795198799001.IwAR0SampleStripeClick_1-z",
            },
            "custom_data": {"value": 29, "currency": "EUR", "order_id": "in_Sample1"},
        }
        assert arrival.signals.notes == ("marketing=granted;ts=2026-11-20T18:20:11Z;src=cmp",)

    def test_renewal_beside_a_pixel(self) -> None:
        """No pixel reports a renewal, so none is ever too late for one."""
        paid = {"id": "in_1", "object": "invoice", "created": 1, "billing_reason": "subscription_cycle"}
        event = {**TOLD, "type": "invoice.paid", "data": {"object": paid}}
        assert purchase(event, Options(purchase_topic="invoice.paid", pixel=True)).not_after is None

    @pytest.mark.parametrize("place", ["parent", None])
    def test_first_invoice(self, place: str | None) -> None:
        """The first one has what was noted when the subscription was bought, in old and new versions of the API."""
        noted = {"subscription_details": {"metadata": NOTED}}
        event = invoice(billing_reason="subscription_create", **({place: noted} if place else noted)).event
        assert (event.action_source, event.event_id) == ("website", "order-88123")
        assert event.user_data["client_ip_address"] == "203.0.113.9"

    def test_every_note(self) -> None:
        """A renewal has the subscription's note and its own: neither hides the other, which may be the refusal."""
        subscription = {"subscription_details": {"metadata": {"consent": "old"}}}
        found = invoice(metadata={"consent": "own"}, parent=subscription, **subscription)
        assert found.signals.notes == ("own", "old", "old")
        assert invoice(metadata={}, parent=subscription).signals.notes == ("old",)

    def test_another_invoice(self) -> None:
        """Of an invoice by hand, only what was noted at itself says where it was paid."""
        noted = {"subscription_details": {"metadata": NOTED}}
        event = invoice(billing_reason="manual", metadata={"event_id": "mine"}, **noted).event
        assert (event.action_source, event.event_id) == ("other", "mine")
        assert "client_user_agent" not in event.user_data


def test_no_consent() -> None:
    """Without a note there is no signal; an opt-in to e-mails is none."""
    arrival = session(metadata={}, consent={"promotions": "opt_in"})
    assert arrival.signals.notes == ()
    assert arrival.signals.given is None


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 10**9))
def test_every_sum_is_of_its_currency(currency: str, minor: int) -> None:
    """Whatever the currency is called, the value is the sum in one of three units."""
    data = session(amount_total=minor, currency=currency).event.custom_data or {}
    assert data["value"] in {minor, round(minor / 100, 2), round(minor / 1_000, 3)}
