"""Meta's rules for one event."""

import ast
import inspect
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from sluice import rules
from sluice.event import Event
from sluice.rules import MAX_AHEAD_SECONDS, MEANINGS, Problem, clamp_event_time, problems
from tests.samples import NOW, event
from tests.strategies import json_values

DAY = 86_400


def found(**fields: Any) -> list[Problem]:
    """The problems of an event that is valid but for these fields."""
    return problems(event(**fields), now_seconds=NOW)


def custom(**data: Any) -> dict[str, Any]:
    """Fields of a Purchase with this in its custom_data; None leaves a key out."""
    whole = {"value": 12.5, "currency": "EUR", **data}
    return {"custom_data": {name: value for name, value in whole.items() if value is not None}}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_time": NOW},
        {"event_time": NOW - 7 * DAY},
        {"event_time": NOW - 62 * DAY, "action_source": "physical_store"},
        {"action_source": "email", "event_source_url": None},
        {"event_name": "PageView", "custom_data": None},
        custom(value=0),
        custom(value=10**14),
        custom(currency="eur"),
        custom(contents=[{"id": "A", "quantity": 1}]),
        custom(contents=[{"id": "A", "quantity": 0, "item_price": 0, "delivery_category": "in_store"}]),
        custom(contents=[]),
        custom(delivery_category="curbside"),
        custom(colour="red", sizes=[1, 2], store_data={"store_id": 5}),
        {"user_data": {"em": ["hash"]}},
        {"user_data": {"fbp": "fb.1.1.1", "client_user_agent": "Mozilla"}},
        {"user_data": {"ln": ["hash"], "ct": ["hash"]}},
    ],
)
def test_good_event(fields: dict[str, Any]) -> None:
    """An event that Meta takes has no problem."""
    assert found(**fields) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"event_name": ""}, Problem("event_name_missing", "event_name")),
        ({"event_time": NOW * 1000}, Problem("event_time_milliseconds", "event_time")),
        ({"event_time": NOW + 1}, Problem("event_time_in_future", "event_time")),
        ({"event_time": NOW - 7 * DAY - 1}, Problem("event_time_too_old", "event_time")),
        ({"event_time": -1}, Problem("event_time_too_old", "event_time")),
        (
            {"event_time": NOW - 62 * DAY - 1, "action_source": "physical_store"},
            Problem("event_time_too_old", "event_time"),
        ),
        ({"event_source_url": None}, Problem("event_source_url_missing", "event_source_url")),
        ({"event_source_url": "shop.example.com"}, Problem("event_source_url_missing", "event_source_url")),
        ({"event_source_url": "android-app://x"}, Problem("event_source_url_missing", "event_source_url")),
        (custom(value=None), Problem("value_missing", "custom_data.value")),
        (custom(value=-1), Problem("value_invalid", "custom_data.value")),
        (custom(value="12.50"), Problem("value_invalid", "custom_data.value")),
        (custom(value=True), Problem("value_invalid", "custom_data.value")),
        (custom(value=10**400), Problem("value_invalid", "custom_data.value")),
        (custom(currency=None), Problem("currency_missing", "custom_data.currency")),
        (custom(currency="Euro"), Problem("currency_invalid", "custom_data.currency")),
        (custom(currency="ÄÖÜ"), Problem("currency_invalid", "custom_data.currency")),
        (custom(currency=978), Problem("currency_invalid", "custom_data.currency")),
        (custom(delivery_category="drone"), Problem("delivery_category_invalid", "custom_data.delivery_category")),
        (custom(delivery_category=["in_store"]), Problem("delivery_category_invalid", "custom_data.delivery_category")),
        (custom(contents="A"), Problem("contents_invalid", "custom_data.contents")),
        (custom(contents=[{"id": "A"}]), Problem("contents_invalid", "custom_data.contents")),
        (custom(contents=[{"quantity": 1}]), Problem("contents_invalid", "custom_data.contents")),
        (custom(contents=[{"id": "A", "quantity": 1, "sku": 1}]), Problem("contents_invalid", "custom_data.contents")),
        (custom(contents=[{"id": "A", "quantity": -1}]), Problem("contents_invalid", "custom_data.contents[0]")),
        (
            custom(contents=[{"id": "A", "quantity": 1}, {"id": "B", "quantity": 1, "item_price": -1}]),
            Problem("contents_invalid", "custom_data.contents[1]"),
        ),
        (
            custom(contents=[{"id": "A", "quantity": 1, "delivery_category": "drone"}]),
            Problem("delivery_category_invalid", "custom_data.contents[0]"),
        ),
        (custom(shape={"a": 1}), Problem("nested_custom_property", "custom_data")),
        ({"user_data": {}}, Problem("not_enough_customer_information", "user_data")),
        ({"user_data": {"client_user_agent": "Mozilla"}}, Problem("not_enough_customer_information", "user_data")),
        (
            {"user_data": {"ct": ["x"], "zp": ["x"], "country": ["x"]}},
            Problem("not_enough_customer_information", "user_data"),
        ),
        ({"user_data": {"fn": ["x"], "ge": ["x"]}}, Problem("not_enough_customer_information", "user_data")),
    ],
)
def test_bad_event(fields: dict[str, Any], problem: Problem) -> None:
    """Each thing for which Meta would refuse the whole request is found and named."""
    assert found(**fields) == [problem]


def test_value_without_currency_elsewhere() -> None:
    """Other events need no value, but a value always needs its currency."""
    assert found(event_name="AddToCart", custom_data={}) == []
    assert found(event_name="AddToCart", custom_data={"value": 1}) == [
        Problem("currency_missing", "custom_data.currency")
    ]


def test_every_problem_at_once() -> None:
    """The sender learns everything in one answer."""
    slugs = [problem.slug for problem in found(event_name="", event_time=NOW + 1, custom_data={"value": 1})]
    assert slugs == ["event_time_in_future", "currency_missing", "event_name_missing"]


@pytest.mark.parametrize(
    ("ahead", "becomes"), [(-1, -1), (0, 0), (1, 0), (MAX_AHEAD_SECONDS, 0), (MAX_AHEAD_SECONDS + 1, 301)]
)
def test_clock_that_runs_ahead(ahead: int, becomes: int) -> None:
    """Up to five minutes ahead is dated now; a time in the past or further ahead is not touched."""
    early = event(event_time=NOW + ahead)
    clamp_event_time(early, now_seconds=NOW)
    assert early.event_time == NOW + becomes


@given(json_values, json_values)
def test_total(value: Any, other: Any) -> None:
    """Any JSON as custom_data gives an answer, and only slugs that are explained."""
    data = {"value": value, "contents": other, "currency": other, "delivery_category": value, "more": other}
    decoded = msgspec.json.decode(json.dumps({**msgspec.to_builtins(event()), "custom_data": data}), type=Event)
    assert {problem.slug for problem in problems(decoded, now_seconds=NOW)} <= MEANINGS.keys()


def test_every_slug_is_explained() -> None:
    """No problem is made here without a sentence for the sender."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(rules))) if isinstance(node, ast.Call)]
    made = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Problem" and isinstance(call.args[0], ast.Constant)
    }
    assert len(made) >= 12
    assert made <= MEANINGS.keys()
