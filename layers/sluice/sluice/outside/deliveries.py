"""The delivery table (DynamoDB): one item per event, which is its retry state and the proof of what was sent and why.

PartiQL in batches of 25: an event that passes at the first attempt costs two write units, the claim and the settling.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sluice.delivery.parcel import Parcel, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_SECONDS: Final = 120
"""Twice the sender's timeout: while a lease runs, its owner may still be sending."""
_BATCH: Final = 25
_DAY_SECONDS: Final = 86_400
_SETTLE_ATTEMPTS: Final = 3


class Deliveries:
    """Claims and settlements. ``owner`` is random per invocation; only the owner of a claim settles it."""

    def __init__(self, client: "DynamoDBClient", table: str, evidence_retention_days: int) -> None:
        self._client = client
        self._table = table
        self._retention_seconds = evidence_retention_days * _DAY_SECONDS

    def claim(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Claim each parcel: sets ``state``, ``attempts``, ``repeated`` and ``wait``.

        CLAIMED: ours to send. DELIVERED or DEAD with ``repeated``: settled before. WAITING: somebody else works on
        it, or the table did not answer; ``wait`` says when to look again. Keys are distinct.
        """
        for batch in _chunks(parcels):
            answers = self._execute([self._insertion(parcel, owner, now_seconds) for parcel in batch])
            known: list[Parcel] = []
            for parcel, answer in zip(batch, answers, strict=True):
                code = answer.get("Error", {}).get("Code")
                if code is None:
                    parcel.state, parcel.attempts = State.CLAIMED, 1
                elif code == "DuplicateItem":
                    known.append(parcel)
                else:
                    _look_again(parcel, LEASE_SECONDS)
            self._claim_known(known, owner, now_seconds)

    def settle(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> list[Parcel]:
        """Write what became of claimed parcels; those that could not be written come back.

        A parcel whose lease somebody else took over meanwhile counts as written: its new owner settles it.
        """
        open_parcels = list(parcels)
        for _ in range(_SETTLE_ATTEMPTS):
            failed: list[Parcel] = []
            for batch in _chunks(open_parcels):
                answers = self._execute([self._settlement(parcel, owner, now_seconds) for parcel in batch])
                for parcel, answer in zip(batch, answers, strict=True):
                    if answer.get("Error", {}).get("Code") not in (None, "ConditionalCheckFailed"):
                        failed.append(parcel)
            open_parcels = failed
        return open_parcels

    def _claim_known(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Read the items that exist, and take over those that are waiting or whose lease is over."""
        if not parcels:
            return
        select = f'SELECT * FROM "{self._table}" WHERE "pk"=?'  # noqa: S608 - the table's name is configuration
        answers = self._execute([_statement(select, [parcel.entry.key], ConsistentRead=True) for parcel in parcels])
        free: list[tuple[Parcel, dict[str, Any]]] = []
        for parcel, answer in zip(parcels, answers, strict=True):
            item = answer.get("Item")
            if item is None:
                _look_again(parcel, LEASE_SECONDS)
                continue
            state, lease_until = State(item["state"]["S"]), int(item["lease_until"]["N"])
            parcel.attempts = int(item["attempts"]["N"])
            if state is State.DELIVERED or (state is State.DEAD and not parcel.envelope.is_letter):
                parcel.state, parcel.repeated = state, True
            elif state is State.CLAIMED and item["owner"]["S"] == owner:
                parcel.state = State.CLAIMED  # our own claim, whose answer was lost on the way
            elif state is State.CLAIMED and lease_until >= now_seconds:
                _look_again(parcel, lease_until - now_seconds + 1)
            else:
                free.append((parcel, item))
        self._take_over(free, owner, now_seconds)

    def _take_over(self, free: Sequence[tuple[Parcel, Mapping[str, Any]]], owner: str, now_seconds: int) -> None:
        """Claim items that were read as free, on condition that they still are as they were read."""
        update = (
            f'UPDATE "{self._table}" SET "state"=? SET "owner"=? SET "lease_until"=? SET "attempts"=? '  # noqa: S608
            'WHERE "pk"=? AND "owner"=? AND "state"=?'
        )
        statements = [
            _statement(
                update,
                [
                    State.CLAIMED, owner, now_seconds + LEASE_SECONDS, parcel.attempts + 1,
                    parcel.entry.key, item["owner"]["S"], item["state"]["S"],
                ],
            )
            for parcel, item in free
        ]  # fmt: skip
        for (parcel, _), answer in zip(free, self._execute(statements), strict=True):
            if "Error" in answer:
                _look_again(parcel, LEASE_SECONDS)
            else:
                parcel.state = State.CLAIMED
                parcel.attempts += 1

    def _insertion(self, parcel: Parcel, owner: str, now_seconds: int) -> dict[str, Any]:
        """The statement that makes the item; it fails when there is one."""
        entry, envelope = parcel.entry, parcel.envelope
        decision = entry.decision
        item = {
            "pk": entry.key,
            "state": State.CLAIMED,
            "owner": owner,
            "lease_until": now_seconds + LEASE_SECONDS,
            "attempts": 1,
            "dataset": envelope.dataset,
            "source": envelope.source,
            "event_name": entry.name,
            "accepted_at": envelope.accepted_at,
            "reason": decision.reason,
            "basis": decision.basis,
            "policy_version": decision.policy_version,
            "decided_at": decision.decided_at,
            "consent_at": decision.consent_at or 0,
            "evidence": decision.evidence or "",
            "subjects": entry.subjects,
            "expires_at": now_seconds + self._retention_seconds,
        }
        names = ",".join(f"'{name}':?" for name in item)
        return _statement(f'INSERT INTO "{self._table}" VALUE {{{names}}}', item.values())

    def _settlement(self, parcel: Parcel, owner: str, now_seconds: int) -> dict[str, Any]:
        """The statement that writes what became of a claimed parcel."""
        assert parcel.state is not None  # noqa: S101 - only claimed parcels are settled
        changes: dict[str, str | int] = {"state": parcel.state, "settled_at": now_seconds}
        if parcel.slug:
            changes["slug"] = parcel.slug
        if parcel.code is not None:
            changes["code"] = parcel.code
        if parcel.subcode is not None:
            changes["subcode"] = parcel.subcode
        if parcel.fbtrace_id:
            changes["fbtrace_id"] = parcel.fbtrace_id
        if parcel.state is State.WAITING:
            changes["next_attempt_at"] = now_seconds + parcel.wait
        sets = " ".join(f'SET "{name}"=?' for name in changes)
        update = f'UPDATE "{self._table}" {sets} WHERE "pk"=? AND "owner"=?'
        return _statement(update, [*changes.values(), parcel.entry.key, owner])

    def _execute(self, statements: Sequence[dict[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The answer to each statement, in order; an Error for each when the table does not answer."""
        if not statements:
            return []
        try:
            return self._client.batch_execute_statement(Statements=statements)["Responses"]  # type: ignore[arg-type]
        except (BotoCoreError, ClientError):
            return [{"Error": {"Code": "Unavailable"}}] * len(statements)


def _statement(text: str, values: Iterable[object], **more: bool) -> dict[str, Any]:
    return {"Statement": text, "Parameters": [_attribute(value) for value in values], **more}


def _attribute(value: object) -> dict[str, Any]:
    """DynamoDB's typed JSON of a text, a whole number or a list of texts."""
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, list):
        return {"L": [{"S": text} for text in value]}
    return {"N": str(value)}


def _look_again(parcel: Parcel, wait: int) -> None:
    parcel.state, parcel.wait, parcel.repeated = State.WAITING, wait, True


def _chunks(parcels: Sequence[Parcel]) -> Iterable[Sequence[Parcel]]:
    return (parcels[start : start + _BATCH] for start in range(0, len(parcels), _BATCH))
