"""Every value of ``vectors.json``, which ``docs/match-keys.md`` shows too: what becomes of it, by which rule.

A row has a field, a raw value and the shop's country; then either the normalised text with its digest, and ``pixel``
where the browser's rule gives another one, or the text sent unhashed, or the reason why nothing is sent.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sluice.match_keys import Candidates, Explained, explain, to_match_keys

NOW_SECONDS = 1_790_000_000  # 2026-09-21
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
HASHED = [row for row in VECTORS if "normalised" in row]
SENT = [row for row in VECTORS if "sent" in row]
REFUSED = [row for row in VECTORS if "reason" in row]


def explained(row: dict[str, Any], candidates: Candidates = "both") -> list[Explained]:
    """What is said about the value of ``row``, having checked that the match keys are the same."""
    asked: dict[str, Any] = {"default_country": row.get("country"), "now_seconds": NOW_SECONDS}
    user_data = {row["field"]: row["raw"]}
    lines = explain(user_data, **asked, candidates=candidates)
    answer = to_match_keys(user_data, **asked, candidates=candidates)
    values = [line.value for line in lines if line.value is not None]
    keys = answer.keys.get(row["field"], [])
    assert values == (keys if isinstance(keys, list) else [keys])
    assert [drop.reason for drop in answer.dropped] == [line.reason for line in lines if line.value is None]
    assert answer.rewritten == tuple(line.field for line in lines if line.value and line.reason)
    return lines


@pytest.mark.parametrize("row", HASHED, ids=str)
def test_a_value_has_its_documented_digest_first(row: dict[str, Any]) -> None:
    """However a value was typed it gets the digest of its documented text, then that of the browser's, if another."""
    assert sha256(row["normalised"].encode()).hexdigest() == row["sha256"]
    reason = "rewritten" if row.get("rewritten") else None
    documented = Explained(row["field"], "documented", row["normalised"], row["sha256"], reason)
    pixel = [Explained(row["field"], "pixel", row["pixel"], row["pixel_sha256"], None)] if "pixel" in row else []
    assert explained(row) == [documented, *pixel]
    assert explained(row, "documented") == [documented]
    assert explained(row, "pixel") == (pixel or [documented])


@pytest.mark.parametrize("row", [row for row in HASHED if "pixel" in row], ids=str)
def test_the_second_digest_is_that_of_the_browsers_text(row: dict[str, Any]) -> None:
    """The table itself is right about the second digest."""
    assert sha256(row["pixel"].encode()).hexdigest() == row["pixel_sha256"]


@pytest.mark.parametrize("row", SENT, ids=str)
def test_what_is_never_hashed_is_sent_as_text(row: dict[str, Any]) -> None:
    """A good value goes out as it came, save for what its rule says."""
    reason = "rewritten" if row.get("rewritten") else None
    assert explained(row) == [Explained(row["field"], "verbatim", row["sent"], row["sent"], reason)]


@pytest.mark.parametrize("candidates", ["both", "documented", "pixel"])
@pytest.mark.parametrize("row", REFUSED, ids=str)
def test_what_is_no_key_is_dropped_with_its_reason(row: dict[str, Any], candidates: Candidates) -> None:
    """A value that cannot match anybody is left out whichever rule is asked for, and the sender learns why."""
    assert explained(row, candidates) == [Explained(row["field"], None, None, None, row["reason"])]
