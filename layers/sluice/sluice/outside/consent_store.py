"""The consent table (DynamoDB): under each subject key one item LATEST, which decides, and every statement, as proof.

LATEST holds two times that only move forward, the latest grant's and the latest refusal's, each under a condition of
its own. So nothing is read before it is written, and the order in which statements arrive does not matter.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sluice.consent.ledger import Standing, Statement
from sluice.consent.ports import SubjectRecord
from sluice.errors import Unavailable
from sluice.outside.dynamodb import Attribute, DynamoDB, to_attribute, to_plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

LEAST_RETENTION_DAYS: Final = 400
"""A refusal outlives the longest consent (395 days), or a grant from before it would count again."""
_DAY_SECONDS: Final = 86_400
_ATTEMPTS: Final = 3
_READ_KEYS: Final = 100
"""DynamoDB reads no more in a batch."""
_WRITE_KEYS: Final = 50
"""DynamoDB takes 100 actions in a transaction; a key needs two."""
_LATEST: Final = {"S": "LATEST"}
_READ_ATTRIBUTES: Final = "pk,granted_at,refused_at,expires_at,text_version"
_SET_GRANT: Final = "SET granted_at = :at, expires_at = :expires, text_version = :text, kept_until = :kept"
_SET_REFUSAL: Final = "SET refused_at = :at, kept_until = :kept"
# Of two grants of the same moment the one that allows less counts, whichever comes first.
_IS_NEWER_GRANT: Final = (
    "attribute_not_exists(granted_at) OR granted_at < :at OR (granted_at = :at AND "
    "(expires_at > :expires OR (expires_at = :expires AND text_version > :text)))"
)
_IS_NEWER_REFUSAL: Final = "attribute_not_exists(refused_at) OR refused_at < :at"


class _Answer(msgspec.Struct, rename="pascal"):
    """BatchGetItem's answer, by table. Both are always there; one without them is no "nothing is known"."""

    responses: dict[str, list[dict[str, dict[str, str]]]]
    unprocessed_keys: dict[str, msgspec.Raw]


class ConsentTable:
    """The table of that name. Items leave it ``evidence_retention_days``, at least 400, after they were written.

    ``dynamodb`` gives what reads standings, for the door and each send; ``client`` boto3's for the rest, which waits
    between its attempts. Both are asked for when they are needed.
    """

    def __init__(
        self,
        dynamodb: Callable[[], DynamoDB],
        client: "Callable[[], DynamoDBClient]",
        table: str,
        evidence_retention_days: int,
    ) -> None:
        self._dynamodb = dynamodb
        self._client = client
        self._table = table
        self._retention_seconds = max(evidence_retention_days, LEAST_RETENTION_DAYS) * _DAY_SECONDS

    def standings(self, site: str, keys: Sequence[str]) -> dict[str, Standing]:
        """What is known of subject keys now; those without an item are absent.

        One consistent read for 100 distinct keys. An item whose time is over may still be there and is given as it is:
        DynamoDB takes days to remove it. Raises Unavailable ``consent_store_unavailable`` unless every key was read.
        """
        with answering():
            return {
                key: standing
                for batch in _chunks(keys, _READ_KEYS)
                for key, standing in self._read(_partition_keys(site, batch))
            }

    def record(self, site: str, keys: Sequence[str], statement: Statement) -> None:
        """Keep a statement under each subject key, and move LATEST forward if the statement is newer.

        One transaction for 50 distinct keys: all of their items are written or none. When a part is known already, or
        something newer is, a second transaction writes the rest; history is written in any case. Raises Unavailable
        ``consent_store_unavailable`` unless everything is written; to repeat it then is safe.
        """
        with answering():
            for batch in _chunks(keys, _WRITE_KEYS):
                self._write([action for pk in _partition_keys(site, batch) for action in self._actions(pk, statement)])

    def history(self, site: str, keys: Sequence[str]) -> list[SubjectRecord]:
        """All that is kept under subject keys; those without an item are absent. One Query for each key and MiB.

        Raises Unavailable ``consent_store_unavailable`` unless every item was read.
        """
        with answering():
            found = [
                (key, partition(self._client(), self._table, pk))
                for pk, key in _partition_keys(site, _distinct(keys)).items()
            ]
            return [_subject_record(key, items) for key, items in found if items]

    def _read(self, keys: Mapping[str, str]) -> Iterator[tuple[str, Standing]]:
        """The standing of each subject key that has one; ``keys`` by partition key."""
        wanted = [{"pk": {"S": pk}, "sk": _LATEST} for pk in keys]
        request = {"Keys": wanted, "ConsistentRead": True, "ProjectionExpression": _READ_ATTRIBUTES}
        left: Mapping[str, object] = {self._table: request}
        for _ in range(_ATTEMPTS):
            answer = self._dynamodb().call("BatchGetItem", {"RequestItems": left}, _Answer)
            if answer is None:
                break
            for item in answer.responses.get(self._table, []):
                yield keys[item["pk"]["S"]], _standing(item)
            left = answer.unprocessed_keys
            if not left:
                return
        raise Unavailable("consent_store_unavailable")

    def _write(self, actions: "Sequence[TransactWriteItemTypeDef]") -> None:
        """Carry out all actions but those whose condition says that there is nothing to do."""
        attempts = 0
        while actions:
            try:
                self._client().transact_write_items(TransactItems=actions)
            except self._client().exceptions.TransactionCanceledException as error:
                reasons = error.response["CancellationReasons"]
            else:
                return
            pending = [
                action
                for action, reason in zip(actions, reasons, strict=True)
                if reason["Code"] != "ConditionalCheckFailed"
            ]
            attempts += len(pending) == len(actions)  # another transaction on the same item, or a throttled one
            if attempts == _ATTEMPTS:
                raise Unavailable("consent_store_unavailable")
            actions = pending

    def _actions(self, pk: str, statement: Statement) -> "Iterator[TransactWriteItemTypeDef]":
        """The statement's item in the history of one subject key, and the step of its LATEST."""
        kept = {"N": str(statement.recorded_at + self._retention_seconds)}
        yield {
            "Put": {
                "TableName": self._table,
                "Item": _history_item(pk, statement) | {"kept_until": kept},
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        is_grant = statement.decision == "grant"
        values: dict[str, Attribute] = {":at": {"N": str(statement.decided_at)}, ":kept": kept}
        if is_grant:
            values[":expires"] = {"N": str(statement.expires_at)}
            values[":text"] = {"S": statement.proof.text_version or ""}
        yield {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": {"S": pk}, "sk": _LATEST},
                "UpdateExpression": _SET_GRANT if is_grant else _SET_REFUSAL,
                "ConditionExpression": _IS_NEWER_GRANT if is_grant else _IS_NEWER_REFUSAL,
                "ExpressionAttributeValues": values,
            }
        }


@contextmanager
def answering() -> Iterator[None]:
    """Says Unavailable when DynamoDB does not answer, or answers what this version cannot read."""
    try:
        yield
    except (BotoCoreError, ClientError, KeyError, ValueError):
        raise Unavailable("consent_store_unavailable") from None


def partition(client: "DynamoDBClient", table: str, pk: str) -> list[Mapping[str, Any]]:
    """Every item of one partition, in the order of the sort key: of a person statements by time, then LATEST."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return [item for page in pages for item in page["Items"]]


def _distinct(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _chunks(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """Distinct keys, so many at a time: DynamoDB refuses a key that is twice in a call."""
    distinct = _distinct(keys)
    return (distinct[start : start + size] for start in range(0, len(distinct), size))


def _partition_keys(site: str, keys: Iterable[str]) -> dict[str, str]:
    """Subject keys by partition key. A subject key has no ``#``, so no two pairs have the same."""
    return {f"{site}#{key}": key for key in keys}


def _standing(item: Mapping[str, Any]) -> Standing:
    """What a LATEST item says."""
    granted_at, refused_at, expires_at = (
        int(item[name]["N"]) if name in item else 0 for name in ("granted_at", "refused_at", "expires_at")
    )
    text_version = item["text_version"]["S"] if "text_version" in item else ""
    return Standing(granted_at, refused_at, expires_at, text_version or None)


def _history_item(pk: str, statement: Statement) -> dict[str, Attribute]:
    """A statement's item. The id at the end of its key is the statement's: told again, it is the same item."""
    told = msgspec.structs.replace(statement, recorded_at=0, request_id="")
    told_id = hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]
    fields = {name: to_attribute(value) for name, value in msgspec.to_builtins(statement).items()}
    return {"pk": {"S": pk}, "sk": {"S": f"H#{statement.decided_at:012d}#{told_id}"}, **fields}


def _subject_record(key: str, items: Iterable[Mapping[str, Any]]) -> SubjectRecord:
    """The items of one subject key."""
    standing, statements = Standing(), []
    for item in items:
        if item["sk"] == _LATEST:
            standing = _standing(item)
        else:
            plain = {name: to_plain(attribute) for name, attribute in item.items()}
            statements.append(msgspec.convert(plain, Statement))
    return SubjectRecord(key, standing, statements)
