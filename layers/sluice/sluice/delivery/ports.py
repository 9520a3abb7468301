"""What the sender needs of the outside; ``sluice.outside`` has the real ones, the tests have fakes of the same."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sluice.delivery.breaker import Breaker
from sluice.delivery.parcel import Message, Parcel
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


class Breakers(Protocol):
    """The breakers, by dataset. One that never failed is closed, and absent."""

    def read(self, datasets: Collection[str]) -> dict[str, Breaker]:
        """Those of datasets. Raises Unavailable ``delivery_table_unavailable``."""

    def opened(self) -> dict[str, Breaker]:
        """All that are open or draining. Raises Unavailable ``delivery_table_unavailable``."""

    def write(self, dataset: str, breaker: Breaker) -> None:
        """Store one, unless another changed its state ``since``; a closed one has none, so it closes nothing."""

    def close(self, dataset: str) -> None:
        """Close one that drains; not one that is open."""


class Sightings(Protocol):
    """Since when a dataset has had its test_event_code."""

    def first_seen(self, dataset: str, code: str, now_seconds: int) -> int | None:
        """When this code was first seen at the dataset (Unix seconds), which may be now. None when nobody can know."""

    def forget(self, dataset: str) -> None:
        """Forget the dataset's codes: what comes then is seen for the first time."""


class Hold(Protocol):
    """The hold queue, as the steward sees it."""

    def receive(self) -> list[Message]:
        """Some messages, hidden from others for a minute; none when none are visible.

        Raises Unavailable ``queue_unavailable``: no answer is not the same as no messages.
        """

    def release(self, messages: Sequence[Message]) -> None:
        """Move messages to the event queue. One that cannot be moved now stays where it is."""


class Queues(Protocol):
    """The hold queue, the dead-letter queue, and the visibility of messages that return."""

    def hold(self, parcels: Mapping[str, Sequence[Parcel]]) -> set[str]:
        """Store the parcels of each message (by id) in the hold queue; the ids of those that were stored."""

    def dead_letter(self, parcels: Sequence[Parcel], now_seconds: int) -> set[str]:
        """Store each event with its reason; the keys that were stored."""

    def dead_letter_text(self, message_id: str, body: str, slug: str, now_seconds: int) -> bool:
        """Store a message that is no envelope; whether it was stored."""

    def delay(self, receipts: Mapping[str, int]) -> None:
        """Show messages (by receipt) again after so many seconds."""
