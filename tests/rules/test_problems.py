"""Meta's rules for an event that can be read."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from sluice.event import Event
from sluice.rules import (
    CURRENCIES,
    MAX_AHEAD_SECONDS,
    MEANINGS,
    EventWarning,
    Problem,
    clamp_event_time,
    problems,
    read_event,
)
from tests.samples import NOW, event, wire_event
from tests.strategies import json_values

DAY = 86_400
EXTINFO = ["a2", "com.example.shop", "771", "7.7.1", "14", *[""] * 11]
ATTRIBUTION = {"ad_id": "1", "touchpoint_ts": NOW, "attribution_share": 0.5, "attribution_value": 2}
NO_PLACE = {"data_processing_options_country": 0, "data_processing_options_state": 0}


def found(**fields: Any) -> list[Problem]:
    """The problems of an event that is valid but for these fields."""
    return problems(event(**fields), now_seconds=NOW)


def custom(**data: Any) -> dict[str, Any]:
    """Fields of a Purchase with this in its custom_data; None leaves a key out."""
    whole = {"value": 12.5, "currency": "EUR", **data}
    return {"custom_data": {name: value for name, value in whole.items() if value is not None}}


def app(**app_data: Any) -> dict[str, Any]:
    """Fields of an app event with this in its app_data; None leaves a key out."""
    whole = {"advertiser_tracking_enabled": 0, "extinfo": EXTINFO, **app_data}
    data = {name: value for name, value in whole.items() if value is not None}
    return {"action_source": "app", "event_source_url": None, "app_data": data}


def chat(channel: str | None, *ids: str, name: str = "Purchase") -> dict[str, Any]:
    """Fields of an event of a conversation with these keys in its user_data."""
    user_data = dict.fromkeys(ids, "1")
    return {
        "event_name": name,
        "action_source": "business_messaging",
        "messaging_channel": channel,
        "user_data": user_data,
    }


def limited(**place: int) -> dict[str, Any]:
    """Fields of an event under Limited Data Use."""
    return {"data_processing_options": ["LDU"], **{f"data_processing_options_{name}": at for name, at in place.items()}}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_time": NOW},
        {"event_time": NOW - 7 * DAY},
        {"event_time": NOW - 62 * DAY, "action_source": "physical_store"},
        {"action_source": "email", "event_source_url": None},
        {"action_source": "physical_store", "event_source_url": None, "user_data": {"ph": ["hash"]}},
        {"action_source": "system_generated", "event_source_url": None, "user_data": {"lead_id": "1" * 15}},
        {"event_name": "PageView", "custom_data": None},
        {"event_name": "PageView", "custom_data": {"currency": "EUR"}},
        {"event_name": "Own name", "custom_data": {}},
        custom(value=0),
        custom(value=10**14),
        custom(currency="eur"),
        custom(colour="red", contents=[{"id": "A", "quantity": 0}]),
        {"user_data": {"em": ["hash"]}},
        {"user_data": {"client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla"}},
        {"user_data": {"fn": ["hash"], "ln": ["hash"]}},
        {"user_data": {"fn": ["hash"], "db": ["hash"]}},
        {"user_data": {"fn": ["hash"], "ge": ["hash"], "client_user_agent": "Mozilla"}},
        {"user_data": {"ln": ["hash"], "ct": ["hash"]}},
        {"data_processing_options": []},
        {"data_processing_options": [], **NO_PLACE},
        NO_PLACE,
        limited(country=1, state=1000),
        {**limited(country=1, state=0), "user_data": {"client_ip_address": "203.0.113.7"}},
        {**limited(country=0, state=0), "user_data": {"client_ip_address": "203.0.113.7"}},
        {**limited(), "user_data": {"client_ip_address": "203.0.113.7"}},
        app(),
        app(advertiser_tracking_enabled=True, extinfo=["i2", *EXTINFO[1:]]),
        chat("messenger", "page_id", "page_scoped_user_id"),
        chat("whatsapp", "ctwa_clid", "whatsapp_business_account_id"),
        chat("whatsapp", "ctwa_clid", "page_id", "client_ip_address"),
        chat("instagram", "ig_account_id", "ig_sid", name="LeadSubmitted"),
        {"event_name": "AppendAttribution", "original_event_data": {}, "attribution_data": ATTRIBUTION},
    ],
    ids=str,
)
def test_good_event(fields: dict[str, Any]) -> None:
    """An event that Meta takes has no problem."""
    assert found(**fields) == []


@pytest.mark.parametrize(
    ("fields", "slug", "path"),
    [
        ({"event_name": ""}, "event_name_missing", "event_name"),
        ({"event_name": " \n"}, "event_name_missing", "event_name"),
        ({"event_time": NOW + 1}, "event_time_in_future", "event_time"),
        ({"event_time": NOW - 7 * DAY - 1}, "event_time_too_old", "event_time"),
        ({"event_time": NOW - 8 * DAY, "action_source": "system_generated"}, "event_time_too_old", "event_time"),
        ({"event_time": -1}, "event_time_too_old", "event_time"),
        ({"event_time": NOW - 62 * DAY - 1, "action_source": "physical_store"}, "event_time_too_old", "event_time"),
        ({"event_source_url": None}, "event_source_url_missing", "event_source_url"),
        ({"event_source_url": ""}, "event_source_url_missing", "event_source_url"),
        (custom(value=None), "value_missing", "custom_data.value"),
        (custom(value=-1), "value_invalid", "custom_data.value"),
        (custom(value=float("nan")), "value_invalid", "custom_data.value"),
        (custom(value=float("inf")), "value_invalid", "custom_data.value"),
        (custom(currency=None), "currency_missing", "custom_data.currency"),
        (custom(currency="Euro"), "currency_invalid", "custom_data.currency"),
        (custom(currency="ÄÖÜ"), "currency_invalid", "custom_data.currency"),
        (custom(currency="XXX"), "currency_invalid", "custom_data.currency"),
        (custom(currency="XAU"), "currency_invalid", "custom_data.currency"),
        (custom(currency="MRU"), "currency_invalid", "custom_data.currency"),
        (custom(currency=""), "currency_invalid", "custom_data.currency"),
        (
            {"event_name": "AddToCart", "custom_data": {"value": 1}},
            "currency_missing",
            "custom_data.currency",
        ),
        ({"event_name": "AddToCart", "custom_data": {"currency": "XXQ"}}, "currency_invalid", "custom_data.currency"),
        (custom(contents=[{"id": "A", "quantity": -1}]), "contents_invalid", "custom_data.contents[0].quantity"),
        (custom(shape={"a": 1}), "nested_custom_property", "custom_data.shape"),
        ({"user_data": {}}, "not_enough_customer_information", "user_data"),
        ({"user_data": {"client_user_agent": "Mozilla"}}, "not_enough_customer_information", "user_data"),
        ({"user_data": dict.fromkeys(["ct", "zp", "country"])}, "not_enough_customer_information", "user_data"),
        (
            {"user_data": dict.fromkeys(["ct", "st", "zp", "country", "ge", "client_user_agent"])},
            "not_enough_customer_information",
            "user_data",
        ),
        ({"user_data": dict.fromkeys(["db", "client_user_agent"])}, "not_enough_customer_information", "user_data"),
        ({"user_data": dict.fromkeys(["fn", "ge"])}, "not_enough_customer_information", "user_data"),
        ({"user_data": dict.fromkeys(["ln", "ge"])}, "not_enough_customer_information", "user_data"),
        (limited(), "limited_data_use_invalid", "data_processing_options"),
        (limited(country=1), "limited_data_use_invalid", "data_processing_options"),
        (limited(country=1, state=0), "limited_data_use_invalid", "data_processing_options"),
        (limited(country=0, state=0), "limited_data_use_invalid", "data_processing_options"),
        (limited(country=0, state=1000), "limited_data_use_invalid", "data_processing_options_country"),
        (limited(state=1000), "limited_data_use_invalid", "data_processing_options_country"),
        (
            {"data_processing_options": [], "data_processing_options_country": 1},
            "limited_data_use_invalid",
            "data_processing_options",
        ),
        ({"data_processing_options_state": 1000}, "limited_data_use_invalid", "data_processing_options"),
        (app(advertiser_tracking_enabled=None), "app_data_missing", "app_data.advertiser_tracking_enabled"),
        (app(extinfo=None), "app_data_missing", "app_data.extinfo"),
        (app(extinfo=["w2", *EXTINFO[1:]]), "extinfo_invalid", "app_data.extinfo[0]"),
        (app(extinfo=[*EXTINFO[:4], " ", *EXTINFO[5:]]), "extinfo_invalid", "app_data.extinfo[4]"),
        (app(extinfo=[*EXTINFO[:4], None, *EXTINFO[5:]]), "extinfo_invalid", "app_data.extinfo[4]"),
        (chat(None, "page_id"), "messaging_channel_invalid", "messaging_channel"),
        (
            chat("messenger", "page_id", "page_scoped_user_id", name="Lead"),
            "event_name_not_for_messaging",
            "event_name",
        ),
        (chat("messenger", "page_scoped_user_id"), "messaging_id_missing", "user_data.page_id"),
        (chat("messenger", "page_id"), "messaging_id_missing", "user_data.page_scoped_user_id"),
        (chat("whatsapp", "ctwa_clid"), "messaging_id_missing", "user_data.whatsapp_business_account_id"),
        (chat("whatsapp", "page_id"), "messaging_id_missing", "user_data.ctwa_clid"),
        (chat("instagram", "ig_sid"), "messaging_id_missing", "user_data.ig_account_id"),
        (chat("instagram", "ig_account_id"), "messaging_id_missing", "user_data.ig_sid"),
        (
            chat("instagram", "ig_account_id", "ig_sid", "client_ip_address"),
            "browser_data_not_for_instagram",
            "user_data.client_ip_address",
        ),
        (
            chat("instagram", "ig_account_id", "ig_sid", "client_user_agent"),
            "browser_data_not_for_instagram",
            "user_data.client_user_agent",
        ),
        ({"event_name": "AppendAttribution"}, "attribution_missing", "original_event_data"),
        ({"event_name": "AppendAttribution", "original_event_data": {}}, "attribution_missing", "attribution_data"),
    ],
    ids=str,
)
def test_bad_event(fields: dict[str, Any], slug: str, path: str) -> None:
    """Each thing for which Meta would refuse the whole request is found and named."""
    assert found(**fields) == [Problem(slug, path)]


def test_app_without_app_data() -> None:
    """Both fields are asked for at once."""
    paths = [path for _, path in found(action_source="app", event_source_url=None)]
    assert paths == ["app_data.advertiser_tracking_enabled", "app_data.extinfo"]


def test_every_problem_at_once() -> None:
    """The sender learns everything in one answer."""
    slugs = [problem.slug for problem in found(event_name="", event_time=NOW + 1, custom_data={"value": 1})]
    assert slugs == ["event_time_in_future", "currency_missing", "event_name_missing"]


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"event_time": "x"}, []),
        ({"event_name": None}, []),
        ({"action_source": "web", "event_source_url": None}, []),
        ({"user_data": 5}, []),
        ({"custom_data": 5}, []),
        (custom(value="x"), []),
        (custom(currency=5), []),
        (custom(contents=5, currency=None), ["currency_missing"]),
        ({"event_source_url": "x"}, []),
        ({"event_time": "x", "user_data": {}}, ["not_enough_customer_information"]),
        ({"opt_out": 5, "event_time": NOW - 8 * DAY}, ["event_time_too_old"]),
        (app(extinfo=[*EXTINFO[:15], {}]), []),
        ({"event_name": "AppendAttribution", "original_event_data": {}, "attribution_data": {"ad_id": 5}}, []),
    ],
    ids=str,
)
def test_after_what_could_not_be_read(fields: dict[str, Any], more: list[str]) -> None:
    """The rules go on with what could be read, and say nothing more of what could not."""
    reading = read_event(wire_event(**fields))
    assert reading.event
    assert reading.problems
    slugs = [slug for slug, _ in problems(reading.event, now_seconds=NOW, unread=reading.problems)]
    assert slugs == [*(slug for slug, _ in reading.problems), *more]


@pytest.mark.parametrize(
    ("ahead", "becomes"), [(-1, -1), (0, 0), (1, 0), (MAX_AHEAD_SECONDS, 0), (MAX_AHEAD_SECONDS + 1, 301)]
)
def test_clock_that_runs_ahead(ahead: int, becomes: int) -> None:
    """Up to five minutes ahead is dated now, with a warning; a time in the past or further ahead is not touched."""
    early = event(event_time=NOW + ahead)
    warned = clamp_event_time(early, now_seconds=NOW)
    assert early.event_time == NOW + becomes
    assert warned == ([EventWarning("event_time_ahead", "event_time")] if ahead != becomes else [])


@given(json_values, json_values)
def test_total(value: Any, other: Any) -> None:
    """A source's event with anything as custom_data gives an answer, and only slugs that are explained."""
    data = {"value": value, "contents": other, "currency": other, "delivery_category": value, "more": other}
    made = msgspec.convert({**msgspec.to_builtins(event()), "custom_data": data}, Event)
    assert {problem.slug for problem in problems(made, now_seconds=NOW)} <= MEANINGS.keys()


def test_currencies() -> None:
    """The table has three capitals each, and what people pay with."""
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "GBP", "JPY", "BRL", "INR", "XOF", "ZWG"} <= CURRENCIES
    assert 150 < len(CURRENCIES) < 165
