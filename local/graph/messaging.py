"""What Meta demands of events from Messenger, WhatsApp and Instagram conversations (`business_messaging`)."""

from collections.abc import Mapping
from typing import Any

from local.graph.identifiers import match_keys
from local.graph.refusal import Refusal, invalid_event

_EVENT_NAMES = frozenset(
    (
        "Purchase",
        "LeadSubmitted",
        "InitiateCheckout",
        "AddToCart",
        "ViewContent",
        "OrderCreated",
        "OrderShipped",
        "OrderDelivered",
        "OrderCanceled",
        "OrderReturned",
        "CartAbandoned",
        "QualifiedLead",
        "RatingProvided",
        "ReviewProvided",
    )
)


def check_messaging(event: Mapping[str, Any], _now: float) -> Refusal | None:
    """The first broken messaging rule of an event, or None, also for every other action source."""
    if event["action_source"] != "business_messaging":
        return None
    if "messaging_channel" not in event:
        return invalid_event(2804063, "Messaging channel missing", "business_messaging needs messaging_channel.")
    if event["event_name"] not in _EVENT_NAMES:
        return invalid_event(2804066, "Event name not allowed", "This event_name is not allowed for messaging events.")
    keys = frozenset(match_keys(event["user_data"]))
    return {"messenger": _messenger, "whatsapp": _whatsapp, "instagram": _instagram}[event["messaging_channel"]](keys)


def _messenger(keys: frozenset[str]) -> Refusal | None:
    if "page_id" not in keys:
        return invalid_event(2804069, "Page missing", "A Messenger event needs user_data.page_id.")
    return None


def _whatsapp(keys: frozenset[str]) -> Refusal | None:
    if not keys & {"page_id", "whatsapp_business_account_id"}:
        return invalid_event(2804116, "Account missing", "A WhatsApp event needs page_id or the business account's id.")
    return None


def _instagram(keys: frozenset[str]) -> Refusal | None:
    if keys & {"client_ip_address", "client_user_agent"}:
        return invalid_event(2804064, "Argument not allowed", "An Instagram event carries no address and user agent.")
    if "ig_sid" not in keys:
        return invalid_event(2804075, "Instagram id missing", "An Instagram event needs user_data.ig_sid.")
    if not keys & {"ig_account_id", "instagram_business_account_id"}:
        return invalid_event(2804079, "Instagram account missing", "An Instagram event needs user_data.ig_account_id.")
    return None
