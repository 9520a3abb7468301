"""A standard queue of SQS: at least once, in about the order sent, fair between message groups.

A message that was received is hidden for a while; what nobody deleted by then is there again.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from sluice.delivery.parcel import Message

MOST_RECEIVES: Final = 1_000
"""The redrive policy of the template: one receive more, and SQS itself moves the message to the dead-letter queue."""
RETENTION_SECONDS: Final = 14 * 86_400
_BATCH_BYTES: Final = 6_000_000
"""What Lambda takes in one invocation."""


@dataclass(slots=True, eq=False)
class Stored:
    """One message, or a copy that SQS made of it. ``receipt``: of its last receive, empty while it is visible."""

    serial: int
    message_id: str
    body: str
    group: str
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""


class Sqs:
    """A queue. ``clock`` gives seconds; ``visibility``: how long a received message is hidden, in seconds.

    ``copied`` and ``disordered``: the share of receives after which a copy stays visible, or that do not take the
    oldest message. ``redriven``: bodies received too often. ``dropped``: bodies that grew too old.
    """

    def __init__(self, clock: Callable[[], float], random: Random, visibility: int) -> None:
        self._clock = clock
        self._random = random
        self._visibility = visibility
        self._live: dict[int, Stored] = {}
        self._lines: dict[str, deque[Stored]] = defaultdict(deque)
        self._hidden: list[tuple[float, int, Stored]] = []
        self._receipts: dict[str, Stored] = {}
        self._in_flight: Counter[str] = Counter()
        self._serial = 0
        self.copied = self.disordered = 0.0
        self.redriven: list[str] = []
        self.dropped: list[str] = []

    def __len__(self) -> int:
        return len(self._live)

    def send(self, body: str, group: str = "") -> None:
        """Store a message."""
        self._store(f"message-{self._serial}", body, group, self._clock())

    def copy_all(self) -> None:
        """Let SQS hand out every message, hidden or not, once more."""
        for stored in list(self._live.values()):
            self._store(stored.message_id, stored.body, stored.group, stored.sent_at)

    def receive(self, limit: int) -> list[Message]:
        """Up to ``limit`` visible messages, hidden from now on; first those of the group with the fewest in flight."""
        now = self._clock()
        self._show(now)
        found: list[Message] = []
        room = _BATCH_BYTES
        while len(found) < limit and (line := min(self._waiting(), key=self._busy, default=None)):
            if self._random.random() < self.disordered:
                line.rotate(-self._random.randrange(len(line)))
            if found and len(line[0].body) > room:
                break
            stored = line.popleft()
            room -= len(stored.body)
            stored.receives += 1
            if stored.receives > MOST_RECEIVES or now - stored.sent_at > RETENTION_SECONDS:
                (self.redriven if stored.receives > MOST_RECEIVES else self.dropped).append(stored.body)
                del self._live[stored.serial]
                continue
            stored.receipt = f"receipt-{stored.serial}-{stored.receives}"
            self._receipts[stored.receipt] = stored
            self._in_flight[stored.group] += 1
            self._hide(stored, now + self._visibility)
            found.append(Message(stored.message_id, stored.receipt, stored.body, int(stored.sent_at)))
            if self._random.random() < self.copied:
                self._store(stored.message_id, stored.body, stored.group, stored.sent_at)
        return found

    def show_after(self, receipt: str, seconds: float) -> None:
        """Show a received message again after so many seconds; nothing, when it was received anew since."""
        if stored := self._receipts.get(receipt):
            self._hide(stored, self._clock() + seconds)

    def delete(self, receipt: str) -> None:
        """Forget a received message; nothing, when it was received anew since."""
        if stored := self._receipts.pop(receipt, None):
            self._in_flight[stored.group] -= 1
            del self._live[stored.serial]

    def visible_at(self) -> float | None:
        """When the first message is visible; in the past where one is already, None without any."""
        while self._hidden and not self._is_hidden(*self._hidden[0]):
            heapq.heappop(self._hidden)
        times = [line[0].visible_at for line in self._waiting()] + [at for at, _, _ in self._hidden[:1]]
        return min(times, default=None)

    def bodies(self) -> Iterator[str]:
        """The bodies of all messages, hidden or not."""
        return (stored.body for stored in self._live.values())

    def _store(self, message_id: str, body: str, group: str, sent_at: float) -> None:
        stored = Stored(self._serial, message_id, body, group, sent_at, self._clock())
        self._serial += 1
        self._live[stored.serial] = stored
        self._lines[group].append(stored)

    def _waiting(self) -> list[deque[Stored]]:
        """The lines of groups in which a message is visible."""
        return [line for line in self._lines.values() if line]

    def _busy(self, line: deque[Stored]) -> int:
        return self._in_flight[line[0].group]

    def _hide(self, stored: Stored, until: float) -> None:
        stored.visible_at = until
        heapq.heappush(self._hidden, (until, stored.serial, stored))

    def _is_hidden(self, at: float, serial: int, stored: Stored) -> bool:
        """Whether an entry of the heap still says when its message is shown."""
        return serial in self._live and bool(stored.receipt) and stored.visible_at == at

    def _show(self, now: float) -> None:
        """Make visible what was hidden long enough."""
        while self._hidden and self._hidden[0][0] <= now:
            at, serial, stored = heapq.heappop(self._hidden)
            if self._is_hidden(at, serial, stored):
                del self._receipts[stored.receipt]
                stored.receipt = ""
                self._in_flight[stored.group] -= 1
                self._lines[stored.group].append(stored)
