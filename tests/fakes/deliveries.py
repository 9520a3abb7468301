"""The delivery table in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.delivery.parcel import Parcel, State

LEASE_SECONDS = 120


@dataclass
class Item:
    """One delivery item, as far as the sender cares."""

    state: State
    owner: str
    lease_until: int
    attempts: int
    slug: str = ""
    unknown_since: int = 0


class FakeDeliveries:
    """``items`` by key. ``down``: does not answer. ``settles``: whether settlements are stored."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.down = False
        self.settles = True

    def claim(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Claim what is new, waiting, or whose lease is over."""
        for parcel in parcels:
            item = self.items.get(parcel.entry.key)
            parcel.attempts = item.attempts if item else 0
            parcel.failed_by = item.slug if item else ""
            parcel.unknown_since = item.unknown_since if item else 0
            if self.down:
                parcel.state, parcel.wait, parcel.repeated = State.WAITING, LEASE_SECONDS, True
            elif item and (
                item.state is State.DELIVERED
                or (item.state is State.WITHDRAWN and item.slug == "withdrawn")
                or (item.state is State.DEAD and not parcel.envelope.is_letter)
            ):
                parcel.state, parcel.repeated = item.state, True
            elif item and item.state is State.CLAIMED and item.owner == owner:
                parcel.state = State.CLAIMED
            elif item and item.state is State.CLAIMED and item.lease_until >= now_seconds:
                parcel.state, parcel.wait, parcel.repeated = State.WAITING, item.lease_until - now_seconds + 1, True
            else:
                if item and item.state is State.CLAIMED:
                    parcel.unknown_since = parcel.unknown_since or item.lease_until - LEASE_SECONDS
                parcel.state = State.CLAIMED
                parcel.attempts += 1
                self.items[parcel.entry.key] = Item(
                    State.CLAIMED,
                    owner,
                    now_seconds + LEASE_SECONDS,
                    parcel.attempts,
                    parcel.failed_by,
                    parcel.unknown_since,
                )

    def settle(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> list[Parcel]:  # noqa: ARG002 - a port
        """Store what became of the events that ``owner`` still holds."""
        if self.down or not self.settles:
            return list(parcels)
        for parcel in parcels:
            item = self.items[parcel.entry.key]
            if item.owner == owner and parcel.state:
                item.state, item.unknown_since = parcel.state, parcel.unknown_since
                item.slug = parcel.slug or item.slug
        return []
