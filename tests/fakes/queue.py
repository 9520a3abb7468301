"""The queues in memory."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from sluice.delivery.parcel import Message, Parcel
from sluice.envelope import Envelope, decode, encode_entry, pack
from sluice.errors import Unavailable


class FakeQueue:
    """The event queue as ingest sees it. ``stored``: (dataset, body) of each message. ``down``: takes nothing."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, str]] = []
        self.down = False

    def send(self, dataset: str, messages: Sequence[str]) -> None:
        """Keep the messages, or raise Unavailable."""
        if self.down:
            raise Unavailable("queue_unavailable")
        self.stored += [(dataset, body) for body in messages]

    @property
    def envelopes(self) -> list[Envelope]:
        """What is in the messages."""
        return [decode(body) for _, body in self.stored]


class Letter(NamedTuple):
    """A dead letter: its body and why it is there."""

    body: str
    reasons: dict[str, object]


class FakeQueues:
    """The queues as the sender sees them.

    ``letters``: the dead letters. ``held``: the bodies in the hold queue. ``waits``: seconds by receipt. ``down``:
    stores and delays nothing.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.held: list[str] = []
        self.waits: dict[str, int] = {}
        self.down = False

    def hold(self, parcels: Mapping[str, Sequence[Parcel]]) -> set[str]:
        """Keep one message for each."""
        if self.down:
            return set()
        for group in parcels.values():
            head = replace(group[0].envelope, entries=[])
            self.held += pack(head, [encode_entry(parcel.entry) for parcel in group])
        return set(parcels)

    def dead_letter(self, parcels: Sequence[Parcel], now_seconds: int) -> set[str]:
        """Keep one letter for each event."""
        if self.down:
            return set()
        for parcel in parcels:
            envelope = parcel.envelope
            body = pack(replace(envelope, entries=[], is_letter=True), [encode_entry(parcel.entry)])[0]
            reasons = {
                "slug": parcel.slug,
                "code": parcel.code,
                "subcode": parcel.subcode,
                "fbtrace_id": parcel.fbtrace_id,
                "attempts": parcel.attempts,
                "at": now_seconds,
            }
            self.letters.append(
                Letter(body, {name: value for name, value in reasons.items() if value not in (None, "")})
            )
        return {parcel.entry.key for parcel in parcels}

    def dead_letter_text(self, message_id: str, body: str, slug: str, now_seconds: int) -> bool:  # noqa: ARG002 - a port
        """Keep the text as it is."""
        if not self.down:
            self.letters.append(Letter(body, {"slug": slug, "at": now_seconds}))
        return not self.down

    def delay(self, receipts: Mapping[str, int]) -> None:
        """Note when each message is shown again."""
        if not self.down:
            self.waits.update(receipts)


class FakeHold:
    """The hold queue as the steward sees it. ``released``: the bodies that moved to the event queue.

    Each message is seen once in 50 seconds, as with the real one, and held since its events were accepted. ``down``:
    does not answer.
    """

    def __init__(self, queues: FakeQueues, clock: Callable[[], int]) -> None:
        self._queues = queues
        self._clock = clock
        self._hidden: dict[str, int] = {}
        self.released: list[str] = []
        self.down = False

    def receive(self) -> list[Message]:
        """Up to ten messages that nobody has seen lately."""
        if self.down:
            raise Unavailable("queue_unavailable")
        now = self._clock()
        seen = [body for body in self._queues.held if self._hidden.get(body, 0) <= now][:10]
        self._hidden |= dict.fromkeys(seen, now + 50)
        return [Message(body, body, body, decode(body).accepted_at) for body in seen]

    def release(self, messages: Sequence[Message]) -> None:
        """Move them."""
        for message in messages:
            if not self.down:
                self._queues.held.remove(message.body)
                self.released.append(message.body)
