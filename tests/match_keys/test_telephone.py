"""Telephone numbers of every country in every way to write them."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from sluice.match_keys.contact import phone
from sluice.match_keys.rule import Known


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
