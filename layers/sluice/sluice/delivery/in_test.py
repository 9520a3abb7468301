"""How long a dataset's test_event_code may stay on. Pure.

Events with a code count like any others at Meta, so one that is left on harms nothing but Events Manager's test page;
Meta asks to send none in production (Conversions API, "Using the API").
"""

from typing import Final

TEST_SECONDS: Final = 24 * 3_600


def is_left_on(first_seen: int, now_seconds: int) -> bool:
    """Whether a code that was first seen then (Unix seconds) has been on for a day, and is sent no longer."""
    return now_seconds - first_seen >= TEST_SECONDS
