"""Finds the country of a telephone number and checks its length, by the numbering plans of ``phonenumbers``.

Extensions and trunk zeros go, also a bracketed one (``+49 (0)171``), except where numbers keep the zero abroad (Italy).
Whether a number is in use decides only between two ways to read it: numbering plans grow faster than the metadata.
"""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

from sluice.match_keys.rule import Reason, RefusedError
from sluice.match_keys.text import INVISIBLE

_LABEL = re.compile(r"^\s*(?:tel|telefon|telephone|phone|ph?)\b[\s.:]*", re.IGNORECASE)
_PLUS = re.compile(r"[\s(]*[+\uff0b]")
_ZEROS = re.compile(r"[\s(]*00")
_LENGTHS = range(7, 16)
"""Digits of a whole number: at most fifteen by E.164, at least seven by Meta's own library."""
_PLAIN = re.compile(r"(?:\+|00)[1-9][0-9 ()./-]{2,40}")
"""No extension, no letter and no sign that could be one: ``phonenumbers`` reads the digits and nothing else."""


def international_digits(text: str, digits: str, country: str | None) -> str:
    """The number written in ``text``, of which ``digits`` are all the digits: its country code and national number.

    With ``+`` or ``00`` before it the number says its country itself. Any other is of the person's ``country``
    (alpha-2, lower case); when that is not known, it is refused unless it is in use as a whole number that lacks its
    plus sign, which is Meta's own notation: a wrong guess makes the digest of somebody else.
    """
    if _PLAIN.fullmatch(text) and _is_whole(international := digits.removeprefix("00")):
        return international
    text = _LABEL.sub("", text if text.isascii() else INVISIBLE.sub("", text))
    if _PLUS.match(text):
        return _possible(_parse(text, None))
    if zeros := _ZEROS.match(text):
        return _possible(_parse("+" + text[zeros.end() :], None))
    region = (country or "").upper()
    own_code = phonenumbers.country_code_for_region(region)
    # No country code starts with a zero, so only without one may the digits be Meta's own notation: a complete number
    # that merely lacks its plus sign.
    complete = None if digits.startswith("0") else _valid("+" + text, None)
    if not own_code and not complete:
        raise RefusedError(Reason.NO_COUNTRY)
    if not own_code or not complete or digits.startswith(str(own_code)):
        return _digits(complete) if complete else _possible(_parse(text, region))
    national = _valid(text, region)
    # A number that its country writes with a leading zero came without: neither reading is the likelier.
    if national and phonenumbers.format_number(national, PhoneNumberFormat.NATIONAL).lstrip("(").startswith("0"):
        raise RefusedError(Reason.AMBIGUOUS_NUMBER)
    return _digits(national or complete)


class _Plan(NamedTuple):
    """What ``phonenumbers`` knows of the numbers of a country code, or of the first country of several."""

    lengths: frozenset[int]
    """Of national numbers with an area code."""
    trunk_prefix: re.Pattern[str]
    """What may stand before a national number and is not part of it."""


@cache  # by country code: nothing of a person is kept
def _plan(country_code: str) -> _Plan | None:
    """The plan of a country code; None when there is no such code."""
    code = int(country_code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, phonenumbers.region_code_for_country_code(code))
    if metadata is None or (numbers := metadata.general_desc) is None:
        return None
    return _Plan(frozenset(numbers.possible_length), re.compile(metadata.national_prefix_for_parsing or "(?!)"))


def _is_whole(digits: str) -> bool:
    """Whether the digits are a country code and a national number of a possible length, with nothing to be stripped.

    Most numbers are, and what ``phonenumbers`` reads them as in ten times the time is these digits.
    """
    for length in (1, 2, 3):
        if plan := _plan(digits[:length]):
            national = digits[length:]
            return (
                len(national) in plan.lengths
                and not national.startswith("0")
                and len(digits) in _LENGTHS
                and not plan.trunk_prefix.match(national)
            )
    return False


def _parse(text: str, region: str | None) -> PhoneNumber:
    """Read ``text``, as dialled in ``region`` unless it starts with a plus sign; refuse what is no number."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as refusal:
        is_text = refusal.error_type == NumberParseException.NOT_A_NUMBER
        # "from None": the library's message may quote the number.
        raise RefusedError(Reason.MALFORMED if is_text else Reason.IMPOSSIBLE_NUMBER) from None
    # A zero that the country's plan does not know as a trunk prefix, though people there write it (Poland) or, before
    # a mobile number, should not (Italy).
    if number.italian_leading_zero and not phonenumbers.is_valid_number(number):
        without = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
        if phonenumbers.is_valid_number(without):
            return without
    return number


def _possible(number: PhoneNumber) -> str:
    """The digits of ``number``, if its country has numbers of that length with an area code."""
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise RefusedError(Reason.IMPOSSIBLE_NUMBER)
    return _digits(number)


def _digits(number: PhoneNumber) -> str:
    """Country code and national number; refused where that is nobody's number or has too few or too many digits."""
    if not number.national_number:
        raise RefusedError(Reason.PLACEHOLDER)
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    if len(digits) not in _LENGTHS:
        raise RefusedError(Reason.IMPOSSIBLE_NUMBER)
    return digits


def _valid(text: str, region: str | None) -> PhoneNumber | None:
    """The number if the numbering plan has it in use, else None."""
    try:
        number = _parse(text, region)
    except RefusedError:
        return None
    return number if phonenumbers.is_valid_number(number) else None
