"""When to try again. Pure; the random part is handed in."""

from typing import Final

WAITS_SECONDS: Final = (10, 60, 300, 900, 2_700)
LONGEST_WAIT_SECONDS: Final = 3_600
HALTED_WAIT_SECONDS: Final = 1_200
"""Events of a dataset whose token or permission is refused, or without settings, are tried again this often.

Each try is a receive, and SQS gives a message up after 1000 of them: 1000 of these waits are more than 13 days.
"""
_JITTER: Final = 0.2


def wait_seconds(attempts: int, chance: float) -> int:
    """Seconds until the next attempt after ``attempts`` (from 1): 10 s, 1 m, 5 m, 15 m, 45 m, then hourly.

    ``chance`` in [0, 1) spreads the wait by 20 % either way, so that a recovered Meta is not met by everyone at once.
    """
    position = max(attempts, 1) - 1
    wait = WAITS_SECONDS[position] if position < len(WAITS_SECONDS) else LONGEST_WAIT_SECONDS
    return round(wait * (1 - _JITTER + 2 * _JITTER * chance))
