"""The settings document that the local stack is seeded with: the operator's, or a demo shop's."""

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from local import signing
from local.samples import SampleSource, read_sources
from sluice.settings import SettingsDocument, parse_settings
from sluice.sources import KINDS

DEMO_DATASET: Final = "1234567890123456"


def chosen_file(state: Path) -> Path:
    """The file of ``SLUICE_SETTINGS``, or the demo's, which is made with secrets of its own when first needed."""
    given = os.environ.get("SLUICE_SETTINGS")
    if given:
        return Path(given).resolve()
    path = state / "settings.json"
    document = json.loads(path.read_text()) if path.exists() else _demo()
    for slug, sample in read_sources().items():  # also those that came, or changed, since the file was made
        known = document["sources"].get(slug, {})
        document["sources"][slug] = {**_source(sample), **{name: known[name] for name in known if name == "secrets"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def checked(text: str) -> SettingsDocument:
    """The document, read as the functions read it. Raises BadSettings."""
    return parse_settings(text, KINDS)


def _demo() -> dict[str, Any]:
    """One shop with one dataset."""
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
        "sources": {},
        "pepper": secrets.token_hex(32),
    }


def _source(sample: SampleSource) -> dict[str, object]:
    """A source with the sample's options and a secret of its own."""
    return {
        "kind": sample.kind,
        "dataset": DEMO_DATASET,
        "secrets": [signing.new_secret(sample.signing)],
        "options": sample.options,
    }
