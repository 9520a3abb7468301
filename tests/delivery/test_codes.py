"""The table of what is said about requests to Meta."""

import ast

import pytest

from sluice.delivery.codes import SLUGS
from tests.samples import ROOT

CODE = ROOT / "layers/sluice/sluice"


@pytest.mark.parametrize(
    "module", ["delivery/verdict.py", "dispatch.py", "tend.py", "outside/meta.py"]
)  # fmt: skip
def test_every_slug_has_its_meaning(module: str) -> None:
    """Whatever a verdict, or a request that was not made, is called stands in the table, so in the document, too."""
    tree = ast.parse((CODE / module).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    named = [call for call in calls if call.func.id in {"NoReply", "Retry", "Halt", "Refused"}]
    texts = {node.value for call in named for node in ast.walk(call) if isinstance(node, ast.Constant)}
    slugs = {text for text in texts if isinstance(text, str) and text}
    assert slugs
    assert slugs <= SLUGS.keys()
