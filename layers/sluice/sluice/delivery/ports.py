"""What the sender needs of the outside; ``sluice.outside`` has the real ones, the tests have fakes of the same."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sluice.delivery.parcel import Parcel
from sluice.delivery.verdict import NoReply, Reply
from sluice.settings import Secret


class Graph(Protocol):
    """Meta's events edge."""

    def post_events(self, dataset: str, token: Secret, body: bytes) -> Reply | NoReply:
        """POST a body of events."""


class Deliveries(Protocol):
    """The delivery items."""

    def claim(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Set each parcel's ``state``, ``attempts``, ``repeated`` and ``wait``."""

    def settle(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> list[Parcel]:
        """Write what became of claimed parcels; those that could not be written come back."""


class Queues(Protocol):
    """The dead-letter queue, and the visibility of messages that return."""

    def dead_letter(self, parcels: Sequence[Parcel], now_seconds: int) -> set[str]:
        """Store each event with its reason; the keys that were stored."""

    def dead_letter_text(self, message_id: str, body: str, slug: str, now_seconds: int) -> bool:
        """Store a message that is no envelope; whether it was stored."""

    def delay(self, receipts: Mapping[str, int]) -> None:
        """Show messages (by receipt) again after so many seconds."""
