"""IAB Tech Lab's library as oracle: what it reads from GPP strings that it encoded is what is read here.

``gpp.json`` is made by ``tools/gpp_oracle.mjs``, which runs the library; here no node is needed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.consent.gpp import GppString, decode, described
from sluice.consent.gpp_sections import LAYOUTS

ROWS = json.loads((Path(__file__).parent / "gpp.json").read_text())["rows"]


@pytest.mark.parametrize("row", ROWS)
def test_the_library_reads_the_same(row: dict[str, Any]) -> None:
    """Section ids, the TC string, and every field of every section of the United States."""
    found = decode(row["gpp"])
    assert isinstance(found, GppString)
    assert list(found.section_ids) == sorted(row["section_ids"])
    assert found.tc_string == row["tc_string"]
    assert described(found) == row["decoded"]
    assert found.unknown == ()


def test_the_table_is_complete() -> None:
    """Every section with a layout is compared at least twice."""
    compared = [section_id for row in ROWS for section_id in row["section_ids"]]
    assert all(compared.count(section_id) >= 2 for section_id in [6, *LAYOUTS])
