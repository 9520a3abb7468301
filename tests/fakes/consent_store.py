"""The consent table in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from sluice.consent.ledger import Standing, Statement
from sluice.consent.ports import SubjectRecord
from sluice.errors import Unavailable


class FakeConsentStore:
    """``statements`` by site and subject key, in the order of their arrival. ``down``: does not answer.

    ``reads``: how often it was asked for standings.
    """

    def __init__(self) -> None:
        self.statements: dict[tuple[str, str], list[Statement]] = {}
        self.down = False
        self.reads = 0

    def standings(self, site: str, keys: Sequence[str]) -> dict[str, Standing]:
        """The standing of each key under which something was recorded."""
        self.reads += 1
        self._answer()
        return {key: _standing(self.statements[site, key]) for key in keys if (site, key) in self.statements}

    def record(self, site: str, keys: Sequence[str], statement: Statement) -> None:
        """Keep the statement, unless it was kept before."""
        self._answer()
        for key in keys:
            known = self.statements.setdefault((site, key), [])
            if _told(statement) not in map(_told, known):
                known.append(statement)

    def history(self, site: str, keys: Sequence[str]) -> list[SubjectRecord]:
        """What was recorded, by the time of the decision."""
        self._answer()
        return [
            SubjectRecord(key, _standing(known), sorted(known, key=lambda statement: statement.decided_at))
            for key in dict.fromkeys(keys)
            if (known := self.statements.get((site, key)))
        ]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("consent_store_unavailable")


def _told(statement: Statement) -> Statement:
    """What was said, whenever and however often it arrived."""
    return replace(statement, recorded_at=0, request_id="")


def _standing(statements: Sequence[Statement]) -> Standing:
    """The latest grant, of several at once the one that allows least, and the latest refusal."""
    grants = [
        (-statement.decided_at, statement.expires_at, statement.proof.text_version or "")
        for statement in statements
        if statement.decision == "grant"
    ]
    granted_at, expires_at, text_version = min(grants, default=(0, 0, ""))
    refused_at = max((statement.decided_at for statement in statements if statement.decision != "grant"), default=0)
    return Standing(-granted_at, refused_at, expires_at, text_version or None)
