"""How long each function takes from its import to ready, as a ratio to a bare handler in the same run.

Each is started under awslambdaric against a Runtime API on loopback, turn by turn, so that a busy machine slows all
alike. Init is the time until the first request for work, less that of a handler that imports nothing. Run it with
``make bench``; it asserts nothing, because machines are noisy.
"""

import http.server
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ROUNDS: Final = 15
FUNCTIONS: Final = {
    "empty": "benchmarks/empty",
    "bare": "benchmarks/bare",
    "ingest": "functions/ingest",
    "sender": "functions/sender",
}
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "EVENT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/000000000000/events",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/000000000000/dead",
    "DELIVERY_TABLE": "deliveries",
    "SETTINGS_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:settings",
    "GRAPH_API_URL": "https://graph.facebook.com",
    "GRAPH_API_VERSION": "v26.0",
    "EVIDENCE_RETENTION_DAYS": "400",
}


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Lambda's Runtime API, as far as a function that starts needs it; ``ready`` is set when one asks for work."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ready = threading.Event()
        self.ready_at = 0.0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        """``/invocation/next``: the function is ready. It is ended before an answer."""
        self.server.ready_at = time.perf_counter()
        self.server.ready.set()
        time.sleep(1)

    def do_POST(self) -> None:
        """``/init/error``: the function did not start."""
        sys.exit(f"the function did not start: {self.rfile.read(int(self.headers['content-length']))!r}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def start_seconds(folder: str, cache: str) -> float:
    """Seconds from the start of the process until the function asks for work."""
    api = RuntimeApi()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers" / "sluice"),
        "PYTHONPYCACHEPREFIX": cache,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
        **ENVIRONMENT,
    }
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "app.handler"], cwd=ROOT / folder, env=environment
    )
    try:
        if not api.ready.wait(timeout=60):
            sys.exit(f"{folder} was not ready after a minute")
        return api.ready_at - started
    finally:
        process.kill()
        process.wait()
        api.shutdown()


def main() -> None:
    """Start every function in turn, and print the table."""
    times: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(ROUNDS + 1):
            for name, folder in FUNCTIONS.items():
                seconds = start_seconds(folder, cache)
                if turn:  # the first turn fills the bytecode cache
                    times[name].append(seconds)
    empty = statistics.median(times["empty"])
    init = {name: statistics.median(found) - empty for name, found in times.items() if name != "empty"}
    print(f"median of {ROUNDS} starts, python {sys.version.split()[0]}")
    print(f"{'function':10} {'init ms':>8} {'ratio to bare':>14}")
    for name, seconds in init.items():
        print(f"{name:10} {seconds * 1000:8.0f} {seconds / init['bare']:14.2f}")


if __name__ == "__main__":
    main()
