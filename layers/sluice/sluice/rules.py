"""Meta's rules for one event, so that no event of ours makes Meta refuse the 999 others of its request.

Pure: values in, problems out. Sources: Meta's "server event parameters", "custom data parameters" and "best
practices" pages, and the error subcodes (2804xxx) that the Conversions API answers with.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from sluice.event import Content, Event, deadline_seconds

MAX_AHEAD_SECONDS: Final = 300
"""How far a sender's clock may run ahead; such an event is dated now (Meta refuses any future time)."""

_MILLISECONDS_FROM: Final = 10**11
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_DELIVERY_CATEGORIES: Final = frozenset({"in_store", "curbside", "home_delivery"})
_INSUFFICIENT: Final = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)

MEANINGS: Final = {
    "unreadable_event": "The event is not a JSON object of Meta's shape; `path` names the field.",
    "unknown_field": "A field that Meta does not know would make it refuse the whole request. Remove it.",
    "event_too_large": "One event may have 200 KiB. Shorten it.",
    "bad_utf8": "The text holds U+FFFD, the mark of bytes that were not UTF-8. Send UTF-8.",
    "event_name_missing": "event_name must not be empty.",
    "event_time_milliseconds": "event_time is in Unix seconds, not milliseconds.",
    "event_time_in_future": "event_time lies more than five minutes ahead.",
    "event_time_too_old": "Meta takes events for 7 days, physical_store for 62.",
    "event_source_url_missing": "A website event needs event_source_url, an http(s) address.",
    "value_missing": "A Purchase needs custom_data.value, a number that is not negative.",
    "value_invalid": "custom_data.value must be a number that is not negative.",
    "currency_missing": "A value needs custom_data.currency. Sluice never guesses one.",
    "currency_invalid": "custom_data.currency must be three letters, ISO 4217.",
    "contents_invalid": "Each item of custom_data.contents needs id and quantity; only item_price and "
    "delivery_category may stand beside them.",
    "delivery_category_invalid": "delivery_category is in_store, curbside or home_delivery.",
    "nested_custom_property": "A custom property of custom_data must be a scalar or a list.",
    "not_enough_customer_information": "After cleaning, too little identifies the person: Meta would refuse the "
    "request (2804050). Send an e-mail address, a telephone number, external_id, fbp or fbc.",
}
"""Every slug of an event that cannot be sent, with what the sender should do."""


class Problem(NamedTuple):
    """Why an event cannot be sent: the slug, and the path of the value in Meta's names."""

    slug: str
    path: str


def problems(event: Event, *, now_seconds: int) -> list[Problem]:
    """Every reason for which Meta would refuse the event; empty when it would take it.

    Call it after match keys: ``user_data`` counts as it will be sent.
    """
    found = [*_time_problems(event, now_seconds), *_custom_data_problems(event)]
    if not event.event_name:
        found.append(Problem("event_name_missing", "event_name"))
    if event.action_source == "website" and not _is_web_address(event.event_source_url):
        found.append(Problem("event_source_url_missing", "event_source_url"))
    if any(event.user_data.keys() <= insufficient for insufficient in _INSUFFICIENT):
        found.append(Problem("not_enough_customer_information", "user_data"))
    return found


def clamp_event_time(event: Event, *, now_seconds: int) -> None:
    """Date an event of a clock that runs slightly ahead to now; anything further ahead is left to ``problems``."""
    if now_seconds < event.event_time <= now_seconds + MAX_AHEAD_SECONDS:
        event.event_time = now_seconds


def _time_problems(event: Event, now_seconds: int) -> Iterator[Problem]:
    """Seconds, not ahead, not older than Meta takes."""
    if event.event_time >= _MILLISECONDS_FROM:
        yield Problem("event_time_milliseconds", "event_time")
    elif event.event_time > now_seconds:
        yield Problem("event_time_in_future", "event_time")
    elif deadline_seconds(event) < now_seconds:
        yield Problem("event_time_too_old", "event_time")


def _custom_data_problems(event: Event) -> Iterator[Problem]:
    """Value and currency belong together; contents have a closed shape; custom properties are flat."""
    data = event.custom_data or {}
    value, currency = data.get("value"), data.get("currency")
    if value is None and event.event_name == "Purchase":
        yield Problem("value_missing", "custom_data.value")
    if value is not None and not _is_amount(value):
        yield Problem("value_invalid", "custom_data.value")
    if currency is None and (value is not None or event.event_name == "Purchase"):
        yield Problem("currency_missing", "custom_data.currency")
    if currency is not None and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        yield Problem("currency_invalid", "custom_data.currency")
    if str(data.get("delivery_category", "in_store")) not in _DELIVERY_CATEGORIES:
        yield Problem("delivery_category_invalid", "custom_data.delivery_category")
    yield from _contents_problems(data.get("contents"))
    for name, inner in data.items():
        if isinstance(inner, dict) and name != "store_data":
            yield Problem("nested_custom_property", "custom_data")


def _contents_problems(contents: Any) -> Iterator[Problem]:  # noqa: ANN401 - any JSON value arrives here
    """Meta refuses the whole request for one unknown key or a missing id inside ``contents``."""
    if contents is None:
        return
    try:
        items = msgspec.convert(contents, list[Content])
    except msgspec.ValidationError:
        yield Problem("contents_invalid", "custom_data.contents")
        return
    for position, item in enumerate(items):
        if item.delivery_category not in (None, *_DELIVERY_CATEGORIES):
            yield Problem("delivery_category_invalid", f"custom_data.contents[{position}]")
        if item.quantity < 0 or not _is_amount(item.item_price or 0):
            yield Problem("contents_invalid", f"custom_data.contents[{position}]")


def _is_amount(value: object) -> bool:
    """A JSON number of money: finite and not negative."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max


def _is_web_address(text: str | None) -> bool:
    return text is not None and text.startswith(("http://", "https://"))
