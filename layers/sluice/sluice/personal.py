"""Texts that name a person where Meta wants none: e-mail addresses and telephone numbers. Pure."""

import hashlib
import re
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import unquote

_EMAIL: Final = re.compile(r"[^@/\s]@(?!\dx\.(?:avif|gif|jpe?g|png|svg|webp)\b)[^\s@/]+\.[^\W\d_]")
"""Not the name of a picture for fine screens, ``mug@2x.png``: there is no such end of a domain."""
_PHONE: Final = re.compile(r"(?<!\w)\+[1-9](?:[\s()./-]{0,3}[0-9]){6,14}(?!\w)")
"""With its plus sign only: without one it could be an article number."""
_QUOTED_AT_MOST: Final = 4
"""Times; each redirect within a redirect quotes once more."""
_TOGETHER: Final = 256
"""Characters made compatible at once: a row of combining marks takes the square of its length to sort."""


def is_personal(text: str) -> bool:
    """Whether a text holds an e-mail address, or a telephone number in international form.

    Also as in a URL, and in the wide letters of East Asian keyboards (compatible characters, NFKC).
    """
    for _ in range(_QUOTED_AT_MOST if "%" in text else 0):
        quoted, text = text, unquote(text)
        if text == quoted:
            break
    if not text.isascii():
        parts = (text[start : start + _TOGETHER] for start in range(0, len(text), _TOGETHER))
        text = "".join(normalize("NFKC", part) for part in parts)
    return ("@" in text and _EMAIL.search(text) is not None) or ("+" in text and _PHONE.search(text) is not None)


def without_persons(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """JSON without the properties and list members that are personal, and without those of a personal name.

    A member of a list that loses its ``id`` goes as a whole: Meta refuses an item without one, and its event with it.
    """
    if isinstance(value, dict):
        return {
            name: without_persons(inner)
            for name, inner in value.items()
            if not is_personal(name) and not (isinstance(inner, str) and is_personal(inner))
        }
    if isinstance(value, list):
        named = (inner.get("id") if isinstance(inner, dict) else inner for inner in value)
        personal = [isinstance(name, str) and is_personal(name) for name in named]
        return [without_persons(inner) for inner, gone in zip(value, personal, strict=True) if not gone]
    return value


def disguised(event_id: str) -> str:
    """An id that names nobody, the same for the same one, in place of one that is an e-mail address or a number."""
    return "sluice." + hashlib.sha256(event_id.encode("utf-8", "replace")).hexdigest()[:32]
