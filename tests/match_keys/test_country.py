"""What a country, the event's own or the shop's, does to the other fields."""

from hashlib import sha256

import pytest

from sluice.match_keys import to_match_keys


@pytest.mark.parametrize("country", ["CA", "ca", " Kanada ", "CAN", sha256(b"ca").hexdigest().upper(), ["CA", "can"]])
def test_the_events_own_country_goes_before_the_shops(country: object) -> None:
    """Phone, state and postcode are read in the country that the event itself names, however it is written."""
    user_data = {"country": country, "ph": "506-234-5678", "st": "Ontario", "zp": "K1A0B1"}
    keys = to_match_keys(user_data, default_country="DE", now_seconds=0).keys
    assert {field: keys[field] for field in ("ph", "st", "zp")} == {
        "ph": [sha256(b"15062345678").hexdigest()],
        "st": [sha256(b"on").hexdigest()],
        "zp": [sha256(b"k1a0b1").hexdigest()],
    }


@pytest.mark.parametrize("country", [None, "", "XX", 5, {}, [], "0" * 64])
def test_a_country_that_is_none_leaves_the_shops(country: object) -> None:
    """A missing or unreadable country does not take the shop's country away."""
    keys = to_match_keys({"country": country, "ph": "0171 1234567"}, default_country="DE", now_seconds=0).keys
    assert keys["ph"] == [sha256(b"491711234567").hexdigest()]


def test_two_countries_are_none() -> None:
    """An event with two countries does not say which of them its number belongs to."""
    user_data = {"country": ["DE", "AT"], "ph": "0171 1234567"}
    answer = to_match_keys(user_data, default_country="DE", now_seconds=0)
    assert answer.keys == {"country": [sha256(code).hexdigest() for code in (b"de", b"at")]}
    assert [(dropped.field, dropped.reason) for dropped in answer.dropped] == [("ph", "no_country")]
