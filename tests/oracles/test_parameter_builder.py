"""Meta's Parameter Builder as oracle: its digests for the inputs of its own published tests are among ours.

``pixel.json`` is made by ``tools/pixel_oracle.mjs``, which runs the library; here no node is needed. The library knows
no countries and cuts postcodes as in the US, so the US is the country that is asked for.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sluice.match_keys import to_match_keys

HERE = Path(__file__).parent
ROWS = json.loads((HERE / "pixel.json").read_text())["rows"]
EXCEPTIONS = json.loads((HERE / "exceptions.json").read_text())
FIELDS = ["em", "fn", "ln", "ct", "st", "zp", "external_id"]


def compared(field: str, country: str | None) -> dict[str, bool]:
    """Inputs for which both have a value -> whether the library's digest is among ours."""
    found = {}
    for row in ROWS:
        if row["field"] == field and row["digest"]:
            keys = to_match_keys({field: row["raw"]}, default_country=country, now_seconds=0).keys
            if field in keys:
                found[row["raw"]] = row["digest"] in keys[field]
    return found


def exceptions(field: str, country: str | None) -> set[str]:
    """The inputs that are listed as different, with their reasons, in ``docs/match-keys.md``."""
    return {row["raw"] for row in EXCEPTIONS if (row["field"], row["country"]) == (field, country)}


@pytest.mark.parametrize("field", FIELDS)
def test_the_librarys_digest_is_among_ours(field: str) -> None:
    """For at least 97 of 100 inputs of every field; each of the others is listed with its reason."""
    found = compared(field, "US")
    assert len(found) > 60
    assert sum(found.values()) >= 0.97 * len(found)
    assert {raw for raw, same in found.items() if not same} == exceptions(field, "US")


@pytest.mark.parametrize("field", FIELDS)
def test_without_a_country_only_cut_postcodes_differ(field: str) -> None:
    """Where the country is not known no postcode is cut at its dash; nothing else changes."""
    different = {raw for raw, same in compared(field, None).items() if not same}
    assert different == exceptions(field, "US") | exceptions(field, None)
    assert all("-" in raw for raw in exceptions(field, None))


@pytest.mark.parametrize("field", FIELDS)
def test_the_pixel_rule_alone_gives_the_librarys_digest(field: str) -> None:
    """Asked for the browser's rule only, the one digest is the library's where it has one, else the documented one."""
    asked: dict[str, Any] = {"default_country": "US", "now_seconds": 0}
    for row in ROWS:
        raw = row["raw"]
        if row["field"] == field and raw not in exceptions(field, "US"):
            documented = to_match_keys({field: raw}, **asked, candidates="documented").keys
            expected = {field: [row["digest"]]} if row["digest"] and documented else documented
            assert to_match_keys({field: raw}, **asked, candidates="pixel").keys == expected


def test_the_table_is_large() -> None:
    """Every field that is compared has its own inputs."""
    inputs = Counter(row["field"] for row in ROWS)
    assert min(inputs[field] for field in FIELDS) > 100
