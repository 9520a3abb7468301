"""A number that nothing can hold costs its field, not the event."""

import json

import pytest

from sluice.rules import Problem, read_event
from tests.samples import wire_event

HUGE = ["1e999", "-1e999", "9" * 5_000, "NaN", "Infinity", "-Infinity"]


def with_number(number: str, **fields: object) -> bytes:
    """An event with the number for every 0.125."""
    return json.dumps(wire_event(**fields)).replace("0.125", number).encode()


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    ("fields", "slug", "path"),
    [
        ({"custom_data": {"value": 0.125, "currency": "EUR"}}, "value_invalid", "custom_data.value"),
        ({"custom_data": {"colour": 0.125}}, "invalid_field", "custom_data.colour"),
        ({"event_time": 0.125}, "event_time_invalid", "event_time"),
        ({"event_id": 0.125}, "invalid_field", "event_id"),
        ({"app_data": {"extinfo": [0.125, *[""] * 15]}}, "extinfo_invalid", "app_data.extinfo[0]"),
    ],
)
def test_field(number: str, fields: dict[str, object], slug: str, path: str) -> None:
    """The field is named, and so is what else is wrong."""
    assert Problem(slug, path) in read_event(with_number(number, **fields)).problems
    both = read_event(with_number(number, **fields, colour="red")).problems
    assert {Problem(slug, path), Problem("unknown_field", "colour")} <= set(both)


@pytest.mark.parametrize("number", HUGE)
def test_match_key(number: str) -> None:
    """A match key is left to its own rule."""
    reading = read_event(with_number(number, user_data={"em": "jo.sample@example.com", "lead_id": 0.125}))
    assert reading.problems == []
    assert reading.event
    assert isinstance(reading.event.user_data["lead_id"], float)
