"""What an event of a Messenger, WhatsApp or Instagram conversation needs.

Source: Meta's "business messaging" page and the subcodes that the Conversions API answers with.
"""

from collections.abc import Iterator
from typing import Final

from sluice.event import Event
from sluice.rules.meanings import Problem

MESSAGING_EVENTS: Final = frozenset(
    {
        "AddToCart",
        "CartAbandoned",
        "InitiateCheckout",
        "LeadSubmitted",
        "OrderCanceled",
        "OrderCreated",
        "OrderDelivered",
        "OrderReturned",
        "OrderShipped",
        "Purchase",
        "QualifiedLead",
        "RatingProvided",
        "ReviewProvided",
        "ViewContent",
    }
)
"""The names that Meta takes from a conversation; custom names are not among them."""

_IDS: Final = {
    "messenger": (("page_id",), ("page_scoped_user_id",)),
    "whatsapp": (("ctwa_clid",), ("whatsapp_business_account_id", "page_id")),
    "instagram": (("ig_account_id",), ("ig_sid",)),
}
"""For each channel the ids that it needs; of several names in one place any will do, the first is asked for."""


def messaging_problems(event: Event) -> Iterator[Problem]:
    """The channel, a name that it takes, its ids, and nothing that it does not take."""
    if event.event_name not in MESSAGING_EVENTS:
        yield Problem("event_name_not_for_messaging", "event_name")
    if event.messaging_channel is None:
        yield Problem("messaging_channel_invalid", "messaging_channel")
        return
    for names in _IDS[event.messaging_channel]:
        if not event.user_data.keys() & set(names):
            yield Problem("messaging_id_missing", f"user_data.{names[0]}")
    if event.messaging_channel == "instagram":
        for name in ("client_ip_address", "client_user_agent"):
            if name in event.user_data:
                yield Problem("browser_data_not_for_instagram", f"user_data.{name}")
