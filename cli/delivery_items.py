"""The delivery table as evidence: what was decided about each event and what became of it.

It is keyed by event. One event is one read; what belongs to a person or a period is found by reading all of it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.progress import Progress

from cli.problems import Problem
from cli.screen import err
from cli.stack import Stack
from cli.times import iso
from sluice.consent.reasons import REASONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's typed JSON."""
ITEMS_PER_UNIT: Final = 8
"""A read that need not be consistent takes two pages of 4 KiB for a unit; an item has at most 1 KiB."""
_READ_KEYS: Final = 100
"""DynamoDB reads no more in a batch."""
_ATTEMPTS: Final = 5
_NAMES: Final = {
    "pk": "delivery_key",
    "dataset": "dataset",
    "source": "source",
    "event_name": "event_name",
    "accepted_at": "accepted_at",
    "reason": "reason",
    "basis": "basis",
    "policy_version": "policy_version",
    "decided_at": "decided_at",
    "consent_at": "consent_at",
    "evidence": "evidence_sha256",
    "subjects": "subjects",
    "state": "state",
    "attempts": "attempts",
    "slug": "slug",
    "code": "code",
    "subcode": "subcode",
    "fbtrace_id": "fbtrace_id",
    "settled_at": "settled_at",
    "expires_at": "kept_until",
}
"""What of an item is evidence, and what it is called outside the table."""
STATES: Final = {
    "claimed": "A sender works on it.",
    "waiting": "It will be tried again.",
    "delivered": "Meta confirmed it.",
    "withdrawn": "It was not sent: before it could be, the consent ledger stopped it.",
    "dead": "It was given up and moved to the dead-letter queue.",
}


class Where(NamedTuple):
    """Which items are looked for: DynamoDB's FilterExpression and its values."""

    expression: str
    values: Mapping[str, Mapping[str, Any]]


class Pace(NamedTuple):
    """How fast something is done: units a second, by a clock in seconds, with pauses that ``sleep`` makes."""

    units: int
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def evidence(item: Item) -> dict[str, Any]:
    """An item as JSON values with times in ISO 8601; what is not known is absent.

    ``slug``, ``code`` and ``subcode`` are of the last attempt that failed, also when a later one did not.
    """
    found: dict[str, Any] = {"decision": "allow"}  # a denied event leaves no item
    for name, shown in _NAMES.items():
        value = _plain(item[name]) if name in item else None
        if value:
            found[shown] = iso(value) if isinstance(value, int) and name.endswith("_at") else value
    return found


def meaning(reason: str) -> str:
    """The meaning of a reason of whatever version wrote it."""
    return REASONS.get(reason.partition(":")[0], "This version of Sluice does not know the reason.")


def read(client: "DynamoDBClient", table: str, keys: Iterable[str]) -> Iterator[Item]:
    """The items of delivery keys, as they are now; those without an item are absent."""
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), _READ_KEYS):
        wanted = [{"pk": {"S": key}} for key in distinct[start : start + _READ_KEYS]]
        request: Any = {table: {"Keys": wanted, "ConsistentRead": True}}
        for _ in range(_ATTEMPTS):
            answer = client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(table, [])
            request = answer["UnprocessedKeys"]
            if not request:
                break
        else:
            raise Problem("DynamoDB is too busy to read every event. Try again in a minute.")


def look_through(stack: Stack, where: Where, units: int) -> Iterator[Item]:
    """Every item of the delivery table that fits, with a bar on the terminal. ``units``: read units a second."""
    client = stack.dynamodb()
    # DynamoDB counts about every six hours, so the bar may end early or late.
    count = client.describe_table(TableName=stack.delivery_table)["Table"].get("ItemCount")
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading the delivery table", total=count or None)
        pace = Pace(units, time.monotonic, time.sleep)
        yield from scan(client, stack.delivery_table, where, pace, lambda looked: progress.advance(task, looked))


def scan(
    client: "DynamoDBClient", table: str, where: Where, pace: Pace, looked: Callable[[int], None]
) -> Iterator[Item]:
    """Every item that fits, page by page, never above the pace; ``looked`` is told how many were looked at.

    What is written meanwhile may be found or not.
    """
    request: dict[str, Any] = {
        "TableName": table,
        "FilterExpression": where.expression,
        "ExpressionAttributeValues": where.values,
        "Limit": pace.units * ITEMS_PER_UNIT,
        "ReturnConsumedCapacity": "TOTAL",
    }
    while True:
        started = pace.clock()
        page = client.scan(**request)
        looked(page["ScannedCount"])
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        due = started + page["ConsumedCapacity"]["CapacityUnits"] / pace.units
        pace.sleep(max(0.0, due - pace.clock()))


def _plain(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON an attribute holds
    """The value of an attribute: text, whole number or a list of them."""
    ((kind, value),) = attribute.items()
    if kind == "L":
        return [_plain(each) for each in value]
    return int(value) if kind == "N" else value
