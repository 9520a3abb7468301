"""The template as values, with CloudFormation's short tags written out."""

from typing import Any

import yaml

from tests.samples import ROOT


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """Write ``!Ref x`` as ``{"Ref": "x"}`` and ``!GetAtt a.b`` as ``{"Fn::GetAtt": ["a", "b"]}``, as JSON has them."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    else:
        assert isinstance(node, yaml.SequenceNode), "the template gives no mapping to a short tag"
        value = loader.construct_sequence(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def template_text() -> str:
    """The template as written, comments included."""
    return (ROOT / "template.yaml").read_text(encoding="utf-8")


def read_template() -> dict[str, Any]:
    """The template as values."""
    loaded: dict[str, Any] = yaml.load(template_text(), Loader=_Loader)
    return loaded


def functions_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each function by logical id, with what Globals adds."""
    shared = template["Globals"]["Function"]
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            variables = shared["Environment"]["Variables"] | own["Environment"]["Variables"]
            found[name] = shared | own | {"Environment": {"Variables": variables}}
    return found
