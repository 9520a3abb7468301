"""A thousand events with 37 bad ones, one of every kind: each is told apart, and no other is touched."""

from typing import Any

import pytest

from sluice.consent.reasons import REASONS
from sluice.door import MAX_BODY_BYTES
from sluice.rules import MEANINGS
from sluice.sources.payload import MAX_EVENTS
from tests.fakes.rooms import IngestRoom
from tests.samples import NOW, graph_request, wire_event

DAY = 86_400
EXTINFO = ["b3", "com.example.shop", "771", "7.7.1", "14", *[""] * 11]


def custom(**data: Any) -> dict[str, Any]:
    """A Purchase with this in its custom_data; None leaves a key out."""
    whole = {"value": 12.5, "currency": "EUR", **data}
    return wire_event(custom_data={name: value for name, value in whole.items() if value is not None})


def chat(channel: str | None, *ids: str, name: str = "Purchase") -> dict[str, Any]:
    """An event of a conversation with these ids."""
    person = {"em": "jo.sample@example.com", **dict.fromkeys(ids, "1234567890")}
    return wire_event(event_name=name, action_source="business_messaging", messaging_channel=channel, user_data=person)


def app(data: dict[str, Any] | None) -> dict[str, Any]:
    """An app event with this app_data."""
    return wire_event(action_source="app", app_data=data)


def consent(**given: Any) -> dict[str, Any]:
    """An event with this beside it."""
    return wire_event(consent=given)


BAD: dict[str, object] = {
    "unreadable_event": ["Purchase", NOW],
    "bad_utf8": wire_event(event_id="M\ufffdller"),
    "event_too_large": custom(text="x" * 204_800),
    "unknown_field": wire_event(colour="red"),
    "missing_field": wire_event(attribution_data={"touchpoint_ts": NOW}),
    "invalid_field": wire_event(opt_out="yes"),
    "consent_invalid": consent(granted="yes"),
    "event_name_missing": wire_event(event_name=" "),
    "event_name_personal": wire_event(event_name="jo@example.com bought"),
    "event_name_not_for_messaging": chat("messenger", "page_id", "page_scoped_user_id", name="Lead"),
    "event_time_invalid": wire_event(event_time="yesterday"),
    "event_time_in_future": wire_event(event_time=NOW + 301),
    "event_time_too_old": wire_event(event_time=NOW - 7 * DAY - 1, consent={"granted": True, "at": NOW - 8 * DAY}),
    "action_source_invalid": wire_event(action_source="web"),
    "event_source_url_missing": wire_event(event_source_url=None),
    "event_source_url_invalid": wire_event(event_source_url="shop.example.com"),
    "value_missing": custom(value=None),
    "value_invalid": custom(value=-1),
    "currency_missing": custom(currency=None),
    "currency_invalid": custom(currency="Euro"),
    "contents_invalid": custom(contents=[{"id": "A"}]),
    "delivery_category_invalid": custom(delivery_category="drone"),
    "nested_custom_property": custom(shape={"size": 1}),
    "limited_data_use_invalid": wire_event(data_processing_options=["LDU"]),
    "app_data_missing": app(None),
    "extinfo_invalid": app({"advertiser_tracking_enabled": 1, "extinfo": EXTINFO}),
    "attribution_missing": wire_event(event_name="AppendAttribution"),
    "messaging_channel_invalid": chat(None, "page_id"),
    "messaging_id_missing": chat("whatsapp", "page_id"),
    "browser_data_not_for_instagram": {
        **chat("instagram"),
        "user_data": {"ig_account_id": "1", "ig_sid": "2", "client_user_agent": "Mozilla/5.0"},
    },
    "not_enough_customer_information": wire_event(user_data={"ct": "Berlin", "client_user_agent": "Mozilla/5.0"}),
    "no_signal": wire_event(consent=None),
    "denied": consent(granted=False, at=NOW - 60),
    "flag_without_time": consent(granted=True),
    "consent_after_event": wire_event(event_time=NOW - DAY, consent={"granted": True, "at": NOW - 60}),
    "consent_expired": consent(granted=True, at=NOW - 395 * DAY - 1),
    "no_subject_key": wire_event(user_data={"fbc": "fb.1.1795197599001.IwAR0SampleClickIdAbC"}),
}
"""One event for each slug of the rules, and for reasons of consent."""

PLACES = {
    "spread": [at * (MAX_EVENTS - 1) // (len(BAD) - 1) for at in range(len(BAD))],
    "in a row": list(range(500, 500 + len(BAD))),
}
"""Where the bad events stand."""


def test_every_kind_is_there() -> None:
    """Every slug that the rules have stands in the table, and some reasons of consent."""
    assert MEANINGS.keys() <= BAD.keys() <= MEANINGS.keys() | REASONS.keys()
    assert len(BAD) == 37


@pytest.mark.parametrize("places", PLACES)
def test_37_bad_events_among_a_thousand(places: str) -> None:
    """963 are queued byte for byte as without the others; 37 are named with place and slug, in one answer."""
    bad = dict(zip(PLACES[places], BAD, strict=True))
    good = {at: wire_event(event_id=f"event-{at}") for at in range(MAX_EVENTS) if at not in bad}
    request = graph_request(*(BAD[bad[at]] if at in bad else good[at] for at in range(MAX_EVENTS)))
    assert len(request.body) <= MAX_BODY_BYTES
    together, without = IngestRoom(), IngestRoom()
    answer = together.take(request)
    without.post(*good.values())
    assert answer.status == 200
    assert answer.body["events_received"] == 963
    assert answer.body["messages"] == [f"data[{at}]: {bad[at]}" for at in sorted(bad)]
    assert {problem["index"] for problem in answer.body["problems"]} == {at for at in bad if bad[at] in MEANINGS}
    assert together.queue.stored == without.queue.stored
    assert together.queued == [f"event-{at}" for at in good]
