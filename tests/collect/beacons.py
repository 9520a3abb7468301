"""Beacons of an invented shop's pages."""

import json
from typing import Any

from sluice.sources.request import Request
from tests.samples import NOW, dataset_changed

SHOP = "https://www.shop.example"
GATEWAY = "events.shop.example"
ADDRESS = "203.0.113.7"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FBP = "fb.1.1795197600123.1098115397"
AGREED = {"cookies": {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed"}}
REFUSED = {"cookies": {"cmplz_marketing": "deny", "cmplz_banner-status": "dismissed"}}


def shop(**collect: Any) -> dict[str, Any]:
    """Settings whose first dataset takes beacons of the shop. ``collect``: its options."""
    return dataset_changed(allowed_origins=[SHOP, "https://*.shop.example"], collect=collect)


def page_event(**fields: Any) -> dict[str, Any]:
    """A PageView as a page reports it, with consent. ``fields`` replace its own; None removes one."""
    event = {
        "event_name": "PageView",
        "event_time": NOW - 5,
        "event_id": "view-1",
        "event_source_url": "https://www.shop.example/vests",
        "user_data": {"fbp": FBP},
        "consent": AGREED,
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def raw_beacon(body: bytes, headers: dict[str, str | None] | None = None) -> Request:
    """What a browser sends: these bytes as text. ``headers`` replace its own; None removes one."""
    sent = {"origin": SHOP, "user-agent": AGENT, "content-type": "text/plain;charset=UTF-8", **(headers or {})}
    kept = {name: value for name, value in sent.items() if value is not None}
    return Request(kept, {}, body, "request-1", client_ip=ADDRESS, host=GATEWAY)


def beacon(*events: object, **headers: str | None) -> Request:
    """A beacon with these events. ``headers``: with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw_beacon(json.dumps({"events": events}).encode(), named)
