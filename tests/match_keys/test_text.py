"""Reading text the same however it was typed."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from sluice.match_keys.text import fold, squeeze


@example(text="A\u03420\u0316", digits=False)
@given(text=st.text(), digits=st.booleans())
def test_squeezed_text_stays_squeezed(text: str, digits: bool) -> None:
    """Squeezing twice is squeezing once, and leaves no white space."""
    squeezed = squeeze(text, digits=digits)
    assert squeeze(squeezed, digits=digits) == squeezed
    assert not any(map(str.isspace, squeezed))


@given(st.text(alphabet=st.characters(categories=["L", "M"], max_codepoint=0x17F)))
def test_composed_and_decomposed_letters_are_the_same(text: str) -> None:
    """An accent typed as its own character changes nothing."""
    decomposed = unicodedata.normalize("NFD", text)
    composed = unicodedata.normalize("NFC", text)
    assert squeeze(decomposed, digits=True) == squeeze(composed, digits=True)


def test_folding_takes_accents_away() -> None:
    """Words of a list are found with and without their accents."""
    assert fold("Île-du-Prince-Édouard") == fold("ile du prince edouard") == "ileduprinceedouard"
