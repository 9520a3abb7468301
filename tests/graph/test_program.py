"""The program as it is started."""

import socket
import subprocess
import sys
from pathlib import Path

import urllib3

ROOT = Path(__file__).parents[2]


def test_runs_from_the_checkout() -> None:
    """`python -m local.graph` serves on the port it is told, without the product on its path."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "local.graph", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as program:
        try:
            retries = urllib3.Retry(total=40, backoff_factor=0.05, backoff_max=0.5)
            answer = urllib3.request("GET", f"http://127.0.0.1:{port}/_graph/health", retries=retries, timeout=5)
            assert answer.json() == {"status": "ok"}
        finally:
            program.terminate()
            program.wait(timeout=10)


def test_imports_nothing_from_the_product() -> None:
    """The simulator is a second opinion, so it shares no code with what it judges."""
    for module in (ROOT / "local" / "graph").glob("*.py"):
        assert "sluice" not in module.read_text()
