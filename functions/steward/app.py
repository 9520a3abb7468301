"""Steward: called by a schedule, it looks after what nobody asks for."""

from typing import Any, Final

from sluice import wiring
from sluice.tend import tend

ROOM = wiring.steward()
_BATCH_MILLISECONDS: Final = 15_000
"""What one more probe or batch, and the rest of the round, may take."""


class StewardFailedError(Exception):
    """Says only that the log says where."""


def handler(_event: dict[str, Any], context: Any) -> None:  # noqa: ANN401 - Lambda's context has no type
    """One round. Raises StewardFailedError, so that Lambda counts the error, which an alarm sees."""
    failed = False
    try:
        tend(ROOM, lambda: context.get_remaining_time_in_millis() > _BATCH_MILLISECONDS)
    except Exception as error:  # noqa: BLE001 - the last line: Lambda would log the message, which may quote a value
        ROOM.telemetry.failure(error)
        failed = True
    ROOM.telemetry.flush()
    if failed:
        raise StewardFailedError
