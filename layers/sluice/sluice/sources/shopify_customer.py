"""Shopify's customers: who opened an account is a CompleteRegistration. Most new customers did not."""

import hashlib

from sluice.errors import Rejected
from sluice.event import Arrival, Event
from sluice.sources.payload import text
from sluice.sources.request import Mapped
from sluice.sources.shopify_body import Webhook, arrived, seconds, signals, user_data


def customer_event(webhook: Webhook) -> Mapped:
    """The CompleteRegistration of a customer, or why there is none. Raises Rejected ``wrong_topic_shape``.

    ``customers/create`` is sent for guests, imports and tills, too; only ``enabled`` says that there is an account.
    """
    customer = webhook.body
    customer_id, made_at = text(customer, "id"), seconds(customer, "created_at")
    if customer_id is None or made_at is None or not {"state", "email"} <= customer.keys():
        raise Rejected("wrong_topic_shape")
    if text(customer, "state") != "enabled":
        return Mapped(ignored=["no_account"])
    opened_at = seconds(customer, "updated_at") if webhook.topic == "customers/enable" else None
    event = Event(
        event_name="CompleteRegistration",
        event_time=opened_at or made_at,
        action_source="other",
        event_id=hashlib.sha256(customer_id.encode()).hexdigest(),
        user_data=user_data({"customer": customer}, []),
    )
    return arrived(Arrival(event, signals([])))
