"""Meta's rules for a batch, one row per rule."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from local.graph.validate import check

NOW = 1_800_000_000
DAY = 24 * 60 * 60
HASH = hashlib.sha256(b"jo@example.com").hexdigest()
EXTINFO = ["a2", "", "", "", "14", *[""] * 11]
MAKE = Callable[..., dict[str, Any]]


def app(**app_data: Any) -> dict[str, Any]:
    """The fields of an app event with this app_data."""
    return {"action_source": "app", "app_data": {"advertiser_tracking_enabled": 1, "extinfo": EXTINFO, **app_data}}


def chat(channel: str | None = "messenger", name: str = "Purchase", **user_data: str) -> dict[str, Any]:
    """The fields of a conversation's event."""
    return {
        "event_name": name,
        "action_source": "business_messaging",
        "messaging_channel": channel,
        "user_data": user_data,
        "custom_data": {"value": 1, "currency": "EUR"},
    }


def bought(**custom_data: Any) -> dict[str, Any]:
    """The fields of a Purchase with this custom_data."""
    return {"event_name": "Purchase", "custom_data": custom_data}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_time": NOW - 7 * DAY},
        {"action_source": "physical_store", "event_time": NOW - 62 * DAY},
        {"event_id": None, "custom_data": {}},
        {"event_name": "OwnName", "custom_data": {"any_key": {"deep": [1]}, "other": None}},
        {"custom_data": {"value": "12.50", "currency": "eur"}},
        bought(value=0, currency="USD"),
        bought(value=9.5, currency="EUR", contents=[{"id": "mug", "quantity": 1, "item_price": 9.5}]),
        {"data_processing_options": []},
        {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 1,
            "data_processing_options_state": 1000,
        },
        {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 0,
            "data_processing_options_state": 0,
            "user_data": {"em": HASH, "client_ip_address": "203.0.113.7"},
        },
        {"action_source": "system_generated", "user_data": {"lead_id": 123456789012345}},
        {"action_source": "system_generated", "user_data": {"lead_id": "12345678901234567"}},
        {"user_data": {"em": "not hashed"}},
        app(),
        chat(page_id="1", page_scoped_user_id="2"),
        chat("whatsapp", ctwa_clid="1", whatsapp_business_account_id="2"),
        chat("instagram", ig_sid="1", ig_account_id="2"),
    ],
)
def test_accepts(make_event: MAKE, fields: dict[str, Any]) -> None:
    """An event within the rules is received."""
    assert check([make_event(**fields)], NOW) is None


@pytest.mark.parametrize(
    ("subcode", "fields"),
    [
        (2804003, {"event_time": NOW - 7 * DAY - 1}),
        (2804003, {"action_source": "physical_store", "event_time": NOW - 62 * DAY - 1}),
        (2804003, {"action_source": "system_generated", "event_time": NOW - 8 * DAY}),
        (2804004, {"event_time": NOW + 1}),
        (2804004, {"event_time": NOW * 1000}),
        (2804008, {"custom_data": {"contents": "mug"}}),
        (2804008, {"custom_data": {"contents": ["mug"]}}),
        (2804008, {"custom_data": {"contents": [{"quantity": 1}]}}),
        (2804009, {"event_name": "Purchase"}),
        (2804009, bought(currency="EUR")),
        (2804010, bought(value=1)),
        (2804011, bought(value=1, currency="EURO")),
        (2804011, bought(value=1, currency="MRU")),
        (2804011, bought(value=1, currency="XXQ")),
        (2804023, {"event_name": "AddToCart", "custom_data": {"value": 1}}),
        (2804030, {"data_processing_options": ["LDU"]}),
        (2804036, {"user_data": {"em": HASH, "lead_id": "12345678901234"}}),
        (2804036, {"user_data": {"em": HASH, "lead_id": "l2345678901234567"}}),
        (2804043, app(extinfo=EXTINFO[:15])),
        (2804043, app(extinfo=["w2", *EXTINFO[1:]])),
        (2804043, app(extinfo=[*EXTINFO[:4], "", *EXTINFO[5:]])),
        (2804063, chat(None, page_id="1")),
        (2804064, chat("instagram", ig_sid="1", ig_account_id="2", client_ip_address="203.0.113.7")),
        (2804066, chat(name="Lead", page_id="1")),
        (2804069, chat(page_scoped_user_id="2")),
        (2804075, chat("instagram", ig_account_id="2")),
        (2804079, chat("instagram", ig_sid="2")),
        (2804081, {**chat(page_id="1"), "custom_data": {"value": 1}}),
        (2804116, chat("whatsapp", ctwa_clid="1")),
    ],
)
def test_refuses_without_naming_the_event(make_event: MAKE, subcode: int, fields: dict[str, Any]) -> None:
    """A broken rule of content has its subcode and, as at Meta, no index."""
    refusal = check([make_event(), make_event(**fields)], NOW)
    assert refusal
    assert (refusal.status, refusal.code, refusal.subcode) == (400, 100, subcode)
    assert "data'" not in f"{refusal.message}{refusal.user_message}"


@pytest.mark.parametrize(
    ("keys", "is_enough"),
    [
        ("", False),
        ("client_user_agent", False),
        ("country ct zp client_user_agent", False),
        ("ct country st zp ge client_user_agent", False),
        ("fn", False),
        ("ge", False),
        ("db", False),
        ("db client_user_agent", False),
        ("fn ge", False),
        ("ln ge", False),
        ("client_ip_address", True),
        ("client_ip_address client_user_agent", True),
        ("em", True),
        ("ph", True),
        ("external_id", True),
        ("fbc", True),
        ("fbp", True),
        ("fn ln", True),
        ("fn db", True),
        ("fn zp", True),
        ("fn ge client_user_agent", True),
    ],
)
def test_minimum_customer_information(make_event: MAKE, keys: str, *, is_enough: bool) -> None:
    """Keys that all lie in one of Meta's four insufficient sets are too little; others are enough."""
    refusal = check([make_event(user_data=dict.fromkeys(keys.split(), "x"))], NOW)
    assert (refusal.subcode if refusal else None) == (None if is_enough else 2804050)


@pytest.mark.parametrize("empty", ["", [], [""]])
def test_an_empty_key_is_no_customer_information(make_event: MAKE, empty: object) -> None:
    """An empty text or list counts like a key that is absent."""
    refusal = check([make_event(user_data={"em": empty, "client_user_agent": "Mozilla/5.0"})], NOW)
    assert refusal
    assert refusal.subcode == 2804050


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("['event_name']", {"event_name": None}),
        ("['event_name']", {"event_name": " "}),
        ("['event_time']", {"event_time": None}),
        ("['event_time']", {"event_time": str(NOW)}),
        ("['event_time']", {"event_time": True}),
        ("['action_source']", {"action_source": None}),
        ("['action_source']", {"action_source": "web"}),
        ("['action_source']", {"action_source": ["website"]}),
        ("['user_data']", {"user_data": None}),
        ("['user_data']", {"user_data": []}),
        ("['event_source_url']", {"event_source_url": None}),
        ("['event_source_url']", {"event_source_url": "shop.example.com"}),
        ("['event_id']", {"event_id": 1}),
        ("['opt_out']", {"opt_out": "true"}),
        ("['data_processing_options']", {"data_processing_options": "LDU"}),
        ("['data_processing_options_country']", {"data_processing_options_country": 2}),
        ("['data_processing_options_state']", {"data_processing_options_state": 1014}),
        ("['messaging_channel']", {"messaging_channel": "sms"}),
        ("['consent']", {"consent": {"ad_user_data": "granted"}}),
        ("['order_id']", {"order_id": "1"}),
        ("['user_data']['email']", {"user_data": {"email": HASH}}),
        ("['user_data']['em']", {"user_data": {"em": {"hash": HASH}}}),
        ("['user_data']['em']", {"user_data": {"em": [HASH, 1]}}),
        ("['user_data']['fbp']", {"user_data": {"fbp": ["fb.1.1596403881668.1"]}}),
        ("['user_data']['lead_id']", {"user_data": {"lead_id": 1.5}}),
        ("['custom_data']", {"custom_data": []}),
        ("['custom_data']['value']", bought(value="12,50", currency="EUR")),
        ("['custom_data']['value']", bought(value=True, currency="EUR")),
        ("['custom_data']['currency']", bought(value=1, currency=978)),
        ("['custom_data']['content_ids']", {"custom_data": {"content_ids": [1]}}),
        ("['custom_data']['delivery_category']", {"custom_data": {"delivery_category": "drone"}}),
        (
            "['custom_data']['contents'][1]['name']",
            {
                "custom_data": {
                    "contents": [{"id": "1", "quantity": 1}] * 1 + [{"id": "2", "quantity": 1, "name": "Mug"}]
                }
            },
        ),
        ("['custom_data']['contents'][0]['quantity']", {"custom_data": {"contents": [{"id": "1"}]}}),
        ("['custom_data']['contents'][0]['id']", {"custom_data": {"contents": [{"id": 1, "quantity": 1}]}}),
        ("['app_data']", {"action_source": "app"}),
        ("['app_data']['extinfo']", {"action_source": "app", "app_data": {"advertiser_tracking_enabled": 1}}),
    ],
)
def test_a_fault_of_shape_is_named_with_its_path(make_event: MAKE, path: str, fields: dict[str, Any]) -> None:
    """Missing and unexpected keys and wrong types are 2804019, with the path to the event and field."""
    refusal = check([make_event(), make_event(), make_event(), make_event(**fields)], NOW)
    assert refusal
    assert (refusal.status, refusal.code, refusal.subcode) == (400, 100, 2804019)
    assert f" $['data'][3]{path}: " in (refusal.user_message or "")


@pytest.mark.parametrize("event", [1, "text", None, []])
def test_an_event_that_is_no_object_is_named(event: object) -> None:
    """Anything but an object in data is a fault of shape of its own place."""
    refusal = check([event], NOW)
    assert refusal
    assert refusal.subcode == 2804019
    assert " $['data'][0]: " in (refusal.user_message or "")


def test_shape_comes_before_content(make_event: MAKE) -> None:
    """A fault of shape in a late event is told before a broken rule in an early one."""
    refusal = check([make_event(event_time=0), make_event(event_name=None)], NOW)
    assert refusal
    assert refusal.subcode == 2804019


def test_an_empty_event_is_refused_as_a_probe_for_the_token() -> None:
    """`{"data": [{}]}` proves token and dataset good without storing anything: it ends in 2804019."""
    refusal = check([{}], NOW)
    assert refusal
    assert (refusal.code, refusal.subcode) == (100, 2804019)


@pytest.mark.parametrize("data", [None, [], {}, "x", 1])
def test_data_must_be_a_filled_list(data: object) -> None:
    """A request without events is malformed: 100 without a subcode."""
    refusal = check(data, NOW)
    assert refusal
    assert (refusal.code, refusal.subcode) == (100, None)


def test_a_request_has_at_most_1000_events(make_event: MAKE) -> None:
    """The thousandth event is fine, the next refuses all."""
    assert check([make_event()] * 1000, NOW) is None
    refusal = check([make_event()] * 1001, NOW)
    assert refusal
    assert (refusal.code, refusal.subcode) == (100, None)


def test_no_message_repeats_a_value(make_event: MAKE) -> None:
    """A refusal names places and rules, never what the sender sent."""
    refusal = check([make_event(user_data={"em": [{"raw": "jo@example.com"}]})], NOW)
    assert "jo@" not in str(refusal)
