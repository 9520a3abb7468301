"""The GPP string and its sections of the United States."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluice.consent.gpp import GppString, decode, described, us_opt_out
from sluice.consent.gpp_sections import LAYOUTS, Layout
from sluice.consent.malformed import Malformed
from sluice.consent.us_privacy import UsPrivacy
from tests.strategies import any_text

VECTORS = json.loads((Path(__file__).parent / "vectors_us.json").read_text())["gpp_vectors"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
OPT_OUTS = ("SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut")
TC_STRING = "CQSU_AAQSU_AAEsACBENBuEgALIAAAAAAAYgF5wAQF5gAAAA"


def written(bits: str) -> str:
    """Bits as text, padded with zeros to whole characters."""
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def fibonacci(number: int) -> str:
    """A whole number from 1 in Fibonacci coding."""
    weights = [1, 2]
    while weights[-1] <= number:
        weights.append(weights[-1] + weights[-2])
    digits = ""
    for weight in reversed([weight for weight in weights if weight <= number]):
        digits = str(int(weight <= number)) + digits
        number -= weight * (weight <= number)
    return digits + "1"


def header(*ids: int) -> str:
    """The header for these ids, each a group of its own."""
    distances = [here - before for before, here in zip([0, *ids], ids, strict=False)]
    groups = "".join("0" + fibonacci(distance) for distance in distances)
    return written(f"000011000001{len(ids):012b}{groups}")


def core(layout: Layout, version: int = 1, **values: int) -> str:
    """The core of a section in which the named fields, or every value of a named list, have these values."""
    values_of = [f"{values.get(field.name, 0):02b}" * (field.size or 1) for field in layout.core]
    return written(f"{version:06b}" + "".join(values_of))


def read(text: str) -> GppString:
    """What is read from a string that is not malformed."""
    found = decode(text)
    assert isinstance(found, GppString), found
    return found


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["gpp_string"])
def test_vectors(row: dict[str, Any]) -> None:
    """Each public string has the documented sections, fields and answer."""
    gpp = read(row["gpp_string"])
    assert list(gpp.section_ids) == row["section_ids"]
    assert described(gpp) == row["decoded"]
    assert us_opt_out(gpp) is row["us_opt_out"]


@pytest.mark.parametrize("section_id", LAYOUTS)
@pytest.mark.parametrize("name", OPT_OUTS)
def test_each_opt_out_of_each_section(section_id: int, name: str) -> None:
    """1 in any field that the section has is an opt-out, 2 is none, 0 is none."""
    layout = LAYOUTS[section_id]
    expected = name in {field.name for field in layout.core}
    for value, opted_out in ((0, False), (1, expected), (2, False)):
        gpp = read(f"{header(section_id)}~{core(layout, **{name: value})}")
        assert us_opt_out(gpp) is opted_out
        assert not gpp.known_child


@pytest.mark.parametrize("section_id", LAYOUTS)
def test_global_privacy_control_in_a_section(section_id: int) -> None:
    """True is an opt-out whatever the core says; a section without that sub-section is malformed with one."""
    layout = LAYOUTS[section_id]
    start = f"{header(section_id)}~{core(layout)}"
    if layout.sub_section and layout.sub_section[-1].name == "Gpc":
        assert us_opt_out(read(f"{start}.YA")) is True
        assert us_opt_out(read(f"{start}.QA")) is False
        assert decode(f"{start}.IA") == Malformed("sub_section")
    elif not layout.sub_section:
        assert decode(f"{start}.YA") == Malformed("sub_section")
    assert decode(f"{start}.") in (Malformed("empty_segment"), Malformed("sub_section"))
    assert decode(f"{start}.QA.QA") == Malformed("sub_section")


@pytest.mark.parametrize("section_id", LAYOUTS)
@pytest.mark.parametrize("name", ["KnownChildSensitiveDataConsents", "SensitiveDataProcessing"])
def test_known_child_and_sensitive_data(section_id: int, name: str) -> None:
    """1 for a known child or for sensitive data is told apart from an opt-out; 2 is neither."""
    layout = LAYOUTS[section_id]
    expected = name in {field.name for field in layout.core}
    refused = read(f"{header(section_id)}~{core(layout, **{name: 1})}")
    assert refused.known_child is expected
    assert us_opt_out(refused) is False
    assert not read(f"{header(section_id)}~{core(layout, **{name: 2})}").known_child


@pytest.mark.parametrize("section_id", [25, 26, 27])
def test_sensitive_data_in_a_sub_section(section_id: int) -> None:
    """Indiana, Kentucky and Rhode Island have sensitive data behind the core, eight values without a type."""
    start = f"{header(section_id)}~{core(LAYOUTS[section_id])}"
    gpp = read(f"{start}.{written('00' * 7 + '01')}")
    assert gpp.sections[section_id].fields["SensitiveDataProcessing"] == [0] * 7 + [1]
    assert gpp.known_child
    assert not read(start).known_child


@pytest.mark.parametrize(
    ("text", "known_child"),
    [
        (written("000001" + "00" * 9 + "00" * 12 + "0001" + "00" * 4), True),
        (written("000001" + "00" * 9 + "00" * 12 + "0000" + "00" * 4), False),
        (written("000001" + "00" * 9 + "00" * 16 + "000001" + "00" * 4), True),
    ],
)
def test_both_national_layouts_of_version_1(text: str, known_child: bool) -> None:
    """Version 1 has the short lists, or the long ones where there are bits enough: no known child is missed."""
    assert read(f"{header(7)}~{text}").known_child is known_child
    assert decode(f"{header(7)}~C{text[1:11]}") == Malformed("truncated")


@pytest.mark.parametrize(
    ("text", "answer", "unknown"),
    [
        ("DBAA", None, ()),
        (f"{header(2)}~{TC_STRING}", None, ()),
        (f"{header(2, 6)}~{TC_STRING}~1YYN", True, ()),
        (f"{header(2, 6)}~{TC_STRING}~1YNN", False, ()),
        (f"{header(6)}~1yyn", True, ()),
        (f"{header(6)}~1---", False, ()),
        (f"{header(5)}~anything", None, ()),
        (f"{header(28)}~anything", None, (28,)),
        (f"{header(6, 28)}~1YNN~anything", None, (28,)),
        (f"{header(6, 28)}~1YYN~anything", True, (28,)),
        (f"{header(8)}~{core(LAYOUTS[8], version=2, SaleOptOut=2)}", None, (8,)),
        (f"{header(24)}~{written('011000000001')}.{core(LAYOUTS[24], SaleOptOut=2)}", None, (24,)),
        (f"{header(8, 9)}~{core(LAYOUTS[8], SaleOptOut=1)}~{core(LAYOUTS[9], SaleOptOut=2)}", True, ()),
    ],
)
def test_answers(text: str, answer: bool | None, unknown: tuple[int, ...]) -> None:
    """One opt-out wins; nothing American, or a section or version that cannot be read, is unknown, never a no."""
    gpp = read(text)
    assert us_opt_out(gpp) is answer
    assert gpp.unknown == unknown


def test_other_sections() -> None:
    """The TC string is handed on as it is, segments included; section 6 is read."""
    gpp = read(f"DBACNY~{TC_STRING}.IAAA~1YNN")
    assert gpp.section_ids == (2, 6)
    assert gpp.tc_string == f"{TC_STRING}.IAAA"
    assert gpp.us_privacy == UsPrivacy(1, "Y", "N", "N")
    assert described(gpp) == {"uspv1": {"Version": 1, "Notice": "Y", "OptOutSale": "N", "LspaCovered": "N"}}


def test_a_range_in_the_header() -> None:
    """A group may name the first and last of several ids."""
    one_to_four = written("000011000001" + "000000000001" + "1" + fibonacci(1) + fibonacci(3))
    assert read(f"{one_to_four}~a~b~c~d").section_ids == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_segment"),
        ("D", "truncated"),
        ("DBABLA", "section_count"),
        ("DBABLA~", "empty_segment"),
        ("DBABLA~CVQVAAAAAACA~", "section_count"),
        ("DBAA~1YNN", "section_count"),
        ("DBABLA~CVQVAAAAAAC=", "bad_character"),
        ("DBABLA~CVQVAAAAAACA.Y.", "sub_section"),
        ("DBABLA~CVQVAAAAAACA.", "empty_segment"),
        ("DBABLA~CVQV", "truncated"),
        (f"DBABLA~{core(LAYOUTS[7], version=2, SaleOptOut=3)}", "undefined_value"),
        (TC_STRING, "not_gpp"),
        ("DCABLA~CVQVAAAAAACA", "not_gpp"),
        ("DBABTA~1XYZ", "not_us_privacy"),
        (written("000011000001" + "000000000010" + "011"), "truncated"),
        (written("000011000001" + "1" * 12 + "011" * 3000), "too_many_sections"),
        (written("000011000001" + "000000000001" + "0" * 4000), "section_id"),
        (written("000011000001" + "000000000001" + "1" + fibonacci(1) + fibonacci(64)), "too_many_sections"),
        (header(4181) + "~x", "section_id"),
        ("DBABLA~" + "A" * 8192, "too_long"),
    ],
)
def test_malformed(text: str, code: str) -> None:
    """Cut, overlong, of another kind, or with values that the standard does not have."""
    assert decode(text) == Malformed(code)


@given(
    any_text
    | st.builds("~".join, st.lists(st.sampled_from(["DBABLA", "DBACNY", "DBAA", "1YNN", "CVQVAAAAAACA.YA", "."])))
    | st.text(ALPHABET + "~.", max_size=200).map(lambda text: f"DB{text}")
)
@example("DBABLA~" + "~" * 8000)
def test_total(text: str) -> None:
    """Any text is a GPP string with an answer, or malformed."""
    gpp = decode(text)
    if isinstance(gpp, GppString):
        assert len(gpp.section_ids) == text.count("~") <= 64
        assert us_opt_out(gpp) in {True, False, None}
        assert gpp.known_child in {True, False}
        assert described(gpp).keys() <= {"uspv1"} | {layout.name for layout in LAYOUTS.values()}


@st.composite
def opted_out_strings(draw: st.DrawFn) -> str:
    """Strings of one to three sections, each with an opt-out in its core."""
    ids = sorted(draw(st.sets(st.sampled_from(sorted(LAYOUTS)), min_size=1, max_size=3)))
    texts = []
    for section_id in ids:
        layout = LAYOUTS[section_id]
        names = [field.name for field in layout.core if field.name in OPT_OUTS]
        chosen = draw(st.sets(st.sampled_from(names), min_size=1))
        version = 2 if section_id == 7 else 1
        text = core(layout, version, **dict.fromkeys(names, 2) | dict.fromkeys(chosen, 1))
        has_gpc = layout.sub_section and layout.sub_section[-1].name == "Gpc"
        texts.append(text + draw(st.sampled_from([".QA", ".YA", ""])) if has_gpc else text)
    return "~".join([header(*ids), *texts])


@given(opted_out_strings(), st.data())
def test_a_cut_string_never_loses_an_opt_out(text: str, data: st.DataObject) -> None:
    """However it is cut, it is malformed or still an opt-out, as long as no whole section is lost."""
    assert us_opt_out(read(text)) is True
    cut = decode(text[: data.draw(st.integers(0, len(text) - 1))])
    assert isinstance(cut, Malformed) or us_opt_out(cut) is True


@given(st.lists(st.integers(1, 4180), min_size=1, max_size=64, unique=True).map(sorted))
def test_the_header_lists_any_ids(ids: list[int]) -> None:
    """Every id up to 4180 is read, and one that is not known has no answer."""
    texts = [core(LAYOUTS[each]) if each in LAYOUTS else "1YNN" for each in ids]
    gpp = read("~".join([header(*ids), *texts]))
    assert gpp.section_ids == tuple(ids)
    assert gpp.unknown == tuple(each for each in ids if each > 27)
    assert us_opt_out(gpp) is (None if gpp.unknown or max(ids) < 6 else False)
