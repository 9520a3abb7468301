"""How long Meta's headers about limits make the sender rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.delivery.usage import HEADERS, LONGEST_PAUSE_SECONDS, pause_seconds
from tests.strategies import any_text, json_values

APP, BUSINESS, ACCOUNT = HEADERS


def business(**use: object) -> dict[str, str]:
    """The header by business use case."""
    return {BUSINESS: json.dumps({"1234567890": [{"type": "ads_management", "call_count": 5, **use}]})}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({APP: '{"call_count":79,"total_time":3,"total_cputime":0}'}, 0),
        ({APP: '{"call_count":80}'}, 1),
        ({APP: '{"call_count":10,"total_time":90}'}, 30),
        ({APP: '{"call_count":10,"total_cputime":99.9}'}, 60),
        ({APP: '{"call_count":100}'}, 300),
        ({APP: '{"call_count":240}'}, 300),
        (business(), 0),
        (business(total_time=90), 30),
        (business(estimated_time_to_regain_access=0), 0),
        (business(estimated_time_to_regain_access=5), 300),
        (business(estimated_time_to_regain_access=600), LONGEST_PAUSE_SECONDS),
        (business(estimated_time_to_regain_access=1e308), LONGEST_PAUSE_SECONDS),
        ({ACCOUNT: '{"acc_id_util_pct":100,"reset_time_duration":60}'}, 300),
        ({APP: '{"call_count":95}', **business(total_time=85)}, 45),
        ({APP: "80"}, 0),
        ({APP: '{"call_count":"95"}'}, 0),
        ({APP: '{"call_count":true}'}, 0),
        ({APP: "not JSON"}, 0),
        ({APP: "[" * 100_000}, 0),
        ({"x-fb-ads-insights-throttle": '{"app_id_util_pct":100}'}, 0),
    ],
)
def test_pause(headers: dict[str, str], seconds: int) -> None:
    """Nothing below 80 percent, then up to a minute; at the limit five, or as long as Meta says but for an hour."""
    assert pause_seconds(headers) == seconds


@given(st.dictionaries(st.sampled_from(HEADERS), any_text | json_values.map(json.dumps)))
def test_any_header(headers: dict[str, str]) -> None:
    """Whatever stands there, it is a pause between nothing and an hour."""
    assert 0 <= pause_seconds(headers) <= LONGEST_PAUSE_SECONDS
