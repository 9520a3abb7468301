"""How long a running ingest function takes for a request with one event, and the bare handler for the same one."""

import json
import statistics
import time
from contextlib import ExitStack
from typing import Final, NamedTuple

from benchmarks.lambda_runtime import started
from benchmarks.purchases import body, purchase
from tests.samples import DATASET, SERVER_KEY

ROUNDS: Final = 1_000
_WARMING_ROUNDS: Final = 50
VARIANTS: Final = {
    "ingest": ("functions/ingest", "events"),
    "bare_queueing": ("benchmarks/bare", "events"),
    "bare_resolving": ("benchmarks/bare", "nothing"),
}
"""Folder, and the last part of the path: the bare handler queues the body of ``events`` and does nothing else."""


class Warm(NamedTuple):
    """Seconds from handing over the event until the answer arrives."""

    p50: float
    p99: float


def measure(endpoint: str, cache: str) -> dict[str, Warm]:
    """Every variant, request by request in turn, with AWS at ``endpoint``."""
    now = int(time.time())
    times: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with ExitStack() as running:
        apis = {name: running.enter_context(started(folder, endpoint, cache)) for name, (folder, _) in VARIANTS.items()}
        for turn in range(_WARMING_ROUNDS + ROUNDS):
            for name, (_, last) in VARIANTS.items():
                seconds = apis[name].invoke(_api_event(last, body([purchase(turn, now)]).decode()))
                if json.loads(apis[name].answer).get("statusCode") != 200:
                    raise SystemExit(f"{name} answered {apis[name].answer!r}")
                if turn >= _WARMING_ROUNDS:
                    times[name].append(seconds)
    hundredths = {name: statistics.quantiles(found, n=100) for name, found in times.items()}
    return {name: Warm(found[49], found[98]) for name, found in hundredths.items()}


def _api_event(last: str, text: str) -> bytes:
    """API Gateway's event (HTTP API, payload format 2.0) for a post of a server."""
    path = f"/v26.0/{DATASET}/{last}"
    event = {
        "version": "2.0",
        "routeKey": f"POST /{{version}}/{{dataset}}/{last}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "authorization": f"Bearer {SERVER_KEY}",
            "content-type": "application/json",
            "host": "abc.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "example-shop/1.0",
            "x-forwarded-for": "203.0.113.7",
        },
        "pathParameters": {"version": "v26.0", "dataset": DATASET},
        "requestContext": {
            "requestId": "request-1",
            "stage": "$default",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
        },
        "body": text,
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()
