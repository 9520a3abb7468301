"""The rules against another reading of Meta's documents: the local Graph simulator's, which shares no code with them.

What the rules let through, the simulator receives. What the rules refuse, it refuses too, but for what is listed here
with its reason. So what the simulator refuses, the rules refuse or mend.
"""

import hashlib
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from local.graph.validate import check
from sluice.match_keys import to_match_keys
from sluice.rules import clamp_event_time, problems, read_event
from tests.samples import NOW

DAY = 86_400
DIGEST = hashlib.sha256(b"jo.sample@example.com").hexdigest()
EXTINFO = ["a2", "", "", "", "14", *[""] * 11]

STRICTER = {
    "nested_custom_property": "The simulator lets any custom property pass.",
    "limited_data_use_invalid": "Options that contradict each other: whether Meta refuses them is not known.",
    "messaging_id_missing": "Meta's page asks for both ids of a channel; the simulator for those with a known subcode.",
    "invalid_field": "Numbers out of range, and objects that the simulator does not look into.",
    "unknown_field": "The simulator does not look into app_data.",
    "value_invalid": "Negative amounts: how Meta takes them is not known.",
    "contents_invalid": "As value_invalid.",
    "currency_invalid": "The simulator looks at the currency of a Purchase only.",
    "extinfo_invalid": "The simulator looks at the device of an app event only.",
}
"""Slugs that the rules may say of events that the simulator would take."""

TEXT = st.sampled_from(["", " ", "A", "EUR", "eur", "MRU", "EURO", "12.5", "-1", "12,5", "in_store", "drone", "LDU"])
NUMBER = st.sampled_from([0, 1, -1, 2.0, 2.5, 1000, 1014, 2**53, 2**64, True, False])
VALUE = st.one_of(TEXT, NUMBER, st.none(), st.sampled_from([[], ["A"], [1], [None], {}, {"a": 1}, {"a": {}}, ["LDU"]]))
CONTENT = st.fixed_dictionaries(
    {"id": st.just("A") | VALUE, "quantity": st.just(1) | VALUE},
    optional=dict.fromkeys(("item_price", "price", "delivery_category", "title", "name"), VALUE),
)
CUSTOM = st.fixed_dictionaries(
    {},
    optional={
        "value": st.just(12.5) | VALUE,
        "currency": st.just("EUR") | VALUE,
        "contents": st.lists(CONTENT | VALUE, max_size=2) | VALUE,
        **dict.fromkeys(("content_ids", "delivery_category", "num_items", "order_id", "store_data", "own"), VALUE),
    },
)
USER = st.fixed_dictionaries(
    {},
    optional={
        "em": st.sampled_from([DIGEST, "jo.sample@example.com", "n/a", [DIGEST, ""], 5]),
        "fn": st.sampled_from(["Jo", ""]),
        "ge": st.sampled_from(["f", "x"]),
        "ct": st.just("Berlin"),
        "client_ip_address": st.sampled_from(["203.0.113.7", "10.0.0.1"]),
        "client_user_agent": st.just("Mozilla/5.0"),
        "lead_id": st.sampled_from(["1" * 15, "1" * 14, 10**15, 1.5]),
        "email": st.just("jo.sample@example.com"),
        **{
            name: st.sampled_from(["1", 1, ""])
            for name in ("page_id", "page_scoped_user_id", "ctwa_clid", "ig_sid", "ig_account_id")
        },
    },
)
APP = st.fixed_dictionaries(
    {},
    optional={
        "advertiser_tracking_enabled": st.sampled_from([0, 1, True, 2, "1"]),
        "extinfo": st.sampled_from(
            [EXTINFO, EXTINFO[1:], ["w2", *EXTINFO[1:]], [*EXTINFO[:4], "", *EXTINFO[5:]], "a2"]
        ),
        "colour": VALUE,
    },
)
ITEM = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(["Purchase", "PageView", "Lead", "LeadSubmitted", "", " "]),
        "event_time": st.sampled_from([NOW, NOW - 8 * DAY, NOW - 63 * DAY, NOW + 60, NOW + 600, NOW * 1000, str(NOW)]),
        "action_source": st.sampled_from(["website", "app", "physical_store", "business_messaging", "email", "web"]),
        "user_data": USER,
    },
    optional={
        "event_source_url": st.just("https://shop.example.com/") | VALUE,
        "event_id": VALUE,
        "custom_data": CUSTOM | VALUE,
        "app_data": APP | VALUE,
        "messaging_channel": st.sampled_from(["whatsapp", "messenger", "instagram", "sms"]),
        "data_processing_options": st.sampled_from([[], ["LDU"], ["LDU", "LDU"], "LDU"]),
        "data_processing_options_country": st.sampled_from([0, 1, 2]),
        "data_processing_options_state": st.sampled_from([0, 1000, 1014, "1000"]),
        "opt_out": VALUE,
        "referrer_url": VALUE,
        "customer_segmentation": VALUE,
        "colour": VALUE,
    },
)
GOOD = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(["Purchase", "AddToCart"]),
        "event_time": st.sampled_from([NOW, NOW - 6 * DAY, NOW + 60]),
        "action_source": st.sampled_from(["website", "app", "physical_store", "email", "business_messaging"]),
        "event_source_url": st.just("https://shop.example.com/"),
        "user_data": st.fixed_dictionaries(
            {"em": st.just(DIGEST), **{name: st.just("1") for name in ("page_id", "page_scoped_user_id", "ctwa_clid")}}
        ),
        "custom_data": st.fixed_dictionaries({"value": st.just(1), "currency": st.sampled_from(["EUR", "usd"])}),
        "messaging_channel": st.sampled_from(["whatsapp", "messenger"]),
        "app_data": st.just({"advertiser_tracking_enabled": 1, "extinfo": EXTINFO}),
    }
)


def judged(item: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """What would be sent for an item of ``data`` that was read to an event, and why it would not be."""
    reading = read_event(item)
    event = reading.event
    assert event
    event.user_data = dict(to_match_keys(event.user_data, default_country="DE", now_seconds=NOW).keys)
    clamp_event_time(event, now_seconds=NOW)
    found = problems(event, now_seconds=NOW, unread=reading.problems)
    return msgspec.json.decode(msgspec.json.encode(event)), {slug for slug, _ in found}


ONE_CHANGE = st.builds(
    lambda good, change: {**good, change[0]: change[1]},
    GOOD,
    ITEM.flatmap(lambda item: st.sampled_from([*item.items()])),
)


@settings(max_examples=300)
@given(ITEM | ONE_CHANGE)
def test_same_events(item: dict[str, Any]) -> None:
    """Of generated events, right and wrong in every field, both readings take the same."""
    sent, slugs = judged(item)
    if not slugs:
        assert check([sent], NOW) is None
    elif not slugs & STRICTER.keys():
        assert check([{**item, "user_data": sent.get("user_data", {})}], NOW) is not None


@given(GOOD)
def test_good_events(item: dict[str, Any]) -> None:
    """Events that are right are taken by both, so that the comparison is not one of refusals alone."""
    sent, slugs = judged(item)
    assert slugs == set()
    assert check([sent], NOW) is None
