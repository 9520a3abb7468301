"""Stripe's webhooks: a payment becomes a Purchase, told by one of three kinds of event.

Stripe signs time and body together. It knows neither cookies nor browser, so the shop's server writes what it knows of
them into the ``metadata`` of the object that it creates at Stripe.
"""

from typing import Any, Final, Literal, NamedTuple

import msgspec

from sluice.errors import Rejected
from sluice.event import ActionSource, Arrival, Event, Signals, order_key
from sluice.settings import Source
from sluice.sources.authentication import has_hmac_hex, is_recent
from sluice.sources.orders import PIXEL_WINDOW_SECONDS, amount, custom_data
from sluice.sources.payload import at_path, filled, first, json_object, moment, page_address, text
from sluice.sources.request import Check, Kind, Mapped, Request

_PURCHASE_TOPIC: Final = {
    "checkout.session.completed": "checkout.session.completed",
    "checkout.session.async_payment_succeeded": "checkout.session.completed",
    "payment_intent.succeeded": "payment_intent.succeeded",
    "invoice.paid": "invoice.paid",
}
"""Each type of event that tells a payment, with the option that makes it the Purchase."""


class _Object(NamedTuple):
    """The object that an event is about, and where in it the sum stands."""

    name: str
    sum_field: str


_OBJECT: Final = {
    "checkout.session.completed": _Object("checkout.session", "amount_total"),
    "payment_intent.succeeded": _Object("payment_intent", "amount_received"),
    "invoice.paid": _Object("invoice", "amount_paid"),
}
_PAID: Final = ("paid", "no_payment_required")
_STILL_TRUE: Final = ("fbp", "fbc")
"""What is noted at a subscription and goes for its later invoices too."""
_DECIMALS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
"""Decimals of Stripe's amounts where they are not two (Stripe's "supported currencies" page, October 2026).

ISK and UGX have no coins but are not here: Stripe goes on sending them with two decimals, which are always 00.
"""
_METADATA: Final = ("metadata", "parent.subscription_details.metadata", "subscription_details.metadata")
"""The object's own, and for an invoice that of its subscription; the last place is of before API version 2025-03-31."""
_MAX_SIGNATURES: Final = 8
"""Stripe signs with each secret that is in force, two while one is being replaced. Each costs a digest of the body."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a Stripe source can be told.

    ``purchase_topic``: which event is the Purchase; with the first, ``checkout.session.async_payment_succeeded`` is it
    too, for sessions that were not paid at once. ``pixel``: a browser pixel reports the same payment, so one that comes
    too late for Meta to see the double is not sent.
    """

    purchase_topic: Literal["checkout.session.completed", "payment_intent.succeeded", "invoice.paid"] = (
        "checkout.session.completed"
    )
    pixel: bool = False


def authenticate(request: Request, check: Check) -> None:
    """Refuse what was not signed within five minutes of now. Raises Rejected ``bad_signature``.

    Every ``v1`` signature is tried under every secret; ``v0`` is for tests at Stripe and is passed over.
    """
    parts = [part.partition("=") for part in request.headers.get("stripe-signature", "").split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    if not is_recent(stamp, check.now_seconds):
        raise Rejected("bad_signature")
    content = f"{stamp}.".encode() + request.body
    fits = False
    for signature in [value for name, _, value in parts if name == "v1"][:_MAX_SIGNATURES]:
        fits |= has_hmac_hex(content, signature, check.secrets)
    if not fits:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The Purchase that a payment is, or why it is none.

    Raises Rejected ``bad_json``, ``bad_body``, ``wrong_topic_shape``.
    """
    options: Options = source.options
    told = json_object(request.body)
    topic = _PURCHASE_TOPIC.get(text(told, "type") or "")
    if topic is None:  # also Stripe's thin events, which only name the object that they are about
        return Mapped(ignored=["unknown_topic"])
    payment = _payment(told, topic)
    ignored = _why_not(told, payment.paid, topic, options)
    has_pixel = options.pixel and not _renews(payment.paid)
    not_after = payment.made_at + PIXEL_WINDOW_SECONDS if has_pixel else None
    if ignored is None and not_after is not None and now_seconds > not_after:
        ignored = "pixel_window_passed"
    if ignored:
        return Mapped(ignored=[ignored])
    noted = _metadata(payment.paid)
    action_source = _action_source(payment.paid, noted)
    event = Event(
        event_name="Purchase",
        event_time=payment.told_at,
        action_source=action_source,
        event_id=noted.get("event_id") or payment.id,
        event_source_url=noted.get("url") if action_source == "website" else None,
        user_data=_user_data(payment.paid, noted),
        custom_data=_custom_data(payment, topic),
    )
    notes = tuple(note for place in _METADATA if (note := text(at_path(payment.paid, f"{place}.consent"))))
    return Mapped([Arrival(event, Signals(notes=notes), order_key(slug, payment.id), not_after)])


KIND: Final = Kind(Options, authenticate, to_arrivals)


class _Payment(NamedTuple):
    """The object that an event is about, its id, and when Stripe told of it and made it (Unix seconds)."""

    paid: dict[str, Any]
    id: str
    told_at: int
    made_at: int


def _payment(told: dict[str, Any], topic: str) -> _Payment:
    """What was paid. Raises Rejected ``wrong_topic_shape`` when it is not what the event's type announces."""
    paid = at_path(told, "data.object")
    object_id, told_at, made_at = text(paid, "id"), moment(text(told, "created")), moment(text(paid, "created"))
    if (
        not isinstance(paid, dict)
        or text(paid, "object") != _OBJECT[topic].name
        or object_id is None
        or told_at is None
        or made_at is None
    ):
        raise Rejected("wrong_topic_shape")
    return _Payment(paid, object_id, told_at, made_at)


def _why_not(told: dict[str, Any], paid: dict[str, Any], topic: str, options: Options) -> str | None:
    """The reason code of a payment that is not the Purchase; None when it is."""
    if told.get("livemode") is not True:
        return "test_order"
    if topic != options.purchase_topic:
        return "not_the_purchase_topic"
    if topic == "checkout.session.completed":
        if text(paid, "mode") == "setup":
            return "nothing_bought"
        if text(paid, "payment_status") not in _PAID:
            return "payment_pending"
    return None


def _renews(paid: dict[str, Any]) -> bool:
    """Whether a subscription went on by itself, without anybody doing anything."""
    return text(paid, "billing_reason") == "subscription_cycle"


def _metadata(paid: dict[str, Any]) -> dict[str, str]:
    """What the shop's server noted: ``fbp``, ``fbc``, ``event_id``, ``ua``, ``ip``, ``url``.

    An invoice also has what was noted at its subscription. Of that, only the first invoice has the browser and the
    event's id; a later one would be sent with an old browser, and under an id that is taken.
    """
    _, current, older = _METADATA
    inherited = _texts(first(at_path(paid, older), at_path(paid, current)))
    if text(paid, "billing_reason") != "subscription_create":
        inherited = {name: value for name, value in inherited.items() if name in _STILL_TRUE}
    return {**inherited, **_texts(paid.get("metadata"))}


def _texts(found: object) -> dict[str, str]:
    return {name: value for name in found if (value := text(found, name))} if isinstance(found, dict) else {}


def _action_source(paid: dict[str, Any], noted: dict[str, str]) -> ActionSource:
    """A web page where the shop noted page and browser, which Meta asks for then; nobody's act where it renews."""
    if _renews(paid):
        return "system_generated"
    return "website" if page_address(noted.get("url")) and "ua" in noted else "other"


def _user_data(paid: dict[str, Any], noted: dict[str, str]) -> dict[str, Any]:
    """The payer, raw, in Meta's names: of a session, of an invoice, or of a payment with an address to ship to.

    Stripe has one field for the whole name. Only of two words is it known which is which.
    """
    address = first(
        *(at_path(paid, path) for path in ("customer_details.address", "customer_address", "shipping.address"))
    )
    name = first(text(paid, "customer_details", "name"), text(paid, "customer_name"), text(paid, "shipping", "name"))
    words = (name or "").split()
    given, family = words if len(words) == 2 else (None, None)
    found = {
        "em": first(text(paid, "customer_details", "email"), text(paid, "customer_email"), text(paid, "receipt_email")),
        "ph": first(
            text(paid, "customer_details", "phone"), text(paid, "customer_phone"), text(paid, "shipping", "phone")
        ),
        "fn": given,
        "ln": family,
        "ct": text(address, "city"),
        "st": text(address, "state"),
        "zp": text(address, "postal_code"),
        "country": text(address, "country"),
        "external_id": text(paid, "customer"),
        "fbp": noted.get("fbp"),
        "fbc": noted.get("fbc"),
    }
    if not _renews(paid):
        found["client_ip_address"], found["client_user_agent"] = noted.get("ip"), noted.get("ua")
    return filled(found)


def _custom_data(payment: _Payment, topic: str) -> dict[str, Any]:
    """What was paid, in major units. A webhook of Stripe's names no items of the shop's catalogue."""
    currency = (text(payment.paid, "currency") or "").upper()
    minor = amount(payment.paid.get(_OBJECT[topic].sum_field))
    value = None if minor is None else minor.scaleb(-_DECIMALS.get(currency, 2))
    return custom_data(value, currency, (), order_id=payment.id)
