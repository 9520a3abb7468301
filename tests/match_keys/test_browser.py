"""Keys that are never hashed: what passes unchanged, and what is refused."""

from collections.abc import Callable

import pytest

from sluice.match_keys import to_match_keys

IP = "client_ip_address"
UUID = "38400000-8cf0-11bd-b23e-10b96e40000d"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36"
OPAQUE = ["subscription_id", "anon_id", "page_id", "page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid"]

# field, raw value, what is sent
PASSED: list[tuple[str, object, str]] = [
    (IP, "168.212.226.204", "168.212.226.204"),
    (IP, "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
    (IP, "2606:4700:4700::1111", "2606:4700:4700::1111"),
    (IP, " 1.2.3.4", "1.2.3.4"),
    (IP, "::ffff:1.2.3.4", "1.2.3.4"),
    (IP, "::FFFF:102:304", "1.2.3.4"),
    (IP, "192.0.2.1", "192.0.2.1"),
    (IP, "198.51.100.1", "198.51.100.1"),
    (IP, "203.0.113.1", "203.0.113.1"),
    (IP, "::ffff:203.0.113.1", "203.0.113.1"),
    (IP, "2001:db8::1", "2001:db8::1"),
    ("client_user_agent", CHROME, CHROME),
    ("client_user_agent", " Mozilla/5.0 (e\u0301) ", " Mozilla/5.0 (e\u0301) "),
    ("client_user_agent", "x" * 8192, "x" * 8192),
    ("fbc", "fb.1.1554763741205.AbC", "fb.1.1554763741205.AbC"),
    ("fbc", "fb.1.1554763741205.AbC.AQ", "fb.1.1554763741205.AbC.AQ"),
    ("fbc", "fb.1.1554763741205.AbC.AQICAQMC", "fb.1.1554763741205.AbC.AQICAQMC"),
    ("fbc", "fb.0.1554763741205.Ab_C-d", "fb.0.1554763741205.Ab_C-d"),
    ("fbp", "fb.2.1596403881668.1116446470", "fb.2.1596403881668.1116446470"),
    ("fbp", "fb.1.1596403881668.0.AQICAQMC", "fb.1.1596403881668.0.AQICAQMC"),
    ("fbp", "fb.1.1790086400000.7", "fb.1.1790086400000.7"),
    ("madid", UUID, UUID),
    ("madid", UUID.upper(), UUID),
    ("lead_id", "525645896321548", "525645896321548"),
    ("lead_id", 52564589632154812, "52564589632154812"),
    ("lead_id", "l:1234567890123456", "1234567890123456"),
    ("fb_login_id", "1234567890", "1234567890"),
    ("fb_login_id", 42, "42"),
    ("page_id", 1234567890123456789, "1234567890123456789"),
    ("whatsapp_business_account_id", "102290129340398", "102290129340398"),
    *((field, " Ab+/=c ", " Ab+/=c ") for field in OPAQUE),
]

# field, raw value, reason
REFUSED: list[tuple[str, object, str]] = [
    (IP, "10.0.0.1", "private_address"),
    (IP, "192.168.1.5", "private_address"),
    (IP, "172.16.0.1", "private_address"),
    (IP, "100.64.0.1", "private_address"),
    (IP, "127.0.0.1", "private_address"),
    (IP, "169.254.1.1", "private_address"),
    (IP, "0.0.0.0", "private_address"),
    (IP, "224.0.0.1", "private_address"),
    (IP, "255.255.255.255", "private_address"),
    (IP, "::1", "private_address"),
    (IP, "::", "private_address"),
    (IP, "fe80::1", "private_address"),
    (IP, "fd00::1", "private_address"),
    (IP, "ff02::1", "private_address"),
    (IP, "::ffff:10.0.0.1", "private_address"),
    (IP, "256.256.256.256", "malformed"),
    (IP, "1.2.3.4:5678", "malformed"),
    (IP, "1.2.3.4, 10.0.0.1", "malformed"),
    (IP, "fe80::1%eth0", "malformed"),
    (IP, "0" * 64, "malformed"),
    (IP, "", "empty"),
    (IP, 16909060, "wrong_type"),
    ("client_user_agent", "  ", "empty"),
    ("client_user_agent", "undefined", "placeholder"),
    ("client_user_agent", "x" * 8193, "too_long"),
    ("fbc", "fb.1.1554763741.AbC", "impossible_time"),
    ("fbc", "fb.1.1790086400001.AbC", "impossible_time"),
    ("fbc", "fb.1.1554763741205.", "malformed"),
    ("fbc", "fb.1.1554763741205", "malformed"),
    ("fbc", "fb.1.1554763741205.Ab.C.D", "malformed"),
    ("fbc", "fb.1.1554763741205.Ab C", "malformed"),
    ("fbc", "fb.10.1554763741205.AbC", "malformed"),
    ("fbc", "fb.1.\u0661554763741205.AbC", "malformed"),
    ("fbc", "AbC", "malformed"),
    ("fbc", "fb.1.1554763741205.undefined", "placeholder"),
    ("fbp", "fb.1.1596403881.1116446470", "impossible_time"),
    ("fbp", "fb.1.1596403881668.AbC", "malformed"),
    ("fbp", "fb.1.1596403881668.7.QQQ", "malformed"),
    ("madid", "00000000-0000-0000-0000-000000000000", "placeholder"),
    ("madid", "38400000", "malformed"),
    ("lead_id", "12345678901234", "malformed"),
    ("lead_id", "123456789012345678", "malformed"),
    ("lead_id", "5.25645896321548e+14", "malformed"),
    ("lead_id", 5.25645896321548e14, "wrong_type"),
    ("lead_id", "abc", "malformed"),
    ("fb_login_id", "-1", "malformed"),
    *((field, "null", "placeholder") for field in OPAQUE),
    *((field, " ", "empty") for field in OPAQUE),
]


@pytest.mark.parametrize(("field", "raw", "sent"), PASSED)
def test_a_valid_value_is_sent_as_text(field: str, raw: object, sent: str, key_of: Callable[..., str]) -> None:
    """A good value goes out as it came, save for what its rule says."""
    assert key_of(field, raw) == sent


@pytest.mark.parametrize(("field", "raw", "reason"), REFUSED)
def test_an_invalid_value_is_dropped(
    field: str, raw: object, reason: str, key_of: Callable[..., str], reasons_of: Callable[..., list[str]]
) -> None:
    """A bad value goes nowhere, and the sender learns why."""
    assert key_of(field, raw) is None
    assert reasons_of(field, raw) == [reason]


def test_one_value_at_most(key_of: Callable[..., str], reasons_of: Callable[..., list[str]]) -> None:
    """Meta takes no list here: the first good value is sent, and others are named as too many."""
    assert key_of(IP, ["10.0.0.1", "1.2.3.4", "1.2.3.5"]) == "1.2.3.4"
    assert reasons_of(IP, ["10.0.0.1", "1.2.3.4", "1.2.3.5"]) == ["private_address", "too_many"]


def test_a_clock_a_day_ahead_is_forgiven() -> None:
    """A cookie from up to a day in the future, by our clock, is kept: browsers' clocks are wrong."""
    cookie = "fb.1.1700000000000.7"
    for now_seconds, kept in ((1_700_000_000 - 86_400, True), (1_700_000_000 - 86_401, False)):
        keys = to_match_keys({"fbp": cookie}, default_country=None, now_seconds=now_seconds).keys
        assert ("fbp" in keys) is kept
