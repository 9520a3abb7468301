"""The rooms, furnished with fakes, each by itself and all together."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from sluice.accept import accept_events, accept_webhook
from sluice.collect import collect
from sluice.deliver import deliver
from sluice.delivery.parcel import Message, State
from sluice.door import Answer
from sluice.event import delivery_key
from sluice.ingest import Ingest
from sluice.outside.secrets import FRESH_SECONDS, SettingsStore
from sluice.record import record_consent, withdraw_consent
from sluice.sender import Sender
from sluice.sources import KINDS
from sluice.sources.request import Request
from sluice.steward import Steward
from sluice.tend import tend
from tests import samples
from tests.fakes.breakers import FakeBreakers
from tests.fakes.clock import Clock
from tests.fakes.cmp_service import FakeCmpService
from tests.fakes.consent_store import FakeConsentStore
from tests.fakes.deliveries import FakeDeliveries
from tests.fakes.graph import FakeGraph
from tests.fakes.privacy_requests import FakePrivacyRequests
from tests.fakes.queue import FakeHold, FakeQueue, FakeQueues
from tests.fakes.secrets import FakeSecrets
from tests.fakes.sightings import FakeSightings
from tests.fakes.telemetry import RecordingTelemetry


class _Room:
    """What every room has. ``beside``: another room with the same clock, settings and consent store."""

    def __init__(self, beside: "_Room | None" = None) -> None:
        self.clock = beside.clock if beside else Clock()
        self.telemetry = RecordingTelemetry()
        self.secrets = beside.secrets if beside else FakeSecrets(json.dumps(samples.document()))
        self.consent = beside.consent if beside else FakeConsentStore()
        self.settings = SettingsStore(lambda: self.secrets, "arn:of-the-secret", KINDS, self.telemetry, self.clock)

    def configure(self, document: dict[str, Any]) -> None:
        """Store other settings."""
        self.secrets.stored = json.dumps(document)


class IngestRoom(_Room):
    """The ingest function. ``queue`` holds what it stored, ``public_keys`` what Adobe publishes, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FakeQueue()
        self.cmp = FakeCmpService()
        self.public_keys: dict[str, bytes] = {}
        self.privacy = FakePrivacyRequests()
        self.ingest = Ingest(
            self.settings,
            self.queue,
            self.consent,
            self.privacy,
            lambda: self.cmp,
            self.public_keys.get,
            self.telemetry,
            self.clock,
            lambda: 0.5,
        )

    def post(self, *events: object, key: str = samples.SERVER_KEY) -> Answer:
        """A server posts events to the first dataset."""
        return self.take(samples.graph_request(*events, key=key))

    def take(self, request: Request, version: str = "v26.0", dataset: str = samples.DATASET) -> Answer:
        """Any request to the events door."""
        return accept_events(request, version, dataset, self.ingest)

    def webhook(self, request: Request, source: str = "shopify-demo") -> Answer:
        """Any request to the webhook door."""
        return accept_webhook(request, source, self.ingest)

    def tell(self, request: Request) -> Answer:
        """Any request to ``POST /consent``."""
        return record_consent(request, self.ingest)

    def withdraw(self, request: Request) -> Answer:
        """Any request to ``POST /consent/withdraw``."""
        return withdraw_consent(request, self.ingest)

    def collect(self, request: Request, dataset: str = samples.DATASET) -> Answer:
        """Any request to the browsers' door."""
        return collect(request, dataset, self.ingest)

    @property
    def queued(self) -> list[str]:
        """The ids of the events that wait for the sender."""
        return samples.event_ids(self.queue.envelopes)


class SenderRoom(_Room):
    """The sender function. Chance is always in the middle, so that waits are those of the schedule."""

    def __init__(self, beside: IngestRoom | None = None) -> None:
        super().__init__(beside)
        self.graph = FakeGraph()
        self.breakers = FakeBreakers()
        self.sightings = FakeSightings()
        self.deliveries = FakeDeliveries()
        self.queues = FakeQueues()
        owners = (f"owner-{number}" for number in itertools.count(1))
        self.sender = Sender(
            settings=self.settings,
            graph=self.graph,
            breakers=self.breakers,
            sightings=self.sightings,
            consent=self.consent,
            deliveries=self.deliveries,
            queues=self.queues,
            telemetry=self.telemetry,
            clock=self.clock,
            chance=lambda: 0.5,
            owner=lambda: next(owners),
        )

    def deliver(self, *messages: Message, has_time: bool = True) -> list[str]:
        """One batch; the ids of the messages that return."""
        return deliver(messages, self.sender, lambda: has_time)

    def wait_of(self, message: Message) -> int:
        """After how many seconds the message is shown again."""
        return self.queues.waits[message.receipt]

    @property
    def dead(self) -> Sequence[tuple[list[str], object]]:
        """The dead letters: the ids of their events and the reason."""
        return [(samples.ids_in(letter.body), letter.reasons["slug"]) for letter in self.queues.letters]


class StewardRoom(_Room):
    """The steward function, beside a sender. ``privacy`` holds the requests that it watches."""

    def __init__(self, beside: SenderRoom | None = None) -> None:
        super().__init__(beside)
        sender = beside or SenderRoom()
        self.hold = FakeHold(sender.queues, self.clock)
        self.privacy = FakePrivacyRequests()
        self.steward = Steward(
            settings=self.settings,
            graph=sender.graph,
            graph_version="v26.0",
            breakers=sender.breakers,
            sightings=sender.sightings,
            hold=self.hold,
            privacy=self.privacy,
            telemetry=self.telemetry,
            clock=self.clock,
        )

    def tend(self, *, has_time: bool = True) -> None:
        """One round."""
        tend(self.steward, lambda: has_time)


class Gateway:
    """All rooms, with one clock, one settings secret, one consent store and the queues between them.

    ``waiting``: the messages that no sender has seen, or that returned.
    """

    def __init__(self) -> None:
        self.ingest = IngestRoom()
        self.sender = SenderRoom(self.ingest)
        self.steward = StewardRoom(self.sender)
        self.clock = self.ingest.clock
        self.consent = self.ingest.consent
        self.waiting: list[Message] = []

    def configure(self, document: dict[str, Any]) -> None:
        """Store other settings, and wait until every room has read them."""
        self.ingest.configure(document)
        self.clock.now += FRESH_SECONDS

    def queue(self) -> None:
        """Let what was accepted become messages."""
        for _, body in self.ingest.queue.stored:
            self.waiting.append(samples.message(sent_at=self.clock.now)._replace(body=body))
        self.ingest.queue.stored.clear()

    def deliver(self) -> list[str]:
        """Hand every message to the sender, in one batch; the ids of the events that Meta received through it."""
        self.queue()
        before = len(self.sender.graph.received)
        returning = self.sender.deliver(*self.waiting) if self.waiting else []
        self.waiting = [message for message in self.waiting if message.message_id in returning]
        return self.sender.graph.received[before:]

    def tend(self) -> None:
        """One round of the steward; what it brings back waits for the sender."""
        self.steward.tend()
        for body in self.steward.hold.released:
            self.waiting.append(samples.message(sent_at=self.clock.now)._replace(body=body))
        self.steward.hold.released.clear()

    def outcome(self, event_id: str) -> tuple[State, str]:
        """What became of an event, and the reason."""
        item = self.sender.deliveries.items[delivery_key(samples.DATASET, "Purchase", event_id)]
        return item.state, item.slug
