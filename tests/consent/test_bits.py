"""Bits of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.bits import Bits, Unreadable
from tests.consent.tc_strings import ALPHABET
from tests.strategies import any_text

texts = st.text(ALPHABET, min_size=1, max_size=60)


def test_every_character_has_its_six_bits() -> None:
    """A is 0 and _ is 63, most significant bit first."""
    bits = Bits(ALPHABET)
    assert [bits.take(6) for _ in ALPHABET] == list(range(64))


@pytest.mark.parametrize("length", range(1, 10))
def test_any_length(length: int) -> None:
    """Any number of characters can be read to the last bit, also one more than a multiple of four."""
    bits = Bits("_" * length)
    assert bits.take(6 * length) == (1 << 6 * length) - 1
    assert (bits.position, bits.remaining) == (6 * length, 0)


@pytest.mark.parametrize("length", range(1, 10))
def test_nothing_behind_the_end(length: int) -> None:
    """A read that ends one bit behind the text is refused and moves nothing."""
    bits = Bits("_" * length)
    bits.take(3)
    with pytest.raises(Unreadable, match=r"^truncated$"):
        bits.take(6 * length - 2)
    assert bits.position == 3


@pytest.mark.parametrize(
    "text", ["A=", "A+", "A/", "A A", "A\n", "A.", "A~", "A\x00", "Aé", "A\ud800", "A\U0001d400", "!"]
)
def test_other_characters(text: str) -> None:
    """Standard base64, padding, blanks and look-alikes are no characters of the alphabet."""
    with pytest.raises(Unreadable, match=r"^bad_character$"):
        Bits(text)


def test_no_text() -> None:
    """Nothing to read is an error of its own."""
    with pytest.raises(Unreadable, match=r"^empty_segment$"):
        Bits("")


@given(texts, st.lists(st.integers(0, 70)))
def test_takes_make_up_the_text(text: str, counts: list[int]) -> None:
    """However a text is cut into reads, the bits are the same."""
    bits = Bits(text)
    whole = "".join(f"{ALPHABET.index(character):06b}" for character in text)
    read = ""
    for count in counts:
        if count <= bits.remaining:
            read += f"{bits.take(count):0{count}b}" if count else ""
    assert whole.startswith(read)
    assert bits.position == len(read)


@given(any_text)
def test_total(text: str) -> None:
    """Any text is read or refused for one of two reasons."""
    try:
        assert Bits(text).remaining == 6 * len(text)
    except Unreadable as error:
        assert error.code in {"empty_segment", "bad_character"}  # noqa: PT017 - either end is right
