"""The shape of an event: known keys, required keys and types. Every fault is subcode 2804019 with its JSON path.

Keys are those of Meta's parameter pages and of its official SDK. Unknown keys are refused on the event, in
`user_data` and in `contents[]`; in `custom_data` any further key is a custom property.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from local.graph.refusal import Refusal, schema_fault

TypeCheck = Callable[[object], bool]

ACTION_SOURCES = frozenset(
    (
        "email",
        "website",
        "app",
        "phone_call",
        "chat",
        "physical_store",
        "system_generated",
        "business_messaging",
        "other",
    )
)
HASHED_KEYS = (
    "em",
    "ph",
    "fn",
    "ln",
    "ge",
    "db",
    "ct",
    "st",
    "zp",
    "country",
    "f5first",
    "f5last",
    "fi",
    "dobd",
    "dobm",
    "doby",
)
_PLAIN_KEYS = (
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "madid",
    "anon_id",
    "page_scoped_user_id",
    "ctwa_clid",
)
_NUMBER_LIKE_KEYS = (
    "fb_login_id",
    "lead_id",
    "page_id",
    "ig_account_id",
    "ig_sid",
    "instagram_business_account_id",
    "whatsapp_business_account_id",
)
# 0 lets Meta look up the place; 1000 to 1013 are the states with a code.
_LDU_STATES = frozenset({0, *range(1000, 1014)})


def _text(value: object) -> bool:
    return isinstance(value, str)


def _filled_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    """A JSON number, or a number as text as in some of Meta's samples."""
    if isinstance(value, str):
        return value.strip().replace(".", "", 1).isdecimal()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _one_or_more_texts(value: object) -> bool:
    return _text(value) or _texts(value)


def _text_or_integer(value: object) -> bool:
    return _text(value) or _integer(value)


def _web_address(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))


def _one_of(*allowed: object) -> TypeCheck:
    return lambda value: not isinstance(value, bool) and value in allowed


EVENT_KEYS: dict[str, TypeCheck] = {
    "event_name": _filled_text,
    "event_time": _integer,
    "action_source": _one_of(*ACTION_SOURCES),
    "user_data": _object,
    "event_source_url": _web_address,
    "event_id": _text,
    "custom_data": _object,
    "referrer_url": _text,
    "opt_out": lambda value: isinstance(value, bool),
    "data_processing_options": lambda value: value in ([], ["LDU"]),
    "data_processing_options_country": _one_of(0, 1),
    "data_processing_options_state": _one_of(*_LDU_STATES),
    "original_event_data": _object,
    "customer_segmentation": _text,
    "app_data": _object,
    "messaging_channel": _one_of("whatsapp", "messenger", "instagram"),
    "attribution_data": _object,
    "advanced_measurement_table": _text,
}
USER_DATA_KEYS: dict[str, TypeCheck] = {
    **dict.fromkeys((*HASHED_KEYS, "external_id"), _one_or_more_texts),
    **dict.fromkeys(_PLAIN_KEYS, _text),
    **dict.fromkeys(_NUMBER_LIKE_KEYS, _text_or_integer),
}
_DELIVERY = _one_of("in_store", "curbside", "home_delivery")
CUSTOM_DATA_KEYS: dict[str, TypeCheck] = {
    **dict.fromkeys(("value", "predicted_ltv", "net_revenue"), _number),
    **dict.fromkeys(("currency", "content_type", "content_name", "content_category", "order_id", "status"), _text),
    **dict.fromkeys(("search_string", "item_number", "product_catalog_id"), _text),
    "content_ids": _texts,
    "delivery_category": _DELIVERY,
    "num_items": _integer,
    "store_data": _object,
}
CONTENT_KEYS: dict[str, TypeCheck] = {
    "id": _filled_text,
    "quantity": _integer,
    **dict.fromkeys(("item_price", "price"), _number),
    **dict.fromkeys(("title", "description", "brand", "category"), _text),
    "delivery_category": _DELIVERY,
}


def check_schema(events: list[Any]) -> Refusal | None:
    """The first fault of shape in a batch, in the order of its events, or None."""
    return next(chain.from_iterable(_event_faults(f"$['data'][{i}]", event) for i, event in enumerate(events)), None)


def _event_faults(path: str, event: object) -> Iterator[Refusal]:
    if not isinstance(event, dict):
        yield schema_fault(path, "an event must be an object")
        return
    yield from _faults(path, event, EVENT_KEYS, required=_required(event), closed=True)
    yield from _faults(f"{path}['user_data']", event["user_data"], USER_DATA_KEYS, closed=True)
    custom_data = event.get("custom_data", {})
    yield from _faults(f"{path}['custom_data']", custom_data, CUSTOM_DATA_KEYS)
    yield from _content_faults(f"{path}['custom_data']['contents']", custom_data)
    if event["action_source"] == "app":
        required = ("advertiser_tracking_enabled", "extinfo")
        yield from _faults(f"{path}['app_data']", event["app_data"], {}, required=required)


def _required(event: Mapping[str, object]) -> tuple[str, ...]:
    by_source = {"website": ("event_source_url",), "app": ("app_data",)}
    source = event.get("action_source")
    extra = by_source.get(source, ()) if isinstance(source, str) else ()
    return ("event_name", "event_time", "action_source", "user_data", *extra)


def _content_faults(path: str, custom_data: Mapping[str, Any]) -> Iterator[Refusal]:
    """Items that are no objects or have no id are not a fault of shape: subcode 2804008 in `validate`."""
    contents = custom_data.get("contents", [])
    if isinstance(contents, list) and all(isinstance(item, dict) and "id" in item for item in contents):
        for i, item in enumerate(contents):
            yield from _faults(f"{path}[{i}]", item, CONTENT_KEYS, required=("quantity",), closed=True)


def _faults(
    path: str,
    value: Mapping[str, object],
    keys: Mapping[str, TypeCheck],
    *,
    required: tuple[str, ...] = (),
    closed: bool = False,
) -> Iterator[Refusal]:
    for key in required:
        if key not in value:
            yield schema_fault(f"{path}['{key}']", "required key is missing")
    for key, item in value.items():
        if key in keys and not keys[key](item):
            yield schema_fault(f"{path}['{key}']", "wrong type or value")
        elif closed and key not in keys:
            # The sender chose this text, and it goes into an error message: keep it short.
            yield schema_fault(f"{path}['{key[:100]}']", "unexpected key")
