"""Texts that name a person, in fields that Meta gets as they are."""

from typing import Any

import pytest
from hypothesis import given

from sluice.personal import disguised, is_personal, without_persons
from tests.fakes.rooms import IngestRoom
from tests.samples import wire_event
from tests.strategies import any_text, json_values


@pytest.mark.parametrize(
    "text",
    [
        "lena@example.de",
        "Order of lena.fischer@shop.example.de, gift",
        "lena%40example.de",
        "mailto:lena@example.de",
        "lena@müller.example",
        "+491713920042",
        " +49 (0)171 392-00-42 ",
        "%2B491713920042",
        "lena\uff20example.de",
        "%EF%BC%8B491713920042",
        "\uff0b\uff14\uff19\u3000171 3920042",
        "lena%2540example.de",
        "lead-+49 171 3920042-new",
        "lena@2x.example",
        "mug@2x.png lena@example.de",
        "+491713920042:Closed Won",
    ],
)
def test_personal(text: str) -> None:
    """An e-mail address anywhere, and a telephone number in international form, also as in a URL or in wide letters."""
    assert is_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "espresso beans", "10457", "4006381333931", "00012345678905", "0171 3920042", "C++", "a+b", "@lena",
        "https://cdn.shop.example/mug@2x.png?v=1",
        "2 @ 3.50", "1@9.99", "5f3c0d8e9b7a4c21a6d4e8f1b2c3d4e5", "ORDER-1042", "+1", "100%",
        "2026-11-20T19:42:07+01:00", "q8+5123456789w==", "?id=5+1234567", "%252525254",
    ],
)  # fmt: skip
def test_not_personal(text: str) -> None:
    """Words, article numbers and ids are none."""
    assert not is_personal(text)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"search_string": "lena@example.de", "value": 5}, {"value": 5}),
        ({"contents": [{"id": "a@example.com", "quantity": 1}, {"id": "A", "quantity": 1}]},
         {"contents": [{"id": "A", "quantity": 1}]}),
        ({"contents": [{"id": "A", "quantity": 1, "title": "for a@example.com"}]},
         {"contents": [{"id": "A", "quantity": 1}]}),
        ({"content_ids": ["1", "+491713920042"]}, {"content_ids": ["1"]}),
        ({"lena@example.de": 1, "a": {"b": {"c": "x@example.com"}}}, {"a": {"b": {}}}),
    ],
)  # fmt: skip
def test_taken_out(value: dict[str, Any], left: dict[str, Any]) -> None:
    """Only what names a person goes, wherever it stands."""
    assert without_persons(value) == left


@given(json_values)
def test_any_value(value: Any) -> None:
    """What is left names nobody, and to clean it again changes nothing."""
    cleaned = without_persons(value)
    assert without_persons(cleaned) == cleaned


@pytest.mark.parametrize("text", ["\u0327\u0300" * 250_000, "%" * 250_000, "%2541" * 100_000])
def test_no_text_takes_long(text: str) -> None:
    """However long the texts that a request can hold, and made to be hard: the door has ten seconds for all."""
    assert not is_personal(text)
    assert is_personal(f"{text} lena\uff20example.de")


@given(any_text)
def test_any_id(text: str) -> None:
    """A disguised id names nobody, and is the same for the same one."""
    assert disguised(text) == disguised(text)
    assert not is_personal(disguised(text))


def test_nothing_of_a_person_is_sent_at_any_door(ingest: IngestRoom) -> None:
    """The event goes out without it, and the sender is told."""
    sent = wire_event(
        event_id="order of lena@example.de",
        custom_data={"value": 5, "currency": "EUR", "search_string": "lena@example.de", "phone": "+491713920042"},
    )
    answer = ingest.post(sent)
    assert answer.body["events_received"] == 1
    assert answer.body["warnings"][:2] == [
        "data[0]: personal_text_dropped (custom_data)",
        "data[0]: event_id_disguised (event_id)",
    ]
    ((_, body),) = ingest.queue.stored
    assert "lena" not in body
    assert "1713920042" not in body


@pytest.mark.parametrize(
    "fields",
    [
        {"user_data": {"subscription_id": "lena@example.de"}},
        {"user_data": {"anon_id": "+491713920042"}},
        {"user_data": {"client_user_agent": "Mozilla/5.0 (lena@example.de)"}},
        {"original_event_data": {"event_name": "Lead", "event_id": "lena@example.de", "order_id": "+491713920042"}},
        {"app_data": {"advertiser_tracking_enabled": 1, "campaign_ids": "lena@example.de"}},
        {"attribution_data": {"ad_id": "lena@example.de", "touchpoint_ts": 1, "attribution_share": 1,
                              "attribution_value": 1}},
        {"advanced_measurement_table": "lena@example.de"},
    ],
)  # fmt: skip
def test_no_text_of_an_event_names_a_person(ingest: IngestRoom, fields: dict[str, Any]) -> None:
    """Every text that Meta gets as it is, not only those of custom_data, goes out without it."""
    user_data = wire_event()["user_data"] | fields.pop("user_data", {})
    answer = ingest.post(wire_event(user_data=user_data, **fields))
    assert answer.body["events_received"] == 1
    assert answer.body["warnings"]
    ((_, body),) = ingest.queue.stored
    assert "lena" not in body
    assert "1713920042" not in body


def test_an_earlier_event_is_still_the_same_event(ingest: IngestRoom) -> None:
    """Its id is disguised as it was when the earlier event itself was sent."""
    ingest.post(wire_event(event_id="lena@example.de"))
    ingest.post(wire_event(event_id="b", original_event_data={"event_name": "Lead", "event_id": "lena@example.de"}))
    earlier, later = [body for _, body in ingest.queue.stored]
    assert disguised("lena@example.de") in earlier
    assert disguised("lena@example.de") in later


def test_a_name_that_names_a_person_is_refused(ingest: IngestRoom) -> None:
    """There is nothing that could be sent in its place."""
    answer = ingest.post(wire_event(event_name="lena@example.de bought"))
    assert answer.status == 400
    assert [problem["slug"] for problem in answer.body["error"]["problems"]] == ["event_name_personal"]
