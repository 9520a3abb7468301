"""The model of an event."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.event import (
    Event,
    WireEvent,
    deadline_seconds,
    delivery_key,
    derived_event_id,
)
from tests.samples import DATASET, NOW, OTHER_DATASET, event, wire_event


@pytest.mark.parametrize("fields", [{"colour": "red"}, {"action_source": "web"}, {"event_time": "now"}])
def test_shape_is_closed(fields: dict[str, object]) -> None:
    """A field or value that Meta does not know is refused: Meta would refuse the whole request for it."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wire_event(**fields), WireEvent)


@pytest.mark.parametrize(
    "consent", [{"granted": "yes"}, {"granted": 1}, {"at": "5"}, {"tcf": 1}, {"granted": True, "by": "x"}, True]
)
def test_consent_is_exact(consent: object) -> None:
    """Only a boolean is a flag, only text a string of a consent tool, and no other key is read."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wire_event(consent=consent), WireEvent)


@pytest.mark.parametrize(("source", "days"), [("website", 7), ("app", 7), ("physical_store", 62)])
def test_deadline(source: str, days: int) -> None:
    """Meta takes events for 7 days, those of a shop's till for 62."""
    assert deadline_seconds(event(action_source=source, event_time=NOW)) == NOW + days * 86_400


def test_derived_id_is_stable() -> None:
    """The same event gets the same id whatever the order of its fields; another event another one."""
    one = event(event_id=None, custom_data={"value": 1.5, "currency": "EUR"})
    same = event(event_id=None, custom_data={"currency": "EUR", "value": 1.5})
    other = event(event_id=None, custom_data={"value": 1.6, "currency": "EUR"})
    assert derived_event_id(one) == derived_event_id(same) != derived_event_id(other)
    assert re.fullmatch(r"sluice\.[0-9a-f]{32}", derived_event_id(one))


@given(st.text(), st.text(), st.text(), st.text())
def test_delivery_keys_do_not_run_together(name: str, dedup: str, other_name: str, other_dedup: str) -> None:
    """Two keys are equal only when event name and dedup key are; no joining of texts makes one the other."""
    same = (name, dedup) == (other_name, other_dedup)
    assert (delivery_key(DATASET, name, dedup) == delivery_key(DATASET, other_name, other_dedup)) is same


def test_delivery_key_shows_nothing() -> None:
    """The key is 64 hex digits and belongs to one dataset."""
    key = delivery_key(DATASET, "Purchase", "order:shop:1001")
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert key != delivery_key(OTHER_DATASET, "Purchase", "order:shop:1001")


def test_defaults_are_not_shared() -> None:
    """Two events without user_data have one each."""
    first, second = (Event(event_name="A", event_time=1, action_source="website") for _ in range(2))
    first.user_data["em"] = "x"
    assert second.user_data == {}
