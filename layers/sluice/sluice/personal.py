"""Texts that name a person where Meta wants none: e-mail addresses and telephone numbers. Pure."""

import hashlib
import re
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import unquote

_EMAIL: Final = re.compile(r"[^@/\s]@[^\s@/]+\.[^\W\d_]")
_PHONE: Final = re.compile(r"(?<!\w)\+[1-9](?:[\s()./-]{0,3}[0-9]){6,14}(?!\w)")
"""With its plus sign only: without one it could be an article number."""
_QUOTED_AT_MOST: Final = 4
"""Times; each redirect within a redirect quotes once more."""


def is_personal(text: str) -> bool:
    """Whether a text holds an e-mail address, or a telephone number in international form.

    Also as in a URL, and in the wide letters of East Asian keyboards (compatible characters, NFKC).
    """
    for _ in range(_QUOTED_AT_MOST if "%" in text else 0):
        text = unquote(text)
    if not text.isascii():
        text = normalize("NFKC", text)
    return ("@" in text and _EMAIL.search(text) is not None) or ("+" in text and _PHONE.search(text) is not None)


def without_persons(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """JSON without the properties and list members that are personal, and without those of a personal name."""
    if isinstance(value, dict):
        return {
            name: without_persons(inner)
            for name, inner in value.items()
            if not is_personal(name) and not (isinstance(inner, str) and is_personal(inner))
        }
    if isinstance(value, list):
        return [without_persons(inner) for inner in value if not (isinstance(inner, str) and is_personal(inner))]
    return value


def disguised(event_id: str) -> str:
    """An id that names nobody, the same for the same one, in place of one that is an e-mail address or a number."""
    return "sluice." + hashlib.sha256(event_id.encode("utf-8", "replace")).hexdigest()[:32]
