"""WooCommerce webhooks: orders, whose status decides which is a Purchase, and new customers.

WooCommerce signs the body only, makes it when it delivers and never delivers again. So a topic says little: an order is
judged by its status, whatever topic brought it, and one order is one Purchase.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from sluice.errors import Rejected
from sluice.event import Arrival, Event, Signals, order_key
from sluice.settings import Source
from sluice.sources.authentication import has_hmac_sha256_base64
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.payload import json_object, page_address, text, word
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.sources.woocommerce_order import (
    Amounts,
    ContentId,
    action_source,
    browser,
    buyer,
    checkout_page,
    meta_data,
    what_was_bought,
)
from sluice.times import utc_seconds

ORDER_TOPICS: Final = ("order.created", "order.updated", "order.restored")
CUSTOMER_TOPIC: Final = "customer.created"
_SIGNATURE: Final = "x-wc-webhook-signature"
_PING: Final = re.compile(rb"webhook_id=[0-9]{1,20}")
_DRAFTS: Final = frozenset({"auto-draft", "checkout-draft", "draft", "new", "trash"})
_ENDED: Final = frozenset({"cancelled", "failed", "refunded"})
_PAID: Final = frozenset({"processing", "completed"})


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a WooCommerce source can be told.

    ``purchase_statuses``: an order in one of them is a Purchase; ``processing`` and ``completed`` also need a payment,
    or cash on delivery. ``pixel``: a browser pixel reports the same order. ``meta_plugin``: Meta's own plugin does, so
    an order waits for the plugin's event id. ``event_id``: what pixel and webhook agree on where the plugin left none.
    ``content_id``: which id the catalogue at Meta uses. ``amounts``: with or without tax. ``shop_url``: the shop's
    address, for orders whose body names no page.
    """

    purchase_statuses: tuple[str, ...] = ("processing", "completed")
    pixel: bool = False
    meta_plugin: bool = False
    event_id: Literal["source_and_order_id", "order_id", "order_number"] = "source_and_order_id"
    content_id: ContentId = "variation_id"
    amounts: Amounts = "gross"
    shop_url: str | None = None

    def __post_init__(self) -> None:
        """A status that no sold order has, or that webhooks write otherwise, would be a Purchase never or wrongly."""
        if not self.purchase_statuses:
            raise ValueError("purchase_statuses: one is needed")
        if any(status in _DRAFTS | _ENDED or status.startswith("wc-") for status in self.purchase_statuses):
            raise ValueError("purchase_statuses: no drafts, no ended orders, and without the prefix wc-")
        if self.shop_url is not None and page_address(self.shop_url) is None:
            raise ValueError("shop_url: the shop's address is needed, beginning with https://")


def greeting(request: Request) -> Mapping[str, Any] | None:
    """The answer to the form that WordPress posts unsigned when a webhook is saved, and that must be answered 200."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_form = request.method == "POST" and media_type == "application/x-www-form-urlencoded"
    if not is_form or _SIGNATURE in request.headers or not _PING.fullmatch(request.body):
        return None
    return {"status": "ok"}


def authenticate(request: Request, check: Check) -> None:
    """Refuse what the shop did not sign. Raises Rejected ``bad_signature``."""
    if not has_hmac_sha256_base64(request.body, request.headers.get(_SIGNATURE, ""), check.secrets):
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The Purchase of an order or the registration of a customer, or why there is neither."""
    topic = request.headers.get("x-wc-webhook-topic", "").lower()
    if topic not in {*ORDER_TOPICS, CUSTOMER_TOPIC}:
        return Mapped(ignored=["unknown_topic"])
    body = json_object(request.body)
    if "id" not in body and {"code", "message"} <= body.keys():
        return Mapped(ignored=["error_in_place_of_body"])
    if topic == CUSTOMER_TOPIC:
        return _registration(body)
    return _purchase(body, slug, source.options, now_seconds)


KIND: Final = Kind(Options, authenticate, to_arrivals, greeting=greeting)


def _purchase(order: dict[str, Any], slug: str, options: Options, now_seconds: int) -> Mapped:
    """The Purchase of an order, or why there is none. Raises Rejected ``wrong_topic_shape``."""
    order_id, status = text(order, "id"), text(order, "status")
    created_at = utc_seconds(text(order, "date_created_gmt"))
    is_order = "line_items" in order and "total" in order and "billing" in order
    if order_id is None or status is None or created_at is None or not is_order:
        raise Rejected("wrong_topic_shape")
    metas = meta_data(order)
    found = dict(metas)
    is_in_pixel = options.pixel or options.meta_plugin or _is_set(found, "_meta_purchase_tracked_browser")
    ignored = _why_not(order, status, found, options)
    if not ignored and is_in_pixel and now_seconds - created_at > PIXEL_WINDOW_SECONDS:
        ignored = "pixel_window_passed"
    if ignored:
        return Mapped(ignored=[ignored])
    page = checkout_page(order, order_id) or options.shop_url
    where = action_source(order, found, page)
    event = Event(
        event_name="Purchase",
        event_time=utc_seconds(text(order, "date_paid_gmt")) or created_at,
        action_source=where,
        event_id=_event_id(order, order_id, found, slug, options),
        event_source_url=page if where == "website" else None,
        # Elsewhere than in the shop it is the till's browser, or that of whoever made the order.
        user_data=buyer(order, found) | (browser(order, found) if where == "website" else {}),
        custom_data=what_was_bought(order, order_id, options.content_id, options.amounts),
    )
    not_after = created_at + PIXEL_WINDOW_SECONDS if is_in_pixel else None
    return Mapped([Arrival(event, _signals(metas, created_at), order_key(slug, order_id), not_after)])


def _why_not(order: dict[str, Any], status: str, metas: dict[str, object], options: Options) -> str | None:
    """The reason code of an order that is not a Purchase now; None when it is one."""
    if status in _DRAFTS:
        return "draft_order"
    if status not in options.purchase_statuses:
        return "not_the_purchase_status"
    paid_at = utc_seconds(text(order, "date_paid_gmt"))  # some shops write 0000-00-00T00:00:00 for never
    if status in _PAID and not paid_at and text(order, "payment_method") != "cod":
        return "unpaid_order"
    if _is_set(metas, "_meta_purchase_tracked_server"):
        return "sent_by_meta_plugin"
    if options.meta_plugin and text(metas, "_meta_event_id") is None:
        return "no_meta_event_id_yet"
    return None


def _is_set(metas: dict[str, object], key: str) -> bool:
    return word(metas.get(key)) not in {None, "0", "false", "no"}


def _event_id(order: dict[str, Any], order_id: str, metas: dict[str, object], slug: str, options: Options) -> str:
    """What the browser pixel sends as eventID too: that of Meta's plugin, else by the option.

    Order ids begin at the same number in every shop, so the source's name stands before them.
    """
    choices = {"order_id": order_id, "order_number": text(order, "number") or order_id}
    return text(metas, "_meta_event_id") or choices.get(options.event_id, f"wc_{slug}_{order_id}")


def _registration(customer: dict[str, Any]) -> Mapped:
    """The registration of a customer. Raises Rejected ``wrong_topic_shape``.

    WooCommerce records neither browser nor page of it, so that it is no event of the website. It has no id of its own:
    one made of the customer's number would name the person, unhashed.
    """
    customer_id, created_at = text(customer, "id"), utc_seconds(text(customer, "date_created_gmt"))
    if customer_id is None or created_at is None or "email" not in customer or "billing" not in customer:
        raise Rejected("wrong_topic_shape")
    if text(customer, "role") not in {None, "customer"}:
        return Mapped(ignored=["not_a_customer"])
    metas = meta_data(customer)
    event = Event(
        event_name="CompleteRegistration",
        event_time=created_at,
        action_source="other",
        user_data=buyer({**customer, "customer_id": customer_id}, dict(metas)),
    )
    return Mapped([Arrival(event, _signals(metas, created_at))])


def _signals(metas: list[tuple[str, object]], created_at: int) -> Signals:
    """Every consent note, as the checkout wrote it."""
    notes = tuple(value for key, value in metas if key == "_capi_consent" and isinstance(value, str))
    return Signals(notes=notes, ordered_at=created_at)
