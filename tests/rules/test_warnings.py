"""What would make an event match better."""

from typing import Any

import pytest

from sluice.rules import EventWarning, warnings
from tests.samples import event

WHOLE = {"em": ["hash"], "client_user_agent": "Mozilla/5.0", "fbp": "fb.1.1.1"}


@pytest.mark.parametrize(
    ("fields", "slug", "path"),
    [
        ({"event_id": None}, "event_id_missing", "event_id"),
        ({"event_id": ""}, "event_id_missing", "event_id"),
        ({"event_id": None, "custom_data": {"event_id": ""}}, "event_id_missing", "event_id"),
        ({"event_id": None, "custom_data": {"event_id": "1"}}, "event_id_in_custom_data", "custom_data.event_id"),
        (
            {"user_data": {"em": ["hash"], "fbp": "1"}},
            "client_user_agent_missing",
            "user_data.client_user_agent",
        ),
        ({"user_data": {"em": ["hash"], "client_user_agent": "M"}}, "fbp_and_fbc_missing", "user_data.fbp"),
    ],
)
def test_what_could_be_better(fields: dict[str, Any], slug: str, path: str) -> None:
    """Each has its slug and place."""
    assert warnings(event(**{"user_data": WHOLE, **fields})) == [EventWarning(slug, path)]


@pytest.mark.parametrize(
    "fields",
    [
        {"user_data": WHOLE},
        {"user_data": {"client_user_agent": "Mozilla", "fbc": "fb.1.1.a"}},
        {"user_data": WHOLE, "custom_data": {"event_id": "1"}},
        {"user_data": {"em": ["hash"]}, "action_source": "physical_store"},
        {"user_data": {"page_id": "1"}, "action_source": "business_messaging"},
    ],
    ids=str,
)
def test_nothing_to_say(fields: dict[str, Any]) -> None:
    """A browser is asked for only where there was one."""
    assert warnings(event(**fields)) == []
