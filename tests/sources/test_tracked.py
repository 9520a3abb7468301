"""What the kinds share that pass on a tracker's events."""

import base64
import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Consent
from sluice.settings import Secret, Source
from sluice.sources import KINDS
from sluice.sources.request import Check, Mapped
from sluice.sources.tracked import (
    consent_state,
    given_consent,
    meta_name,
    place_of,
    read_each,
    with_state,
    without_bare_value,
)
from tests.samples import DATASET, NOW, request

SECRET = "sample-shown-secret"
BASIC = "Basic " + base64.b64encode(f"sender:{SECRET}".encode()).decode()


@pytest.mark.parametrize("kind", ["gtm_server", "rudderstack", "tealium"])
@pytest.mark.parametrize(
    ("headers", "secret_header"),
    [
        ({"authorization": f"Bearer {SECRET}"}, None),
        ({"authorization": f"bearer {SECRET}"}, "Authorization"),
        ({"authorization": BASIC}, None),
        ({"x-sluice": SECRET}, "X-Sluice"),
    ],
)
def test_shown_secret(kind: str, headers: dict[str, str], secret_header: str | None) -> None:
    """The secret stands in the header that the options name, or is a bearer token or a password."""
    options = msgspec.convert({"secret_header": secret_header}, KINDS[kind].options)
    check = Check([Secret(SECRET)], options, NOW)
    KINDS[kind].authenticate(request(b"", headers), check)
    for other in ({"x-other": SECRET}, {"authorization": SECRET}, {"x-sluice": f"Bearer {SECRET}"}):
        with pytest.raises(Rejected, match="bad_signature"):
            KINDS[kind].authenticate(request(b"", other), check)


def read(part: dict[str, Any]) -> Mapped:
    """A system whose events have a name, and of which none is wanted."""
    if "name" not in part:
        raise Rejected("wrong_topic_shape")
    return Mapped(ignored=[part["name"]])


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        ({"name": "a"}, ["a"]),
        ([{"name": "a"}], ["a"]),
        ([{"name": "a"}, {}, 5, None, [], {"name": "b"}], ["a", *["unreadable_event"] * 4, "b"]),
        ([{"name": "a"}] * 1_000, ["a"] * 1_000),
    ],
)
def test_each_part_is_read(body: object, ignored: list[str]) -> None:
    """An object is read by itself; in an array what is no event harms no other."""
    mapped = read_each(json.dumps(body).encode(), read)
    assert mapped.ignored == ignored
    assert not mapped.arrivals


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"{", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'"text"', "bad_body"),
        (b"null", "bad_body"),
        (b"[]", "no_events"),
        (b"[" + b",".join([b"{}"] * 1_001) + b"]", "too_many_events"),
        (b"{}", "wrong_topic_shape"),
    ],
)
def test_a_body_that_is_none(body: bytes, slug: str) -> None:
    """What cannot be read as a whole is refused as a whole."""
    with pytest.raises(Rejected) as refusal:
        read_each(body, read)
    assert refusal.value.slug == slug


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("order done", "Purchase"),
        ("  Order Done ", "Purchase"),
        ("Purchase", "Purchase"),
        ("purchase", None),
        ("Trial", "StartTrial"),
        ("trial", None),
        ("order gone", "Purchase"),
        ("other", None),
        ("", None),
        (None, None),
    ],
)
def test_names(name: str | None, found: str | None) -> None:
    """A system's names, the source's own, and Meta's where the system has one for it; nobody wants any other."""
    chosen = {"Trial": "StartTrial", "order gone": "Purchase"}
    assert meta_name(name, {"order done": "Purchase"}, chosen) == found


@pytest.mark.parametrize(
    ("required", "granted", "flag"),
    [
        ([], ["ads"], None),
        ([], [], None),
        (["ads"], None, None),
        (["ads"], [], False),
        (["ads"], ["ads"], True),
        (["ads"], ["ads", "other"], True),
        (["ads"], ["Ads"], False),
        (["ads", "more"], ["ads"], False),
        (["ads", "more"], ["more", "ads"], True),
    ],
)
def test_state(required: list[str], granted: list[str] | None, flag: bool | None) -> None:
    """Of a recorded state every required category must be granted; without a state nothing is said."""
    assert consent_state(required, granted, 7) == (None if flag is None else Consent(granted=flag, at=7))


@pytest.mark.parametrize(
    ("given", "state", "both"),
    [
        (None, None, None),
        (Consent(tcf="x"), None, Consent(tcf="x")),
        (None, Consent(granted=True, at=7), Consent(granted=True, at=7)),
        (Consent(tcf="x"), Consent(granted=True, at=7), Consent(tcf="x", granted=True, at=7)),
        (Consent(granted=True, at=3), Consent(granted=True, at=7), Consent(granted=True, at=3)),
        (Consent(granted=False, at=3), Consent(granted=True, at=7), Consent(granted=False, at=3)),
        (Consent(granted=True, at=3), Consent(granted=False, at=7), Consent(granted=False, at=7)),
    ],
)
def test_state_beside_a_signal(given: Consent | None, state: Consent | None, both: Consent | None) -> None:
    """Nothing of what was given is lost, and a refusal holds."""
    assert with_state(given, state) == both


def test_consent_of_a_template() -> None:
    """The object is read as beside an event of the Conversions API, and refused when it is not that."""
    assert given_consent({"tcf": "x", "granted": True, "at": 5}) == Consent(tcf="x", granted=True, at=5)
    for value in (None, "", [], {}):
        assert given_consent(value) is None
    for value in ({"granted": "yes"}, {"other": 1}, [1], "text", False, 0):
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            given_consent(value)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("gtm_server", {"event_name": "add_to_cart", "value": 5, "items": [{"item_id": "a"}]}),
        ("rudderstack", {"type": "track", "event": "Product Added", "properties": {"product_id": "a", "price": 5}}),
        ("segment", {"type": "track", "event": "Product Added", "properties": {"product_id": "a", "price": 5}}),
        ("tealium", {"event_name": "cart_add", "value": "5", "product_id": ["a"]}),
    ],
)
def test_a_value_without_a_currency(kind: str, body: dict[str, Any]) -> None:
    """The specs name none for a product in a cart: the event is sent without the value, which Meta would refuse."""
    timed = {"event_time": NOW, "timestamp": "2026-11-20T18:39:00Z", **body}
    source = Source(kind, DATASET, [Secret(SECRET)], msgspec.convert({}, KINDS[kind].options))
    (found,) = KINDS[kind].to_arrivals(request(json.dumps(timed).encode()), "shop", source, NOW).arrivals
    assert found.event.event_name == "AddToCart"
    assert found.event.custom_data
    assert found.event.custom_data["content_ids"] == ["a"]
    assert "value" not in found.event.custom_data


def test_a_purchase_keeps_its_value() -> None:
    """The sender is told that its currency is missing, not that its value is."""
    assert without_bare_value("Purchase", {"value": 5.0}) == {"value": 5.0}
    assert without_bare_value("Lead", {"value": 5.0, "currency": "EUR"}) == {"value": 5.0, "currency": "EUR"}


@pytest.mark.parametrize(
    ("stated", "url", "place"),
    [
        (None, "https://shop.example.de/", "website"),
        (None, None, "other"),
        ("app", "https://shop.example.de/", "app"),
        ("phone_call", None, "phone_call"),
        ("web", "https://shop.example.de/", "website"),
        ("web", None, "other"),
    ],
)
def test_place(stated: str | None, url: str | None, place: str) -> None:
    """Meta's words stand; otherwise a page means the website."""
    assert place_of(stated, url) == place
