"""Shopify webhooks: orders, checkouts and customers become events, what persons ask about their data is recorded.

Shopify signs the body only: topic, shop and delivery id are not proven, so the secret is chosen by the path of the
request, the topic is checked against the shape of the body, and one order is one Purchase whatever topic says so.
"""

from collections.abc import Callable
from typing import Final

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import has_hmac_sha256_base64
from sluice.sources.payload import json_object
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.sources.shopify_body import Webhook
from sluice.sources.shopify_checkout import checkout_event
from sluice.sources.shopify_customer import customer_event
from sluice.sources.shopify_options import Options
from sluice.sources.shopify_order import CANCELLED, UPDATED, order_event
from sluice.sources.shopify_privacy import PRIVACY_TOPICS, privacy_request

ORDER_TOPICS: Final = ("orders/paid", "orders/create")
_EVENTS_FAMILY: Final = "shopify-"
"""How the headers of Shopify's newer "Events" begin; their bodies are queries of the app's own."""
_WEBHOOKS_FAMILY: Final = "x-shopify-"
_ROOMS: Final[dict[str, Callable[[Webhook], Mapped]]] = {
    **dict.fromkeys((*ORDER_TOPICS, UPDATED, CANCELLED), order_event),
    **dict.fromkeys(("checkouts/create", "checkouts/update"), checkout_event),
    **dict.fromkeys(("customers/create", "customers/enable"), customer_event),
    **dict.fromkeys(PRIVACY_TOPICS, privacy_request),
}
_COUNTED_ONLY: Final = {"carts": "nobody_named", "refunds": "nobody_named", "draft_orders": "draft_order"}
"""Why nothing is made of these topics, by their first half."""


def authenticate(request: Request, check: Check) -> None:
    """Refuse what the shop did not sign. Raises Rejected ``bad_signature``."""
    family = _family(request)
    signature = request.headers.get(f"{family}hmac-sha256", "")
    signed = has_hmac_sha256_base64(request.body, signature, check.secrets)
    shop = request.headers.get(f"{family}shop-domain", "").lower()
    expected = (check.options.shop_domain or shop).lower()
    if not signed or shop != expected:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """What the webhook tells, or why nothing is made of it.

    Raises Rejected ``bad_json``, ``bad_body``, ``wrong_topic_shape``.
    """
    if _family(request) == _EVENTS_FAMILY:
        return Mapped(ignored=["unsupported_family"])
    topic = request.headers.get("x-shopify-topic", "").lower()
    room = _ROOMS.get(topic)
    if room is None:
        return Mapped(ignored=[_COUNTED_ONLY.get(topic.partition("/")[0], "unknown_topic")])
    return room(Webhook(topic, json_object(request.body), request.body, slug, source.options, now_seconds))


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _family(request: Request) -> str:
    """The beginning of the request's headers, by the signature's, as Shopify's own library tells the two apart."""
    return _EVENTS_FAMILY if request.headers.get("shopify-hmac-sha256") else _WEBHOOKS_FAMILY
