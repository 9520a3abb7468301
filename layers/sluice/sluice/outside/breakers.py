"""The breakers (DynamoDB, in the delivery table): one item a dataset, and one that names those that ever opened."""

from collections.abc import Collection
from typing import Final

import msgspec

from sluice.delivery.breaker import Breaker
from sluice.errors import Unavailable
from sluice.outside.dynamodb import Attribute, DynamoDB, Nothing, to_attribute, to_plain

_INDEX: Final = "breakers"
_READ_KEYS: Final = 100
"""DynamoDB reads no more in a batch."""


class _Items(msgspec.Struct, rename="pascal"):
    responses: dict[str, list[dict[str, Attribute]]]
    unprocessed_keys: dict[str, msgspec.Raw] = {}


class BreakerTable:
    """The breakers of a table. A sender's write never closes what another one opened."""

    def __init__(self, dynamodb: DynamoDB, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self, datasets: Collection[str]) -> dict[str, Breaker]:
        """The breakers of datasets; those that never failed are absent. One consistent read for 100 of them.

        Raises Unavailable ``delivery_table_unavailable``.
        """
        names = sorted(set(datasets))
        found: dict[str, Breaker] = {}
        for start in range(0, len(names), _READ_KEYS):
            keys = [{"pk": {"S": _key(name)}} for name in names[start : start + _READ_KEYS]]
            request = {"RequestItems": {self._table: {"Keys": keys, "ConsistentRead": True}}}
            answer = self._dynamodb.call("BatchGetItem", request, _Items)
            if answer is None or answer.unprocessed_keys:
                raise Unavailable("delivery_table_unavailable")
            for item in answer.responses.get(self._table, []):
                plain = {name: to_plain(value) for name, value in item.items()}
                found[str(plain["pk"]).partition("#")[2]] = msgspec.convert(plain, Breaker)
        return found

    def opened(self) -> dict[str, Breaker]:
        """Every breaker that is open or draining, by consistent reads. Raises Unavailable as ``read`` does."""
        request = {"RequestItems": {self._table: {"Keys": [{"pk": {"S": _INDEX}}], "ConsistentRead": True}}}
        answer = self._dynamodb.call("BatchGetItem", request, _Items)
        if answer is None or answer.unprocessed_keys:
            raise Unavailable("delivery_table_unavailable")
        items = answer.responses.get(self._table, [])
        named = items[0].get("datasets", {}).get("SS", []) if items else []
        return (
            {name: breaker for name, breaker in self.read(named).items() if breaker.state != "closed"} if named else {}
        )

    def write(self, dataset: str, breaker: Breaker) -> None:
        """Store a dataset's breaker. What cannot be written now is found out again by the next request.

        It is stored only where none has changed its state since: a sender writes what it made of what it read a while
        ago, and another one may have opened it meanwhile.
        """
        if breaker.state != "closed" and not self._named(dataset):
            return
        item = {name: to_attribute(value) for name, value in msgspec.to_builtins(breaker).items()}
        request = {
            "TableName": self._table,
            "Item": {"pk": {"S": _key(dataset)}, **item},
            "ConditionExpression": "attribute_not_exists(#since) OR #since <= :since",
            "ExpressionAttributeNames": {"#since": "since"},
            "ExpressionAttributeValues": {":since": {"N": str(breaker.since)}},
        }
        self._dynamodb.call("PutItem", request, Nothing)

    def close(self, dataset: str) -> None:
        """Close a drained breaker; not one that a sender has opened meanwhile."""
        request = {
            "TableName": self._table,
            "Key": {"pk": {"S": _key(dataset)}},
            "ConditionExpression": "attribute_not_exists(#state) OR #state <> :open",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":open": {"S": "open"}},
        }
        self._dynamodb.call("DeleteItem", request, Nothing)

    def _named(self, dataset: str) -> bool:
        """Whether the item that names them has this dataset for certain: one that nobody looks for would stay open.

        Names stay: whoever took one out could not know that no sender opens the breaker in the same moment.
        """
        request = {
            "TableName": self._table,
            "Key": {"pk": {"S": _INDEX}},
            "UpdateExpression": "ADD datasets :dataset",
            "ExpressionAttributeValues": {":dataset": {"SS": [dataset]}},
        }
        return self._dynamodb.call("UpdateItem", request, Nothing) is not None


def _key(dataset: str) -> str:
    """A breaker's partition key. Delivery keys are digests, so none begins like this."""
    return f"breaker#{dataset}"
