"""What may be said about an event: log lines from an allow-list of fields, metrics from a closed list.

No dataset, no identifier and no text of a caller is ever a dimension; finer detail is log fields.
"""

import os
import threading
import traceback
from enum import StrEnum
from typing import Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit


class Metric(StrEnum):
    """Every metric, with its meaning. The namespace is the stack's; the only dimension is ``service``, the room."""

    EVENTS_ACCEPTED = "events_accepted"
    """Events queued after an allow."""
    EVENTS_DENIED = "events_denied"
    """Events that consent stopped at the door."""
    EVENTS_INVALID = "events_invalid"
    """Events that Meta would refuse, stopped at the door."""
    WEBHOOKS_IGNORED = "webhooks_ignored"
    """What is no event: test and cancelled orders, other topics, a consent tool's unknown words, bots."""
    WEBHOOKS_LOST = "webhooks_lost"
    """Webhooks that are not repeated and could not be stored while a buyer's checkout waited, or held only an error."""
    MATCH_KEYS_DROPPED = "match_keys_dropped"
    """Values of user_data that are no valid match key."""
    EVENT_WARNINGS = "event_warnings"
    """What senders could do better, counted by warning; it stopped nothing."""
    CONSENT_RECORDED = "consent_recorded"
    """Grants, refusals and withdrawals written to the consent ledger."""
    REQUESTS_REFUSED = "requests_refused"
    """Requests answered 4xx."""
    EVENTS_DELIVERED = "events_delivered"
    """Events that Meta confirmed."""
    EVENTS_REPEATED = "events_repeated"
    """Events that were not sent because they had been delivered before."""
    EVENTS_WITHDRAWN = "events_withdrawn"
    """Accepted events that were not sent because the ledger held a refusal, or no longer a consent."""
    EVENTS_WAITING = "events_waiting"
    """Events that returned to the queue for a later attempt."""
    EVENTS_HELD = "events_held"
    """Events put into the hold queue, because their dataset's breaker is open."""
    EVENTS_RELEASED = "events_released"
    """Messages that the steward moved back from the hold queue."""
    EVENTS_NEAR_DEADLINE = "events_near_deadline"
    """Events that wait, or are held, and that Meta will refuse for their age within a day."""
    EVENTS_EXPIRED = "events_expired"
    """Dead events whose time was over before Meta took them."""
    EVENTS_DEAD = "events_dead"
    """Events moved to the dead-letter queue."""
    DATASETS_HALTED = "datasets_halted"
    """Datasets whose breaker is open, counted each minute while there are any."""
    GRAPH_REQUESTS = "graph_requests"
    """Requests to Meta, but for the hourly look at each dataset: a series that is written each hour has its price."""
    OLDEST_WAITING_SECONDS = "oldest_waiting_seconds"
    """Age of the oldest event that had to wait (SQS's own age metric skips messages received three times)."""
    GRAPH_VERSION_ENDING = "graph_version_ending"
    """Datasets whose version of the Graph API ends within sixty days, by its date or by Meta's answer, each hour."""
    TEST_EVENT_CODE_LEFT_ON = "test_event_code_left_on"
    """Datasets whose settings have held a test_event_code for a day, counted each hour; it is sent no longer."""
    PRIVACY_REQUESTS_OPEN = "privacy_requests_open"
    """Requests of persons that nobody has marked as done, counted each minute."""
    PRIVACY_REQUESTS_DUE = "privacy_requests_due"
    """Those of them that were received 20 or more days ago; after 30 it is too late."""
    SETTINGS_INVALID = "settings_invalid"
    """Reads of the settings that found an invalid document; the last good one stays in use."""
    INTERNAL_ERRORS = "internal_errors"
    """Failures that are ours. Each is logged with its place."""


SAFE_FIELDS: Final = frozenset(
    {
        "accepted", "at", "code", "dataset", "decision", "denied", "dropped", "due", "error", "events", "fbtrace_id",
        "ignored", "invalid", "keys", "kind", "latency_ms", "open", "place", "slug", "source", "subcode",
        "warned",
    }
)  # fmt: skip
"""The only fields a log line may have. None of them can hold what a caller wrote about a person."""


class Telemetry:
    """Logs and metrics of one room."""

    def __init__(self, service: str) -> None:
        self._logger = Logger(service=service, use_rfc3339=True, location=None)
        self._counting = threading.Lock()
        # Outside a stack, as in a benchmark, Powertools would refuse to write anything without one.
        namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Sluice")
        self._metrics = Metrics(namespace=namespace, service=service)

    def log(self, what: str, **fields: object) -> None:
        """One line. Raises ValueError for a field that is not on the allow-list."""
        if not fields.keys() <= SAFE_FIELDS:
            raise ValueError("log field not on the allow-list")
        self._logger.info(what, extra={name: value for name, value in fields.items() if value not in (None, "", {})})

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric of this invocation; zero is not written."""
        if value:
            unit = MetricUnit.Seconds if metric is Metric.OLDEST_WAITING_SECONDS else MetricUnit.Count
            with self._counting:  # datasets are sent to, and probed, in threads
                self._metrics.add_metric(name=metric.value, unit=unit, value=value)

    def failure(self, error: BaseException) -> None:
        """Note a failure of ours by its type and place. Its message is not read: it may quote a value."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else ""
        self.log("internal_error", error=type(error).__name__, place=place)
        self.count(Metric.INTERNAL_ERRORS)

    def flush(self) -> None:
        """Write the metrics of this invocation."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
