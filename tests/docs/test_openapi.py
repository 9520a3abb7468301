"""docs/openapi.yaml is what the code does: made of its tables, of every route, and valid."""

import re

import openapi_spec_validator
import pytest
import yaml

from sluice.errors import REJECTIONS, UNAVAILABLE
from tests.samples import ROOT
from tools import openapi
from tools.openapi_doors import DOORS

RAISED = re.compile(r'(?:Rejected|Unavailable)\("(\w+)"(?: if \w+ else "(\w+)")?\)')


def raised_in(*paths: str) -> set[str]:
    """The slugs that modules of the package raise."""
    package = ROOT / "layers" / "sluice" / "sluice"
    text = "".join(path.read_text() for pattern in paths for path in package.glob(pattern))
    return {slug for pair in RAISED.findall(text) for slug in pair if slug}


def test_the_file_is_up_to_date() -> None:
    """After a door changed, ``python tools/openapi.py`` writes the file anew."""
    assert openapi.document() == openapi.TARGET.read_text()


def test_it_is_openapi() -> None:
    """Any tool that reads OpenAPI 3.1 can read it."""
    whole = yaml.safe_load(openapi.TARGET.read_text())
    assert whole["openapi"] == "3.1.0"
    openapi_spec_validator.validate(whole)


def test_every_route() -> None:
    """Each route of the template is described, and no other; ``$default`` is whatever is none."""
    routes = re.findall(r"^ +RouteKey: (.+)$", (ROOT / "template.yaml").read_text(), re.MULTILINE)
    assert sorted(DOORS) == sorted(set(routes) - {"$default"})


def test_every_refusal() -> None:
    """Each slug that a request can be refused with is answered by some door."""
    told = {slug for door in DOORS.values() for slugs in openapi.refusals(door).values() for slug in slugs}
    assert set(REJECTIONS) <= told <= {*REJECTIONS, *UNAVAILABLE}


@pytest.mark.parametrize(
    ("route", "modules"),
    [
        ("POST /{version}/{dataset}/events", ["sources/graph.py"]),
        ("POST /collect/{dataset}", ["collect.py", "cors.py", "sources/beacon.py"]),
        ("POST /consent/withdraw", ["record.py", "statements.py"]),
        ("OPTIONS /consent/withdraw", []),
        ("POST /webhooks/{source}", ["sources/*.py", "statements.py"]),
    ],
)
def test_what_a_door_s_modules_raise(route: str, modules: list[str]) -> None:
    """A slug that is new in a module is new in the description of its door."""
    elsewhere = {"too_many_fields", "wrong_content_type"} if "webhooks" in route else set()
    told = {slug for slugs in openapi.refusals(DOORS[route]).values() for slug in slugs}
    assert raised_in(*modules) - elsewhere <= told
