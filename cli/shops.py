"""Turns the answers about a shop into a settings document."""

import json
import secrets
from typing import Any

from cli.dialogue import NewDataset, Shop


def with_shop(text: str, shop: Shop) -> str:
    """The document ``text`` (empty for none yet) with one more source and, if it is new, its dataset.

    Makes the server key of a new dataset and the pepper of a new document; changes nothing that is there.
    """
    document: dict[str, Any] = (
        json.loads(text)
        if text
        else {
            "datasets": {},
            "sources": {},
            "pepper": secrets.token_hex(32),
        }
    )
    if shop.new_dataset:
        document["datasets"][shop.dataset] = _dataset(shop.new_dataset)
    document["sources"][shop.source] = {
        "kind": "shopify",
        "dataset": shop.dataset,
        "secrets": [shop.webhook_secret.reveal()],
        "options": {
            "shop_domain": shop.shop_domain,
            "purchase_topic": shop.purchase_topic,
            "pixel": shop.pixel,
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _dataset(new: NewDataset) -> dict[str, Any]:
    """A dataset that only the source and holders of the server key may send to, and only with consent."""
    return {
        "name": new.name,
        "access_token": new.access_token.reveal(),
        "server_keys": [secrets.token_urlsafe(32)],
        "allowed_origins": [],
        "default_country": new.default_country,
        "test_event_code": None,
        "consent": {"mode": "strict"},
    }
