"""A bounds-checked reader of bits written as text: six bits to a character, URL-safe base64 without padding.

IAB Europe writes TC strings so and IAB Tech Lab the sections of a GPP string. Python's own base64 does not fit: it
skips or refuses characters by other rules and refuses a length of 1 mod 4, which is legal here.
"""

import binascii
from typing import Final

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD: Final = _ALPHABET[:-2] + b"+/"
_TO_STANDARD: Final = bytes(_STANDARD[_ALPHABET.index(byte)] if byte in _ALPHABET else ord("!") for byte in range(256))


class Unreadable(Exception):
    """Stops a decoder, which turns it into ``Malformed(code)`` at its edge; it never leaves this package."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bits:
    """Bits of a text, most significant first, read from the front.

    Raises Unreadable: ``empty_segment`` for no text, ``bad_character`` for one outside the alphabet. Bits that stay
    unread are padding, however many. ``position`` counts the bits read.
    """

    __slots__ = ("_data", "_length", "position")

    def __init__(self, text: str) -> None:
        if not text:
            raise Unreadable("empty_segment")
        try:
            standard = text.encode("ascii").translate(_TO_STANDARD)
            self._data = binascii.a2b_base64(standard + b"A" * (-len(standard) % 4), strict_mode=True)
        except ValueError:
            raise Unreadable("bad_character") from None
        self._length = 6 * len(text)
        self.position = 0

    @property
    def remaining(self) -> int:
        """How many bits there are still to read."""
        return self._length - self.position

    def take(self, count: int) -> int:
        """The next bits as one number. Raises Unreadable ``truncated`` when there are not as many."""
        start = self.position
        end = start + count
        if end > self._length:
            raise Unreadable("truncated")
        self.position = end
        last = (end + 7) >> 3
        return int.from_bytes(self._data[start >> 3 : last], "big") >> (last * 8 - end) & ((1 << count) - 1)
