"""What an event costs at the door: from the bytes of a request to the bytes of its envelope.

The baseline is Meta's SDK, which starts later (at a dict) and does less: no validation, no consent, one rule a field.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from facebook_business.adobjects.serverside.event_request import EventRequest

from benchmarks.purchases import body, purchase, sdk_event
from sluice.accept import accept_events
from sluice.ingest import Ingest
from sluice.settings import SettingsDocument
from sluice.sources.request import Request, no_public_key
from sluice.telemetry import Metric, Telemetry
from tests.fakes.cmp_service import FakeCmpService
from tests.fakes.consent_store import FakeConsentStore
from tests.fakes.privacy_requests import FakePrivacyRequests
from tests.samples import DATASET, NOW, SERVER_KEY, settings

ROUNDS: Final = 15
EVENTS: Final = 1_000


class Accepting(NamedTuple):
    """CPU seconds per event: the median of the rounds, each a mean of 1000 events."""

    single: float
    single_sdk: float
    thousand: float
    thousand_sdk: float


class Room(Telemetry):
    """What the ingest function works with, doing nothing. ``messages``: what was queued last."""

    def __init__(self) -> None:
        self.messages: Sequence[str] = ()
        self._settings = settings()

    def ingest(self, now_seconds: int) -> Ingest:
        """The function's collaborators, at a moment."""
        consent, privacy = FakeConsentStore(), FakePrivacyRequests()
        clock, chance = lambda: now_seconds, lambda: 0.5
        return Ingest(self, self, consent, privacy, FakeCmpService, no_public_key, self, clock, chance)

    def document(self) -> SettingsDocument:
        """The sample settings."""
        return self._settings

    reread = document

    def send(self, dataset: str, messages: Sequence[str]) -> None:  # noqa: ARG002 - a port
        """Keep the messages until the next ones."""
        self.messages = messages

    def log(self, what: str, **fields: object) -> None:
        """Say nothing."""

    def count(self, metric: Metric, value: int = 1) -> None:
        """Count nothing."""


def measure() -> Accepting:
    """Every purchase alone, ours and the SDK's in turn; then all in one request, ours and the SDK's in turn."""
    purchases = [purchase(number, NOW) for number in range(EVENTS)]
    bodies = [body([one]) for one in purchases]
    whole = body(purchases)
    ingest = Room().ingest(NOW)
    rounds = []
    for turn in range(ROUNDS + 1):
        single = single_sdk = 0.0
        for raw, one in zip(bodies, purchases, strict=True):
            single += _seconds(accept, raw, ingest)
            single_sdk += _seconds(normalise, [one])
        thousand, thousand_sdk = _seconds(accept, whole, ingest), _seconds(normalise, purchases)
        if turn:  # the first turn imports what is imported late
            rounds.append((single, single_sdk, thousand, thousand_sdk))
    return Accepting(*(statistics.median(seconds) / EVENTS for seconds in zip(*rounds, strict=True)))


def accept(raw: bytes, ingest: Ingest) -> None:
    """Our side: the whole story from the request's bytes to the queue."""
    headers = {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"}
    answer = accept_events(Request(headers, {}, raw, "request-1"), "v26.0", DATASET, ingest)
    if answer.body.get("messages") != []:
        raise SystemExit("the benchmark's events were not all accepted")


def normalise(purchases: list[dict[str, Any]]) -> None:
    """The SDK's side: its objects, hashed, and each event as JSON."""
    EventRequest(pixel_id=DATASET, events=[sdk_event(one) for one in purchases]).get_params()


def _seconds(work: Callable[..., None], *given: object) -> float:
    """CPU time: nothing here waits, so on an idle machine it is the clock's, and on a busy one it is fairer."""
    started = time.process_time()
    work(*given)
    return time.process_time() - started
