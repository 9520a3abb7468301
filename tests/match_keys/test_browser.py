"""Keys that are never hashed, and click ids of landing pages."""

from collections.abc import Callable
from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.match_keys import to_match_keys
from sluice.match_keys.browser import fbc_from_url

IP = "client_ip_address"
EXAMPLES = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
SHOP = "https://shop.example.com/"
LANDED = 1_700_000_000


def test_one_value_at_most(key_of: Callable[..., str], reasons_of: Callable[..., list[str]]) -> None:
    """Meta takes no list here: the first good value is sent, and others are named as too many."""
    assert key_of(IP, ["10.0.0.1", "1.2.3.4", "1.2.3.5"]) == "1.2.3.4"
    assert reasons_of(IP, ["10.0.0.1", "1.2.3.4", "1.2.3.5"]) == ["private_address", "too_many"]


@given(st.ip_addresses(v=4))
def test_only_public_addresses_are_sent(address: IPv4Address) -> None:
    """Every address that the internet routes to one browser, and those of the documents' examples."""
    keys = to_match_keys({IP: str(address)}, default_country=None, now_seconds=0).keys
    is_public = address.is_global and not address.is_multicast
    assert (IP in keys) is (is_public or any(address in network for network in EXAMPLES))


def test_a_clock_a_day_ahead_is_forgiven() -> None:
    """A cookie from up to a day in the future, by our clock, is kept: browsers' clocks are wrong."""
    cookie = "fb.1.1700000000000.7"
    for now_seconds, kept in ((1_700_000_000 - 86_400, True), (1_700_000_000 - 86_401, False)):
        keys = to_match_keys({"fbp": cookie}, default_country=None, now_seconds=now_seconds).keys
        assert ("fbp" in keys) is kept


def test_a_user_agent_may_be_long(key_of: Callable[..., str], reasons_of: Callable[..., list[str]]) -> None:
    """The text of a browser is sent up to 8192 characters."""
    assert key_of("client_user_agent", "x" * 8192) == "x" * 8192
    assert reasons_of("client_user_agent", "x" * 8193) == ["too_long"]


@pytest.mark.parametrize(
    ("url", "fbclid"),
    [
        (f"{SHOP}?fbclid=IwAR0_aB-9", "IwAR0_aB-9"),
        (f"{SHOP}?utm_source=fb&fbclid=AbC&x=1#top", "AbC"),
        ("/?fbclid=AbC", "AbC"),
        (f"{SHOP}?fbclid=%41b%5FC", "Ab_C"),
        (f"{SHOP}?fbclid=AbC&fbclid=XyZ", "AbC"),
        (f"{SHOP}?fbclid=&fbclid=AbC", "AbC"),
    ],
)
def test_a_click_id_comes_from_its_landing_page(url: str, fbclid: str) -> None:
    """The ``fbclid`` of the query is decoded once and kept byte for byte, with the time of the landing."""
    assert fbc_from_url(url, LANDED) == f"fb.1.1700000000000.{fbclid}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fbclid=AbC",
        SHOP,
        f"{SHOP}#?fbclid=AbC",
        f"{SHOP}?fbclid=",
        f"{SHOP}?FBCLID=AbC",
        f"{SHOP}?xfbclid=AbC",
        f"{SHOP}?fbclid=Ab.C",
        f"{SHOP}?fbclid=Ab%2542",
        f"{SHOP}?fbclid=Ab+C",
        f"{SHOP}?fbclid=Ab\tC",
        f"{SHOP}?fbclid=AbC\n",
        f"{SHOP}?fbclid=\u00c4b",
        f"{SHOP}?fbclid=%ff",
        f"{SHOP}?fbclid=\ud800",
        f"{SHOP}?fbclid=null",
        f"{SHOP}?fbclid=undefined",
        f"{SHOP}?fbclid=Ab.C&fbclid=AbC",
        "https://[?x=1",
    ],
)
def test_no_click_id_is_invented(url: str) -> None:
    """Without a whole ``fbclid`` in Meta's characters there is no click id."""
    assert fbc_from_url(url, LANDED) is None


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        (f"{SHOP}?utm_source=fb&fbclid=AbC", False),
        (f"{SHOP}?fbclid=AbC", False),
        (f"{SHOP}?fbclid=AbC&", True),
        (f"{SHOP}?fbclid=AbC&utm_sour", True),
        (f"{SHOP}?fbclid=AbC#to", True),
    ],
)
def test_a_click_id_at_a_possible_cut_is_left_out(url: str, whole: bool) -> None:
    """At the very end of an address that a store may have shortened, part of the click id may be missing."""
    click_id = "fb.1.1700000000000.AbC"
    assert fbc_from_url(url, LANDED) == click_id
    assert fbc_from_url(url, LANDED, may_be_cut=True) == (click_id if whole else None)


def test_a_click_id_of_a_landing_page_is_a_match_key(key_of: Callable[..., str]) -> None:
    """What is built from an address is what the field takes."""
    built = fbc_from_url(f"{SHOP}?fbclid=AbC", LANDED)
    assert key_of("fbc", built) == built == "fb.1.1700000000000.AbC"
