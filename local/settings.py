"""The settings document that the local stack is seeded with: the operator's, or a demo shop's."""

import json
import os
import secrets
from pathlib import Path
from typing import Final

from sluice.settings import SettingsDocument, parse_settings
from sluice.sources import KINDS

DEMO_DATASET: Final = "1234567890123456"
CMP_OPTIONS: Final = {
    "fields": {
        "decision": "consent.marketing",
        "at": "consent.updated_at",
        "em": "subject.email",
        "external_id": "subject.user_id",
        "cmp_consent_id": "consent.id",
        "text_version": "consent.policy_version",
    },
    "words": {"grant": ["granted"], "deny": ["denied"], "withdraw": ["revoked"]},
    "signature_header": "X-Consent-Signature",
}
"""How the consent tool of ``events/cmp-consent.json`` writes."""


def chosen_file(state: Path) -> Path:
    """The file of ``SLUICE_SETTINGS``, or the demo's, which is made with secrets of its own when first needed."""
    given = os.environ.get("SLUICE_SETTINGS")
    if given:
        return Path(given).resolve()
    path = state / "settings.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(_demo(), indent=2) + "\n")
    return path


def checked(text: str) -> SettingsDocument:
    """The document, read as the functions read it. Raises BadSettings."""
    return parse_settings(text, {kind: registered.options for kind, registered in KINDS.items()})


def _demo() -> dict[str, object]:
    """One shop with one dataset and a source for every sample in ``events/``."""
    return {
        "datasets": {
            DEMO_DATASET: {
                "name": "Example Outdoor",
                "access_token": f"demo-{secrets.token_urlsafe(24)}",
                "server_keys": [secrets.token_urlsafe(24)],
                "allowed_origins": ["https://shop.example.de"],
                "default_country": "DE",
                "test_event_code": None,
                "consent": {"mode": "strict", "allow_boolean_flag": True},
            }
        },
        "sources": {
            "shopify-demo": {
                "kind": "shopify",
                "dataset": DEMO_DATASET,
                "secrets": [secrets.token_urlsafe(24)],
                "options": {"shop_domain": "example-outdoor.myshopify.com"},
            },
            "cmp-demo": {
                "kind": "cmp",
                "dataset": DEMO_DATASET,
                "secrets": [secrets.token_urlsafe(24)],
                "options": CMP_OPTIONS,
            },
        },
        "pepper": secrets.token_hex(32),
    }
