"""E-mail addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from sluice.match_keys.rule import Known, Reason, RefusedError
from sluice.match_keys.text import INVISIBLE

_EMAIL = re.compile(r"([^@\s<>]+)@[^@\s.<>]+(?:\.[^@\s.<>]+)+")
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>")
_NOBODY = frozenset({"noreply", "donotreply"})
_JOINTS = {ord("-"): None, ord("_"): None}


def email(text: str, _known: Known) -> str:
    """One lower-case address with a dot in its domain; sub-addresses (``+tag``) and dots are kept, as Meta keeps them.

    A name before it (``Jane <jane@example.com>``), a ``mailto:`` and invisible characters are cut. An address that
    nobody reads (``noreply@``, ``do-not-reply@``) is a placeholder; hashed by the sender it cannot be told from others
    and is sent, for its domain may be any.
    """
    if not text.isascii():
        text = INVISIBLE.sub("", text)
    if named := _NAMED.fullmatch(text):
        text = named[1].strip()
    address = unicodedata.normalize("NFC", text.lower()).removeprefix("mailto:")
    match = _EMAIL.fullmatch(address)
    if not match:
        raise RefusedError(Reason.NOT_AN_EMAIL)
    if match[1].partition("+")[0].translate(_JOINTS) in _NOBODY:
        raise RefusedError(Reason.PLACEHOLDER)
    return address


_NOT_DIGITS = bytes(code for code in range(128) if not chr(code).isdigit())


def phone(text: str, known: Known) -> str:
    """Country code and number, digits only, as Meta asks for.

    After ``+`` or ``00`` the number says its country itself; any other is of the person's country. When that is not
    known it is a key only if it is in use as it stands with its country code first, as Meta writes numbers. Words
    before it (``Tel.``), trunk zeros (``+49 (0)171``), extensions and a spreadsheet's ``.0`` go; Italian zeros stay.
    Seven to fifteen digits.
    """
    if text.endswith(".0") and text[:-2].removeprefix("+").isdigit():
        text = text[:-2]
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
