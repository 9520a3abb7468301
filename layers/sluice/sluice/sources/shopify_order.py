"""Shopify's orders: which of their webhooks is the Purchase, and what it says. One order is one Purchase."""

import re
from typing import Any, Final

from sluice.errors import Rejected
from sluice.event import DAY_SECONDS, DEFAULT_MAX_AGE_SECONDS, ActionSource, Arrival, Event, order_key
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.payload import filled, first, page_address, text
from sluice.sources.request import Mapped
from sluice.sources.shopify_body import (
    Notes,
    Webhook,
    action_source,
    arrived,
    bought,
    notes_of,
    seconds,
    signals,
    user_data,
)
from sluice.sources.shopify_options import Options

UPDATED: Final = "orders/updated"
CANCELLED: Final = "orders/cancelled"
_UNPAID: Final = frozenset({"pending", "authorized", "partially_paid", "voided", "unpaid", "expired"})
_LATE_SECONDS: Final = DEFAULT_MAX_AGE_SECONDS - DAY_SECONDS
"""An order that is paid later than this is dated by its payment: a day is left of what Meta takes, for the way."""
_HOST: Final = re.compile(r"https?://([\w.-]+)(?::[0-9]+)?(?:[/?#]|$)", re.IGNORECASE)


def order_event(webhook: Webhook) -> Mapped:
    """The Purchase of an order or its cancellation, or why there is neither. Raises Rejected ``wrong_topic_shape``.

    The topic is not signed. So it must fit what the body says, and whatever it is, an order is one Purchase.
    """
    order = webhook.body
    order_id, created_at = text(order, "id"), seconds(order, "created_at")
    is_order = {"line_items", "total_price", "financial_status"} <= order.keys()
    if order_id is None or created_at is None or not is_order:
        raise Rejected("wrong_topic_shape")
    source, notes = action_source(order, webhook.options), notes_of(order)
    if source is None:
        return Mapped(ignored=["unwanted_origin"])
    if ignored := _unwanted(order, webhook.options, created_at) or _why_not(webhook, created_at):
        return Mapped(ignored=[ignored])
    if webhook.topic == CANCELLED:
        return _cancellation(webhook, order_id, notes)
    page = _source_url(order, notes) if source == "website" else None
    if source == "website" and page is None:
        source = "other"
    event = Event(
        event_name="Purchase",
        event_time=_paid_at(webhook, source, created_at),
        action_source=source,
        event_id=_event_id(order, order_id, webhook.options),
        event_source_url=page,
        user_data=user_data(order, notes),
        custom_data=bought(order, webhook.options, order_id),
    )
    if source != "physical_store":  # at a till the recorded browser is the shop's own
        event.user_data |= _browser(order)
    not_after = created_at + PIXEL_WINDOW_SECONDS if webhook.options.pixel else None
    given = signals(notes, text(order, "checkout_token"), created_at)
    return arrived(Arrival(event, given, order_key(webhook.slug, order_id), not_after))


def _unwanted(order: dict[str, Any], options: Options, created_at: int) -> str | None:
    """The reason code of an order of which nothing is sent, whatever happens to it."""
    if order.get("test"):
        return "test_order"
    if not options.b2b and order.get("company"):
        return "b2b_order"
    sold_at = seconds(order, "processed_at") or created_at
    if text(order, "source_name") not in {"web", "pos"} and created_at - sold_at > DEFAULT_MAX_AGE_SECONDS:
        return "imported_order"
    return None


def _why_not(webhook: Webhook, created_at: int) -> str | None:
    """The reason code of a webhook that is not the one to be sent; None for one that is."""
    order, topic, options = webhook.body, webhook.topic, webhook.options
    status = text(order, "financial_status")
    is_unpaid = options.purchase_topic == "orders/paid" and status in _UNPAID
    if topic == CANCELLED:
        if seconds(order, "cancelled_at") is None:
            raise Rejected("wrong_topic_shape")
        return None if options.cancellations and not is_unpaid else "cancelled_order"
    if order.get("cancelled_at"):
        return "cancelled_order"
    if topic != options.purchase_topic and not (topic == UPDATED and options.paid_by_update):
        return "not_the_purchase_topic"
    if is_unpaid or (topic == UPDATED and status != "paid"):
        return "unpaid_order"
    age = webhook.now_seconds - created_at
    if topic == UPDATED and age > DEFAULT_MAX_AGE_SECONDS:
        return "too_old"
    return "pixel_window_passed" if options.pixel and age > PIXEL_WINDOW_SECONDS else None


def _cancellation(webhook: Webhook, order_id: str, notes: Notes) -> Mapped:
    """The cancellation of an order, which is no negative Purchase: Meta has no such thing."""
    order = webhook.body
    event = Event(
        event_name="OrderCancelled",
        event_time=seconds(order, "cancelled_at") or 0,
        action_source="system_generated",
        event_id=f"cancelled-{order_id}",
        user_data=user_data(order, notes),
        custom_data=bought(order, webhook.options, order_id),
    )
    given = signals(notes, text(order, "checkout_token"), seconds(order, "created_at"))
    return arrived(Arrival(event, given))


def _paid_at(webhook: Webhook, source: ActionSource, created_at: int) -> int:
    """When the person bought; when they paid, if that was so much later that Meta would refuse the day of the order.

    The payment's time is the order's last change, which ``orders/paid`` is sent for: it is signed, and the header with
    the webhook's own time is not.
    """
    changed_at = seconds(webhook.body, "updated_at")
    is_payment = webhook.topic == "orders/paid" and source != "physical_store"
    if is_payment and changed_at is not None and changed_at - created_at > _LATE_SECONDS:
        return changed_at
    return seconds(webhook.body, "processed_at") or created_at


def _event_id(order: dict[str, Any], order_id: str, options: Options) -> str:
    """What the browser pixel sends as eventID too; the order id where the order has no checkout (POS, drafts, API)."""
    chosen = {"checkout_token": text(order, "checkout_token"), "order_name": text(order, "name")}
    return chosen.get(options.event_id) or order_id


def _browser(order: dict[str, Any]) -> dict[str, Any]:
    """Address and name of the browser, where they are known."""
    found = {
        "client_ip_address": first(text(order, "browser_ip"), text(order, "client_details", "browser_ip")),
        "client_user_agent": text(order, "client_details", "user_agent"),
    }
    return filled(found)


def _source_url(order: dict[str, Any], notes: Notes) -> str | None:
    """The page of the purchase: the storefront's own note, else the shop's host with the landing path; None without it.

    A buyer can write any note, so its host must be the shop's, or above or below it. Only the host of
    ``order_status_url`` is read: the rest of it opens the order to anyone.
    """
    host = _host(text(order, "order_status_url"))
    noted = next((value for name, value in notes if name == "_capi_event_source_url"), None)
    own = page_address(noted) if _is_kin(_host(noted), host) else None
    landing = text(order, "landing_site") or "/"
    return own or page_address(f"https://{host}{landing if landing.startswith('/') else '/'}")


def _host(link: str | None) -> str:
    """The host of an http(s) link; '' for anything else."""
    found = _HOST.match(link or "")
    return found[1].lower() if found else ""


def _is_kin(host: str, other: str) -> bool:
    """Whether two hosts are the same, or one is a domain of at least two labels above the other."""
    short, long = sorted((host, other), key=len)
    return short == long != "" or ("." in short.strip(".") and long.endswith(f".{short}"))
