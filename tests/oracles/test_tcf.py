"""IAB Tech Lab's library as oracle: it wrote the TC strings of ``tcf.json`` and says what it reads in them.

The file is made by ``tools/tcf_oracle.mjs``, which runs the library; here no node is needed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.consent.tcf import TcString, decode
from sluice.consent.tcf_described import described

ROWS = json.loads((Path(__file__).parent / "tcf.json").read_text())["rows"]
SETS = ["special_feature_opt_ins", "purposes_consent", "purposes_li", "vendor_consents", "vendor_li"]


def ids(written: str) -> list[int]:
    """``"1-3 7"`` -> 1, 2, 3, 7."""
    found: list[int] = []
    for part in written.split():
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def truth(row: dict[str, Any]) -> dict[str, Any]:
    """What the library reads, its sets of ids as lists."""
    decoded = dict(row["decoded"]) | {name: ids(row["decoded"][name]) for name in SETS}
    decoded["publisher_restrictions"] = [
        restriction | {"vendor_ids": ids(restriction["vendor_ids"])}
        for restriction in decoded["publisher_restrictions"]
    ]
    if decoded["disclosed_vendors"] is not None:
        decoded["disclosed_vendors"] = ids(decoded["disclosed_vendors"])
    if decoded["publisher_tc"] is not None:
        decoded["publisher_tc"] = {
            name: ids(value) if isinstance(value, str) else value for name, value in decoded["publisher_tc"].items()
        }
    return decoded


def test_every_field_is_what_the_library_reads() -> None:
    """Purposes, vendors, restrictions, disclosed vendors and publisher purposes of every string are the same."""
    for row in ROWS:
        tc = decode(row["tc_string"])
        assert isinstance(tc, TcString)
        assert described(tc) == truth(row)


@pytest.mark.parametrize("name", ["vendor_consents", "disclosed_vendors"])
def test_membership_is_what_the_library_reads(name: str) -> None:
    """A vendor is in a set exactly when the library lists it, however the set is written in the string."""
    for row in ROWS:
        tc, expected = decode(row["tc_string"]), truth(row)[name]
        assert isinstance(tc, TcString)
        if expected is not None:
            assert [number for number in range(1500) if number in getattr(tc, name)] == expected


def test_the_strings_differ() -> None:
    """Among them are bit fields and ranges, restrictions of every type, and strings with and without each segment."""
    decoded = [row["decoded"] for row in ROWS]
    sets = [tc.vendor_consents for row in ROWS if isinstance(tc := decode(row["tc_string"]), TcString)]
    assert len(ROWS) >= 150
    assert sum(bool(vendors.ranges) for vendors in sets) > 20
    assert sum(bool(vendors.bits) for vendors in sets) > 20
    assert {item["restriction_type"] for row in decoded for item in row["publisher_restrictions"]} == {0, 1, 2}
    assert {row["disclosed_vendors"] is None for row in decoded} == {True, False}
    assert {row["publisher_tc"] is None for row in decoded} == {True, False}
