"""The Purchase of a Magento order. Pure.

Source: Adobe's events reference for ``sales_order_save_commit_after``. Which fields an order comes with is chosen in
the shop, numbers may be texts, and times are UTC without saying so.
"""

from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from sluice.errors import Rejected
from sluice.event import Arrival, Event, Signals, order_key
from sluice.match_keys import to_match_keys
from sluice.sources.orders import PIXEL_WINDOW_SECONDS, Line, amount, custom_data, whole
from sluice.sources.payload import filled, first, objects, page_address, text
from sluice.sources.request import Mapped
from sluice.times import utc_seconds

ATTRIBUTES: Final = ("capi_consent", "fbp", "fbc", "capi_user_agent", "capi_event_source_url")
"""What the shop's own code has to write into an order; Magento's names begin with a letter."""
_MAX_PROXIES: Final = 20
"""Addresses of the way from browser to shop that are looked at."""
_GENDERS: Final = {"1": "m", "2": "f"}


class OrderOptions(msgspec.Struct, frozen=True):
    """What a source can be told about orders.

    ``purchase_states``: an order in one of them is a Purchase. ``pixel``: a browser pixel reports the same order.
    ``event_id``: what pixel and webhook agree on. ``content_id``: which id the catalogue at Meta uses.
    """

    purchase_states: tuple[str, ...] = ("processing", "complete")
    pixel: bool = False
    event_id: Literal["increment_id", "store_and_increment_id"] = "increment_id"
    content_id: Literal["sku", "product_id"] = "sku"


def purchase(order: object, slug: str, options: OrderOptions, now_seconds: int, placed_at: int | None) -> Mapped:
    """The Purchase of an order, or why there is none. Raises Rejected ``wrong_topic_shape``.

    ``placed_at``: Unix seconds, of an order that is being placed: it has no date before it is stored.
    """
    state, created_at = text(order, "state"), utc_seconds(text(order, "created_at")) or placed_at
    order_id = _order_id(order, options)
    if not isinstance(order, dict) or "grand_total" not in order:
        raise Rejected("wrong_topic_shape")
    if state is None or order_id is None or created_at is None:
        raise Rejected("wrong_topic_shape")
    if state not in options.purchase_states:
        return Mapped(ignored=["not_the_purchase_status"])
    if options.pixel and now_seconds - created_at > PIXEL_WINDOW_SECONDS:
        return Mapped(ignored=["pixel_window_passed"])
    places = _places(order)
    noted: dict[str, str | None] = dict.fromkeys(ATTRIBUTES)
    for each in places:
        noted |= {name: found for name in ATTRIBUTES if (found := text(each, name))}
    agent, page = noted["capi_user_agent"], page_address(noted["capi_event_source_url"])
    notes = tuple(note for each in places if (note := text(each, "capi_consent")))
    event = Event(
        event_name="Purchase",
        event_time=created_at,
        action_source="website" if agent and page else "other",
        event_id=order_id,
        event_source_url=page if agent else None,
        user_data=_user_data(order, noted),
        custom_data=_custom_data(order, options),
    )
    not_after = created_at + PIXEL_WINDOW_SECONDS if options.pixel else None
    return Mapped([Arrival(event, Signals(notes=notes), order_key(slug, order_id), not_after)])


def _order_id(order: object, options: OrderOptions) -> str | None:
    """The number that the buyer knows, which a pixel knows too; with the store view where several count alike."""
    number, store = text(order, "increment_id"), text(order, "store_id")
    if options.event_id == "increment_id" or number is None:
        return number
    return None if store is None else f"{store}-{number}"


def _places(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the shop's code may have written: columns of the order, and custom attributes in any of their forms."""
    places = [order]
    for holder in (order.get("custom_attributes_serializable"), order.get("custom_attributes")):
        places += [holder] if isinstance(holder, dict) else []
        places += [{code: item.get("value")} for item in objects(holder) if (code := text(item, "attribute_code"))]
    return places


def _user_data(order: dict[str, Any], noted: dict[str, str | None]) -> dict[str, Any]:
    """The buyer, raw, in Meta's names. Names and places come from one address, never mixed of two."""
    addresses = {text(address, "address_type"): address for address in objects(order.get("addresses"))}
    address = first(addresses.get("billing"), addresses.get("shipping")) or {}
    found = {
        "em": [email for email in (text(order, "customer_email"), text(address, "email")) if email],
        "ph": text(address, "telephone"),
        "fn": first(text(address, "firstname"), text(order, "customer_firstname")),
        "ln": first(text(address, "lastname"), text(order, "customer_lastname")),
        "ge": _GENDERS.get(text(order, "customer_gender") or ""),
        "db": (text(order, "customer_dob") or "").partition(" ")[0],
        "ct": text(address, "city"),
        "st": first(text(address, "region_code"), text(address, "region")),
        "zp": text(address, "postcode"),
        "country": text(address, "country_id"),
        "external_id": text(order, "customer_id"),
        "fbp": noted["fbp"],
        "fbc": noted["fbc"],
        "client_ip_address": _browser_address(order),
        "client_user_agent": noted["capi_user_agent"],
    }
    return filled(found)


def _browser_address(order: dict[str, Any]) -> str | None:
    """The first public address that a proxy noted, else the one that Magento saw."""
    noted = [part.strip() for part in (text(order, "x_forwarded_for") or "").split(",", _MAX_PROXIES)[:_MAX_PROXIES]]
    return next((address for address in noted if _is_public(address)), text(order, "remote_ip"))


def _is_public(address: str) -> bool:
    """As Meta is sent it, so that no address is chosen here which would be dropped later."""
    return bool(to_match_keys({"client_ip_address": address}, default_country=None, now_seconds=0).keys)


def _custom_data(order: dict[str, Any], options: OrderOptions) -> dict[str, Any]:
    """What was bought, in the buyer's currency and with tax. ``base_*`` fields are of another currency: never read."""
    items = objects(order.get("items"))
    children = {text(item, "parent_item_id"): item for item in items}
    lines = [_line(item, children, options) for item in items if text(item, "parent_item_id") is None]
    value, currency = amount(order.get("grand_total")), text(order, "order_currency_code")
    return custom_data(value, currency, lines, order_id=text(order, "increment_id"))


def _line(item: dict[str, Any], children: dict[str | None, dict[str, Any]], options: OrderOptions) -> Line:
    """One line, at what was paid for a piece.

    What a buyer configured is two lines: the parent has the price and the child's SKU, the child the id of what was
    sold.
    """
    sold = item
    if options.content_id == "product_id" and text(item, "product_type") == "configurable":
        sold = children.get(text(item, "item_id") or "-", item)
    quantity, total = whole(item.get("qty_ordered")), amount(item.get("row_total_incl_tax"))
    each = None
    if quantity is not None and total is not None:
        each = (total - abs(amount(item.get("discount_amount")) or Decimal())) / quantity
    return Line(text(sold, options.content_id), quantity, each)
