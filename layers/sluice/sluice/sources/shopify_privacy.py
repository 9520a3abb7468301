"""Shopify's compliance webhooks: what a person, or the end of a shop, asks of whoever holds the shop's data."""

import hashlib
from typing import Final

from sluice.errors import Rejected
from sluice.privacy import PrivacyAsked, PrivacyKind
from sluice.sources.payload import filled, text, texts
from sluice.sources.request import Mapped
from sluice.sources.shopify_body import Webhook

PRIVACY_TOPICS: Final[dict[str, PrivacyKind]] = {
    "customers/data_request": "access",
    "customers/redact": "erasure",
    "shop/redact": "shop_erasure",
}
_OF_A_PERSON: Final = {"access": "orders_requested", "erasure": "orders_to_redact"}
"""The field that only this kind of request has."""


def privacy_request(webhook: Webhook) -> Mapped:
    """What is asked. Raises Rejected ``wrong_topic_shape``.

    The topic is not signed, so a request about a person must not pass for another, or for one about the whole shop.
    """
    body, kind = webhook.body, PRIVACY_TOPICS[webhook.topic]
    fields = {*_OF_A_PERSON.values(), "customer", "data_request"} & body.keys()
    allowed = {"customer", _OF_A_PERSON[kind]} if kind in _OF_A_PERSON else set()
    if kind == "access":
        allowed.add("data_request")
    if "shop_domain" not in body or not fields <= allowed or (kind in _OF_A_PERSON and "customer" not in body):
        raise Rejected("wrong_topic_shape")
    customer = body.get("customer")
    person = {"em": text(customer, "email"), "ph": text(customer, "phone"), "external_id": text(customer, "id")}
    asked = PrivacyAsked(
        kind,
        reference=text(body, "data_request", "id") or hashlib.sha256(webhook.raw).hexdigest(),
        user_data=filled(person),
        orders=texts(body.get(_OF_A_PERSON.get(kind, ""))),
    )
    return Mapped(privacy=[asked])
