"""What happened, in Meta's field names, and what travels with it until it is queued.

``model`` is the event, ``custom_data`` and ``parts`` are the objects in it, ``values`` what their fields are made of,
``identity`` what makes an event the same event.
"""

from sluice.event.custom_data import CustomData
from sluice.event.identity import (
    DAY_SECONDS,
    DEFAULT_MAX_AGE_SECONDS,
    deadline_seconds,
    delivery_key,
    derived_event_id,
    given_event_id,
    order_key,
)
from sluice.event.model import Arrival, Consent, Event, Signals, WireEvent
from sluice.event.parts import OriginalEventData
from sluice.event.values import ActionSource, Count, Property

__all__ = [
    "DAY_SECONDS",
    "DEFAULT_MAX_AGE_SECONDS",
    "ActionSource",
    "Arrival",
    "Consent",
    "Count",
    "CustomData",
    "Event",
    "OriginalEventData",
    "Property",
    "Signals",
    "WireEvent",
    "deadline_seconds",
    "delivery_key",
    "derived_event_id",
    "given_event_id",
    "order_key",
]
