"""Meta's rules for an event that can be read: what belongs together, and what each kind of event needs."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sluice.event import CustomData, Event, deadline_seconds
from sluice.rules.currencies import CURRENCIES
from sluice.rules.fields import FieldByField, is_sound
from sluice.rules.meanings import MAX_NAMED, EventWarning, Problem
from sluice.rules.messaging import messaging_problems

MAX_AHEAD_SECONDS: Final = 300
"""How far a sender's clock may run ahead; such an event is dated now (Meta refuses any future time)."""

_TOO_LITTLE: Final = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
"""An event whose match keys all lie in one of these sets identifies nobody (Meta's "best practices" page)."""
_WEAK: Final = frozenset().union(*_TOO_LITTLE)

_EXTINFO_SYSTEMS: Final = ("a2", "i2")
_EXTINFO_OS_VERSION: Final = 4


def problems(event: Event, *, now_seconds: int, unread: Sequence[Problem] | None = None) -> list[Problem]:
    """Every reason for which Meta would refuse the event, at most ``MAX_NAMED``; empty when it would take it.

    Call it after match keys: ``user_data`` counts as it will be sent.

    Args:
        event: as sent, or the readable part of one.
        now_seconds: Unix time.
        unread: the problems of ``read_event``, also when there are none. They come first, and nothing more is said of
            their fields. None for an event that a source made: its ``custom_data`` was not looked at.
    """
    data = event.custom_data or {}
    if unread is None:
        data, unread = _custom_data(data)
    found = [*_time_problems(event, now_seconds), *_money_problems(event, data), *_limited_data_use_problems(event)]
    if not event.event_name.strip():
        found.append(Problem("event_name_missing", "event_name"))
    if event.event_name == "AppendAttribution" and not (event.original_event_data and event.attribution_data):
        missing = "attribution_data" if event.original_event_data else "original_event_data"
        found.append(Problem("attribution_missing", missing))
    if event.action_source == "website" and not event.event_source_url:
        found.append(Problem("event_source_url_missing", "event_source_url"))
    elif event.action_source == "app":
        found += _app_problems(event)
    elif event.action_source == "business_messaging":
        found += messaging_problems(event)
    keys = event.user_data.keys()
    if keys <= _WEAK and any(keys <= too_little for too_little in _TOO_LITTLE):
        found.append(Problem("not_enough_customer_information", "user_data"))
    if unread:
        found = [*unread, *(each for each in found if not any(_overlap(each.path, other.path) for other in unread))]
    return found[:MAX_NAMED]


def clamp_event_time(event: Event, *, now_seconds: int) -> list[EventWarning]:
    """Date an event of a clock that runs slightly ahead to now; anything further ahead is left to ``problems``."""
    if not now_seconds < event.event_time <= now_seconds + MAX_AHEAD_SECONDS:
        return []
    event.event_time = now_seconds
    return [EventWarning("event_time_ahead", "event_time")]


def _overlap(path: str, other: str) -> bool:
    """Whether two paths are the same or one leads to a part of the other."""
    short, long = sorted((path, other), key=len)
    return path == other or (short != "" and long.startswith((f"{short}.", f"{short}[")))


def _time_problems(event: Event, now_seconds: int) -> Iterator[Problem]:
    """Not ahead, and not older than Meta takes; the event that it follows may be older."""
    if event.event_time > now_seconds:
        yield Problem("event_time_in_future", "event_time")
    elif deadline_seconds(event) < now_seconds:
        yield Problem("event_time_too_old", "event_time")
    original = event.original_event_data
    if original and (original.event_time or 0) > now_seconds + MAX_AHEAD_SECONDS:
        yield Problem("event_time_in_future", "original_event_data.event_time")


def _custom_data(data: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """What can be read of ``custom_data``, and what is wrong with the rest."""
    if is_sound(data):
        return data, []
    fields = FieldByField()
    return fields.read(data, CustomData, "custom_data"), fields.problems


def _money_problems(event: Event, data: dict[str, Any]) -> Iterator[Problem]:
    """A Purchase has a value, and a value its currency."""
    has_value, currency = "value" in data, data.get("currency")
    is_purchase = event.event_name == "Purchase"
    if is_purchase and not has_value:
        yield Problem("value_missing", "custom_data.value")
    if currency is None:
        if is_purchase or has_value:
            yield Problem("currency_missing", "custom_data.currency")
    elif currency.upper() not in CURRENCIES:
        yield Problem("currency_invalid", "custom_data.currency")


def _limited_data_use_problems(event: Event) -> Iterator[Problem]:
    """Options, country and state say the same (Meta's "data processing options" page)."""
    country, state = event.data_processing_options_country, event.data_processing_options_state
    if not event.data_processing_options:
        if country or state:
            yield Problem("limited_data_use_invalid", "data_processing_options")
    elif state and not country:
        yield Problem("limited_data_use_invalid", "data_processing_options_country")
    elif not state and "client_ip_address" not in event.user_data:
        yield Problem("limited_data_use_invalid", "data_processing_options")


def _app_problems(event: Event) -> Iterator[Problem]:
    """The two fields of ``app_data`` that Meta requires, and the device's system and version in ``extinfo``."""
    app = event.app_data
    if app is None or app.advertiser_tracking_enabled is None:
        yield Problem("app_data_missing", "app_data.advertiser_tracking_enabled")
    if app is None or app.extinfo is None:
        yield Problem("app_data_missing", "app_data.extinfo")
        return
    if app.extinfo[0] not in _EXTINFO_SYSTEMS:
        yield Problem("extinfo_invalid", "app_data.extinfo[0]")
    if not str(app.extinfo[_EXTINFO_OS_VERSION] or "").strip():
        yield Problem("extinfo_invalid", f"app_data.extinfo[{_EXTINFO_OS_VERSION}]")
