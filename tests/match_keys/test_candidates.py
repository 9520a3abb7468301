"""Two rules for one field: which digests are sent, and what is never sent."""

from hashlib import md5, sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.match_keys import Candidates, Dropped, MatchKeys, Reason, explain, to_match_keys

NOW_SECONDS = 1_790_000_000


def read(user_data: dict[str, Any], country: str | None = None, candidates: Candidates = "both") -> MatchKeys:
    """Match keys at one fixed time."""
    return to_match_keys(user_data, default_country=country, now_seconds=NOW_SECONDS, candidates=candidates)


def digests(*texts: str) -> list[str]:
    """What is sent for these normalised texts."""
    return [sha256(text.encode()).hexdigest() for text in texts]


def test_second_candidates_stand_behind_all_first_ones() -> None:
    """A list keeps its order by the documented rule; what only browsers make of it follows in the same order."""
    keys = read({"ct": ["M\u00fcnchen", "Berlin", "Z\u00fcrich"]}).keys
    assert keys == {"ct": digests("m\u00fcnchen", "berlin", "z\u00fcrich", "mnchen", "zrich")}


def test_a_candidate_that_another_value_has_is_sent_once() -> None:
    """A second candidate that is another value's first is no key of its own, wherever it stands."""
    assert read({"external_id": ["AB", "ab"]}).keys == {"external_id": digests("AB", "ab")}
    assert read({"external_id": ["ab", "AB", "aB"]}).keys == {"external_id": digests("ab", "AB", "aB")}
    assert read({"external_id": ["AB", "ab", "aB"]}, candidates="pixel").keys == {"external_id": digests("ab")}


def test_second_candidates_fill_what_ten_values_leave() -> None:
    """Ten digests at most: second candidates go first, and losing them is no loss of a value."""
    names = [f"A{number}" for number in range(7)]
    answer = read({"external_id": names})
    assert answer.keys == {"external_id": digests(*names, "a0", "a1", "a2")}
    assert answer.dropped == ()
    answer = read({"external_id": [f"A{number}" for number in range(11)]})
    assert answer.keys == {"external_id": digests(*(f"A{number}" for number in range(10)))}
    assert answer.dropped == (Dropped("external_id", Reason.TOO_MANY),)


@pytest.mark.parametrize("candidates", ["both", "pixel"])
@pytest.mark.parametrize(
    ("field", "raw", "country", "normalised"),
    [
        ("ct", "\u6771\u4eac", None, "\u6771\u4eac"),
        ("ct", "2nd Corner", None, "ndcorner"),
        ("st", "\u6771\u4eac\u90fd", "JP", "\u6771\u4eac\u90fd"),
        ("zp", "00-950", "PL", "00950"),
        ("zp", "94035-1234", None, "940351234"),
        ("zp", "1-2345", "US", "12345"),
        ("external_id", "N / A", None, "N / A"),
        ("external_id", "0 0", None, "0 0"),
    ],
)
def test_without_a_second_candidate_the_documented_one_is_sent(
    field: str, raw: str, country: str | None, normalised: str, candidates: Candidates
) -> None:
    """An empty result, a code cut at a dash outside the US and a placeholder are no candidates."""
    assert read({field: raw}, country, candidates).keys == {field: digests(normalised)}


@pytest.mark.parametrize("candidates", ["both", "documented", "pixel"])
def test_an_id_that_looks_like_md5_is_hashed_by_every_rule(candidates: Candidates) -> None:
    """The browser would pass it on as a digest; Meta cannot match that."""
    raw = md5(b"somebody").hexdigest().upper()
    assert read({"external_id": raw}, candidates=candidates).keys == {"external_id": digests(raw)}


@pytest.mark.parametrize(
    ("field", "raw"), [("ct", "12345"), ("fn", "\u2764"), ("fn", "\u2019"), ("st", "12"), ("fn", "\x00")]
)
def test_no_second_candidate_without_a_documented_one(field: str, raw: str) -> None:
    """What the browser would hash although nothing of it is a name or a place is not sent."""
    for candidates in ("both", "pixel"):
        answer = read({field: raw}, candidates=candidates)
        assert answer == MatchKeys({}, (Dropped(field, Reason.EMPTY),), ())


def test_a_digest_has_one_candidate() -> None:
    """What came hashed is not read by any rule."""
    digest = digests("somebody")[0]
    (line,) = explain({"ct": digest.upper()}, default_country=None, now_seconds=NOW_SECONDS)
    assert (line.rule, line.normalised, line.value, line.reason) == ("already_hashed", None, digest, None)


@given(st.sampled_from(["fn", "ln", "ct", "st", "zp", "external_id"]), st.text(), st.sampled_from([None, "us", "de"]))
def test_both_is_each_rule_together(field: str, raw: str, country: str | None) -> None:
    """The documented digest comes first and that of the browser second; where they agree there is one."""
    documented = read({field: raw}, country, "documented").keys.get(field, [])
    pixel = read({field: raw}, country, "pixel").keys.get(field, [])
    assert read({field: raw}, country).keys.get(field, []) == list(dict.fromkeys([*documented, *pixel]))
    assert bool(documented) is bool(pixel)


def test_nothing_personal_is_printed_of_an_explanation() -> None:
    """The printed form of an explanation shows neither text nor digest."""
    lines = explain({"ct": "Paris", "Jane Doe": 1}, default_country=None, now_seconds=NOW_SECONDS)
    assert repr(lines) == (
        "[Explained(field='ct', rule='documented', reason=None),"
        " Explained(field='user_data', rule=None, reason=<Reason.UNKNOWN_FIELD: 'unknown_field'>)]"
    )


def test_a_rewritten_field_is_named_once() -> None:
    """Fields whose letters or digits were changed are named, whatever the number of their values."""
    answer = read({"ge": ["male", "female"], "fn": "Anna", "country": "Germany", "ct": "M\u00fcnchen"})
    assert answer.rewritten == ("ge", "country")
