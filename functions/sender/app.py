"""Sender: a batch of queue messages in, the ids of those that must return to the queue out."""

from typing import Any, Final

from sluice import wiring
from sluice.deliver import deliver
from sluice.delivery.parcel import Message

ROOM = wiring.sender()
_REQUEST_MILLISECONDS: Final = 20_000
"""What one more request to Meta, the dead letters and the settling may take."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's context has no type
    """Deliver a batch. The answer is what ReportBatchItemFailures asks for."""
    messages = [
        Message(
            message_id=record["messageId"],
            receipt=record["receiptHandle"],
            body=record["body"],
            sent_at=int(record["attributes"]["SentTimestamp"]) // 1000,
        )
        for record in event["Records"]
    ]
    try:
        failed = deliver(messages, ROOM, lambda: context.get_remaining_time_in_millis() > _REQUEST_MILLISECONDS)
    except Exception as error:  # noqa: BLE001 - the last line: every message returns to the queue, nothing is lost
        ROOM.telemetry.failure(error)
        failed = [message.message_id for message in messages]
    ROOM.telemetry.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
