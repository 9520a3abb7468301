"""SQS: the event queue seen by ingest, all queues seen by the sender, the hold queue seen by the steward."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sluice.delivery.parcel import Message, Parcel
from sluice.envelope import Envelope, decode, encode_entry, pack
from sluice.errors import BadEnvelope, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        DeleteMessageBatchRequestEntryTypeDef,
        MessageAttributeValueTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

_BATCH: Final = 10
"""SQS takes ten messages in a batch call, together at most 1 MiB."""
_BATCH_BYTES: Final = 1_000_000
_HIDDEN_SECONDS: Final = 50
"""As long as a round of the steward at most, and less than to the next one."""


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
    """The event queue, the hold queue and the dead-letter queue, as the sender needs them."""

    def __init__(
        self, client: "SQSClient", event_queue_url: str, hold_queue_url: str, dead_letter_queue_url: str
    ) -> None:
        self._client = client
        self._event_queue_url = event_queue_url
        self._hold_queue_url = hold_queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def hold(self, parcels: Mapping[str, Sequence[Parcel]]) -> set[str]:
        """Store the parcels of each message (by id) in the hold queue, a message each; the ids of those stored."""
        letters = {
            message_id: _Letter(_body(group[0].envelope, group), {}, group[0].envelope.dataset)
            for message_id, group in parcels.items()
        }
        return _send(self._client, self._hold_queue_url, letters)

    def dead_letter(self, parcels: Sequence[Parcel], now_seconds: int) -> set[str]:
        """Put each event into the dead-letter queue, one a message, with its reason; the keys that were stored."""
        letters = {
            parcel.entry.key: _Letter(
                _body(msgspec.structs.replace(parcel.envelope, is_letter=True), [parcel]), _reasons(parcel, now_seconds)
            )
            for parcel in parcels
        }
        return _send(self._client, self._dead_letter_queue_url, letters)

    def dead_letter_text(self, message_id: str, body: str, slug: str, now_seconds: int) -> bool:
        """Put a message that is no envelope into the dead-letter queue as it is; whether it was stored."""
        letter = _Letter(body, _attributes({"slug": slug, "at": now_seconds}))
        return bool(_send(self._client, self._dead_letter_queue_url, {message_id: letter}))

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


class HoldQueue:
    """The hold queue, as the steward needs it."""

    def __init__(self, client: "SQSClient", event_queue_url: str, hold_queue_url: str) -> None:
        self._client = client
        self._event_queue_url = event_queue_url
        self._hold_queue_url = hold_queue_url

    def receive(self) -> list[Message]:
        """Up to ten messages, hidden from others for a minute; none when none are visible.

        Waits a second for the first: without that SQS asks only some of its servers, and nothing found is not nothing
        there (AWS, "short and long polling"). Raises Unavailable ``queue_unavailable``.
        """
        try:
            answer = self._client.receive_message(
                QueueUrl=self._hold_queue_url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        except (BotoCoreError, ClientError):
            raise Unavailable("queue_unavailable") from None
        return [
            Message(
                found["MessageId"],
                found["ReceiptHandle"],
                found["Body"],
                int(found["Attributes"]["SentTimestamp"]) // 1_000,
            )
            for found in answer.get("Messages", ())
        ]

    def release(self, messages: Sequence[Message]) -> None:
        """Move messages to the event queue: what is not stored there stays here, and is seen again."""
        letters = {message.receipt: _Letter(message.body, {}, _dataset(message.body)) for message in messages}
        stored = _send(self._client, self._event_queue_url, letters)
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(at), "ReceiptHandle": receipt} for at, receipt in enumerate(stored)
        ]
        for start in range(0, len(entries), _BATCH):
            with suppress(BotoCoreError, ClientError):  # seen again, and let go by the sender as delivered
                self._client.delete_message_batch(
                    QueueUrl=self._hold_queue_url, Entries=entries[start : start + _BATCH]
                )


class _Letter(NamedTuple):
    """One message to be stored; ``group`` is its dataset where the queue is fair."""

    body: str
    attributes: "dict[str, MessageAttributeValueTypeDef]"
    group: str = ""


def _send(client: "SQSClient", queue_url: str, letters: "Mapping[str, _Letter]") -> set[str]:
    """Store messages, ten a call; the names of those that were stored."""
    stored: set[str] = set()
    for names in _by_size({name: len(letter.body.encode()) for name, letter in letters.items()}):
        entries: list[SendMessageBatchRequestEntryTypeDef] = []
        for at, name in enumerate(names):
            letter = letters[name]
            entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(at), "MessageBody": letter.body}
            if letter.attributes:
                entry["MessageAttributes"] = letter.attributes
            if letter.group:
                entry["MessageGroupId"] = letter.group
            entries.append(entry)
        try:
            answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        except (BotoCoreError, ClientError):
            continue
        stored.update(names[int(done["Id"])] for done in answer.get("Successful", ()))
    return stored


def _body(envelope: Envelope, parcels: Sequence[Parcel]) -> str:
    """A message with these events and the head of their envelope, so that it can be sent again as it is."""
    head = msgspec.structs.replace(envelope, entries=[])
    return pack(head, [encode_entry(parcel.entry) for parcel in parcels])[0]


def _dataset(body: str) -> str:
    """The dataset of a message; none of what is no envelope, which the sender is to see all the same."""
    try:
        return decode(body).dataset
    except BadEnvelope:
        return ""


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
