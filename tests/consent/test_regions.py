"""Regions, where consent is needed beforehand, and Limited Data Use."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.regions import OPT_IN, Ldu, Region, is_opt_in, limited_data_use, parse
from sluice.event.values import LduState
from sluice.match_keys.countries import ALPHA_2
from tests.strategies import any_text

EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
VECTORS = json.loads((Path(__file__).parent / "vectors_us.json").read_text())


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("DE", Region("DE", None)),
        ("de", Region("DE", None)),
        ("DE-BY", Region("DE", None)),
        ("UK", Region("GB", None)),
        ("GB-ENG", Region("GB", None)),
        ("US", Region("US", None)),
        ("US-CA", Region("US", "CA")),
        ("us-ca", Region("US", "CA")),
        ("US-ZZ", Region("US", "ZZ")),
        ("PR", Region("PR", None)),
        ("XK", Region("XK", None)),
        ("", None),
        ("XX", None),
        ("EU", None),
        ("T1", None),
        ("DEU", None),
        ("US-", None),
        ("US_CA", None),
        ("US-CA-1", None),
        ("California", None),
        (" DE", None),
        ("DE\n", None),
        ("ſE", None),
    ],
)
def test_parse(text: str, region: Region | None) -> None:
    """A country by its code, a state of the United States behind it; nothing else is a region."""
    assert parse(text) == region


@given(any_text | st.from_regex(r"[A-Za-z]{2}(-[A-Za-z0-9]{0,4})?", fullmatch=True))
def test_parse_is_total(text: str) -> None:
    """Any text is a region of a known country or none, and a region is read again as itself."""
    region = parse(text)
    assert region is None or parse("-".join(filter(None, region))) == region


def test_the_countries_are_those_of_the_match_keys() -> None:
    """Both rooms know the same countries."""
    codes = {code.upper() for code in ALPHA_2.values()}
    assert {code for code in codes if parse(code)} == codes
    pairs = (first + second for first in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert {region.country for region in map(parse, pairs) if region} == codes


@pytest.mark.parametrize(
    ("country", "opt_in"),
    [
        *((country, True) for country in EEA.split()),
        ("GB", True),
        ("CH", True),
        ("RE", True),
        ("AX", True),
        (None, True),
        ("US", False),
        ("CA", False),
        ("BR", False),
        ("TR", False),
        ("NC", False),
    ],
)
def test_where_consent_is_needed_beforehand(country: str | None, opt_in: bool) -> None:
    """The EEA with the parts of the Union that have a code of their own, the United Kingdom, Switzerland, nowhere."""
    assert is_opt_in(country) is opt_in


def test_every_country_of_the_list_is_one() -> None:
    """30 countries of the EEA and 7 of its parts, the United Kingdom and Switzerland, each a region."""
    assert len(OPT_IN) == 39
    assert all(parse(country) == Region(country, None) for country in OPT_IN)


@pytest.mark.parametrize("row", VECTORS["ldu_vectors"], ids=str)
def test_ldu_vectors(row: dict[str, Any]) -> None:
    """Each public opt-out asks for the documented options where the client's address is sent."""
    ldu = limited_data_use(row["state"], public_ip=True)
    assert ldu is not None
    assert dict(zip(row["expect"], ldu, strict=True)) == row["expect"]


@pytest.mark.parametrize(
    ("state", "public_ip", "ldu"),
    [
        ("CA", True, Ldu(["LDU"], 1, 1000)),
        ("CA", False, Ldu(["LDU"], 1, 1000)),
        ("MN", False, Ldu(["LDU"], 1, 1011)),
        ("MD", False, Ldu(["LDU"], 1, 1012)),
        (None, True, Ldu(["LDU"], 0, 0)),
        (None, False, None),
        ("VA", True, None),
        ("UT", True, None),
        ("IA", True, None),
        ("IN", True, None),
        ("KY", True, None),
        ("TN", True, None),
        ("ZZ", True, None),
    ],
)
def test_limited_data_use(state: str | None, public_ip: bool, ldu: Ldu | None) -> None:
    """A covered state by its code; Meta looks for an unknown one by the address; otherwise nothing is sent."""
    assert limited_data_use(state, public_ip=public_ip) == ldu


def test_every_code_has_its_state() -> None:
    """The states are exactly those whose codes an event may carry."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found = [limited_data_use(first + second, public_ip=False) for first in letters for second in letters]
    assert sorted(ldu.state for ldu in found if ldu) == sorted(set(get_args(LduState)) - {0})
