"""The sender function: a batch from SQS in, the messages that must return out."""

import json
from typing import Any

from tests.functions.conftest import Functions
from tests.samples import OTHER_DATASET, entry, message

HOURS = 3_600


class Context:
    """Lambda's context with this much time left."""

    def __init__(self, milliseconds: int = 60_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        """As in Lambda."""
        return self._milliseconds


def record(body: str, number: int, sent_at: int) -> dict[str, Any]:
    """One message as the event-source mapping hands it over."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {"SentTimestamp": str(sent_at * 1_000)},
    }


def call(functions: Functions, *bodies: str, context: Context | None = None) -> list[str]:
    """The messages of a batch that return."""
    now = functions.sender.ROOM.clock()
    records = [record(body, number, now) for number, body in enumerate(bodies)]
    answer = functions.sender.handler({"Records": records}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def fresh(functions: Functions, event_id: str | None = None, **fields: Any) -> str:
    """A message with one event that is not too old today."""
    return message(entry(event_id, deadline=functions.sender.ROOM.clock() + 48 * HOURS, **fields)).body


def test_delivered_once(functions: Functions) -> None:
    """The event reaches Meta under the dataset's token; when its message is shown again nothing happens."""
    body = fresh(functions)
    before = len(functions.meta.requests)
    assert call(functions, body) == []
    assert call(functions, body) == []
    (request,) = functions.meta.requests[before:]
    head, _, sent = request.partition(b"\r\n\r\n")
    assert b"Authorization: Bearer token-of-the-dataset" in head
    assert len(json.loads(sent)["data"]) == 1


def test_poison_and_good(functions: Functions) -> None:
    """A message that is no envelope does not return and holds up no other."""
    before = len(functions.meta.requests)
    assert call(functions, "{", fresh(functions)) == []
    assert len(functions.meta.requests) == before + 1


def test_no_time(functions: Functions) -> None:
    """With too little time left nothing is sent; the message returns."""
    before = len(functions.meta.requests)
    assert call(functions, fresh(functions), context=Context(5_000)) == ["message-0"]
    assert functions.meta.requests[before:] == []


def test_failure_of_ours(functions: Functions) -> None:
    """When the function itself fails, every message returns: nothing is lost."""
    assert call(functions, fresh(functions), fresh(functions), context="no context") == ["message-0", "message-1"]  # type: ignore[arg-type]


def test_two_datasets(functions: Functions) -> None:
    """Each dataset is posted under its own token."""
    before = len(functions.meta.requests)
    other = message(
        entry(dataset=OTHER_DATASET, deadline=functions.sender.ROOM.clock() + 48 * HOURS), dataset=OTHER_DATASET
    ).body
    assert call(functions, fresh(functions), other) == []
    tokens = {request.partition(b"Bearer ")[2].partition(b"\r\n")[0] for request in functions.meta.requests[before:]}
    assert tokens == {b"token-of-the-dataset", b"token-of-the-other"}
