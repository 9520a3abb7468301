"""Telephone numbers of every country in every way to write them."""

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from sluice.match_keys.contact import phone
from sluice.match_keys.rule import Known, Reason, RefusedError


def read(text: str) -> str | Reason:
    """The digits of a number that names its country, or why it has none."""
    try:
        return phone(text, Known(None, 0))
    except RefusedError as refusal:
        return refusal.reason


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
@pytest.mark.parametrize("kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE], ids=["mobile", "fixed"])
def test_one_number_however_it_is_written(region: str, kind: int) -> None:
    """At home and abroad, with plus sign, zeros or neither, a number has one digest."""
    number = phonenumbers.example_number_for_type(region, kind)
    if number is None:  # Tristan da Cunha has no mobile telephones
        return
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    at_home = Known(region.lower(), 0)
    written = {
        e164: Known(None, 0),
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL): Known(None, 0),
        e164.replace("+", "00"): Known("de", 0),
        e164.removeprefix("+"): at_home,
        phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL): at_home,
    }
    assert {phone(text, known) for text, known in written.items()} == {e164.removeprefix("+")}


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_plain_number_is_what_the_library_reads(region: str) -> None:
    """Most numbers are known by their country's plan alone, and are what ``phonenumbers`` makes of them.

    Behind a full-width plus sign, which is no plain one, it is the library that reads every number.
    """
    number = phonenumbers.example_number(region)
    assert number
    code, national = number.country_code, phonenumbers.national_significant_number(number)
    varied = [f"{before}{national[cut:]}{after}" for before in ("", *"01289") for cut in (0, 1) for after in ("", "1")]
    for rest in (*varied, national[:-1], national[:3], "0" * len(national), f" ({national[:2]}) {national[2:]}/-."):
        read_by_library = read(f"\uff0b{code}{rest}")
        assert read(f"+{code}{rest}") == read(f"00{code}{rest}") == read_by_library


@given(st.from_regex(r"\+[0-9]{0,4}[0-9 ()./-]{0,16}", fullmatch=True))
@example("+01 201 555 0123")
def test_a_plain_number_of_no_country_is_what_the_library_reads(text: str) -> None:
    """So it is with numbers that nobody has."""
    assume(not text.endswith(".0"))  # a spreadsheet's, which goes only where nothing but digits stands before it
    assert read(text) == read(text.replace("+", "\uff0b"))
