"""What happened, in Meta's field names, and what travels with it until it is queued.

Field names, units and shapes: Meta's "server event parameters" and "custom data parameters" pages.
"""

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec

ActionSource = Literal[
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
]

Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A whole number that every JSON reader reads exactly (RFC 8259, section 6)."""

DAY_SECONDS: Final = 86_400
MAX_AGE_SECONDS: Final = {"physical_store": 62 * DAY_SECONDS}
DEFAULT_MAX_AGE_SECONDS: Final = 7 * DAY_SECONDS


class Flag(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The plain consent flag of an authenticated server: decision and its time in Unix seconds."""

    granted: bool
    at: Whole | None = None


class Signals(msgspec.Struct, frozen=True):
    """The consent evidence that came with one event, raw and unjudged; ``consent.decide`` judges it.

    ``notes``: the texts of every ``_capi_consent`` attribute of an order.
    """

    flag: Flag | None = None
    notes: tuple[str, ...] = ()


class Content(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One item of ``contents``: catalogue id, pieces, price of one piece in major units."""

    id: str
    quantity: Whole
    item_price: float | None = None
    delivery_category: str | None = None


class Event(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One server event. Raw values in ``user_data`` until ``match_keys`` replaced them; hashes only afterwards.

    ``event_time``: Unix seconds of the person's action. ``custom_data``: ``value`` in major units of ``currency``;
    keys that Meta does not know are custom properties. A key beside these fields makes Meta refuse the whole
    request, so unknown ones are refused here.
    """

    event_name: str
    event_time: Whole
    action_source: ActionSource
    user_data: dict[str, Any] = {}
    event_id: str | None = None
    event_source_url: str | None = None
    referrer_url: str | None = None
    custom_data: dict[str, Any] | None = None
    opt_out: bool | None = None
    data_processing_options: list[str] | None = None
    data_processing_options_country: Whole | None = None
    data_processing_options_state: Whole | None = None
    original_event_data: dict[str, Any] | None = None
    app_data: dict[str, Any] | None = None
    messaging_channel: str | None = None
    attribution_data: dict[str, Any] | None = None
    advanced_measurement_table: str | None = None


class WireEvent(Event, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An event as a server posts it: with its consent beside it, which never leaves for Meta."""

    consent: Flag | None = None


class Arrival(msgspec.Struct, frozen=True):
    """What a door hands over: the event, the consent evidence that came with it, and what makes it the same event.

    ``dedup_key``: ``order:<source>:<order id>`` for the event of an order, so that one order is one Purchase
    whatever topic or event_id arrives; None means that the event_id decides.
    """

    event: Event
    signals: Signals
    dedup_key: str | None = None


def without_consent(wire: WireEvent) -> Event:
    """The event of a wire event: every field of Meta's, nothing of ours."""
    return Event(**{name: getattr(wire, name) for name in Event.__struct_fields__})


def deadline_seconds(event: Event) -> int:
    """The Unix second after which Meta refuses the event (and with it every other event of the request).

    7 days after ``event_time``, 62 for ``physical_store`` (Meta's "using the API" page).
    """
    return event.event_time + MAX_AGE_SECONDS.get(event.action_source, DEFAULT_MAX_AGE_SECONDS)


def derived_event_id(event: Event) -> str:
    """An event_id for an event that came without one: the same input gives the same id on every attempt."""
    return "sluice." + hashlib.sha256(msgspec.json.encode(event, order="deterministic")).hexdigest()[:32]


def delivery_key(dataset: str, event_name: str, dedup_key: str) -> str:
    """The key of an event's delivery item: a SHA-256, so that it has one length and shows nothing.

    Two events with the same key are the same event and reach Meta once.
    """
    return hashlib.sha256(msgspec.json.encode([dataset, event_name, dedup_key])).hexdigest()
