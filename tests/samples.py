"""Sample inputs of every test: settings, requests, events, queue messages. Every name and number is invented."""

import base64
import hashlib
import hmac
import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from local.samples import read_samples
from sluice.consent.decide import Decision
from sluice.delivery.parcel import Message, Parcel
from sluice.envelope import Entry, Envelope, decode, encode_entry, pack
from sluice.event import Event, delivery_key
from sluice.privacy import PrivacyRequest
from sluice.settings import SettingsDocument, parse_settings
from sluice.sources import KINDS
from sluice.sources.request import Request

ROOT = Path(__file__).resolve().parents[1]
NOW = 1_795_200_000
"""2026-11-20T18:40:00Z: half an hour after the order of ``events/shopify-orders-paid.json``."""
DATASET = "1234567890123456"
OTHER_DATASET = "2234567890123456"
SERVER_KEY = "demo-server-key-0123456789"
TOKEN = "token-of-the-dataset"
SAMPLES = read_samples()
SHOPIFY_SECRET = "sample-shopify-client-secret"
PEPPER = "00112233445566778899aabbccddeeff"

_numbers = itertools.count()


def document(**changes: Any) -> dict[str, Any]:
    """A settings document as JSON values: two datasets, one Shopify source. ``changes`` replace top-level keys."""
    dataset = {
        "name": "Example shop",
        "access_token": TOKEN,
        "server_keys": [SERVER_KEY],
        "allowed_origins": [],
        "default_country": "DE",
        "test_event_code": None,
        "consent": {"mode": "strict", "allow_boolean_flag": True},
    }
    return {
        "datasets": {DATASET: dataset, OTHER_DATASET: {**dataset, "access_token": "token-of-the-other"}},
        "sources": {"shopify-demo": {"kind": "shopify", "dataset": DATASET, "secrets": [SHOPIFY_SECRET]}},
        "pepper": PEPPER,
        **changes,
    }


def with_source(name: str, whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """The settings document with the source of a sample too."""
    sample = SAMPLES[name]
    assert sample.source
    whole = whole or document()
    whole["sources"][sample.slug] = {
        "kind": sample.source.kind,
        "dataset": DATASET,
        "secrets": [sample.source.secret],
        "options": sample.source.options,
    }
    return whole


def dataset_changed(**changes: Any) -> dict[str, Any]:
    """The settings document with another first dataset."""
    whole = document()
    whole["datasets"][DATASET].update(changes)
    return whole


def settings(text: dict[str, Any] | None = None) -> SettingsDocument:
    """The checked settings."""
    return parse_settings(json.dumps(text or document()), KINDS)


def wire_event(**fields: Any) -> dict[str, Any]:
    """A Purchase as a server posts it, valid at NOW, with the consent that the server vouches for.

    ``fields`` replace its fields; None removes one.
    """
    event = {
        "event_name": "Purchase",
        "event_time": NOW - 60,
        "event_id": "purchase-1",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {"em": "jo.sample@example.com", "client_user_agent": "Mozilla/5.0"},
        "custom_data": {"value": 12.5, "currency": "EUR"},
        "consent": {"granted": True, "at": NOW - 3_600},
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def event(**fields: Any) -> Event:
    """An event of the model; as ``wire_event`` without the consent."""
    return msgspec.convert(wire_event(consent=None, **fields), Event)


def request(body: bytes = b"", headers: dict[str, str] | None = None, **query: str) -> Request:
    """A request as a door sees it."""
    return Request(headers or {}, query, body, "request-1")


def graph_request(*events: object, key: str = SERVER_KEY) -> Request:
    """A Conversions API client's request with a server key."""
    return request(json.dumps({"data": events}, ensure_ascii=False).encode(), {"authorization": f"Bearer {key}"})


def consent_request(headers: dict[str, str] | None = None, **told: Any) -> Request:
    """A request to the consent doors, about the first dataset; a server's with its key unless headers are given."""
    sent = {"authorization": f"Bearer {SERVER_KEY}"} if headers is None else headers
    return request(json.dumps({"dataset": DATASET, **told}).encode(), sent)


def file_request(name: str) -> Request:
    """The request of a sample input."""
    sent = SAMPLES[name].request
    headers = {header.lower(): value for header, value in sent.headers.items()}
    query = sent.path.partition("?")[2]
    return Request(headers, dict(parse_qsl(query)), sent.body.encode(), "request-1", sent.method)


def order(**changes: Any) -> dict[str, Any]:
    """The paid order of the Shopify sample with other fields; None stays (Shopify sends null)."""
    sample: dict[str, Any] = json.loads(SAMPLES["shopify-orders-paid"].request.body)
    return {**sample, **changes}


def order_request(body: bytes | dict[str, Any], **headers: str) -> Request:
    """A Shopify webhook, signed. ``headers``: with underscores for hyphens, without ``x-shopify-``."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.digest(SHOPIFY_SECRET.encode(), raw, "sha256")).decode()
    given = {"topic": "orders/paid", "shop_domain": "example-outdoor.myshopify.com", "hmac_sha256": signature}
    named = {f"x-shopify-{name.replace('_', '-')}": value for name, value in {**given, **headers}.items()}
    return request(raw, {"content-type": "application/json", **named})


def api_event(
    route: str, body: str | None = None, headers: dict[str, str] | None = None, **path: str
) -> dict[str, Any]:
    """What API Gateway (HTTP API, payload format 2.0) hands to the function."""
    return {
        "version": "2.0",
        "routeKey": route,
        "headers": headers or {},
        "pathParameters": path,
        "requestContext": {"requestId": "request-1"},
        "body": body,
        "isBase64Encoded": False,
    }


ALLOWED = Decision(allow=True, reason="ok_flag", basis="flag", policy_version="0" * 12, decided_at=NOW, consent_at=NOW)


def entry(event_id: str | None = None, *, dataset: str = DATASET, deadline: int = NOW + 600_000) -> Entry:
    """One event of an envelope, as ingest makes it; a new one unless its id is given."""
    event_id = event_id or f"event-{next(_numbers)}"
    sent = {"event_name": "PageView", "event_id": event_id, "user_data": {"em": [hashlib.sha256(b"x").hexdigest()]}}
    key = delivery_key(dataset, "PageView", event_id)
    return Entry(key, "PageView", NOW, deadline, ALLOWED, ["A" * 22], msgspec.Raw(msgspec.json.encode(sent)))


def head(source: str = "events", dataset: str = DATASET, accepted_at: int = NOW) -> Envelope:
    """An envelope that its entries are still to be put into."""
    return Envelope(1, dataset, source, accepted_at, [])


def message(*entries: Entry, dataset: str = DATASET, sent_at: int = NOW) -> Message:
    """One message of the event queue, stored at ``sent_at``; its receipt is ``receipt-of-`` its id."""
    message_id = f"message-{next(_numbers)}"
    body = pack(head("events", dataset, sent_at), [encode_entry(entry) for entry in entries])[0]
    return Message(message_id, f"receipt-of-{message_id}", body, sent_at)


def parcels(*entries: Entry, dataset: str = DATASET) -> list[Parcel]:
    """Events on their way through the sender."""
    envelope = Envelope(1, dataset, "events", NOW, list(entries))
    return [Parcel("message", envelope, entry) for entry in entries]


def event_ids(envelopes: list[Envelope]) -> list[str]:
    """The event ids in envelopes, in order."""
    return [json.loads(bytes(entry.event))["event_id"] for envelope in envelopes for entry in envelope.entries]


def ids_in(body: str) -> list[str]:
    """The event ids in one message body."""
    return event_ids([decode(body)])


def privacy_request(request_id: str = "0123456789abcdef", **changes: Any) -> PrivacyRequest:
    """A request to erase what is kept of a person with one subject key and one order, received now."""
    fields = {
        "kind": "erasure",
        "source": "shopify-demo",
        "dataset": DATASET,
        "site": "shop.example.com",
        "subjects": ["S" * 22],
        "delivery_keys": ["d" * 64],
        "received_at": NOW,
        **changes,
    }
    return PrivacyRequest(request_id, **{"due_at": fields["received_at"] + 30 * 86_400, **fields})
