"""The TC string decoder."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.malformed import Malformed
from sluice.consent.tcf import MAX_CHARACTERS, Ids, PublisherTc, Restriction, TcString, decode
from sluice.consent.tcf_described import MAX_LISTED_IDS, described
from tests.consent.tc_strings import (
    ALLOWED,
    ALPHABET,
    bit_field,
    changed,
    core_bits,
    number,
    publisher_bits,
    tc_string,
    tc_values,
    text,
    vendors,
)
from tests.strategies import any_text

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
EVERY_VENDOR = Ids(0xFFFF, ranges=((1, 0xFFFF),))
CODES = {
    "too_long",
    "too_many_segments",
    "empty_segment",
    "duplicate_segment",
    "bad_character",
    "bad_version",
    "bad_letter",
    "bad_range",
    "truncated",
}


def read(written: str) -> TcString:
    """The decoded string, which must be well formed."""
    tc = decode(written)
    assert isinstance(tc, TcString)
    return tc


@pytest.mark.parametrize("row", VECTORS["tc"], ids=lambda row: row["name"])
def test_public_vectors(row: dict[str, Any]) -> None:
    """Every field of a string on which three other decoders agree."""
    assert described(read(row["tc_string"])) == row["decoded"]


@pytest.mark.parametrize("row", VECTORS["tc_malformed"], ids=lambda row: row["name"])
def test_malformed_vectors(row: dict[str, Any]) -> None:
    """Broken and hostile strings have the code of their defect."""
    answer = decode(row["tc_string"])
    assert ("decodes" if isinstance(answer, TcString) else answer.code) == row["result"]


BLANK = changed(
    created_deciseconds=0,
    last_updated_deciseconds=0,
    cmp_id=0,
    cmp_version=0,
    consent_screen=0,
    consent_language="AA",
    vendor_list_version=0,
    tcf_policy_version=0,
    is_service_specific=False,
    purposes_consent=Ids(24),
    publisher_cc="AA",
    vendor_consents=Ids(0),
    disclosed_vendors=None,
    publisher_tc=None,
)


@pytest.mark.parametrize(
    ("offset", "width", "field", "value"),
    [
        (6, 36, "created_deciseconds", 2**36 - 1),
        (42, 36, "last_updated_deciseconds", 2**36 - 1),
        (78, 12, "cmp_id", 4095),
        (90, 12, "cmp_version", 4095),
        (102, 6, "consent_screen", 63),
        (120, 12, "vendor_list_version", 4095),
        (132, 6, "tcf_policy_version", 63),
        (138, 1, "is_service_specific", True),
        (139, 1, "use_non_standard_texts", True),
        (140, 12, "special_feature_opt_ins", bit_field(12, range(1, 13))),
        (152, 24, "purposes_consent", bit_field(24, range(1, 25))),
        (176, 24, "purposes_li", bit_field(24, range(1, 25))),
        (200, 1, "purpose_one_treatment", True),
    ],
)
def test_offsets(offset: int, width: int, field: str, value: object) -> None:
    """Ones in the bits of one field of the specification's table, zeros elsewhere: this field and no other has them."""
    bits = "000010".ljust(offset, "0") + "1" * width
    expected = {name: getattr(BLANK, name) for name in BLANK.__struct_fields__} | {field: value}
    assert read(text(bits.ljust(259, "0"))) == TcString(**expected)


@pytest.mark.parametrize(("offset", "field"), [(108, "consent_language"), (201, "publisher_cc")])
@pytest.mark.parametrize(
    ("first", "second", "pair"), [(0, 0, "AA"), (25, 25, "ZZ"), (3, 4, "DE"), (26, 0, None), (0, 26, None)]
)
def test_letters(offset: int, field: str, first: int, second: int, pair: str | None) -> None:
    """A is 0, Z is 25, and there is nothing behind it."""
    answer = decode(text(("000010".ljust(offset, "0") + number(first, 6) + number(second, 6)).ljust(259, "0")))
    assert (getattr(answer, field) if isinstance(answer, TcString) else answer) == (pair or Malformed("bad_letter"))


@pytest.mark.parametrize(("purpose", "offset"), [(1, 152), (2, 153), (3, 154), (7, 158), (24, 175)])
def test_purpose_bits(purpose: int, offset: int) -> None:
    """The leftmost bit is purpose 1."""
    tc = read(text(("000010".ljust(offset, "0") + "1").ljust(259, "0")))
    assert [number for number in range(-1, 30) if number in tc.purposes_consent] == [purpose]


@pytest.mark.parametrize(
    ("ranges", "max_id", "good"),
    [
        ([(1, 1)], 1, True),
        ([(1, 755)], 755, True),
        ([(755, 755)], 755, True),
        ([(5, 9), (2, 7)], 755, True),
        ([(0, 0)], 755, False),
        ([(0, 5)], 755, False),
        ([(1, 756)], 755, False),
        ([(756, 756)], 755, False),
        ([(9, 5)], 755, False),
        ([(1, 1)], 0, False),
    ],
)
def test_ranges_stay_inside(ranges: list[tuple[int, int]], max_id: int, good: bool) -> None:
    """A range starts at 1 or later, ends not before its start and not behind the highest vendor id."""
    section = Ids(max_id, ranges=tuple(ranges))
    answers = [decode(tc_string(changed(vendor_consents=section))), decode(tc_string(changed(vendor_li=section)))]
    answers.append(decode(tc_string(changed(disclosed_vendors=section))))
    assert [isinstance(answer, TcString) for answer in answers] == [good] * 3
    assert good or set(answers) == {Malformed("bad_range")}


@pytest.mark.parametrize("ranges", [[(0, 0)], [(0, 1)], [(7, 3)]])
def test_restricted_vendors(ranges: list[tuple[int, int]]) -> None:
    """The ranges of a publisher restriction follow the same rule."""
    restriction = Restriction(3, 0, Ids(0xFFFF, ranges=tuple(ranges)))
    assert decode(tc_string(changed(publisher_restrictions=(restriction,)))) == Malformed("bad_range")


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 65, 300])
def test_many_ranges(count: int) -> None:
    """Every range of a long list is read, and the list ends where it says."""
    section = Ids(5000, ranges=tuple((7 * at + 1, 7 * at + 1 + at % 3) for at in range(count)))
    tc = changed(
        vendor_consents=section, publisher_restrictions=(Restriction(2, 1, Ids(0xFFFF, ranges=section.ranges)),)
    )
    assert read(tc_string(tc)) == tc


CORE = text(core_bits(ALLOWED))
DISCLOSED = text(number(1, 3) + vendors(bit_field(9, [9])))
PUBLISHER = text(publisher_bits(ALLOWED.publisher_tc)) if ALLOWED.publisher_tc else ""
UNKNOWN = text(number(5, 3))
RETIRED = text(number(2, 3) + vendors(bit_field(9, [8])))


@pytest.mark.parametrize(
    ("segments", "disclosed", "publisher"),
    [
        ([], None, None),
        ([DISCLOSED], bit_field(9, [9]), None),
        ([PUBLISHER], None, ALLOWED.publisher_tc),
        ([DISCLOSED, PUBLISHER], bit_field(9, [9]), ALLOWED.publisher_tc),
        ([PUBLISHER, DISCLOSED], bit_field(9, [9]), ALLOWED.publisher_tc),
        ([RETIRED], None, None),
        ([UNKNOWN, DISCLOSED, PUBLISHER], bit_field(9, [9]), ALLOWED.publisher_tc),
    ],
)
def test_segments(segments: list[str], disclosed: Ids | None, publisher: PublisherTc | None) -> None:
    """Segments behind the core come in any order; retired and unknown ones say nothing."""
    tc = read(".".join([CORE, *segments]))
    assert (tc.disclosed_vendors, tc.publisher_tc) == (disclosed, publisher)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (f"{CORE}.", "empty_segment"),
        (f".{CORE}", "empty_segment"),
        (f"{CORE}..{DISCLOSED}", "empty_segment"),
        (f"{CORE}.{DISCLOSED}.{DISCLOSED}", "duplicate_segment"),
        (f"{CORE}.{PUBLISHER}.{DISCLOSED}.{PUBLISHER}", "duplicate_segment"),
        (f"{CORE}.{UNKNOWN}.{UNKNOWN}.{UNKNOWN}.{UNKNOWN}", "too_many_segments"),
        (f"{DISCLOSED}.{CORE}", "bad_version"),
        (f"{CORE}.{DISCLOSED[:-1]}", "truncated"),
        (f"{CORE}.{PUBLISHER[:-1]}", "truncated"),
        (f"{CORE}.{DISCLOSED}=", "bad_character"),
        (f"{CORE}.{UNKNOWN}!", "bad_character"),
        (f"{CORE} ", "bad_character"),
        (f"B{CORE[1:]}", "bad_version"),
        (f"D{CORE[1:]}", "bad_version"),
        (CORE + "A" * (MAX_CHARACTERS - len(CORE) + 1), "too_long"),
    ],
)
def test_defects(written: str, code: str) -> None:
    """One defect, one code."""
    assert decode(written) == Malformed(code)


@pytest.mark.parametrize("padding", ["A", "AA", "AAA", "A" * 200])
def test_padding(padding: str) -> None:
    """Zeros behind the last field say nothing, however many."""
    assert read(f"{CORE}{padding}.{DISCLOSED}{padding}") == read(f"{CORE}.{DISCLOSED}")


def test_longest() -> None:
    """A string of the greatest length is read."""
    assert read(CORE + "A" * (MAX_CHARACTERS - len(CORE))).cmp_id == ALLOWED.cmp_id


def test_times() -> None:
    """Created and last updated are Unix seconds; the description has the tenths."""
    tc = read(tc_string(changed(created_deciseconds=15, last_updated_deciseconds=2**36 - 1)))
    assert (tc.created, tc.last_updated) == (1, 6_871_947_673)
    assert (described(tc)["created"], described(tc)["last_updated"]) == (
        "1970-01-01T00:00:01.500Z",
        "2187-10-06T10:21:13.500Z",
    )


def test_publisher_described() -> None:
    """The publisher segment is described by its sets and the number of custom purposes."""
    assert described(ALLOWED)["publisher_tc"] == {
        "purposes_consent": [],
        "purposes_li": [],
        "custom_purposes_consent": [2],
        "custom_purposes_li": [],
        "num_custom_purposes": 3,
    }


def test_described_without_doubles() -> None:
    """Overlapping ranges name each vendor once, in order."""
    tc = changed(vendor_consents=Ids(20, ranges=((9, 12), (3, 3), (10, 11), (12, 14), (4, 5))))
    assert described(tc)["vendor_consents"] == [3, 4, 5, 9, 10, 11, 12, 13, 14]


def test_description_is_bounded() -> None:
    """Sets are listed until the bound is reached; the ones with which it would be exceeded are given as ranges."""
    restrictions = tuple(Restriction(purpose, 0, EVERY_VENDOR) for purpose in range(1, 60))
    answer = described(
        changed(vendor_consents=EVERY_VENDOR, vendor_li=EVERY_VENDOR, publisher_restrictions=restrictions)
    )
    assert answer["vendor_consents"] == list(range(1, 0xFFFF + 1))
    assert answer["vendor_li"] == {"ranges": [[1, 0xFFFF]]}
    assert {str(item["vendor_ids"]) for item in answer["publisher_restrictions"]} == {"{'ranges': [[1, 65535]]}"}
    assert answer["disclosed_vendors"] == [755]


@given(tc_values)
def test_decoding_undoes_writing(tc: TcString) -> None:
    """What was written is read, whatever it says."""
    written = tc_string(tc)
    assert decode(written) == (tc if len(written) <= MAX_CHARACTERS else Malformed("too_long"))


@given(tc_values)
def test_description_is_bounded_for_any_string(tc: TcString) -> None:
    """No string lists more ids than the bound."""
    answer = described(tc)
    restrictions = answer.pop("publisher_restrictions")
    sets = [*answer.values(), *(item["vendor_ids"] for item in restrictions)]
    assert sum(len(ids) for ids in sets if isinstance(ids, list)) <= MAX_LISTED_IDS


@given(any_text | st.text(ALPHABET + ".").map(lambda tail: CORE[:36] + tail) | st.text(ALPHABET + "."))
def test_total(written: str) -> None:
    """Any text is decoded or malformed with a known code, and what is decoded can be described."""
    answer = decode(written)
    if isinstance(answer, TcString):
        json.dumps(described(answer))
    else:
        assert answer.code in CODES
