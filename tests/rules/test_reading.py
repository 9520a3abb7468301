"""One item of ``data`` to an event, with everything wrong with its shape."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluice.event import Consent, Event
from sluice.rules import MAX_NAMED, MEANINGS, WARNINGS, Problem, Reading, read_event
from tests.samples import NOW, wire_event
from tests.strategies import json_values

EXTINFO = ["a2", "com.example.shop", "771", "7.7.1", "14", *[""] * 11]
ATTRIBUTION = {"ad_id": "1", "touchpoint_ts": NOW, "attribution_share": 0.5, "attribution_value": 2}
CONTENT = {"id": "A", "quantity": 1}


def custom(**data: Any) -> dict[str, Any]:
    """Fields of a Purchase with this in its custom_data."""
    return {"custom_data": {"value": 12.5, "currency": "EUR", **data}}


def sent(reading: Reading) -> dict[str, Any]:
    """The event as Meta would get it."""
    return msgspec.json.decode(msgspec.json.encode(reading.event))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_id": None, "custom_data": None, "event_name": "PageView"},
        {"referrer_url": "", "opt_out": True, "advanced_measurement_table": "t"},
        {"event_source_url": "HTTPS://shop.example.com"},
        {"data_processing_options": []},
        {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 1,
            "data_processing_options_state": 1013,
        },
        {"original_event_data": {"event_name": "StartTrial", "event_time": NOW, "event_id": "e", "order_id": "o"}},
        {"app_data": {"advertiser_tracking_enabled": 0, "application_tracking_enabled": True, "extinfo": EXTINFO}},
        {"app_data": {"extinfo": ["i2", None, 1, 2.5, *[""] * 12], "url_schemes": ["a"], "campaign_ids": "1"}},
        {"attribution_data": {**ATTRIBUTION, "attribution_setting": {"inactivity_window_hours": 24}}},
        {"messaging_channel": "whatsapp"},
        custom(colour="red", sizes=[1, "M", 2.5, True], empty=[], seen=False),
        custom(contents=[]),
        custom(
            contents=[
                {**CONTENT, "item_price": 0, "delivery_category": "in_store"},
                {**CONTENT, "price": 1, "title": "t", "description": "d", "brand": "b", "category": "c"},
            ]
        ),
        custom(store_data={"store_page_id": 5}, mileage={"value": 5, "unit": "KM"}, num_adults=2, year=2020),
        custom(net_revenue=-5, predicted_ltv=10**14, content_ids=["A"], preferred_price_range=[1, 2]),
    ],
    ids=str,
)
def test_what_is_right_passes_as_it_is(fields: dict[str, Any]) -> None:
    """An event of Meta's shape is read without a word, and goes on as it came, without its consent."""
    reading = read_event(json.dumps(wire_event(**fields)).encode())
    assert (reading.problems, reading.warnings) == ([], [])
    assert sent(reading) == wire_event(**fields, consent=None)
    assert reading.consent == Consent(granted=True, at=NOW - 3_600)


@pytest.mark.parametrize(
    ("fields", "slug", "path"),
    [
        ({"event_name": None}, "event_name_missing", "event_name"),
        ({"event_name": 5}, "event_name_missing", "event_name"),
        ({"event_time": None}, "event_time_invalid", "event_time"),
        ({"event_time": True}, "event_time_invalid", "event_time"),
        ({"event_time": 10**20}, "event_time_invalid", "event_time"),
        ({"action_source": None}, "action_source_invalid", "action_source"),
        ({"action_source": "web"}, "action_source_invalid", "action_source"),
        ({"action_source": ["website"]}, "action_source_invalid", "action_source"),
        ({"user_data": []}, "invalid_field", "user_data"),
        ({"event_id": 1}, "invalid_field", "event_id"),
        ({"event_source_url": "shop.example.com"}, "event_source_url_invalid", "event_source_url"),
        ({"event_source_url": "android-app://x"}, "event_source_url_invalid", "event_source_url"),
        ({"opt_out": "true"}, "invalid_field", "opt_out"),
        ({"data_processing_options": "LDU"}, "limited_data_use_invalid", "data_processing_options"),
        ({"data_processing_options": ["LDU"] * 2}, "limited_data_use_invalid", "data_processing_options"),
        ({"data_processing_options": ["GDPR"]}, "limited_data_use_invalid", "data_processing_options[0]"),
        ({"data_processing_options_country": 2}, "limited_data_use_invalid", "data_processing_options_country"),
        ({"data_processing_options_state": 999}, "limited_data_use_invalid", "data_processing_options_state"),
        ({"data_processing_options_state": 1014}, "limited_data_use_invalid", "data_processing_options_state"),
        ({"messaging_channel": "sms"}, "messaging_channel_invalid", "messaging_channel"),
        ({"original_event_data": {"event_time": "x"}}, "invalid_field", "original_event_data.event_time"),
        ({"original_event_data": {"colour": 1}}, "unknown_field", "original_event_data.colour"),
        ({"app_data": 5}, "invalid_field", "app_data"),
        ({"app_data": {"extinfo": EXTINFO[1:]}}, "extinfo_invalid", "app_data.extinfo"),
        ({"app_data": {"extinfo": [*EXTINFO[1:], {}]}}, "extinfo_invalid", "app_data.extinfo[15]"),
        ({"app_data": {"advertiser_tracking_enabled": 2}}, "invalid_field", "app_data.advertiser_tracking_enabled"),
        ({"app_data": {"colour": 1}}, "unknown_field", "app_data.colour"),
        ({"attribution_data": {**ATTRIBUTION, "ad_id": None}}, "missing_field", "attribution_data.ad_id"),
        (
            {"attribution_data": {**ATTRIBUTION, "attribution_setting": {"x": 1}}},
            "unknown_field",
            "attribution_data.attribution_setting.x",
        ),
        ({"consent": {"granted": "yes"}}, "consent_invalid", "consent.granted"),
        ({"consent": {"tcf": 5}}, "consent_invalid", "consent.tcf"),
        ({"consent": True}, "consent_invalid", "consent"),
        ({"consent": {"granted": True, "by": "x"}}, "unknown_field", "consent.by"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"jo@example.com": 1}, "unknown_field", ""),
        ({"custom_data": []}, "invalid_field", "custom_data"),
        (custom(value=-1), "value_invalid", "custom_data.value"),
        (custom(value="12,50"), "value_invalid", "custom_data.value"),
        (custom(value=True), "value_invalid", "custom_data.value"),
        (custom(value=10**400), "value_invalid", "custom_data.value"),
        (custom(predicted_ltv=-1), "invalid_field", "custom_data.predicted_ltv"),
        (custom(currency=978), "currency_invalid", "custom_data.currency"),
        (custom(content_ids="A"), "invalid_field", "custom_data.content_ids"),
        (custom(content_ids=["A", 1]), "invalid_field", "custom_data.content_ids[1]"),
        (custom(num_items=1.5), "invalid_field", "custom_data.num_items"),
        (custom(num_adults=-1), "invalid_field", "custom_data.num_adults"),
        (custom(delivery_category="drone"), "delivery_category_invalid", "custom_data.delivery_category"),
        (custom(delivery_category=["in_store"]), "delivery_category_invalid", "custom_data.delivery_category"),
        (custom(contents="A"), "contents_invalid", "custom_data.contents"),
        (custom(contents=["A"]), "contents_invalid", "custom_data.contents[0]"),
        (custom(contents=[{"id": "A"}]), "contents_invalid", "custom_data.contents[0].quantity"),
        (custom(contents=[CONTENT, {"quantity": 1}]), "contents_invalid", "custom_data.contents[1].id"),
        (custom(contents=[{"id": " ", "quantity": 1}]), "contents_invalid", "custom_data.contents[0].id"),
        (custom(contents=[{"id": 5, "quantity": 1}]), "contents_invalid", "custom_data.contents[0].id"),
        (custom(contents=[{"id": "A", "quantity": -1}]), "contents_invalid", "custom_data.contents[0].quantity"),
        (
            custom(contents=[CONTENT, CONTENT, {**CONTENT, "item_price": -1}]),
            "contents_invalid",
            "custom_data.contents[2].item_price",
        ),
        (custom(contents=[{**CONTENT, "sku": 1}]), "unknown_field", "custom_data.contents[0].sku"),
        (custom(contents=[{**CONTENT, "Jo Sample": 1}]), "unknown_field", "custom_data.contents[0]"),
        (
            custom(contents=[{**CONTENT, "delivery_category": "drone"}]),
            "delivery_category_invalid",
            "custom_data.contents[0].delivery_category",
        ),
        (custom(shape={"a": 1}), "nested_custom_property", "custom_data.shape"),
        (custom(shape=[{"a": 1}]), "nested_custom_property", "custom_data.shape"),
        (custom(shape=[[1]]), "nested_custom_property", "custom_data.shape"),
        (custom(**{"Jo Sample": {}}), "nested_custom_property", "custom_data"),
        (custom(number=2**63), "invalid_field", "custom_data.number"),
        (custom(store_data={"a": {}}), "invalid_field", "custom_data.store_data"),
        (custom(mileage=5), "invalid_field", "custom_data.mileage"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(fields: dict[str, Any], slug: str, path: str) -> None:
    """Each fault of shape has its slug and its place; nothing else is said, and what can be read is handed on."""
    reading = read_event(json.dumps(wire_event(**fields)).encode())
    assert reading.problems == [Problem(slug, path)]
    assert isinstance(reading.event, Event)
    assert read_event(wire_event(**fields)) == reading


@pytest.mark.parametrize(
    ("item", "slug"),
    [
        (b"5", "unreadable_event"),
        (b"null", "unreadable_event"),
        (b"[]", "unreadable_event"),
        (b'"{}"', "unreadable_event"),
        (b"", "unreadable_event"),
        (b"{", "unreadable_event"),
        (b'{"event_name":"\\ud800"}', "unreadable_event"),
        (b'{"event_name":"\xff"}', "unreadable_event"),
        (b"[" * 100_000, "unreadable_event"),
        ({"event_name": "\ud800"}, "unreadable_event"),
        ({"event_name": object()}, "unreadable_event"),
        ('{"event_name":"M\ufffdller"}'.encode(), "bad_utf8"),
        ({"event_name": "M\ufffdller"}, "bad_utf8"),
        (msgspec.Raw(b"5"), "unreadable_event"),
    ],
)
def test_what_is_no_event(item: bytes | msgspec.Raw | dict[str, Any], slug: str) -> None:
    """What is no JSON object, or was no text, costs itself and gives nothing."""
    assert read_event(item) == Reading(None, None, [Problem(slug, "")], [])


def test_everything_at_once() -> None:
    """All faults of an event are named, in the order of the model, in one reading."""
    contents = [{"id": "A"}, {"id": 5, "quantity": 1, "name": "x"}]
    fields = {"event_time": "yesterday", "action_source": None, "opt_out": 1, "colour": 1, **custom(contents=contents)}
    assert read_event(wire_event(**fields)).problems == [
        Problem("event_time_invalid", "event_time"),
        Problem("action_source_invalid", "action_source"),
        Problem("contents_invalid", "custom_data.contents[0].quantity"),
        Problem("contents_invalid", "custom_data.contents[1].id"),
        Problem("unknown_field", "custom_data.contents[1].name"),
        Problem("invalid_field", "opt_out"),
        Problem("unknown_field", "colour"),
    ]


def test_no_more_than_can_be_answered() -> None:
    """A hostile event of a hundred thousand faults is not answered with as many lines."""
    for data in ({"contents": [{}] * 100_000}, {"contents": [{"id": "A", "quantity": "1"}] * 100_000}):
        reading = read_event(wire_event(custom_data=data))
        assert max(len(reading.problems), len(reading.warnings)) == MAX_NAMED


ANY_FIELD = st.sampled_from([*Event.__struct_fields__, "consent", "colour", "customer_segmentation"])
CUSTOM = st.sampled_from(["value", "currency", "contents", "content_ids", "num_items", "mileage", "year", "colour"])


@given(st.dictionaries(ANY_FIELD, json_values), st.dictionaries(CUSTOM, json_values), json_values)
@example({"custom_data": {}, "consent": {"granted": True, "at": 0.0}}, {}, [])
def test_total(fields: dict[str, Any], data: dict[str, Any], item: Any) -> None:
    """Any JSON anywhere is read to slugs that are explained, and what is handed on is an event that can be encoded."""
    whole = wire_event(**fields)
    nested = wire_event(custom_data={**data, "contents": [item, {"id": item, "quantity": item}]})
    for value in (item, fields, whole, nested, wire_event(custom_data=data)):
        reading = read_event(json.dumps(value).encode())
        assert {slug for slug, _ in reading.problems} <= MEANINGS.keys()
        assert {slug for slug, _ in reading.warnings} <= WARNINGS.keys()
        assert (reading.event is None) is not isinstance(value, dict)
        if reading.event is not None:
            again = read_event(msgspec.json.encode(reading.event))
            assert reading.problems or (again.event, again.problems) == (reading.event, [])


@given(st.dictionaries(ANY_FIELD, json_values), st.randoms())
def test_order_of_fields_does_not_matter(fields: dict[str, Any], random: Any) -> None:
    """The same fields in another order give the same reading."""
    given_first = list(wire_event(**fields).items())
    given_then = random.sample(given_first, len(given_first))
    assert read_event(dict(given_first)) == read_event(dict(given_then))


@given(st.lists(st.dictionaries(ANY_FIELD, json_values), max_size=5))
def test_events_do_not_touch_each_other(changes: list[dict[str, Any]]) -> None:
    """Whatever is wrong with one event, another is read as it is alone."""
    good = read_event(wire_event())
    for fields in changes:
        alone = read_event(wire_event(**fields))
        assert read_event(wire_event()) == good
        assert read_event(wire_event(**fields)) == alone


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8).map("Jo {}".format),
    st.sampled_from(["event_name", "action_source", "event_time", "event_source_url", "consent", "app_data"]),
)
def test_no_value_is_quoted(secret: str, name: str) -> None:
    """Neither slug nor path holds what the sender wrote, as a value or as a key that is no name of a field."""
    events = [{name: {secret: secret}}, {name: [secret]}, {name: secret}, {secret: 1}, {"custom_data": {secret: {}}}]
    said = [read_event(json.dumps(wire_event(**fields)).encode()) for fields in events]
    assert secret not in repr([(reading.problems, reading.warnings) for reading in said])
