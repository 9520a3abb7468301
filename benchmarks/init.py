"""How long each function takes from its import to ready.

Each is started under awslambdaric, turn by turn, so that a busy machine slows all alike. Init is the time until the
first request for work, less that of a handler that imports nothing.
"""

import statistics
from typing import Final

from benchmarks.lambda_runtime import started

ROUNDS: Final = 15
FUNCTIONS: Final = {
    "empty": "benchmarks/empty",
    "bare": "benchmarks/bare",
    "ingest": "functions/ingest",
    "sender": "functions/sender",
}


def measure(endpoint: str, cache: str) -> dict[str, float]:
    """Seconds of init of ``bare``, ``ingest`` and ``sender``: the median."""
    times: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
    for turn in range(ROUNDS + 1):
        for name, folder in FUNCTIONS.items():
            with started(folder, endpoint, cache) as api:
                if turn:  # the first turn fills the bytecode cache
                    times[name].append(api.init_seconds)
    empty = statistics.median(times.pop("empty"))
    return {name: statistics.median(found) - empty for name, found in times.items()}
