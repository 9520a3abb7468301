"""The ports of the rooms in the simulation: each call takes time, and may be the last one of its invocation."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, Final

from sluice.delivery.parcel import Message, Parcel
from sluice.envelope import decode
from sluice.errors import Unavailable
from tests.fakes.queue import FakeQueues
from tests.simulation.meta import Run
from tests.simulation.sqs import Sqs

_SECONDS: Final = {
    "claim": (25, 0.01),
    "settle": (25, 0.01),
    "hold": (10, 0.02),
    "dead_letter": (10, 0.02),
    "delay": (10, 0.02),
    "release": (10, 0.02),
    "let_go": (10, 0.02),
}
"""What so many items take in one call to AWS; every other call is one of 0.01 s."""
_HALVED: Final = {"claim", "settle", "dead_letter"}


class Killed(BaseException):
    """The invocation is stopped here, as by SIGKILL: nothing of it runs any more. No room may catch this."""


class Invocation:
    """One run of a room. ``limit``: its timeout in seconds.

    ``at`` and ``happens``: what is done just before which call of a port (from 0); None stops the invocation there.
    Where several datasets are sent at once, calls and seconds are counted for each of them, so that every run of the
    same history is the same whichever thread comes first: what is stopped then stops in each at its own such call.
    """

    def __init__(
        self, started: float, limit: float, at: int | None = None, happens: Callable[[], None] | None = None
    ) -> None:
        self.run = Run()
        self.started = started
        self._limit = limit
        self._at = at
        self._happens = happens
        self._main = threading.get_ident()
        self._here = threading.local()
        self._progress = {"": (0, 0.0)}

    def step(self, dataset: str, seconds: float) -> None:
        """Count a call before it is made, and its seconds.

        Raises Killed when the invocation ends here.
        """
        is_main = self.is_main
        if is_main:  # the other threads have ended
            counts = self._progress.values()
            self._progress = {"": (max(calls for calls, _ in counts), max(spent for _, spent in counts))}
        self._here.name = name = "" if is_main else dataset
        calls, spent = self._progress.get(name) or self._progress[""]
        self._progress[name] = calls + 1, spent + seconds
        if self._at is not None and calls >= self._at and self._happens is None:
            self._die()
        if self._happens and calls == self._at and is_main:
            self._happens()
        self.end_in_time()

    def spend(self, seconds: float) -> None:
        """Let seconds pass within a call."""
        calls, spent = self._progress[self._name]
        self._progress[self._name] = calls, spent + seconds

    def end_in_time(self) -> None:
        """Raises Killed when the timeout is over."""
        if self.spent > self._limit:
            self._die()

    @property
    def spent(self) -> float:
        """Seconds so far, of the thread that asks."""
        return self._progress[self._name][1]

    @property
    def is_main(self) -> bool:
        """Whether the room's own thread asks."""
        return threading.get_ident() == self._main

    @property
    def _name(self) -> str:
        name: str = getattr(self._here, "name", "")
        return name

    def _die(self) -> None:
        self.run.died = True
        raise Killed


class Port:
    """Any port: ``step`` is told of every call (its first argument and seconds) before it is made.

    Of what takes several calls to AWS half is done when the invocation dies there.
    """

    def __init__(self, port: Any, step: Callable[[object, float], None]) -> None:
        self._port = port
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*values: Any) -> Any:
            try:
                self._step(values[0] if values else "", seconds(name, *values))
            except Killed:
                if name in _HALVED:
                    method(values[0][: len(values[0]) // 2], *values[1:])
                raise
            return method(*values)

        return call


def seconds(name: str, *values: object) -> float:
    """What a call takes. Requests to Meta say so themselves."""
    size, each = _SECONDS.get(name, (1, 0.01))
    count = len(values[0]) if name in _SECONDS and isinstance(values[0], Sized) else 1
    return 0.0 if name == "post_events" else each * math.ceil(count / size)


class SenderQueues(FakeQueues):
    """What the sender stores, in the queues of the simulation."""

    def __init__(self, events: Sqs, hold: Sqs) -> None:
        super().__init__()
        self._events = events
        self._hold = hold

    def hold(self, parcels: Mapping[str, Sequence[Parcel]]) -> set[str]:
        """As the fake; then let the hold queue have it."""
        stored = super().hold(parcels)
        for body in self.held:
            self._hold.send(body)
        self.held.clear()
        return stored

    def delay(self, receipts: Mapping[str, int]) -> None:
        """Change the visibility."""
        if not self.down:
            for receipt, wait in receipts.items():
                self._events.show_after(receipt, wait)


class StewardHold:
    """The hold queue as the steward sees it. ``step``: as for a Port, between storing and letting go."""

    def __init__(self, events: Sqs, hold: Sqs, step: Callable[[object, float], None]) -> None:
        self._events = events
        self._hold = hold
        self._step = step
        self.down = False

    def receive(self) -> list[Message]:
        """Ten messages, hidden for a while."""
        if self.down:
            raise Unavailable("queue_unavailable")
        return self._hold.receive(10)

    def release(self, messages: Sequence[Message]) -> None:
        """Store them in the event queue, then let them go."""
        if self.down or not messages:
            return
        for message in messages:
            self._events.send(message.body, decode(message.body).dataset)
        self._step("", seconds("let_go", messages))
        for message in messages:
            self._hold.delete(message.receipt)
