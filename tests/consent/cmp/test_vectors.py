"""Published samples of cookies: what a strict reader may take from them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.consent.cmp.samples import verdict

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['tool']}: {row['why']}")
def test_vector(row: dict[str, Any]) -> None:
    """The sample allows if and only if the person agreed by an act of their own."""
    assert (verdict(row["cookies"], row["tool"], **row["options"])[0] == "allow") is row["allow"]
