"""What is plain although it is not as Meta wants it is mended, and the sender is told."""

from typing import Any

import pytest

from sluice.event import OriginalEventData
from sluice.rules import EventWarning, Problem, problems, read_event
from tests.samples import NOW, wire_event

MILLISECONDS = EventWarning("event_time_was_milliseconds", "event_time")
TEXT = EventWarning("event_time_was_text", "event_time")


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        (NOW, []),
        (float(NOW), []),
        (NOW + 0.5, [EventWarning("event_time_was_fraction", "event_time")]),
        (str(NOW), [TEXT]),
        (NOW * 1_000, [MILLISECONDS]),
        (NOW * 1_000 + 999, [MILLISECONDS]),
        (NOW * 1_000 + 0.5, [MILLISECONDS]),
        (str(NOW * 1_000), [TEXT, MILLISECONDS]),
        ("2026-11-20T18:40:00Z", [TEXT]),
        ("2026-11-20T18:40:00.999Z", [TEXT]),
        ("2026-11-20T19:40:00+01:00", [TEXT]),
        ("2026-11-20 13:40:00-0500", [TEXT]),
    ],
)
def test_event_time(given: float | str, warned: list[EventWarning]) -> None:
    """Whole floats, digits, milliseconds and ISO 8601 with a zone become the Unix seconds that they name."""
    reading = read_event(wire_event(event_time=given))
    assert reading.event
    assert (reading.event.event_time, reading.problems, reading.warnings) == (NOW, [], warned)


@pytest.mark.parametrize(("given", "becomes"), [(10**11 - 1, 10**11 - 1), (10**11, 10**8), (-5, -5), (0, 0)])
def test_where_milliseconds_begin(given: int, becomes: int) -> None:
    """From 10^11 on a number is milliseconds; smaller ones are seconds, whatever century they mean."""
    event = read_event(wire_event(event_time=given)).event
    assert event
    assert event.event_time == becomes


def test_a_far_year_is_no_milliseconds() -> None:
    """A text that names a moment means that moment, however far it lies ahead."""
    event = read_event(wire_event(event_time="9999-12-31T23:59:59Z")).event
    assert event
    assert [each.slug for each in problems(event, now_seconds=NOW, unread=[])] == ["event_time_in_future"]


def test_time_of_the_original_event() -> None:
    """It is mended and told like the event's own, and refused with its path when it lies ahead."""
    path = "original_event_data.event_time"
    reading = read_event(wire_event(original_event_data={"event_time": NOW * 1_000}))
    assert reading.event
    assert reading.event.original_event_data == OriginalEventData(event_time=NOW)
    assert reading.warnings == [EventWarning("event_time_was_milliseconds", path)]
    ahead = read_event(wire_event(original_event_data={"event_time": NOW + 301})).event
    assert ahead
    assert problems(ahead, now_seconds=NOW, unread=[]) == [Problem("event_time_in_future", path)]


@pytest.mark.parametrize(
    "given",
    ["2026-11-20T18:40:00", "2026-11-20", "20.11.2026 18:40", "now", "", "-5", "1e9", "١٢٣", "2026-11-20T18:40:00 CET"],
)
def test_time_without_a_zone_is_refused(given: str) -> None:
    """A text that names no one moment is not guessed at."""
    assert read_event(wire_event(event_time=given)).problems == [Problem("event_time_invalid", "event_time")]


@pytest.mark.parametrize(
    ("given", "sent", "path"),
    [
        ({"value": "12.50"}, {"value": 12.5}, "value"),
        ({"value": "12"}, {"value": 12}, "value"),
        ({"value": " 12.5 "}, {"value": 12.5}, "value"),
        ({"num_items": "3"}, {"num_items": 3}, "num_items"),
        ({"net_revenue": "-1.5"}, {"net_revenue": -1.5}, "net_revenue"),
        (
            {"contents": [{"id": "A", "quantity": "2", "item_price": 1}]},
            {"contents": [{"id": "A", "quantity": 2, "item_price": 1}]},
            "contents[0].quantity",
        ),
    ],
)
def test_number_as_text(given: dict[str, Any], sent: dict[str, Any], path: str) -> None:
    """A decimal text where a number belongs is sent as the number."""
    reading = read_event(wire_event(custom_data={"currency": "EUR", **given}))
    assert reading.event
    assert reading.event.custom_data == {"currency": "EUR", **sent}
    assert (reading.problems, reading.warnings) == ([], [EventWarning("value_was_text", f"custom_data.{path}")])


@pytest.mark.parametrize("given", ["12,50", "1.234,5", "12 EUR", "-1", "1e3", "NaN", "", "0x10", "١٢"])
def test_text_that_is_no_number(given: str) -> None:
    """Anything but a plain decimal is refused: a comma could mean thousands."""
    reading = read_event(wire_event(custom_data={"value": given, "currency": "EUR"}))
    assert reading.problems == [Problem("value_invalid", "custom_data.value")]


def test_texts_stay_texts() -> None:
    """Only fields that are numbers are read as numbers: an order number keeps its zeros, a custom property its form."""
    data = {"value": 1, "currency": "EUR", "order_id": "0012", "postal_code": "01067", "size": "38"}
    event = read_event(wire_event(custom_data=data, opt_out=None)).event
    assert event
    assert event.custom_data == data


def test_whole_floats() -> None:
    """2.0 pieces are 2 pieces; JSON does not tell them apart, so nothing is said."""
    contents = [{"id": "A", "quantity": 2.0}]
    reading = read_event(wire_event(custom_data={"contents": contents, "num_items": 2.0}))
    assert reading.event
    assert str(reading.event.custom_data) == "{'contents': [{'id': 'A', 'quantity': 2}], 'num_items': 2}"
    assert (reading.problems, reading.warnings) == ([], [])


@pytest.mark.parametrize("value", [12.5, "12.50"])
@pytest.mark.parametrize("currency", ["EUR", "eur", "Eur"])
def test_currency_in_capitals(value: float | str, currency: str) -> None:
    """A currency is sent in capitals, however it came."""
    event = read_event(wire_event(custom_data={"value": value, "currency": currency})).event
    assert event
    assert event.custom_data == {"value": 12.5, "currency": "EUR"}


def test_nulls_are_left_out() -> None:
    """A null says nothing, so nothing is sent for it."""
    contents = [{"id": "A", "quantity": 1, "item_price": None, "name": "x"}]
    data = {"value": 1, "currency": None, "colour": None, "contents": contents}
    contents[0].pop("name")
    wire = {**wire_event(custom_data=data), "event_id": None, "user_data": None, "consent": None}
    reading = read_event(wire)
    assert reading.event
    assert reading.event.custom_data == {"value": 1, "contents": [{"id": "A", "quantity": 1}]}
    assert (reading.event.event_id, reading.event.user_data, reading.consent, reading.problems) == (None, {}, None, [])


@pytest.mark.parametrize("data", [None, {}, {"value": 1, "currency": "EUR"}])
def test_customer_segmentation_moves_inside(data: dict[str, Any] | None) -> None:
    """Beside custom_data, where Meta's table has it, the segment is moved to where Meta's example has it."""
    reading = read_event(wire_event(custom_data=data, customer_segmentation="new_customer_to_business"))
    assert reading.event
    assert reading.event.custom_data == {**(data or {}), "customer_segmentation": "new_customer_to_business"}
    assert reading.warnings == [EventWarning("customer_segmentation_moved", "customer_segmentation")]


def test_segment_that_cannot_move() -> None:
    """A segment inside wins; one beside a custom_data that is no object is refused like any unknown field."""
    both = read_event(wire_event(custom_data={"customer_segmentation": "inside"}, customer_segmentation="beside"))
    assert both.event
    assert both.event.custom_data == {"customer_segmentation": "inside"}
    broken = read_event(wire_event(custom_data=[], customer_segmentation="beside"))
    assert Problem("unknown_field", "customer_segmentation") in broken.problems
