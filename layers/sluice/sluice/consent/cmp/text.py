"""The texts that consent tools put into cookies: percent-encoding, JSON, times.

A value may come as it stood in the Cookie header (encoded once) or as a server's framework handed it on (decoded).
Both read alike. A value that is still encoded after one decoding is not readable: how often it went through a
decoder is not known then, nor what a further round would turn it into.
"""

import json
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote

from sluice.times import iso_seconds

MAX_CHARACTERS: Final = 8192
"""Browsers keep cookies up to 4096 bytes; some tools spread more over local storage, which a front end passes on."""
_YEAR_10000: Final = 253_402_300_800_000


def percent_decoded(value: str) -> str | None:
    """The value decoded once; None when it is too long or no UTF-8. A plus sign stays one."""
    if len(value) > MAX_CHARACTERS:
        return None
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return None


def json_object(value: str) -> dict[str, Any] | None:
    """The JSON object in a value, encoded or not; None for anything else and for a name that stands twice."""
    if len(value) > MAX_CHARACTERS:
        return None
    found = _object(value)
    # js-cookie leaves braces and colons as they are, so the first character does not tell whether it is encoded.
    return _object(percent_decoded(value)) if found is None else found


def js_seconds(text: object) -> int | None:
    """Unix seconds of a time as ``Date.toISOString`` writes it; None for anything else."""
    return iso_seconds(text) if isinstance(text, str) and "T" in text else None


def http_seconds(text: object) -> int | None:
    """Unix seconds of a time as ``Date.toUTCString`` writes it; None for anything else."""
    try:
        return int(parsedate_to_datetime(text).timestamp()) if isinstance(text, str) else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def seconds(milliseconds: object) -> int | None:
    """Unix seconds of a JavaScript time; None for what is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    return milliseconds // 1000 if 0 < milliseconds < _YEAR_10000 else None


def text(value: object) -> str | None:
    """The text, or a whole number's digits; None for everything else and for ''."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def names(value: object) -> frozenset[str] | None:
    """The texts of a JSON list; None when it is no list or something else stands in it."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return frozenset(value)


def _object(value: str | None) -> dict[str, Any] | None:
    """The JSON object; None for everything else."""
    try:
        found = json.loads(value or "", object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as an object. Raises ValueError when a name stands twice: readers disagree on which one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found
