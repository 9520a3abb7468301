"""The samples of ``events/``: read them, move their times to now, sign them as their sender would."""

import base64
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sluice.settings import SettingsDocument, Source

_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|[+-]\d\d:\d\d)")
_UNIX: Final = re.compile(r'("(?:event_time|at)":\s?)(\d{10})\b')


class Sample(NamedTuple):
    """One file of ``events/``: what it shows, and the request that a sender made."""

    name: str
    shows: str
    path: str
    headers: Mapping[str, str]
    body: str


def read_samples(folder: Path) -> list[Sample]:
    """Every sample of the folder, by name."""
    samples = []
    for file in sorted(folder.glob("*.json")):
        content: dict[str, Any] = json.loads(file.read_text())
        request = content["request"]
        samples.append(Sample(file.stem, content["name"], request["path"], request["headers"], request["body"]))
    return samples


def prepare(sample: Sample, document: SettingsDocument, now: datetime) -> tuple[str, dict[str, str], bytes] | None:
    """Path, headers and body of the sample as if recorded just now, for the settings' own dataset and secret.

    None when the settings have no source of the sample's kind.
    """
    body = _moved_to(now, sample.body).encode()
    headers = {name.lower(): value for name, value in sample.headers.items()}
    parts = sample.path.strip("/").split("/")
    if parts[0] == "webhooks":
        kind = parts[1].removesuffix("-demo")
        for slug, source in document.sources.items():
            if source.kind == kind:
                return f"/webhooks/{slug}", headers | _signature(source, headers, body), body
        return None
    dataset_id, dataset = next(iter(document.datasets.items()))
    headers["authorization"] = f"Bearer {dataset.server_keys[0].reveal()}"
    return f"/{parts[0]}/{dataset_id}/events", headers, body


def _signature(source: Source, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The headers by which the source knows its sender."""
    secret = source.secrets[0].reveal()
    digest = hmac.digest(secret.encode(), body, "sha256")
    if source.kind == "shopify":
        shop = source.options.shop_domain or headers["x-shopify-shop-domain"]
        return {"x-shopify-hmac-sha256": base64.b64encode(digest).decode(), "x-shopify-shop-domain": shop}
    name = source.options.signature_header
    return {name.lower(): digest.hex()} if name else {"authorization": f"Bearer {secret}"}


def _moved_to(now: datetime, body: str) -> str:
    """The body with every time moved by as much as brings its newest one to a moment ago."""
    newest = max([*_iso_seconds(body), *(int(match[2]) for match in _UNIX.finditer(body))])
    by = int(now.timestamp()) - 1 - newest

    def iso(match: re.Match[str]) -> str:
        return (datetime.fromisoformat(match[1]) + timedelta(seconds=by)).isoformat() + match[2]

    return _UNIX.sub(lambda match: f"{match[1]}{int(match[2]) + by}", _ISO.sub(iso, body))


def _iso_seconds(body: str) -> list[int]:
    return [int(datetime.fromisoformat(match[0]).timestamp()) for match in _ISO.finditer(body)]
