"""The samples of ``events/``: read them, move their times to now, sign them as their sender would."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from local.signing import Signing, Unsigned, signed
from sluice.settings import SettingsDocument

FOLDER: Final = Path(__file__).resolve().parent.parent / "events"
_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_UNIX: Final = re.compile(r"(?<![\d.])(179\d{7})(\d{3})?(?![\d.])")
"""Seconds or milliseconds of October 2026 to January 2027, when the samples were made."""


class SampleSource(msgspec.Struct, forbid_unknown_fields=True):
    """The entry of the settings that a webhook belongs to; ``secret`` is what the sample's own proof was made with."""

    kind: str
    secret: str
    signing: Signing
    options: dict[str, Any] = {}


class SampleRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One HTTP request, its body as the exact text that was signed."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    """One file of ``events/``: what it shows, and the request that a sender made.

    ``source``: of a webhook; ``dataset``: of every other door.
    """

    name: str
    request: SampleRequest
    source: SampleSource | None = None
    dataset: str | None = None

    @property
    def slug(self) -> str:
        """The last part of the path: the source's name in the settings."""
        return self.request.path.partition("?")[0].rpartition("/")[2]


class Prepared(NamedTuple):
    """A request that is ready to be sent below the gateway's address."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def read_samples() -> dict[str, Sample]:
    """Every sample, by its file's name."""
    files = sorted(FOLDER.glob("*.json"))
    return {file.stem: msgspec.json.decode(file.read_bytes(), type=Sample) for file in files}


def read_sources() -> dict[str, SampleSource]:
    """The sources that the samples come from, by the name in their path."""
    samples = read_samples().values()
    return {sample.slug: sample.source for sample in samples if sample.source}


def prepare(sample: Sample, document: SettingsDocument, now: datetime, gateway: str = "") -> Prepared | None:
    """The sample as if recorded just now, for the settings' own dataset and secret. ``gateway``: its public address.

    None when the settings have no source of the sample's kind.
    """
    now_seconds = int(now.timestamp())
    body = _moved_to(now_seconds, sample.request.body).encode()
    headers = {name.lower(): value for name, value in sample.request.headers.items()}
    if sample.source is None:
        dataset_id, dataset = next(iter(document.datasets.items()))
        if "authorization" in headers:
            headers["authorization"] = f"Bearer {dataset.server_keys[0].reveal()}"
        if "origin" in headers and dataset.allowed_origins:
            headers["origin"] = dataset.allowed_origins[0].replace("*", "www")
        return Prepared(sample.request.path.replace(sample.dataset or "", dataset_id), headers, body)
    slugs = [slug for slug, source in document.sources.items() if source.kind == sample.source.kind]
    if not slugs:
        return None
    slug = sample.slug if sample.slug in slugs else slugs[0]
    source = document.sources[slug]
    if getattr(source.options, "shop_domain", None):
        headers["x-shopify-shop-domain"] = source.options.shop_domain
    url = getattr(source.options, "url", None) or f"{gateway}/webhooks/{slug}"
    unsigned = Unsigned(url, headers, body, now_seconds)
    url, headers = signed(unsigned, sample.source.signing, source.secrets[0].reveal())
    return Prepared(f"/webhooks/{slug}{'?' if '?' in url else ''}{url.partition('?')[2]}", headers, body)


def _moved_to(now_seconds: int, body: str) -> str:
    """The body with every time moved by as much as brings its newest one to a moment ago."""
    times = [*map(_seconds, _ISO.finditer(body)), *(int(m[1]) for m in _UNIX.finditer(body))]
    by = now_seconds - 1 - max(times) if times else 0

    def iso(match: re.Match[str]) -> str:
        moved = datetime.fromisoformat(f"{match[1]}T{match[3]}") + timedelta(seconds=by)
        return moved.isoformat(match[2]) + (match[4] or "") + (match[5] or "")

    return _UNIX.sub(lambda match: f"{int(match[1]) + by}{match[2] or ''}", _ISO.sub(iso, body))


def _seconds(match: re.Match[str]) -> int:
    """A time without a zone is read as UTC."""
    moment = datetime.fromisoformat(f"{match[1]}T{match[3]}{match[5] or ''}")
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
