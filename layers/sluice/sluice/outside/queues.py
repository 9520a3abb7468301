"""SQS: the event queue seen by ingest, the event and dead-letter queues seen by the sender."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sluice.delivery.parcel import Parcel
from sluice.envelope import encode_entry, pack
from sluice.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef

_BATCH: Final = 10
"""SQS takes ten messages in a batch call, together at most 1 MiB."""
_BATCH_BYTES: Final = 1_000_000


class EventQueue:
    """Where ingest stores accepted events."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, dataset: str, messages: Sequence[str]) -> None:
        """Store the messages. Raises Unavailable ``queue_unavailable`` unless every one is stored.

        The dataset is the message group: a fair queue lets no dataset wait behind another one's backlog.
        """
        try:
            for body in messages:  # one call each: two full messages are more than a batch call takes
                self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageGroupId=dataset)
        except (BotoCoreError, ClientError):
            raise Unavailable("queue_unavailable") from None


class SenderQueues:
    """The event queue and the dead-letter queue, as the sender needs them."""

    def __init__(self, client: "SQSClient", event_queue_url: str, dead_letter_queue_url: str) -> None:
        self._client = client
        self._event_queue_url = event_queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def dead_letter(self, parcels: Sequence[Parcel], now_seconds: int) -> set[str]:
        """Put each event into the dead-letter queue, one a message, with its reason; the keys that were stored."""
        letters = {parcel.entry.key: (_letter(parcel), _reasons(parcel, now_seconds)) for parcel in parcels}
        return self._send(letters)

    def dead_letter_text(self, message_id: str, body: str, slug: str, now_seconds: int) -> bool:
        """Put a message that is no envelope into the dead-letter queue as it is; whether it was stored."""
        return bool(self._send({message_id: (body, _attributes({"slug": slug, "at": now_seconds}))}))

    def delay(self, receipts: Mapping[str, int]) -> None:
        """Show the messages (by receipt handle) again after so many seconds.

        A message whose call fails comes back after the queue's own visibility timeout, which is soon enough.
        """
        waits = list(receipts.items())
        for batch in (waits[start : start + _BATCH] for start in range(0, len(waits), _BATCH)):
            entries = [
                {"Id": str(at), "ReceiptHandle": handle, "VisibilityTimeout": wait}
                for at, (handle, wait) in enumerate(batch)
            ]
            try:
                self._client.change_message_visibility_batch(
                    QueueUrl=self._event_queue_url,
                    Entries=entries,  # type: ignore[arg-type]
                )
            except (BotoCoreError, ClientError):
                continue

    def _send(self, letters: "Mapping[str, tuple[str, dict[str, MessageAttributeValueTypeDef]]]") -> set[str]:
        stored: set[str] = set()
        for keys in _by_size({key: len(body.encode()) for key, (body, _) in letters.items()}):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(at), "MessageBody": letters[key][0], "MessageAttributes": letters[key][1]}
                for at, key in enumerate(keys)
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._dead_letter_queue_url, Entries=entries)
            except (BotoCoreError, ClientError):
                continue
            stored.update(keys[int(done["Id"])] for done in answer.get("Successful", ()))
        return stored


def _letter(parcel: Parcel) -> str:
    """The dead letter's body: an envelope with this one event, so that it can be sent again as it is."""
    return pack(msgspec.structs.replace(parcel.envelope, entries=[], is_letter=True), [encode_entry(parcel.entry)])[0]


def _reasons(parcel: Parcel, now_seconds: int) -> "dict[str, MessageAttributeValueTypeDef]":
    return _attributes(
        {
            "slug": parcel.slug,
            "code": parcel.code,
            "subcode": parcel.subcode,
            "fbtrace_id": parcel.fbtrace_id,
            "attempts": parcel.attempts,
            "at": now_seconds,
        }
    )


def _attributes(values: Mapping[str, str | int | None]) -> "dict[str, MessageAttributeValueTypeDef]":
    """Message attributes for the values that are there (SQS refuses empty ones)."""
    return {
        name: {"DataType": "Number" if isinstance(value, int) else "String", "StringValue": str(value)}
        for name, value in values.items()
        if value not in (None, "")
    }


def _by_size(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Keys in groups that one batch call takes."""
    group: list[str] = []
    used = 0
    for key, size in sizes.items():
        if group and (len(group) == _BATCH or used + size > _BATCH_BYTES):
            yield group
            group, used = [], 0
        group.append(key)
        used += size
    if group:
        yield group
