"""Google's Additional Consent string."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.additional_consent import MAX_CHARACTERS, AcString, decode, described
from sluice.consent.malformed import Malformed
from tests.strategies import any_text

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())["ac"]


def told(text: str) -> tuple[int, set[int], set[int]]:
    """Version, ids with consent, ids only shown."""
    ac = decode(text)
    assert isinstance(ac, AcString)
    found = described(ac)
    return found["version"], set(found["consented"]), set(found["disclosed_only"])


id_sets = st.frozensets(st.integers(1, 999_999), max_size=50)


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["ac_string"])
def test_public_vectors(row: dict[str, Any]) -> None:
    """Each form, and each string that has none of the forms."""
    answer = decode(row["ac_string"])
    assert (described(answer) if isinstance(answer, AcString) else None) == row["decoded"]


@pytest.mark.parametrize(
    ("text", "consented", "disclosed_only"),
    [
        ("1~7.12.35", {7, 12, 35}, set()),
        ("2~43.46.89~dv.55.61", {43, 46, 89}, {55, 61}),
        ("2~89~dv.", {89}, set()),
        ("2~~dv", set(), set()),
        ("2~~dv.", set(), set()),
        ("1~890", {890}, set()),
        ("1~89.89", {89}, set()),
        ("2~89~dv.89.90", {89}, {90}),
        ("1~999999", {999_999}, set()),
    ],
)
def test_forms(text: str, consented: set[int], disclosed_only: set[int]) -> None:
    """Ids are whole numbers; what stands behind ``dv`` alone was shown and not agreed to."""
    assert told(text) == (int(text[0]), set(consented), set(disclosed_only))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_version"),
        ("89", "bad_version"),
        ("3~89~dv.1", "bad_version"),
        ("01~89", "bad_version"),
        (" 1~89", "bad_version"),
        ("1", "bad_form"),
        ("2~89", "bad_form"),
        ("1~89~dv.1", "bad_form"),
        ("2~89~1.2", "bad_form"),
        ("2~89~DV.1", "bad_form"),
        ("2~89~dvx", "bad_form"),
        ("2~89~dv.1~2", "bad_form"),
        ("1~8..9", "bad_id"),
        ("1~89.", "bad_id"),
        ("1~.89", "bad_id"),
        ("2~89~dv..", "bad_id"),
        ("1~089", "bad_id"),
        ("1~0", "bad_id"),
        ("1~-89", "bad_id"),
        ("1~+89", "bad_id"),
        ("1~8_9", "bad_id"),
        ("1~ 89", "bad_id"),
        ("1~89\n", "bad_id"),
        ("1~8,9", "bad_id"),
        ("1~8e1", "bad_id"),
        ("1~٨٩", "bad_id"),
        ("1~\ud800", "bad_id"),
        ("1~1000000", "bad_id"),
        ("1~" + "9" * 8000, "bad_id"),
        ("1~" + "9." * 4095 + "9", "too_long"),
    ],
)
def test_defects(text: str, code: str) -> None:
    """What does not follow the form to the letter lists nobody."""
    assert decode(text) == Malformed(code)


@given(id_sets, id_sets)
def test_decoding_undoes_writing(consented: frozenset[int], shown: frozenset[int]) -> None:
    """What was written is read, in both versions."""
    listed = ".".join(map(str, consented))
    assert told(f"1~{listed}") == (1, consented, set())
    written = f"2~{listed}~{'.'.join(['dv', *map(str, shown)])}"
    assert told(written) == (2, consented, shown - consented)
    ac = decode(written)
    assert isinstance(ac, AcString)
    assert all((number in ac.consented) == (number in consented) for number in (*consented, *shown, 89))


@given(any_text | st.text("12~.dv089", max_size=40))
def test_total(text: str) -> None:
    """Any text is decoded or malformed."""
    answer = decode(text)
    assert isinstance(answer, AcString | Malformed)
    assert isinstance(answer, Malformed) or len(text) <= MAX_CHARACTERS
