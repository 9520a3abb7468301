"""The delivery table (DynamoDB): one item per event, which is its retry state and the proof of what was sent and why.

PartiQL in batches of 25: an event that passes at the first attempt costs two write units, the claim and the settling.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sluice.delivery.parcel import Parcel, State
from sluice.outside.dynamodb import Attribute
from sluice.outside.partiql import MAX_STATEMENTS, PartiQL, Statement

LEASE_SECONDS: Final = 120
"""Twice the sender's timeout: while a lease runs, its owner may still be sending."""
_REFUSED: Final = "withdrawn"
"""The only reason for which what was stopped before sending stays so: the person refused."""
_DAY_SECONDS: Final = 86_400
_SETTLE_ATTEMPTS: Final = 3


class DeliveryTable:
    """Claims and settlements. ``owner`` is random per invocation; only the owner of a claim settles it."""

    def __init__(self, partiql: PartiQL, table: str, evidence_retention_days: int) -> None:
        self._partiql = partiql
        self._table = table
        self._retention_seconds = evidence_retention_days * _DAY_SECONDS

    def claim(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Claim each parcel: sets ``state``, ``attempts``, ``failed_by``, ``repeated`` and ``wait``.

        CLAIMED: ours to send. DELIVERED, DEAD or WITHDRAWN with ``repeated``: settled before; of what was withdrawn
        only what the person refused, for a policy may change. WAITING: somebody else works on it, or the table did
        not answer; ``wait`` says when to look again. Keys are distinct.
        """
        for batch in _chunks(parcels):
            items = [self._item(parcel, owner, now_seconds) for parcel in batch]
            names = ",".join(f"'{name}':?" for name in items[0])
            insert = f'INSERT INTO "{self._table}" VALUE {{{names}}}'
            answers = self._partiql.execute([Statement(insert, list(item.values())) for item in items])
            known: list[Parcel] = []
            for parcel, answer in zip(batch, answers, strict=True):
                if answer.error is None:
                    parcel.state, parcel.attempts = State.CLAIMED, 1
                elif answer.error.code == "DuplicateItem":
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
                answers = self._partiql.execute([self._settlement(parcel, owner, now_seconds) for parcel in batch])
                for parcel, answer in zip(batch, answers, strict=True):
                    if answer.error and answer.error.code != "ConditionalCheckFailed":
                        failed.append(parcel)
            open_parcels = failed
        return open_parcels

    def _claim_known(self, parcels: Sequence[Parcel], owner: str, now_seconds: int) -> None:
        """Read the items that exist, and take over those that are waiting or whose lease is over."""
        select = f'SELECT * FROM "{self._table}" WHERE "pk"=?'  # noqa: S608 - the table's name is configuration
        answers = self._partiql.execute(
            [Statement(select, [{"S": parcel.entry.key}], consistent_read=True) for parcel in parcels]
        )
        free: list[tuple[Parcel, Mapping[str, Attribute]]] = []
        for parcel, answer in zip(parcels, answers, strict=True):
            item = answer.item
            if item is None:
                _look_again(parcel, LEASE_SECONDS)
                continue
            state, lease_until = State(item["state"]["S"]), int(item["lease_until"]["N"])
            parcel.attempts = int(item["attempts"]["N"])
            parcel.failed_by = item["slug"]["S"] if "slug" in item else ""
            parcel.unknown_since = int(item["unknown_since"]["N"]) if "unknown_since" in item else 0
            refused = state is State.WITHDRAWN and item["slug"]["S"] == _REFUSED
            if refused or state is State.DELIVERED or (state is State.DEAD and not parcel.envelope.is_letter):
                parcel.state, parcel.repeated = state, True
            elif state is State.CLAIMED and item["owner"]["S"] == owner:
                parcel.state = State.CLAIMED  # our own claim, whose answer was lost on the way
            elif state is State.CLAIMED and lease_until >= now_seconds:
                _look_again(parcel, lease_until - now_seconds + 1)
            else:
                if state is State.CLAIMED:  # whoever died with it may have sent it
                    parcel.unknown_since = parcel.unknown_since or lease_until - LEASE_SECONDS
                free.append((parcel, item))
        self._take_over(free, owner, now_seconds)

    def _take_over(self, free: Sequence[tuple[Parcel, Mapping[str, Attribute]]], owner: str, now_seconds: int) -> None:
        """Claim items that were read as free, on condition that they still are as they were read."""
        update = (
            f'UPDATE "{self._table}" SET "state"=? SET "owner"=? SET "lease_until"=? SET "attempts"=? '  # noqa: S608
            'WHERE "pk"=? AND "owner"=? AND "state"=?'
        )
        statements = [
            Statement(
                update,
                [
                    {"S": State.CLAIMED},
                    {"S": owner},
                    {"N": str(now_seconds + LEASE_SECONDS)},
                    {"N": str(parcel.attempts + 1)},
                    {"S": parcel.entry.key},
                    item["owner"],
                    item["state"],
                ],
            )
            for parcel, item in free
        ]
        for (parcel, _), answer in zip(free, self._partiql.execute(statements), strict=True):
            if answer.error:
                _look_again(parcel, LEASE_SECONDS)
            else:
                parcel.state = State.CLAIMED
                parcel.attempts += 1

    def _item(self, parcel: Parcel, owner: str, now_seconds: int) -> dict[str, Attribute]:
        """An event's item at its first claim. It has the same names for each event."""
        entry, envelope, decision = parcel.entry, parcel.envelope, parcel.entry.decision
        return {
            "pk": {"S": entry.key},
            "state": {"S": State.CLAIMED},
            "owner": {"S": owner},
            "lease_until": {"N": str(now_seconds + LEASE_SECONDS)},
            "attempts": {"N": "1"},
            "dataset": {"S": envelope.dataset},
            "source": {"S": envelope.source},
            "event_name": {"S": entry.name},
            "accepted_at": {"N": str(envelope.accepted_at)},
            "reason": {"S": decision.reason},
            "basis": {"S": decision.basis},
            "policy_version": {"S": decision.policy_version},
            "decided_at": {"N": str(decision.decided_at)},
            "consent_at": {"N": str(decision.consent_at or 0)},
            "evidence": {"S": decision.evidence or ""},
            "subjects": {"L": [{"S": subject} for subject in entry.subjects]},
            "expires_at": {"N": str(now_seconds + self._retention_seconds)},
        }

    def _settlement(self, parcel: Parcel, owner: str, now_seconds: int) -> Statement:
        """The statement that writes what became of a claimed parcel."""
        assert parcel.state is not None  # noqa: S101 - only claimed parcels are settled
        changes: dict[str, Attribute] = {"state": {"S": parcel.state}, "settled_at": {"N": str(now_seconds)}}
        if parcel.slug:  # with all that belongs to it: what is left out would be that of an attempt before
            changes["slug"] = {"S": parcel.slug}
            changes["code"] = {"N": str(parcel.code or 0)}
            changes["subcode"] = {"N": str(parcel.subcode or 0)}
        if parcel.slug or parcel.fbtrace_id:
            changes["fbtrace_id"] = {"S": parcel.fbtrace_id}
        if parcel.unknown_since:
            changes["unknown_since"] = {"N": str(parcel.unknown_since)}
        if parcel.state is State.WAITING:
            changes["next_attempt_at"] = {"N": str(now_seconds + parcel.wait)}
        sets = " ".join(f'SET "{name}"=?' for name in changes)
        update = f'UPDATE "{self._table}" {sets} WHERE "pk"=? AND "owner"=?'
        return Statement(update, [*changes.values(), {"S": parcel.entry.key}, {"S": owner}])


def _look_again(parcel: Parcel, wait: int) -> None:
    parcel.state, parcel.wait, parcel.repeated = State.WAITING, wait, True


def _chunks(parcels: Sequence[Parcel]) -> Iterable[Sequence[Parcel]]:
    return (parcels[start : start + MAX_STATEMENTS] for start in range(0, len(parcels), MAX_STATEMENTS))
