"""What the template tests share: the template as text, as values, and by kinds of resources."""

from pathlib import Path
from typing import Any

import pytest

from tests.samples import ROOT
from tests.stack_template import functions_of, read_template, template_text


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def text() -> str:
    """The template as written, comments included."""
    return template_text()


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template as values."""
    return read_template()


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    """The template's resources by logical id."""
    found: dict[str, Any] = template["Resources"]
    return found


@pytest.fixture(scope="session")
def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each function by logical id, with what Globals adds."""
    return functions_of(template)
