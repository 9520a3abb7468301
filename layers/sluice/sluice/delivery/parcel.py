"""A queue message and its events on their way through the sender: what they are, and what became of them so far."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sluice.envelope import Entry, Envelope


class Message(NamedTuple):
    """One queue message: ``sent_at`` in Unix seconds is when it was first stored."""

    message_id: str
    receipt: str
    body: str
    sent_at: int

    def __repr__(self) -> str:
        return f"Message({self.message_id})"  # its events hold hashes of persons


class State(StrEnum):
    """The states of a delivery item."""

    CLAIMED = "claimed"
    """A sender works on it until its lease is over."""
    WAITING = "waiting"
    """It will be tried again; anyone may claim it."""
    DELIVERED = "delivered"
    """Meta confirmed it."""
    WITHDRAWN = "withdrawn"
    """It was not sent: before it could be, the consent ledger stopped it."""
    DEAD = "dead"
    """It is in the dead-letter queue."""


@dataclass(slots=True)
class Parcel:
    """One event of one message.

    ``state``: None until it is claimed. ``repeated``: it had been settled before this attempt. ``wait``: seconds
    until the next attempt. ``unknown_since``: Unix seconds of the first request that Meta may have taken although no
    answer said so; 0 without one. ``slug``, ``code``, ``subcode``, ``fbtrace_id``: why it is where it is.
    ``failed_by``: the ``slug`` of the last attempt that failed before this one.
    """

    message_id: str
    envelope: Envelope
    entry: Entry
    state: State | None = None
    repeated: bool = False
    attempts: int = 0
    failed_by: str = ""
    wait: int = 0
    unknown_since: int = 0
    slug: str = ""
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str = ""
