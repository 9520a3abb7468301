"""Two ways to read written text the same however it was typed."""

import re
import unicodedata

_SPACE_AND_MARKS = "PSZC"
"""First letters of the Unicode categories for punctuation, symbols, separators and invisible characters."""
_EMOJI_SELECTORS = "\ufe0e\ufe0f"
"""Ask for a plain or a coloured picture of the symbol before them; they are no letters, but marks by category."""
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Marks without width and for the direction of writing, which come along when text is copied."""
_OKINA = "\u02bb"
"""The glottal stop of Hawaiian, which most leave out or write as an apostrophe; Unicode counts it among the letters."""
_ASCII = tuple(map(chr, range(128)))
_ASCII_LETTERS = [character if character.isalpha() else None for character in _ASCII]
_ASCII_LETTERS_AND_DIGITS = [character if character.isalnum() else None for character in _ASCII]
"""For ``str.translate``, which is told by None to leave a character out."""


def squeeze(text: str, *, digits: bool) -> str:
    """Lower-case NFC text without white space, punctuation and symbols, and with or without its digits.

    Letters of every script stay as they are: ``münchen`` is neither ``munchen`` nor ``muenchen``. Empty when no letter
    or digit is left.
    """
    lowered = text.lower()
    if lowered.isascii():
        return lowered.translate(_ASCII_LETTERS_AND_DIGITS if digits else _ASCII_LETTERS)
    # NFC comes after lower(): some pairs of letter and accent have one code point in lower case only.
    composed = unicodedata.normalize("NFC", lowered)
    if composed.isalpha():  # most names: nothing to leave out
        return composed
    unwanted = _SPACE_AND_MARKS if digits else _SPACE_AND_MARKS + "N"
    kept = "".join(
        character
        for character in composed
        if character.isalpha()
        or (unicodedata.category(character)[0] not in unwanted and character not in _EMOJI_SELECTORS)
    )
    # Once more: accents that were apart may stand side by side now.
    return unicodedata.normalize("NFC", kept) if any(map(str.isalnum, kept)) else ""


def fold(text: str) -> str:
    """``text`` squeezed and without accents, to look up a word of a fixed list; never to be hashed."""
    letters = squeeze(text, digits=True)
    if letters.isascii():
        return letters
    return "".join(
        character
        for character in unicodedata.normalize("NFD", letters)
        if not unicodedata.combining(character) and character != _OKINA
    )
