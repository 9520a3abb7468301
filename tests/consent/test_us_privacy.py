"""The US Privacy string and the ``Sec-GPC`` header."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from sluice.consent.malformed import Malformed
from sluice.consent.us_privacy import UsPrivacy, decode, gpc
from tests.strategies import any_text

VECTORS = json.loads((Path(__file__).parent / "vectors_us.json").read_text())


@pytest.mark.parametrize("row", VECTORS["usp_vectors"], ids=lambda row: row["usp"])
def test_vectors(row: dict[str, Any]) -> None:
    """Each public string is valid or not, and opted out or not, as documented."""
    found = decode(row["usp"])
    assert isinstance(found, UsPrivacy) == row["valid"]
    assert (isinstance(found, UsPrivacy) and found.opted_out) == row["opt_out"]


@pytest.mark.parametrize(
    ("text", "found", "opted_out"),
    [
        ("1YYN", UsPrivacy(1, "Y", "Y", "N"), True),
        ("1yyn", UsPrivacy(1, "Y", "Y", "N"), True),
        ("1NYN", UsPrivacy(1, "N", "Y", "N"), True),
        ("1---", UsPrivacy(1, "-", "-", "-"), False),
        ("1Y-Y", UsPrivacy(1, "Y", "-", "Y"), False),
    ],
)
def test_every_place_has_its_meaning(text: str, found: UsPrivacy, opted_out: bool) -> None:
    """Version, notice, opt-out of sale, contract, in this order; a dash where the law does not apply."""
    assert decode(text) == found
    assert found.opted_out is opted_out


@pytest.mark.parametrize("text", ["", "1YN", "1YNNN", "2YNN", "1XNN", " 1YNN", "1YNN\n", "١YNN", "1ſYN", "----"])
def test_anything_else(text: str) -> None:
    """What is not version 1 and three answers is malformed."""
    assert decode(text) == Malformed("not_us_privacy")


@given(any_text)
def test_total(text: str) -> None:
    """Any text has an answer, and one that opts out has a Y at its third place."""
    found = decode(text)
    assert isinstance(found, Malformed) or found.opted_out == (text[2] in "Yy")


@pytest.mark.parametrize("row", VECTORS["sec_gpc_vectors"], ids=str)
def test_gpc_vectors(row: dict[str, Any]) -> None:
    """Each public header value objects or not, as documented."""
    assert gpc(row["header_value"]) == row["gpc"]


@pytest.mark.parametrize("header", [None, "", "0", "true", "11", "1, 1", "1;v=1", "１", "\u00a01"])
def test_only_one_objects(header: str | None) -> None:
    """No other value than 1 is Global Privacy Control."""
    assert not gpc(header)
