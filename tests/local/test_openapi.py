"""Schemathesis makes requests of docs/openapi.yaml, right ones and wrong ones: every answer is one documented there."""

import json
import re
import subprocess

import pytest

from tests.local.stack import Stack
from tests.samples import ROOT

PROGRAM = ROOT / ".local" / "env" / "schemathesis" / "bin" / "schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SHOWN = "rudderstack-demo"
"""A source that shows its secret, so that every body gets past the proof."""


def configuration(stack: Stack) -> str:
    """Half of the requests for what there is, by a server with a key on a page of an allowed origin; half for any."""
    (origin,) = stack.settings["datasets"][stack.dataset]["allowed_origins"]
    secret = stack.settings["sources"][SHOWN]["secrets"][0]
    known = {"version": "v26.0", "dataset": stack.dataset, "source": SHOWN}
    return "\n".join(
        [
            "[headers]",
            f"Authorization = {json.dumps(f'Bearer {stack.server_key}')}",
            f"Origin = {json.dumps(origin)}",
            *(f"[dictionaries.{name}]\nvalues = [{json.dumps(value)}]" for name, value in known.items()),
            "[parameters]",
            *(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.5 }}' for name in known),
            "[[operations]]",
            'include-path = "/webhooks/{source}"',
            f"headers = {{ Authorization = {json.dumps(f'Bearer {secret}')} }}",
        ]
    )


@pytest.fixture(scope="module")
def report(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What schemathesis says of a few hundred requests. The emulator answers OPTIONS itself; AWS would not here."""
    folder = tmp_path_factory.mktemp("schemathesis")
    (folder / "schemathesis.toml").write_text(configuration(stack))
    where = ["run", str(ROOT / "docs" / "openapi.yaml"), "--url", stack.values["ingest_url"]]
    bounds = ["--seed", "1", "--max-examples", "40", "--phases", "examples,fuzzing", "--exclude-method", "OPTIONS"]
    command = [str(PROGRAM), *where, "--checks", CHECKS, *bounds, "--no-color", "--no-shrink"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return f"{result.stdout}\n{result.stderr}\nexit {result.returncode}"


def test_every_answer_is_documented(report: str) -> None:
    """No answer is a 5xx, or one of which status, content type or shape is not in the description."""
    assert report.endswith("exit 0"), report


def test_the_requests_are_many(report: str) -> None:
    """A description of which nothing could be made would prove nothing."""
    (number,) = re.findall(r"(\d+) generated", report)
    assert int(number) > 150
