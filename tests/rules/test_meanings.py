"""Every slug is explained, and every explanation is needed."""

import ast
from pathlib import Path

import pytest

from sluice.event import CustomData, Event
from sluice.rules import MEANINGS, WARNINGS, Explanation, fields
from tests.samples import ROOT

RULES = ROOT / "layers/sluice/sluice/rules"
BESIDE = {"test_event_code", "partner_agent"}
"""Fields of the body beside ``data``."""
ELSEWHERE = {
    "personal_text_dropped",
    "event_id_disguised",
    "event_name_personal",
    "event_too_large",
    "not_from_browser",
    "url_shortened",
    "referrer_url_dropped",
    *(f"{name}_dropped" for name in BESIDE),
}
"""Said where an event is packed, its addresses are cleaned, the body is read, a browser reports."""


def said(path: Path) -> set[str]:
    """The texts of a module that are slugs."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_explanation_without_a_rule() -> None:
    """What is documented can happen."""
    texts = set().union(*(said(path) for path in RULES.glob("*.py") if path.name != "meanings.py"))
    assert {*MEANINGS, *WARNINGS} - texts == ELSEWHERE


def test_no_slug_in_two_tables() -> None:
    """A slug is a reason to refuse or a warning, never both."""
    assert MEANINGS.keys() & WARNINGS.keys() == set()


@pytest.mark.parametrize(("slug", "explanation"), [*MEANINGS.items(), *WARNINGS.items()])
def test_explanation(slug: str, explanation: Explanation) -> None:
    """Slugs are words with underscores; meaning and advice are sentences; the field is one of the event's."""
    assert slug.replace("_", "").isalnum()
    assert slug == slug.lower()
    assert explanation.meaning.endswith(".")
    assert explanation.fix.endswith(".")
    top = explanation.field.partition(".")[0]
    own = {"", "consent", "customer_segmentation", "any field", "any object", "any closed object", *BESIDE}
    assert top in own | {*Event.__struct_fields__}


def test_slugs_of_fields() -> None:
    """Fields with a slug of their own exist, and their slugs are explained."""
    assert set(fields.SLUGS.values()) <= MEANINGS.keys()
    for path in fields.SLUGS:
        top, _, inner = path.partition(".")
        assert top in {*Event.__struct_fields__, "consent"}
        if top == "custom_data":
            assert inner.partition(".")[0] in CustomData.__struct_fields__
