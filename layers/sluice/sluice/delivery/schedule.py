"""When to try again. Pure; the random part is handed in."""

from typing import Final

WAITS_SECONDS: Final = (10, 60, 300, 900, 2_700)
LONGEST_WAIT_SECONDS: Final = 3_600
HALTED_WAIT_SECONDS: Final = 10
"""Events that were on their way when their dataset's breaker opened: they are shown again, and set aside then."""
UNANSWERED_WAIT_SECONDS: Final = 120
_LONGEST_UNANSWERED_WAIT_SECONDS: Final = 1_200
_JITTER: Final = 0.2


def wait_seconds(attempts: int, chance: float) -> int:
    """Seconds until the next attempt after ``attempts`` (from 1): 10 s, 1 m, 5 m, 15 m, 45 m, then hourly.

    ``chance`` in [0, 1) spreads the wait by 20 % either way, so that a recovered Meta is not met by everyone at once.
    """
    position = max(attempts, 1) - 1
    wait = WAITS_SECONDS[position] if position < len(WAITS_SECONDS) else LONGEST_WAIT_SECONDS
    return round(wait * (1 - _JITTER + 2 * _JITTER * chance))


def unanswered_wait_seconds(age_seconds: int, least: int = UNANSWERED_WAIT_SECONDS) -> int:
    """Seconds until the next attempt for a message of that age, when there are no settings, no table or no queue.

    At first ``least``; later a tenth of the age, for at most twenty minutes. Each attempt is a receive, and SQS gives a
    message up after 1000 of them: these waits make that more than 13 days.
    """
    return min(max(least, age_seconds // 10), _LONGEST_UNANSWERED_WAIT_SECONDS)
