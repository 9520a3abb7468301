"""Which fields of an event are shown as raw identifiers."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from local.graph.identifiers import match_keys, raw_identifiers

HASH = hashlib.sha256(b"jo@example.com").hexdigest()


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ([], {}),
        ([], {"user_data": {"em": HASH, "external_id": [HASH.upper()], "fn": "", "ln": []}}),
        ([], {"custom_data": {"order_id": "1", "note": "write to @example", "price@net": 1}}),
        (["em"], {"user_data": {"em": "jo@example.com"}}),
        (["em"], {"user_data": {"em": [HASH, "jo@example.com"]}}),
        (["em", "ph"], {"user_data": {"ph": "491711234567", "em": "d41d8cd98f00b204e9800998ecf8427e"}}),
        (["country"], {"user_data": {"em": HASH, "country": "de"}}),
        (["external_id"], {"user_data": {"external_id": "customer-7"}}),
        (["user_data.client_user_agent"], {"user_data": {"em": HASH, "client_user_agent": "bot jo@example.com"}}),
        (["event_source_url"], {"event_source_url": "https://shop.example.com/?email=jo%40example.com"}),
        (["referrer_url"], {"referrer_url": "https://jo@example.com/"}),
        (["event_id"], {"event_id": "jo@example.com-1"}),
        (
            ["custom_data.note", "custom_data.tree.leaf"],
            {"custom_data": {"note": "jo@example.com", "tree": {"leaf": ["JO@EXAMPLE.COM"]}}},
        ),
        (["custom_data"], {"custom_data": {"jo@example.com": 1}}),
    ],
)
def test_raw_identifiers(make_event: Callable[..., dict[str, Any]], raw: list[str], fields: dict[str, Any]) -> None:
    """What should be hashed and is not, and e-mail addresses anywhere else, are named by field."""
    assert raw_identifiers(make_event(**fields)) == raw


def test_hostile_text_takes_linear_time(make_event: Callable[..., dict[str, Any]]) -> None:
    """A megabyte of almost-addresses is searched at once (a quadratic search would run for hours)."""
    assert raw_identifiers(make_event(referrer_url="a" * 500_000 + "@" + "a@" * 250_000)) == []


def test_match_keys_are_those_that_hold_something() -> None:
    """Empty texts and lists are no match keys; the order is the sender's."""
    user_data = {"ph": [HASH], "em": [], "fn": "", "ln": [""], "fbp": "fb.1.1596403881668.1", "lead_id": 0}
    assert match_keys(user_data) == ["ph", "fbp", "lead_id"]
