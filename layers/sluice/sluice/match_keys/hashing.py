"""SHA-256 as Meta wants it, and how values look that were hashed before they came here."""

import hashlib
import re

from sluice.match_keys.rule import Reason, RefusedError

# Meta's Parameter Builder libraries mark their digests with two (older) or eight characters after a dot.
_SHA256 = re.compile(r"([0-9a-fA-F]{64})(?:\.(?:[A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?")
_MD5 = re.compile(r"([0-9a-fA-F]{32})(?:\.(?:[A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?")


def sha256(text: str) -> str:
    """The digest of ``text`` in UTF-8, 64 lower-case hexadecimal characters, no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def already_hashed(text: str) -> str | None:
    """The SHA-256 digest that ``text`` is, in lower case and without Parameter Builder's mark; None if it is none."""
    match = _SHA256.fullmatch(text)
    return match[1].lower() if match else None


def looks_like_md5(text: str) -> str | None:
    """The 32 hexadecimal characters that ``text`` is, as written but without a mark; None if it is something else."""
    match = _MD5.fullmatch(text)
    return match[1] if match else None


PLACEHOLDERS = frozenset({"null", "undefined", "n/a", "none"})
"""What programs write for nobody, in lower case."""

_REFUSED_ADVERTISING_ID = "00000000-0000-0000-0000-000000000000"
_EMPTY_DIGEST = sha256("")
NOBODY = frozenset(
    sha256(text)
    for word in (*PLACEHOLDERS, "test@test.com", _REFUSED_ADVERTISING_ID, *("0" * length for length in range(1, 33)))
    for text in (word, word.upper(), word.title())
) | {_EMPTY_DIGEST}
"""Digests that stand for no person; those of zeros up to the length of an id without its dashes."""


def digest_of_somebody(digest: str) -> str:
    """``digest``, unless it is known to stand for no person: then refuses it as empty or a placeholder.

    Both our own digests and those that came hashed go through here, so that the two never differ.
    """
    if digest in NOBODY:
        raise RefusedError(Reason.EMPTY if digest == _EMPTY_DIGEST else Reason.PLACEHOLDER)
    return digest
