"""PartiQL in batches: DynamoDB's BatchExecuteStatement."""

from collections.abc import Sequence
from typing import Final

import msgspec

from sluice.outside.dynamodb import Attribute, DynamoDB

MAX_STATEMENTS: Final = 25
"""DynamoDB takes no more in one batch."""
UNAVAILABLE: Final = "Unavailable"
"""The code of our own for a statement without an answer. It may have been carried out all the same."""


class Statement(msgspec.Struct, rename="pascal", omit_defaults=True):
    """One statement and the values of its question marks."""

    statement: str
    parameters: list[Attribute]
    consistent_read: bool = False


class Error(msgspec.Struct, rename="pascal"):
    """Why a statement was not carried out. DynamoDB's message is not read: it may quote a value."""

    code: str


class Answer(msgspec.Struct, rename="pascal"):
    """What became of one statement; ``item`` is what a SELECT found."""

    error: Error | None = None
    item: dict[str, Attribute] | None = None


class _Batch(msgspec.Struct, rename="pascal"):
    statements: Sequence[Statement]


class _Answers(msgspec.Struct, rename="pascal"):
    responses: list[Answer]


class PartiQL:
    """Statements for a DynamoDB."""

    def __init__(self, dynamodb: DynamoDB) -> None:
        self._dynamodb = dynamodb

    def execute(self, statements: Sequence[Statement]) -> Sequence[Answer]:
        """The answer to each of up to 25 statements, in order. Never raises.

        A statement may meet its own first execution. Without an answer to every statement, each is UNAVAILABLE.
        """
        if not statements:
            return []
        found = self._dynamodb.call("BatchExecuteStatement", _Batch(statements), _Answers)
        if found is None or len(found.responses) != len(statements):
            return [Answer(Error(UNAVAILABLE))] * len(statements)
        return found.responses
