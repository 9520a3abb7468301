"""What a WooCommerce order says of who bought what, and where. Pure and total.

Source: the REST API's orders (version 3), WooCommerce's order attribution, and Meta's plugin for WooCommerce.
"""

import re
from typing import Any, Final, Literal

from sluice.event import ActionSource
from sluice.match_keys.browser import fbc_from_url
from sluice.sources.orders import Line, amount, custom_data, whole
from sluice.sources.payload import filled, first, objects, page_address, text, word
from sluice.times import utc_seconds

ContentId = Literal["variation_id", "product_id", "sku", "meta_plugin"]
Amounts = Literal["gross", "net"]
_STOREFRONTS: Final = frozenset({"checkout", "store-api"})
_TILLS: Final = frozenset({"pos", "pos-rest-api", "woocommerce-pos"})
_BACK_OFFICE: Final = frozenset({"admin", "rest-api", "subscription"})
_ATTRIBUTION: Final = "_wc_order_attribution_"
_PAGE: Final = re.compile(r"https?://[^\s/?#]+/")


def meta_data(entity: dict[str, Any]) -> list[tuple[str, object]]:
    """The meta data as (key, value); a key may come more than once, and a value may be any JSON."""
    return [(key, meta.get("value")) for meta in objects(entity.get("meta_data")) if (key := text(meta, "key"))]


def browser(order: dict[str, Any], metas: dict[str, object]) -> dict[str, Any]:
    """The browser that the order was placed with, in Meta's names."""
    found = {
        "client_ip_address": text(order, "customer_ip_address"),
        "client_user_agent": first(text(order, "customer_user_agent"), text(metas, f"{_ATTRIBUTION}user_agent")),
    }
    return filled(found)


def checkout_page(order: dict[str, Any], order_id: str) -> str | None:
    """The page of the checkout: what stands before ``/order-pay/<id>`` in the payment link, else the host of the shop.

    The rest of that link opens the order to anyone. The host is that of the order's own link: it is signed, the header
    with the shop's address is not. None when neither is an address.
    """
    link = (text(order, "payment_url") or "").partition("?")[0].rstrip("/")
    page, _, of_order = link.rpartition("/")
    page = page[: page.rfind("/") + 1] if of_order == order_id else ""
    own = [match[0] for each in _links(order) if (match := _PAGE.match(text(each, "href") or ""))]
    return next((address for address in (page, *own) if page_address(address)), None)


def _links(order: dict[str, Any]) -> list[dict[str, Any]]:
    links = order.get("_links")
    return objects(links.get("self"))[:1] if isinstance(links, dict) else []


def action_source(order: dict[str, Any], metas: dict[str, object], page: str | None) -> ActionSource:
    """Where the person acted: in the shop (its browser and page are known), at the till, or elsewhere.

    ``system_generated``: the back office, another program, or the renewal of a subscription made the order.
    """
    made_by = text(order, "created_via") or ""
    if made_by in _TILLS or word(metas.get("_pos")) in {"1", "true", "yes"}:
        return "physical_store"
    if made_by in _BACK_OFFICE:
        return "system_generated"
    has_browser = "client_user_agent" in browser(order, metas)
    return "website" if made_by in _STOREFRONTS and has_browser and page else "other"


def buyer(entity: dict[str, Any], metas: dict[str, object]) -> dict[str, Any]:
    """The buyer of an order, or a customer, raw, in Meta's names, without the browser."""
    country = text(entity, "billing", "country")
    found = {
        "em": [email for email in (text(entity, "billing", "email"), text(entity, "email")) if email],
        "ph": text(entity, "billing", "phone"),
        "fn": first(text(entity, "billing", "first_name"), text(entity, "first_name")),
        "ln": first(text(entity, "billing", "last_name"), text(entity, "last_name")),
        "ct": text(entity, "billing", "city"),
        # WooCommerce writes the states of some countries with the country before them: DE-BY.
        "st": (text(entity, "billing", "state") or "").removeprefix(f"{country}-"),
        "zp": text(entity, "billing", "postcode"),
        "country": country,
        "external_id": _positive(text(entity, "customer_id")),
        "fbp": text(metas, "_fbp"),
        "fbc": first(text(metas, "_fbc"), _click_of_session(metas)),
    }
    return filled(found)


def _click_of_session(metas: dict[str, object]) -> str | None:
    """The click that began the session, with the time when the session began; None unless both are known."""
    began_at = utc_seconds(text(metas, f"{_ATTRIBUTION}session_start_time"))
    entry = text(metas, f"{_ATTRIBUTION}session_entry")
    return fbc_from_url(entry, began_at) if entry and began_at else None


def what_was_bought(order: dict[str, Any], order_id: str, content_id: ContentId, amounts: Amounts) -> dict[str, Any]:
    """What was bought, in Meta's names. ``gross``: with tax; ``total`` has it, a line's ``total`` has not.

    Without the tax's amount there is no sum of the kind that was asked for, and none is given.
    """
    value = amount(order.get("total"))
    if amounts == "net" and value is not None:
        tax = amount(order.get("total_tax"))
        value = None if tax is None else value - tax
    lines = [_line(item, content_id, amounts) for item in objects(order.get("line_items"))]
    content_type = "product_group" if content_id == "product_id" else "product"
    return custom_data(value, text(order, "currency"), lines, order_id=order_id, content_type=content_type)


def _line(item: dict[str, Any], content_id: ContentId, amounts: Amounts) -> Line:
    """One line item, at what was paid for one piece after discounts."""
    quantity, paid, tax = whole(item.get("quantity")), amount(item.get("total")), amount(item.get("total_tax"))
    price = paid if amounts == "net" else None if paid is None or tax is None else paid + tax
    each = None if price is None or quantity is None else price / quantity
    return Line(_content_id(item, content_id), quantity, each)


def _content_id(item: dict[str, Any], choice: ContentId) -> str | None:
    """The catalogue's id of a line. ``meta_plugin``: as Meta's plugin names products in the catalogue it makes."""
    product, sku = _positive(text(item, "product_id")), text(item, "sku")
    sold = first(_positive(text(item, "variation_id")), product)
    from_plugin = None if sold is None else f"{sku}_{sold}" if sku else f"wc_post_id_{sold}"
    return {"variation_id": sold, "product_id": product, "sku": sku, "meta_plugin": from_plugin}[choice]


def _positive(number: str | None) -> str | None:
    """An id; 0 is nobody's."""
    return number if number and number.strip("0") else None
