"""Meta's Python SDK as oracle, wherever it follows Meta's documents.

It keeps spaces and punctuation in names, whole words in gender and state, and the writing of dates; it cuts postcodes
of every country at a dash, and reads no national telephone numbers. Those values are left out here.
"""

import unicodedata
from datetime import date
from typing import Any

import phonenumbers
import pytest
from facebook_business.adobjects.serverside.normalize import Normalize
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.match_keys import to_match_keys
from sluice.match_keys.countries import ALPHA_2

LETTERS = st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0xFFFF)
WORD = st.text(LETTERS, min_size=1, max_size=20).map(lambda text: unicodedata.normalize("NFC", text))
WORD_OF_LETTERS = WORD.filter(str.isalpha)
ASCII_WORD = st.from_regex(r"[A-Za-z][A-Za-z0-9._+-]{0,15}", fullmatch=True)
PLACE = (
    st.tuples(WORD_OF_LETTERS, st.sampled_from([" ", "-", ". ", " ("]), WORD_OF_LETTERS).map("".join) | WORD_OF_LETTERS
)
NOBODY = {"null", "undefined", "none"}


def ours(field: str, raw: str, country: str | None = None) -> str | list[str] | None:
    """The documented digest of one value."""
    asked: dict[str, Any] = {"default_country": country, "now_seconds": 1_790_000_000, "candidates": "documented"}
    return to_match_keys({field: raw}, **asked).keys.get(field)


def theirs(field: str, raw: str) -> list[str]:
    """The SDK's digest of the same value."""
    return [Normalize.normalize(field, raw, hash_field=True)]


@given(st.tuples(ASCII_WORD, st.from_regex(r"[A-Za-z0-9-]{1,20}\.[A-Za-z]{2,6}", fullmatch=True)).map("@".join))
def test_addresses(raw: str) -> None:
    """Addresses in any case."""
    if raw.lower().startswith(("noreply", "no-reply")):
        return
    assert ours("em", raw) == theirs("em", raw)


@given(st.sampled_from(["fn", "ln"]), WORD_OF_LETTERS)
def test_names_of_one_word(field: str, raw: str) -> None:
    """Names in letters of any script."""
    if raw.lower() in NOBODY or unicodedata.normalize("NFC", raw.lower()) != raw.lower():
        return
    assert ours(field, raw) == theirs(field, raw)


@given(PLACE)
def test_cities(raw: str) -> None:
    """Cities of one word or two, with spaces, dashes, full stops and brackets."""
    if raw.lower() in NOBODY or unicodedata.normalize("NFC", raw.lower()) != raw.lower():
        return
    assert ours("ct", raw) == theirs("ct", raw)


@given(WORD_OF_LETTERS)
def test_states_outside_north_america(raw: str) -> None:
    """States of one word, in a country whose states Meta wants as they are."""
    if raw.lower() in NOBODY or unicodedata.normalize("NFC", raw.lower()) != raw.lower():
        return
    assert ours("st", raw, "DE") == theirs("st", raw)


@given(st.from_regex(r"[A-Za-z0-9]{1,5} ?[A-Za-z0-9]{1,5}", fullmatch=True))
def test_postcodes_without_dash(raw: str) -> None:
    """Postcodes of letters, digits and one space."""
    if not raw.replace(" ", "").strip("0") or raw.replace(" ", "").lower() in NOBODY:
        return
    assert ours("zp", raw) == theirs("zp", raw)


@given(st.from_regex(r"[0-9]{4}[1-9](-[0-9]{4})?", fullmatch=True))
def test_zip_codes(raw: str) -> None:
    """ZIP codes of the US with and without the four digits behind the dash."""
    assert ours("zp", raw, "US") == theirs("zp", raw)


@pytest.mark.parametrize("code", sorted({code for code in ALPHA_2.values() if code != "xk"}))
def test_countries(code: str) -> None:
    """Every alpha-2 code in either case."""
    assert ours("country", code.upper()) == ours("country", code) == theirs("country", code.upper())


@pytest.mark.parametrize("raw", ["f", "F", "m", "M", " m "])
def test_genders(raw: str) -> None:
    """The two letters that Meta documents."""
    assert ours("ge", raw) == theirs("ge", raw)


@settings(deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)))
def test_birthdays(born: date) -> None:
    """Days written as Meta documents."""
    raw = born.strftime("%Y%m%d")
    assert ours("db", raw) == theirs("db", raw)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_international_telephone_numbers(region: str) -> None:
    """A complete number of every country, with plus sign, with and without spaces, dashes and brackets."""
    number = phonenumbers.example_number(region)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # New Caledonia writes dots, which the SDK refuses.
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(".", " ")
    assert ours("ph", e164) == ours("ph", written) == theirs("ph", e164) == theirs("ph", written)


@given(
    st.sampled_from(["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"]),
    st.binary(min_size=32, max_size=32),
)
def test_digests(field: str, digest: bytes) -> None:
    """A SHA-256 digest of any case passes in lower case."""
    raw = digest.hex().upper()
    assert ours(field, raw) == theirs(field, raw) == [digest.hex()]
