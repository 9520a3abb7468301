"""When each dataset's test codes were first seen (DynamoDB, in the delivery table): one item a dataset."""

from hashlib import sha256

import msgspec

from sluice.outside.dynamodb import Attribute, DynamoDB, Nothing


class _Item(msgspec.Struct, rename="pascal"):
    attributes: dict[str, Attribute]


class SightingTable:
    """The sightings of a table. Of a code only a digest is kept, as the name of the attribute that holds the time."""

    def __init__(self, dynamodb: DynamoDB, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def first_seen(self, dataset: str, code: str, now_seconds: int) -> int | None:
        """When this code was first seen at the dataset (Unix seconds), which may be now. None without an answer.

        One write, so that of many senders at once the first one counts.
        """
        name = sha256(code.encode()).hexdigest()[:16]
        request = {
            "TableName": self._table,
            "Key": _key(dataset),
            "UpdateExpression": "SET #code = if_not_exists(#code, :now)",
            "ExpressionAttributeNames": {"#code": name},
            "ExpressionAttributeValues": {":now": {"N": str(now_seconds)}},
            "ReturnValues": "ALL_NEW",
        }
        answer = self._dynamodb.call("UpdateItem", request, _Item)
        return int(answer.attributes[name]["N"]) if answer else None

    def forget(self, dataset: str) -> None:
        """Forget the dataset's codes. What cannot be forgotten now is an hour later."""
        self._dynamodb.call("DeleteItem", {"TableName": self._table, "Key": _key(dataset)}, Nothing)


def _key(dataset: str) -> dict[str, Attribute]:
    """Delivery keys are digests, so none begins like this."""
    return {"pk": {"S": f"test-code#{dataset}"}}
