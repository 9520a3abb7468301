"""What a Shopify source can be told."""

from typing import Literal

import msgspec

Elsewhere = Literal["ignore", "other", "system_generated", "phone_call", "email", "chat"]
"""Where a person acted who was neither in the online shop nor at the till, in Meta's words; or not to be sent."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a Shopify source can be told.

    ``shop_domain``: the permanent ``*.myshopify.com`` name; when given, other shops' headers are refused.
    ``purchase_topic``: which of the two topics is the Purchase. ``paid_by_update``: ``orders/updated`` may bring the
    payment too. ``pixel``: a browser pixel reports the same order; then only ``orders/create`` comes early enough.
    ``event_id``: what pixel and webhook agree on. ``content_id``: which id the catalogue at Meta uses. ``money``: the
    shop's currency or the buyer's. ``cancellations``: send ``OrderCancelled``. ``b2b``: send orders of companies.
    ``apps``, ``drafts``, ``subscriptions``: where such an order was made, or that it is not to be sent.
    """

    shop_domain: str | None = None
    purchase_topic: Literal["orders/paid", "orders/create"] = "orders/paid"
    paid_by_update: bool = False
    pixel: bool = False
    event_id: Literal["checkout_token", "order_id", "order_name"] = "checkout_token"
    content_id: Literal["variant_id", "product_id", "sku"] = "variant_id"
    money: Literal["shop", "presentment"] = "shop"
    cancellations: bool = False
    b2b: bool = True
    apps: Elsewhere = "other"
    drafts: Elsewhere = "other"
    subscriptions: Elsewhere = "system_generated"

    def __post_init__(self) -> None:
        """A pixel reports at checkout; a paid webhook of an invoice order would come days later and count twice."""
        if self.pixel and self.purchase_topic != "orders/create":
            raise ValueError("pixel: purchase_topic must be orders/create when a pixel reports the order too")
        if self.paid_by_update and self.purchase_topic != "orders/paid":
            raise ValueError("paid_by_update: purchase_topic must be orders/paid")
