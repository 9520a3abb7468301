"""Shopify's checkouts: the first of a checkout's many webhooks that names somebody is its InitiateCheckout."""

from typing import Any

from sluice.errors import Rejected
from sluice.event import DEFAULT_MAX_AGE_SECONDS, Arrival, Event
from sluice.sources.orders import PIXEL_WINDOW_SECONDS
from sluice.sources.payload import text
from sluice.sources.request import Mapped
from sluice.sources.shopify_body import (
    Webhook,
    action_source,
    arrived,
    bought,
    notes_of,
    seconds,
    signals,
    user_data,
)


def checkout_event(webhook: Webhook) -> Mapped:
    """The InitiateCheckout of a checkout, or why there is none. Raises Rejected ``wrong_topic_shape``.

    A checkout's body knows neither browser nor page, so that it is no event of the website.
    """
    checkout, options = webhook.body, webhook.options
    token, created_at = text(checkout, "token"), seconds(checkout, "created_at")
    is_checkout = {"line_items", "total_price"} <= checkout.keys() and "financial_status" not in checkout
    if token is None or created_at is None or not is_checkout:
        raise Rejected("wrong_topic_shape")
    source, age = action_source(checkout, options), webhook.now_seconds - created_at
    if source is None:
        return Mapped(ignored=["unwanted_origin"])
    if age > DEFAULT_MAX_AGE_SECONDS:
        return Mapped(ignored=["too_old"])
    if options.pixel and age > PIXEL_WINDOW_SECONDS:
        return Mapped(ignored=["pixel_window_passed"])
    notes = notes_of(checkout)
    event = Event(
        event_name="InitiateCheckout",
        event_time=created_at,
        action_source=source,
        event_id=token,
        user_data=user_data(checkout, notes),
        custom_data=_in_the_cart(webhook),
    )
    not_after = created_at + PIXEL_WINDOW_SECONDS if options.pixel else None
    return arrived(Arrival(event, signals(notes, token), not_after=not_after))


def _in_the_cart(webhook: Webhook) -> dict[str, Any]:
    """What is in the cart; without amounts where shop and buyer have different currencies.

    Of a checkout's amounts nobody says in the body which of the two they are of (those of an order are the shop's).
    """
    is_one = text(webhook.body, "presentment_currency") in {None, text(webhook.body, "currency")}
    return bought(webhook.body, webhook.options, with_amounts=is_one)
