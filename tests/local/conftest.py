"""The whole stack: the real template on the embedded AWS, the Graph simulator, and samples through the doors."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import stack as local_stack
from tests.local.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running stack: the one of ``make up`` if there is one, else one that ends with the tests."""
    was_up = local_stack.is_up()
    run("up")
    yield Stack(json.loads(local_stack.STACK_FILE.read_text()))
    if not was_up:
        run("down")


def run(verb: str) -> None:
    """What `make up` and `make down` run, with the demo's own settings and simulator."""
    root = Path(__file__).resolve().parents[2]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GRAPH_API_URL", "SLUICE_SETTINGS")
    }
    command = [sys.executable, "-m", "local", verb]
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
