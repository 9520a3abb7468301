"""The generated table of countries."""

from sluice.match_keys.countries import ALPHA_2
from sluice.match_keys.text import fold

ISO_3166_1_CODES_AND_KOSOVO = 250


def test_every_country_is_there_by_both_codes() -> None:
    """Each alpha-2 code names itself, and each country has an alpha-3 code."""
    codes = {code for name, code in ALPHA_2.items() if len(name) == len("de")} - {"uk"}
    assert len(codes) == ISO_3166_1_CODES_AND_KOSOVO
    assert all(ALPHA_2[code] == code for code in codes if code != "uk")
    assert {code for name, code in ALPHA_2.items() if len(name) == len("deu")} == set(ALPHA_2.values())


def test_names_can_be_found() -> None:
    """Every name is stored the way it is looked up."""
    assert [name for name in ALPHA_2 if fold(name) != name] == []


def test_codes_that_are_no_country_are_missing() -> None:
    """Unions, parts of countries and test codes have no place in an address."""
    assert not {"eu", "un", "xx", "zz", "ic", "ac"} & set(ALPHA_2)
