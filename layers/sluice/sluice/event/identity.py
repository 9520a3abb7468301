"""What makes an event the same event, and how long Meta takes it."""

import hashlib
import re
from typing import Final

import msgspec

from sluice.event.model import Event

DAY_SECONDS: Final = 86_400
MAX_AGE_SECONDS: Final = {"physical_store": 62 * DAY_SECONDS}
DEFAULT_MAX_AGE_SECONDS: Final = 7 * DAY_SECONDS
_NO_ID: Final = re.compile(r"\s*(?:undefined|null|none|nan|n/a|\[object object\])?\s*", re.IGNORECASE)
"""What programs write where they have no value: as an id it would make one event of all."""


def deadline_seconds(event: Event) -> int:
    """The Unix second after which Meta refuses the event (and with it every other event of the request).

    7 days after ``event_time``, 62 for ``physical_store`` (Meta's "using the API" page).
    """
    return event.event_time + MAX_AGE_SECONDS.get(event.action_source, DEFAULT_MAX_AGE_SECONDS)


def given_event_id(event: Event) -> str | None:
    """The event_id that came with an event; None for a blank one and for a placeholder, which tell no events apart."""
    return None if _NO_ID.fullmatch(event.event_id or "") else event.event_id


def derived_event_id(event: Event) -> str:
    """An event_id for an event that came without one: the same input gives the same id on every attempt."""
    return "sluice." + hashlib.sha256(msgspec.json.encode(event, order="deterministic")).hexdigest()[:32]


def order_key(source: str, order_id: str) -> str:
    """What makes every report of one order the same event, whatever its event_id; a source counts its own orders."""
    return f"order:{source}:{order_id}"


def delivery_key(dataset: str, event_name: str, dedup_key: str) -> str:
    """The key of an event's delivery item: a SHA-256, so that it has one length and is not read at a glance.

    Two events with the same key are the same event and reach Meta once. Nothing secret is in it: whoever knows an
    order's number, or an event_id, can compute it, as `sluice proof` does.
    """
    return hashlib.sha256(msgspec.json.encode([dataset, event_name, dedup_key])).hexdigest()
