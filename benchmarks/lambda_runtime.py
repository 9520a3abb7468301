"""A function under awslambdaric, Lambda's own runtime client, against a Runtime API on loopback."""

import http.server
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS: Final = 60


def environment(endpoint: str) -> dict[str, str]:
    """What the template gives the functions; AWS and Meta are at ``endpoint``."""
    return {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "EVENT_QUEUE_URL": f"{endpoint}/000000000000/events",
        "HOLD_QUEUE_URL": f"{endpoint}/000000000000/hold",
        "DEAD_LETTER_QUEUE_URL": f"{endpoint}/000000000000/dead",
        "DELIVERY_TABLE": "deliveries",
        "CONSENT_TABLE": "consent",
        "SETTINGS_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:settings",
        "GRAPH_API_URL": endpoint,
        "GRAPH_API_VERSION": "v26.0",
        "EVIDENCE_RETENTION_DAYS": "400",
    }


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Lambda's Runtime API for one function.

    ``init_seconds``: from the start of its process until it asked for work. ``answer``: its last one.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.started_at = self.asked_at = 0.0
        self.asked = threading.Event()
        self.work: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.spent: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.answer = b""

    def handle_error(self, *_: object) -> None:
        """Say nothing: a function that is ended leaves its connection open."""

    @property
    def init_seconds(self) -> float:
        """See the class."""
        return self.asked_at - self.started_at

    def invoke(self, event: bytes) -> float:
        """Seconds from handing over the event until the answer arrives."""
        self.work.put(event)
        try:
            return self.spent.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise SystemExit("the function gave no answer") from None


class _Handler(http.server.BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    given_at = 0.0

    def do_GET(self) -> None:
        """``/invocation/next``: the function is ready; it waits here for work."""
        self.server.asked_at = self.server.asked_at or time.perf_counter()
        self.server.asked.set()
        event = self.server.work.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() + PATIENCE_SECONDS) * 1000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:000000000000:function:b")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        _Handler.given_at = time.perf_counter()  # one invocation at a time, whichever connection answers
        self.wfile.write(event)

    def do_POST(self) -> None:
        """``/invocation/{id}/response`` or, when it failed, ``…/error`` and ``/init/error``."""
        ended_at = time.perf_counter()
        self.server.answer = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if self.path.endswith("/error"):
            print(f"the function failed: {self.server.answer!r}", file=sys.stderr)
        else:
            self.server.spent.put(ended_at - _Handler.given_at)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def started(folder: str, endpoint: str, cache: str) -> Iterator[RuntimeApi]:
    """The function in ``folder`` of this checkout, ready for work. ``cache``: where its bytecode is kept."""
    api = RuntimeApi()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers" / "sluice"),
        "PYTHONPYCACHEPREFIX": cache,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
        **environment(endpoint),
    }
    with (Path(cache) / f"log-{api.server_address[1]}").open("wb") as log:
        api.started_at = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "app.handler"], cwd=ROOT / folder, env=variables, stdout=log
        )
        try:
            if not api.asked.wait(timeout=PATIENCE_SECONDS):
                raise SystemExit(f"{folder} was not ready after a minute")
            yield api
        finally:
            process.kill()
            process.wait()
            api.shutdown()
            api.server_close()
