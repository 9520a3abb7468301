"""Google Consent Mode's ``gcs`` and ``gcd``."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.consent_mode import (
    Gcd,
    Gcs,
    Marketing,
    decode_gcd,
    decode_gcs,
    described_gcd,
    described_gcs,
    marketing,
)
from sluice.consent.malformed import Malformed
from tests.strategies import any_text

VECTORS = json.loads((Path(__file__).parent / "vectors_us.json").read_text())
LETTERS = "lpqtrmnuv"


@pytest.mark.parametrize("row", VECTORS["gcs_vectors"], ids=str)
def test_gcs_vectors(row: dict[str, Any]) -> None:
    """Each public ``gcs`` is described as documented."""
    assert {"gcs": row["gcs"]} | described_gcs(decode_gcs(row["gcs"])) == row


@pytest.mark.parametrize("row", VECTORS["gcd_vectors"], ids=str)
def test_gcd_vectors(row: dict[str, Any]) -> None:
    """Each public ``gcd`` is described as documented."""
    assert {"gcd": row["gcd"]} | described_gcd(decode_gcd(row["gcd"])) == row


@pytest.mark.parametrize(
    ("text", "flags", "answer"),
    [
        ("G100", Gcs(ad_storage=False, analytics_storage=False), Marketing("deny", "denied")),
        ("G101", Gcs(ad_storage=False, analytics_storage=True), Marketing("deny", "denied")),
        ("G110", Gcs(ad_storage=True, analytics_storage=False), Marketing("unknown", "no_signal")),
        ("G111", Gcs(ad_storage=True, analytics_storage=True), Marketing("unknown", "no_signal")),
        ("G1--", Gcs(ad_storage=None, analytics_storage=None), Marketing("unknown", "no_signal")),
    ],
)
def test_gcs_denies_and_never_allows(text: str, flags: Gcs, answer: Marketing) -> None:
    """Advertising storage denied is a veto; granted may be a default, so it proves nothing."""
    assert decode_gcs(text) == flags
    assert marketing(flags) == answer
    assert described_gcs(flags) == {"valid": True, **flags._asdict()}


@pytest.mark.parametrize(
    ("letter", "granted", "granted_by_action", "answer"),
    [
        ("l", None, False, Marketing("unknown", "no_signal")),
        ("p", False, False, Marketing("deny", "denied")),
        ("q", False, False, Marketing("deny", "denied")),
        ("t", True, False, Marketing("unknown", "gcd_default_only")),
        ("r", True, True, Marketing("allow")),
        ("m", False, False, Marketing("deny", "denied")),
        ("n", True, True, Marketing("allow")),
        ("u", False, False, Marketing("deny", "denied")),
        ("v", True, True, Marketing("allow")),
    ],
)
def test_letters(letter: str, granted: bool | None, granted_by_action: bool, answer: Marketing) -> None:
    """Every letter, at all four places: what it says, and what follows for marketing."""
    gcd = decode_gcd(f"11{letter}1{letter}1{letter}1{letter}5")
    assert isinstance(gcd, Gcd)
    assert set(gcd.granted.values()) == {granted}
    assert set(gcd.granted_by_action.values()) == {granted_by_action}
    assert marketing(gcd) == answer


@pytest.mark.parametrize("storage", LETTERS)
def test_analytics_do_not_matter_for_marketing(storage: str) -> None:
    """Refused analytics leave advertising as it is, and granted ones do not help it."""
    assert marketing(Gcd("r", storage, "n", "v")) == Marketing("allow")
    assert marketing(Gcd("p", storage, "p", "p")) == Marketing("deny", "denied")


def test_all_combinations() -> None:
    """One denied flag denies, all three by the visitor's act allow, nothing else does; one by default is named."""
    for letters in product(LETTERS, repeat=3):
        answer = marketing(Gcd(letters[0], "v", letters[1], letters[2]))
        assert (answer.answer == "deny") == bool({*letters} & {*"pqmu"})
        assert (answer.answer == "allow") == ({*letters} <= {*"rnv"})
        assert (answer.reason == "gcd_default_only") == ("t" in letters and answer.answer == "unknown")


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("13t3t3t3t5l1", "tttt"),
        ("11p1p1p1p", "pppp"),
        ("1ArBqCpDv5", "rqpv"),
    ],
)
def test_forms_of_gcd(text: str, letters: str) -> None:
    """Separators are any digit or capital letter, and what follows the four letters is left alone."""
    assert decode_gcd(text) == Gcd(*letters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "11r1r1r",
        "21r1r1r1r5",
        "11x1r1r1r5",
        "11R1r1r1r5",
        "1ar1r1r1r5",
        "11r1r1r1r5 ",
        "11r1r1r1r5\n",
        "1١r1r1r1r5",
        "11r1r1r1r" + "5" * 60,
    ],
)
def test_malformed_gcd(text: str) -> None:
    """Shifted, cut, overlong, or with other letters: malformed."""
    assert decode_gcd(text) == Malformed("not_gcd")


@given(any_text | st.lists(st.sampled_from(["G1", "1", "0", "-", "r", "t", "p", "5"]), max_size=12).map("".join))
def test_total(text: str) -> None:
    """Any text is read as both or is malformed, and can be described."""
    gcs, gcd = decode_gcs(text), decode_gcd(text)
    assert isinstance(gcs, Malformed) or marketing(gcs).answer in {"deny", "unknown"}
    assert isinstance(gcd, Malformed) or marketing(gcd).answer in {"allow", "deny", "unknown"}
    assert described_gcs(gcs)["valid"] == isinstance(gcs, Gcs)
    assert (described_gcd(gcd)["letters"] is None) == isinstance(gcd, Malformed)
