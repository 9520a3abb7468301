"""E-mail addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from sluice.match_keys.rule import Known, Reason, RefusedError

_EMAIL = re.compile(r"([^@\s]+)@[^@\s.]+(?:\.[^@\s.]+)+")
_NOBODY = frozenset({"noreply", "no-reply"})


def email(text: str, _known: Known) -> str:
    """One lower-case address with a dot in its domain; sub-addresses (``+tag``) and dots are kept, as Meta keeps them.

    A ``mailto:`` before it is cut. An address that nobody reads (``noreply@``) is a placeholder.
    """
    address = unicodedata.normalize("NFC", text.lower()).removeprefix("mailto:")
    match = _EMAIL.fullmatch(address)
    if not match:
        raise RefusedError(Reason.NOT_AN_EMAIL)
    if match[1].partition("+")[0] in _NOBODY:
        raise RefusedError(Reason.PLACEHOLDER)
    return address


_NOT_DIGITS = bytes(code for code in range(128) if not chr(code).isdigit())


def phone(text: str, known: Known) -> str:
    """Country code and number, digits only, as Meta asks for.

    After ``+`` or ``00`` the number says its country itself; any other is of the person's country, and is no key when
    that is not known. Trunk zeros (``+49 (0)171``) and extensions go; Italian zeros stay.
    """
    digits = text.encode("ascii", "ignore").translate(None, _NOT_DIGITS).decode()
    # Digits of other scripts are refused, not translated: Meta's own libraries disagree on them.
    if not digits or (not text.isascii() and sum(map(str.isdigit, text)) != len(digits)):
        raise RefusedError(Reason.MALFORMED)
    if not digits.strip("0"):
        raise RefusedError(Reason.PLACEHOLDER)
    return _international_digits()(text, digits, known.country)


@cache
def _international_digits() -> Callable[[str, str, str | None], str]:
    """Imported at the first number: phonenumbers took 60-120 ms on the machine that it was measured on."""
    from sluice.match_keys.telephone import international_digits  # noqa: PLC0415

    return international_digits
