"""What AWS charges for, counted from recorded calls, and its list prices."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tests.recorder import Call

# USD. Source: AWS price list, us-east-1, as known in 2026, first tier, without free tiers.
PER_REQUEST = {
    "API Gateway (HTTP API)": 1.00 / 1e6,  # each 512 KB of a request
    "Lambda": 0.20 / 1e6,
    "SQS": 0.40 / 1e6,  # each 64 KB of a call
    "SQS fair queue": 0.10 / 1e6,  # more, for a message with a group
    "DynamoDB write unit": 0.625 / 1e6,
    "DynamoDB read unit": 0.125 / 1e6,
    "Secrets Manager": 0.05 / 1e4,
    "EventBridge Scheduler": 1.00 / 1e6,
}
LAMBDA_GB_SECOND = 0.0000133334  # arm64
PER_GB = {"logs": 0.50 + 0.03, "data transfer out": 0.09}  # logs: taken in, and kept for a month
PER_GB_MONTH = {"table": 0.25, "point-in-time recovery": 0.20}
PER_MONTH = {"secret": 0.40, "alarm": 0.10, "metric": 0.30}  # a metric: while it is written in every hour
FREE_DASHBOARDS = 3  # of an account, each with up to 50 metrics; a further one is 3.00 a month

HOURS = 730
"""Of a month, as in AWS's own calculator."""
GB = 1e9
_SQS_CHUNK = 65_536
_ITEM_OVERHEAD = 100
"""Bytes that DynamoDB bills for storing an item, beside its own."""
_LOG_OVERHEAD = 26
"""Bytes that CloudWatch adds to each log event (PutLogEvents)."""

Item = Mapping[str, Mapping[str, Any]]
FindItem = Callable[[str, Item], Item]
"""An item of a table by its key, as it is now; empty when there is none."""


class Units(NamedTuple):
    """Capacity units of DynamoDB."""

    write: int
    read: int


def item_bytes(item: Item) -> int:
    """The size of an item. Source: DynamoDB's developer guide, "Item sizes and formats"."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def stored_bytes(item: Item) -> int:
    """What is billed for keeping an item."""
    return item_bytes(item) + _ITEM_OVERHEAD


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return math.ceil(len(value.lstrip("-").strip("0")) / 2) + 1
        case "L":
            return 3 + sum(1 + _value_bytes(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(each) for name, each in value.items())
        case "SS":
            return sum(len(each.encode()) for each in value)
        case "BOOL" | "NULL":
            return 1
    return len(value.encode())


def units(calls: Iterable[Call], find: FindItem) -> Units:
    """What DynamoDB bills for the calls; what they wrote is sized as it is now. All of our reads are consistent."""
    write = read = 0
    for call in calls:
        match call.action:
            case "dynamodb:BatchExecuteStatement":
                for statement in call.request["Statements"]:
                    size = item_bytes(find(*_place(statement)))
                    if statement["Statement"].startswith("SELECT"):
                        read += _read_units(size)
                    else:
                        write += _write_units(size)
            case "dynamodb:BatchGetItem":
                for table, wanted in call.request["RequestItems"].items():
                    read += sum(_read_units(item_bytes(find(table, key))) for key in wanted["Keys"])
            case "dynamodb:Query":
                read += _read_units(sum(map(item_bytes, call.answer["Items"])))
            case "dynamodb:PutItem" | "dynamodb:UpdateItem" | "dynamodb:DeleteItem":
                write += _write_units(item_bytes(call.request.get("Item") or {}))
            case action:
                assert not action.startswith("dynamodb:"), f"no price for {action}"
    return Units(write, read)


def _place(statement: Mapping[str, Any]) -> tuple[str, Item]:
    """Table and key of a PartiQL statement."""
    text = statement["Statement"]
    table = re.findall(r'"([^"]+)"', text)[0]
    before_key = text.index("'pk':?") if text.startswith("INSERT") else text.index('"pk"=?')
    return table, {"pk": statement["Parameters"][text[:before_key].count("?")]}


def _write_units(size: int) -> int:
    return max(1, math.ceil(size / 1_024))


def _read_units(size: int) -> int:
    return max(1, math.ceil(size / 4_096))


def sqs_requests(calls: Iterable[Call]) -> int:
    """What SQS bills for the calls."""
    sizes = [len(json.dumps(call.request).encode()) for call in calls if call.action.startswith("sqs:")]
    return sum(math.ceil(size / _SQS_CHUNK) for size in sizes)


def log_bytes(lines: Iterable[str]) -> int:
    """What CloudWatch bills for lines."""
    return sum(len(line.encode()) + _LOG_OVERHEAD for line in lines)
