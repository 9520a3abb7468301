"""Shopify order webhooks: ``orders/paid`` and ``orders/create``, one of which is the Purchase.

Shopify signs the body only: topic, shop and delivery id are not proven, so the secret is chosen by the path of the
request, the topic is checked against the shape of the body, and one order is one Purchase whatever topic says so.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import msgspec

from sluice.errors import Rejected
from sluice.event import ActionSource, Arrival, Event, Signals
from sluice.settings import Secret, Source
from sluice.sources.authentication import has_hmac_sha256_base64
from sluice.sources.request import Kind, Mapped, Request, first, json_object, objects, text
from sluice.times import iso_seconds

ORDER_TOPICS: Final = ("orders/paid", "orders/create")
PIXEL_WINDOW_SECONDS: Final = 47 * 3600
"""Meta drops a second event of the same id for 48 h after the first; one hour is left for the way there."""
_LARGEST_AMOUNT: Final = Decimal(10) ** 15
_LARGEST_QUANTITY: Final = 10**9
"""Of one line. The sum of all lines stays below 2**53, which is the most that JSON readers agree on."""
_HOST: Final = re.compile(r"https?://([a-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|$)", re.IGNORECASE)


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a Shopify source can be told.

    ``shop_domain``: the permanent ``*.myshopify.com`` name; when given, other shops' headers are refused.
    ``purchase_topic``: which of the two topics is the Purchase. ``pixel``: a browser pixel reports the same order;
    then only ``orders/create`` comes early enough. ``event_id``: what pixel and webhook agree on.
    ``content_id``: which id the catalogue at Meta uses.
    """

    shop_domain: str | None = None
    purchase_topic: Literal["orders/paid", "orders/create"] = "orders/paid"
    pixel: bool = False
    event_id: Literal["checkout_token", "order_id", "order_name"] = "checkout_token"
    content_id: Literal["variant_id", "product_id", "sku"] = "variant_id"

    def __post_init__(self) -> None:
        """A pixel reports at checkout; a paid webhook of an invoice order would come days later and count twice."""
        if self.pixel and self.purchase_topic != "orders/create":
            raise ValueError("pixel: purchase_topic must be orders/create when a pixel reports the order too")


def authenticate(request: Request, secrets: Sequence[Secret], options: Options) -> None:
    """Refuse what the shop did not sign. Raises Rejected ``bad_signature``."""
    signature = request.headers.get("x-shopify-hmac-sha256", "")
    signed = has_hmac_sha256_base64(request.body, signature, secrets)
    shop = request.headers.get("x-shopify-shop-domain", "").lower()
    expected = (options.shop_domain or shop).lower()
    if not signed or shop != expected:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The Purchase of an order, or why there is none."""
    options: Options = source.options
    topic = request.headers.get("x-shopify-topic", "").lower()
    if topic not in ORDER_TOPICS:
        return Mapped((), "unknown_topic")
    order = json_object(request.body)
    order_id, created_at = text(order, "id"), iso_seconds(text(order, "created_at") or "")
    if order_id is None or created_at is None or "line_items" not in order or "total_price" not in order:
        raise Rejected("wrong_topic_shape")
    ignored = _why_not(order, topic, options, now_seconds - created_at)
    if ignored:
        return Mapped((), ignored)
    notes = _note_attributes(order)
    action_source = _action_source(order)
    event = Event(
        event_name="Purchase",
        event_time=iso_seconds(text(order, "processed_at") or "") or created_at,
        action_source=action_source,
        event_id=_event_id(order, order_id, options),
        event_source_url=_source_url(order, notes) if action_source == "website" else None,
        user_data=_user_data(order, notes, action_source),
        custom_data=_custom_data(order, order_id, options),
    )
    consent = tuple(value for name, value in notes if name == "_capi_consent")
    checkout = text(order, "checkout_token")
    signals = Signals(notes=consent, named_by=(("checkout", checkout),) if checkout else ())
    not_after = created_at + PIXEL_WINDOW_SECONDS if options.pixel else None
    return Mapped([Arrival(event, signals, f"order:{slug}:{order_id}", not_after)])


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _why_not(order: dict[str, Any], topic: str, options: Options, age_seconds: int) -> str | None:
    """The reason code of an order that is not a Purchase now; None when it is one."""
    if order.get("test"):
        return "test_order"
    if order.get("cancelled_at"):
        return "cancelled_order"
    if topic != options.purchase_topic:
        return "not_the_purchase_topic"
    if options.pixel and age_seconds > PIXEL_WINDOW_SECONDS:
        return "pixel_window_passed"
    return None


def _event_id(order: dict[str, Any], order_id: str, options: Options) -> str:
    """What the browser pixel sends as eventID too; the order id where the order has no checkout (POS, drafts, API)."""
    chosen = {"checkout_token": text(order, "checkout_token"), "order_name": text(order, "name")}
    return chosen.get(options.event_id) or order_id


def _action_source(order: dict[str, Any]) -> ActionSource:
    """Where the person acted: at the till, in the online shop (its browser is recorded), or elsewhere."""
    if text(order, "source_name") == "pos":
        return "physical_store"
    is_web = text(order, "source_name") == "web" and text(order, "client_details", "user_agent") is not None
    return "website" if is_web and text(order, "order_status_url") is not None else "other"


def _source_url(order: dict[str, Any], notes: list[tuple[str, str]]) -> str:
    """The page of the purchase: the storefront's own note, else the shop's host with the landing path.

    A buyer can write any note, so its host must be the shop's, or above or below it. Only the host of
    ``order_status_url`` is read: the rest of it opens the order to anyone.
    """
    host = _host(text(order, "order_status_url"))
    noted = next((value for name, value in notes if name == "_capi_event_source_url"), None)
    if noted is not None and _is_kin(_host(noted), host):
        return noted
    landing = text(order, "landing_site") or "/"
    return f"https://{host}{landing if landing.startswith('/') else '/'}"


def _host(link: str | None) -> str:
    """The host of an http(s) link; '' for anything else."""
    found = _HOST.match(link or "")
    return found[1].lower() if found else ""


def _is_kin(host: str, other: str) -> bool:
    """Whether two hosts are the same, or one is a domain of at least two labels above the other."""
    short, long = sorted((host, other), key=len)
    return short == long != "" or ("." in short.strip(".") and long.endswith(f".{short}"))


def _note_attributes(order: dict[str, Any]) -> list[tuple[str, str]]:
    """The cart attributes as (name, value), which the buyer's browser wrote."""
    pairs = [(text(note, "name"), text(note, "value")) for note in objects(order.get("note_attributes"))]
    return [(name, value) for name, value in pairs if name is not None and value is not None]


def _user_data(order: dict[str, Any], notes: list[tuple[str, str]], action_source: ActionSource) -> dict[str, Any]:
    """The buyer, raw, in Meta's names. Names and places come from one address, never mixed of two."""
    addresses = [order.get("billing_address"), order.get("shipping_address")]
    address = first(*(a for a in addresses if isinstance(a, dict) and a)) or {}
    if not address and isinstance(order.get("customer"), dict):
        address = order["customer"].get("default_address") or {}
    cookies = dict(notes)
    found: dict[str, Any] = {
        "em": [text(order, "email"), text(order, "contact_email"), text(order, "customer", "email")],
        "ph": first(
            text(order, "phone"),
            text(order, "customer", "phone"),
            text(order, "billing_address", "phone"),
            text(order, "shipping_address", "phone"),
        ),
        "fn": first(text(address, "first_name"), text(order, "customer", "first_name")),
        "ln": first(text(address, "last_name"), text(order, "customer", "last_name")),
        "ct": text(address, "city"),
        "st": first(text(address, "province_code"), text(address, "province")),
        "zp": text(address, "zip"),
        "country": text(address, "country_code"),
        "external_id": text(order, "customer", "id"),
        "fbp": cookies.get("_fbp"),
        "fbc": cookies.get("_fbc"),
    }
    if action_source != "physical_store":  # at a till the recorded browser is the shop's own
        found["client_ip_address"] = first(text(order, "browser_ip"), text(order, "client_details", "browser_ip"))
        found["client_user_agent"] = text(order, "client_details", "user_agent")
    found["em"] = [address for address in found["em"] if address is not None]
    return {name: value for name, value in found.items() if value}


def _custom_data(order: dict[str, Any], order_id: str, options: Options) -> dict[str, Any]:
    """What was bought: gross total and currency of the shop, and the items at the price paid for one piece."""
    contents = [content for item in objects(order.get("line_items")) if (content := _content(item, options))]
    found: dict[str, Any] = {
        "value": _number(_money(order, "total_price")),
        "currency": (text(order, "currency") or "").upper() or None,
        "order_id": order_id,
        "content_type": "product_group" if options.content_id == "product_id" else "product",
        "content_ids": [content["id"] for content in contents],
        "contents": contents,
        "num_items": sum(content["quantity"] for content in contents),
    }
    if not contents:
        found["content_type"] = found["num_items"] = None
    return {name: value for name, value in found.items() if value not in (None, [])}


def _content(item: dict[str, Any], options: Options) -> dict[str, Any] | None:
    """One line item; None for a line without a catalogue id (tips, custom items) or without a sane quantity."""
    content_id, quantity, price = text(item, options.content_id), item.get("quantity"), _money(item, "price")
    if content_id is None or not content_id.strip() or not isinstance(quantity, int) or isinstance(quantity, bool):
        return None
    if not 0 < quantity <= _LARGEST_QUANTITY:
        return None
    content: dict[str, Any] = {"id": content_id, "quantity": quantity}
    if price is not None and price >= 0:
        discounts = [_money(part, "amount") or Decimal() for part in objects(item.get("discount_allocations"))]
        paid = (price * quantity - sum(discounts, Decimal())) / quantity
        content["item_price"] = _number(max(paid, Decimal()))
    return content


def _money(value: dict[str, Any], name: str) -> Decimal | None:
    """A decimal string of Shopify's; None for anything else and for what is no sane price."""
    try:
        amount = Decimal(text(value, name) or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < _LARGEST_AMOUNT else None


def _number(amount: Decimal | None) -> float | None:
    """The JSON number of an amount, at most four decimals (no currency has more)."""
    return None if amount is None else float(round(amount, 4))
