"""The gateway in a virtual world: real stories between model queues, a misbehaving Meta, and a clock of its own.

An invocation runs in one go and takes virtual time. Two senders of the event-source mapping work side by side: each
starts when it is free, and sees at once what the other one does until its end. What happens in the middle of an
invocation (its death, another sender with the same messages, a withdrawal) is asked for by ``poll``.
"""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final, NamedTuple

from sluice.deliver import deliver
from sluice.delivery.parcel import Message
from sluice.envelope import decode
from sluice.errors import Unavailable
from sluice.tend import tend
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, document, graph_request
from tests.simulation.meta import Meta, Run
from tests.simulation.ports import Invocation, Killed, Port, SenderQueues, StewardHold
from tests.simulation.sqs import Sqs

BATCH: Final = 100
WINDOW_SECONDS: Final = 1
SENDERS: Final = 2
VISIBILITY_SECONDS: Final = 420
"""The event-source mapping and its queue, as in the template; only the window is the local stack's, not 45 seconds."""
_HIDDEN_SECONDS: Final = 50
_SENDER_SECONDS: Final = 60
_SENDER_NEEDS: Final = 20
_STEWARD_SECONDS: Final = 50
_STEWARD_NEEDS: Final = 15
"""How long the steward hides what it receives; timeouts, and what handlers keep back for one more request or batch."""


class Accepted(NamedTuple):
    """An event that was answered 2xx: its id, when, and the JSON that was queued."""

    event_id: str
    dataset: str
    at: float
    event: dict[str, Any]


class World:
    """``accept``, ``poll``, ``tend`` do one thing now; ``run_until`` lets time pass with everybody at work.

    ``accepted`` by delivery key. ``dies`` gives, for each coming invocation, the call of a port at which it is stopped;
    ``throttled`` says whether Lambda refuses a batch that was already received. ``deaths``: stopped invocations.
    ``peak``: the most messages that waited.
    """

    def __init__(self, *datasets: str, seed: int = 0) -> None:
        self.random = Random(seed)
        self.gateway = Gateway()
        whole = document()
        self.settings = {**whole, "datasets": dict.fromkeys(datasets, whole["datasets"][DATASET]), "sources": {}}
        self.gateway.ingest.configure(self.settings)
        self._time = float(NOW)
        self._invocation: Invocation | None = None
        self._free_at = [self._time] * SENDERS
        self._round_at = self._time + 60
        self.events = Sqs(lambda: self.time, self.random, VISIBILITY_SECONDS)
        self.held = Sqs(lambda: self.time, self.random, _HIDDEN_SECONDS)
        self.meta = Meta(self._spend, lambda: self.time, lambda: self._invocation.run if self._invocation else Run())
        self.queues = SenderQueues(self.events, self.held)
        self.hold = StewardHold(self.events, self.held, self._step)
        room = self.gateway.sender
        shared = {"graph": Port(self.meta, self._step), "breakers": Port(room.breakers, self._step)}
        self._sender = replace(
            room.sender,
            **shared,
            deliveries=Port(room.deliveries, self._step),
            consent=Port(room.consent, self._step),
            queues=Port(self.queues, self._step),
        )
        self._steward = replace(self.gateway.steward.steward, **shared, hold=Port(self.hold, self._step))
        self.accepted: dict[str, Accepted] = {}
        self.dies: Callable[[], int | None] = lambda: None
        self.throttled: Callable[[], bool] = lambda: False
        self.deaths = self.peak = 0

    @property
    def time(self) -> float:
        """Now, in seconds."""
        return self._time

    @time.setter
    def time(self, time: float) -> None:
        self._time = time
        self.gateway.clock.now = int(time)

    def accept(self, *events: dict[str, Any], dataset: str = DATASET) -> int:
        """A server posts events; how many were accepted. None, when the queue does not answer."""
        ingest = self.gateway.ingest
        try:
            answer = ingest.take(graph_request(*events), dataset=dataset)
        except Unavailable:
            return 0
        for group, body in ingest.queue.stored:
            self.events.send(body, group)
            for entry in decode(body).entries:
                event = json.loads(bytes(entry.event))
                self.accepted.setdefault(entry.key, Accepted(event["event_id"], group, self.time, event))
        ingest.queue.stored.clear()
        ingest.telemetry.lines.clear()
        self.peak = max(self.peak, len(self.events) + len(self.held))
        return int(answer.body["events_received"])

    def change_settings(self, dataset: str, **changes: Any) -> None:
        """Store other settings of one dataset; the rooms read them when they do."""
        datasets = self.settings["datasets"]
        self.settings = {**self.settings, "datasets": {**datasets, dataset: {**datasets[dataset], **changes}}}
        self.gateway.ingest.configure(self.settings)

    def poll(self, at: int | None = None, happens: Callable[[], None] | None = None) -> list[Message]:
        """One batch for one sender, which may be interrupted as an Invocation is; what was in it."""
        batch = self.events.receive(BATCH)
        if batch and not self.throttled():
            returning: list[str] = []

            def work(invocation: Invocation) -> None:
                returning.extend(
                    deliver(batch, self._sender, lambda: _SENDER_SECONDS - invocation.spent > _SENDER_NEEDS)
                )

            if self._runs(work, Invocation(self.time, _SENDER_SECONDS, at, happens)):
                for message in batch:
                    if message.message_id not in returning:
                        self.events.delete(message.receipt)
        return batch

    def tend(self, at: int | None = None) -> bool:
        """One round of the steward, which may be stopped at a call; whether it came to its end."""

        def work(invocation: Invocation) -> None:
            tend(self._steward, lambda: _STEWARD_SECONDS - invocation.spent > _STEWARD_NEEDS)

        try:
            return self._runs(work, Invocation(self.time, _STEWARD_SECONDS, at))
        except Unavailable:
            return False

    def run_until(self, end: float) -> None:
        """Let time pass: senders poll, the steward does its round each minute."""
        while (at := self._next()) <= end:
            self.time = max(self.time, at)
            now = self.time
            if self._round_at <= now:
                self._round_at += 60
                self.tend(self.dies())
            else:
                sender = min(range(SENDERS), key=self._free_at.__getitem__)
                self.poll(self.dies())
                self._free_at[sender] = max(self.time, now + 0.01)
            self.time = now
        self.time = max(self.time, end)

    def run_until_quiet(self, longest_seconds: float) -> bool:
        """Let time pass until no message is left; whether that was so in time."""
        end = self.time + longest_seconds
        while (self.events or self.held) and self.time < end:
            self.run_until(self.time + 60)
        return not (self.events or self.held)

    def _next(self) -> float:
        """When the next thing happens. The steward's rounds are left out while nothing could keep it busy."""
        round_at = self._round_at
        if not self.gateway.sender.breakers.kept and not self.held:
            self._round_at += max(0.0, (self.time - self._round_at) // 60 * 60 + 60)
            round_at = math.inf
        visible_at = self.events.visible_at()
        if visible_at is None:
            return round_at
        return min(round_at, max(min(self._free_at), visible_at + WINDOW_SECONDS))

    def _runs(self, work: Callable[[Invocation], None], invocation: Invocation) -> bool:
        """Run an invocation, perhaps in the middle of another one, to its end; False when it was stopped before."""
        outer, self._invocation = self._invocation, invocation
        try:
            work(invocation)
        except Killed:
            self.deaths += 1
            return False
        finally:
            self._invocation = outer
            if outer:
                outer.spend(self.time - invocation.started)
            self.gateway.sender.telemetry.lines.clear()
            self.gateway.steward.telemetry.lines.clear()
            self.peak = max(self.peak, len(self.events) + len(self.held))
        return True

    def _step(self, first: object, seconds: float) -> None:
        """A room calls a port; its first argument names the dataset where several are sent at once."""
        assert self._invocation
        try:
            self._invocation.step(first if isinstance(first, str) else "", seconds)
        finally:
            self._catch_up(self._invocation)

    def _spend(self, seconds: float) -> None:
        """Meta lets whoever asks wait."""
        assert self._invocation
        self._invocation.spend(seconds)
        self._catch_up(self._invocation)
        self._invocation.end_in_time()

    def _catch_up(self, invocation: Invocation) -> None:
        """Move the clock; it stands still while several datasets are sent at once."""
        if invocation.is_main:
            self.time = max(self.time, invocation.started + invocation.spent)
