"""The calls of Segment's ecommerce spec v2, which RudderStack shares: ``track`` and ``page`` become events. Pure.

Sources: the specs of both, and the mapping of their own Meta destinations.
"""

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from sluice.errors import Rejected
from sluice.event import Arrival, Consent, Event, Signals, order_key
from sluice.match_keys.browser import fbc_from_url
from sluice.sources.orders import Line, amount, custom_data, whole
from sluice.sources.payload import filled, first, objects, page_address, text
from sluice.sources.request import Mapped
from sluice.sources.tracked import TrackerOptions, consent_state, meta_name, place_of, without_bare_value
from sluice.times import iso_seconds

EVENT_NAMES: Final = {
    "checkout started": "InitiateCheckout",
    "completed order": "Purchase",
    "order completed": "Purchase",
    "payment info entered": "AddPaymentInfo",
    "product added": "AddToCart",
    "product added to wishlist": "AddToWishlist",
    "product list viewed": "ViewContent",
    "product viewed": "ViewContent",
    "products searched": "Search",
    "signed up": "CompleteRegistration",
}
"""The spec's names, and Meta's. Refunds, cancellations and updates of an order have none."""


class SpecOptions(TrackerOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a source of such calls can be told, beside ``TrackerOptions``.

    ``content_id``: which id of a product the catalogue at Meta uses.
    """

    content_id: Literal["product_id", "sku"] = "product_id"


class Dialect(NamedTuple):
    """Where the two systems differ.

    ``event_id(call)``: what the system's own Meta pixel sends as eventID. ``categories(context)``: the consent
    categories that are allowed; None where no state of consent was recorded.
    """

    event_id: Callable[[dict[str, Any]], str | None]
    categories: Callable[[dict[str, Any]], Collection[str] | None]


def read_call(call: dict[str, Any], slug: str, options: SpecOptions, dialect: Dialect, now_seconds: int) -> Mapped:
    """The event of a call, or why there is none. Raises Rejected ``wrong_topic_shape`` for what is no call."""
    kind = text(call, "type")
    if kind is None:
        raise Rejected("wrong_topic_shape")
    name = meta_name(text(call, "event"), EVENT_NAMES, options.events) if kind == "track" else None
    name = "PageView" if kind == "page" else name
    if name is None:
        return Mapped(ignored=["unknown_topic"])
    at = first(iso_seconds(text(call, "timestamp")), iso_seconds(text(call, "originalTimestamp")))
    if at is None:
        raise Rejected("wrong_topic_shape")
    found = call.get("properties")
    properties: dict[str, Any] = found if isinstance(found, dict) else {}
    own = text(properties, "url") if kind == "page" else None
    url = first(page_address(text(call, "context", "page", "url")), page_address(own))
    event = Event(
        event_name=name,
        event_time=at,
        action_source=place_of(None, url),
        event_id=dialect.event_id(call),
        event_source_url=url,
        referrer_url=text(call, "context", "page", "referrer") if url else None,
        user_data=_user_data(call, properties, at),
        custom_data=_custom_data(name, properties, options) if kind == "track" else None,
    )
    given = _consent(call.get("context"), options, dialect, min(at, now_seconds))
    order_id = text(properties, "order_id") if name == "Purchase" else None
    return Mapped([Arrival(event, Signals(given=given), order_key(slug, order_id) if order_id else None)])


def _consent(context: object, options: SpecOptions, dialect: Dialect, at: int) -> Consent | None:
    """The state of consent that travelled with the call. A device that forbids ad tracking refuses, whatever else."""
    if not isinstance(context, dict):
        return None
    device = context.get("device")
    if isinstance(device, dict) and device.get("adTrackingEnabled") is False:
        return Consent(granted=False, at=at)
    return consent_state(options.consent_categories, dialect.categories(context), at)


def _user_data(call: dict[str, Any], properties: dict[str, Any], at: int) -> dict[str, Any]:
    """The person, raw, in Meta's names, as far as the call tells who it is."""
    found = {
        "em": [email for email in (_trait(call, "email"), text(properties, "email")) if email],
        "ph": _trait(call, "phone"),
        "fn": _trait(call, "firstName"),
        "ln": _trait(call, "lastName"),
        "ge": _trait(call, "gender"),
        "db": _trait(call, "birthday"),
        "ct": _trait(call, "address", "city"),
        "st": _trait(call, "address", "state"),
        "zp": _trait(call, "address", "postalCode"),
        "country": _trait(call, "address", "country"),
        "external_id": first(text(call, "userId"), text(call, "anonymousId")),
        "fbp": _pixel_id(call, properties, "fbp"),
        "fbc": first(_pixel_id(call, properties, "fbc"), _landed(call, at)),
        "client_ip_address": _address(call),
        "client_user_agent": text(call, "context", "userAgent"),
    }
    return filled(found)


def _trait(call: dict[str, Any], *path: str) -> str | None:
    """A trait of the person; the call's own ``traits`` come second."""
    return first(text(call, "context", "traits", *path), text(call, "traits", *path))


def _pixel_id(call: dict[str, Any], properties: dict[str, Any], name: str) -> str | None:
    """Meta's browser or click id, where the page's code put it."""
    integrations = call.get("integrations")
    settings = integrations.values() if isinstance(integrations, dict) else ()
    return first(text(properties, name), text(call, "context", name), *(text(each, name) for each in settings))


def _landed(call: dict[str, Any], at: int) -> str | None:
    """The click id of a page's address. Only a ``page`` call tells when that page was opened."""
    search = text(call, "context", "page", "search") if text(call, "type") == "page" else None
    return fbc_from_url(search if search.startswith("?") else f"?{search}", at) if search else None


def _address(call: dict[str, Any]) -> str | None:
    """The browser's address. One that was filled in from a server's own request is that server's."""
    address = text(call, "context", "ip")
    from_server = text(call, "channel") in ("server", "sources")
    return None if from_server and address == text(call, "request_ip") else address


def _custom_data(name: str, properties: dict[str, Any], options: SpecOptions) -> dict[str, Any]:
    """What it was about: the products of the call, or the one that the call itself describes."""
    products = objects(properties.get("products"))
    single = not products and text(properties, options.content_id) is not None
    lines = [_line(product, options) for product in ([properties] if single else products)]
    found = custom_data(
        _value(name, properties), text(properties, "currency"), lines, order_id=text(properties, "order_id")
    )
    category, query = text(properties, "category"), text(properties, "query")
    if single:
        found |= {"content_name": text(properties, "name"), "content_category": category}
    elif name == "ViewContent" and not lines and category:
        found |= {"content_type": "product_group", "content_ids": [category]}
    found["search_string"] = query if name == "Search" else None
    return without_bare_value(name, {key: value for key, value in found.items() if value is not None})


def _value(name: str, properties: dict[str, Any]) -> Decimal | None:
    """What the call is worth: of an order its total, which has tax and shipping in it; of a product price by pieces."""
    names = ("total", "revenue", "value") if name == "Purchase" else ("value", "revenue", "total")
    price, pieces = amount(properties.get("price")), whole(properties.get("quantity", 1))
    product = price * pieces if price is not None and pieces is not None and name != "Purchase" else None
    return first(*(amount(properties.get(each)) for each in names), product)


def _line(product: dict[str, Any], options: SpecOptions) -> Line:
    """One product. The spec leaves the quantity out where it is one."""
    return Line(text(product, options.content_id), product.get("quantity", 1), amount(product.get("price")))
