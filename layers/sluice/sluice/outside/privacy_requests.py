"""Privacy requests in the consent table (DynamoDB), all in one partition, which is read whole.

An open request has no time to leave, so it stays until it is done. What is left then (kind, source, times) shows that
it was answered, and leaves by itself.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from sluice.outside.consent_store import answering, partition
from sluice.outside.dynamodb import to_attribute, to_plain
from sluice.privacy import REPEATED_SECONDS, PrivacyRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION: Final = "privacy-requests"
"""Nobody's: the partition key of a person is ``<site>#<subject key>``, and here is no ``#``."""
KEPT_WHEN_DONE_SECONDS: Final = 400 * 86_400
"""As long as a refusal at least stays in the ledger."""
_IS_NEW: Final = "attribute_not_exists(pk) OR (attribute_exists(done_at) AND received_at < :lately)"
_FINISH: Final = "SET done_at = :now, kept_until = :kept REMOVE subjects, delivery_keys"
_IS_OPEN: Final = "attribute_exists(pk) AND attribute_not_exists(done_at)"


class PrivacyRequestTable:
    """The requests in the table of that name. ``client`` makes boto3's, when it is needed."""

    def __init__(self, client: "Callable[[], DynamoDBClient]", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, request: PrivacyRequest) -> None:
        """Keep a request. One with the id of another that is open, or was received lately, changes nothing."""
        fields = {name: to_attribute(value) for name, value in msgspec.to_builtins(request).items()}
        with answering():
            try:
                self._client().put_item(
                    TableName=self._table,
                    Item={"pk": {"S": PARTITION}, "sk": {"S": request.id}, **fields},
                    ConditionExpression=_IS_NEW,
                    ExpressionAttributeValues={":lately": {"N": str(request.received_at - REPEATED_SECONDS)}},
                )
            except self._client().exceptions.ConditionalCheckFailedException:
                return

    def open_requests(self) -> list[PrivacyRequest]:
        """Every request that is not done, the earliest first."""
        with answering():
            items = partition(self._client(), self._table, PARTITION)
            plain = [{name: to_plain(value) for name, value in item.items()} for item in items if "done_at" not in item]
            found = [msgspec.convert(item, PrivacyRequest) for item in plain]
        return sorted(found, key=lambda request: (request.received_at, request.id))

    def finish(self, request_id: str, now_seconds: int) -> bool:
        """Note that a request is done and forget whom it was about; False when no such request is open."""
        with answering():
            try:
                self._client().update_item(
                    TableName=self._table,
                    Key={"pk": {"S": PARTITION}, "sk": {"S": request_id}},
                    UpdateExpression=_FINISH,
                    ConditionExpression=_IS_OPEN,
                    ExpressionAttributeValues={
                        ":now": {"N": str(now_seconds)},
                        ":kept": {"N": str(now_seconds + KEPT_WHEN_DONE_SECONDS)},
                    },
                )
            except self._client().exceptions.ConditionalCheckFailedException:
                return False
        return True
