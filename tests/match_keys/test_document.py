"""The page about match keys says what the code does."""

from sluice.match_keys import Reason
from tools.match_keys_doc import TARGET, meanings, page


def test_the_page_is_up_to_date() -> None:
    """After a rule or a vector changed, ``python tools/match_keys_doc.py`` writes the page anew."""
    assert TARGET.read_text() == page()


def test_every_reason_has_a_meaning() -> None:
    """Each code that a sender may see is explained."""
    assert list(meanings(Reason)) == [reason.value for reason in Reason]
