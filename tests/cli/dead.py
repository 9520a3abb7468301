"""Dead letters in the stack of the tests, as the sender and SQS leave them."""

import time
from typing import Any

from msgspec.structs import replace

from sluice.delivery.parcel import Parcel, State
from sluice.envelope import Entry, encode_entry, pack
from tests.cli.tables import TableStack, event_of
from tests.samples import ALLOWED, head

KEYS = ["subject-key-of-22-chrs"]


def fresh(event_id: str, *, name: str = "PageView", keys: list[str] | None = None, days_left: int = 6) -> Entry:
    """An event of a day ago that Meta takes for so many days, counted from the real now, as the commands do."""
    now = int(time.time())
    decision = replace(ALLOWED, decided_at=now - 86_400, consent_at=now - 90_000)
    made = event_of(event_id, keys or KEYS, name=name)
    return replace(made, event_time=now - 86_400, deadline=now + days_left * 86_400, decision=decision)


def bury(tables: TableStack, *entries: Entry, at: int | None = None, **reason: Any) -> list[Parcel]:
    """Give events up as a sender does: claimed, put into the dead-letter queue with a reason, settled."""
    parcels = tables.claim(*entries)
    for parcel in parcels:
        parcel.state, parcel.slug = State.DEAD, "meta_refused_event"
        for field, value in reason.items():
            setattr(parcel, field, value)
    stored = tables.queues.dead_letter(parcels, at or int(time.time()))
    assert stored == {entry.key for entry in entries}
    tables.settle(*parcels)
    return parcels


def whole_request(*entries: Entry) -> str:
    """The body of a message with several events, as SQS itself moves it."""
    return pack(head(), [encode_entry(entry) for entry in entries])[0]


def visible(tables: TableStack, url: str) -> list[dict[str, Any]]:
    """All messages that anybody would be shown now; they are hidden afterwards."""
    found: list[dict[str, Any]] = []
    while batch := tables.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages"):
        found += batch
    return found
