"""Telemetry that keeps what it is told."""

from collections import Counter

from sluice.telemetry import SAFE_FIELDS, Metric, Telemetry


class RecordingTelemetry(Telemetry):
    """``lines``: every log line as (what, fields). ``counts``: the sum of each metric."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.counts: Counter[Metric] = Counter()

    def log(self, what: str, **fields: object) -> None:
        """Keep the line; as strict about its fields as the real one."""
        if not fields.keys() <= SAFE_FIELDS:
            raise ValueError("log field not on the allow-list")
        self.lines.append((what, fields))

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to the metric; zero is not written."""
        if value:
            self.counts[metric] += value

    def flush(self) -> None:
        """Nothing to write."""
