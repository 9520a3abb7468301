"""Turns the answers about a dataset and its shop into a settings document."""

import json
import secrets
from typing import Any

from cli.dialogue import Answers, NewDataset


def with_answers(text: str, answers: Answers) -> str:
    """The document ``text`` (empty for none yet) with the dataset, if it is new, and the shop, if there is one.

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
    if answers.new_dataset:
        document["datasets"][answers.dataset] = _dataset(answers.new_dataset)
    if shop := answers.shop:
        document["sources"][shop.source] = {
            "kind": "shopify",
            "dataset": answers.dataset,
            "secrets": [shop.webhook_secret.reveal()],
            "options": {"shop_domain": shop.domain, "purchase_topic": shop.purchase_topic, "pixel": shop.pixel},
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
