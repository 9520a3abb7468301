"""Exceptions from linters are few, stand beside the resource, and give their reason."""

import re
from pathlib import Path
from typing import Any

import yaml

CFN_LINT_EXCEPTION = re.compile(r"^ *- (?P<rule>[EWI]S?\d{4})\b(?P<rest>.*)$", re.MULTILINE)


def test_every_checkov_exception_has_a_reason(resources: dict[str, Any]) -> None:
    """Each skipped rule carries a comment of some words."""
    skipped = [skip for r in resources.values() for skip in r.get("Metadata", {}).get("checkov", {}).get("skip", [])]
    assert skipped
    for skip in skipped:
        assert len(skip["comment"].split()) >= 4, skip["id"]


def test_every_cfn_lint_exception_has_a_reason(resources: dict[str, Any], text: str) -> None:
    """Each ignored rule has its reason as a comment on the same line."""
    ignored = sum(
        len(r.get("Metadata", {}).get("cfn-lint", {}).get("config", {}).get("ignore_checks", []))
        for r in resources.values()
    )
    written = list(CFN_LINT_EXCEPTION.finditer(text))
    assert ignored == len(written) > 0
    for exception in written:
        assert re.fullmatch(r" # (\S+ ?){4,}", exception["rest"]), exception["rule"]


def test_no_rule_is_off_for_the_whole_template(root: Path, template: dict[str, Any]) -> None:
    """Neither the template nor checkov's settings switch a rule off everywhere."""
    assert set(template["Metadata"]) == {"AWS::CloudFormation::Interface"}
    settings = yaml.safe_load((root / ".checkov.yaml").read_text(encoding="utf-8"))
    assert not [name for name in settings if "skip" in name and name != "skip-download"]
    assert not list(root.glob(".cfnlintrc*"))
