"""When to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.delivery.schedule import unanswered_wait_seconds, wait_seconds


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, 10), (1, 10), (2, 60), (3, 300), (4, 900), (5, 2_700), (6, 3_600), (1_000, 3_600)]
)
def test_schedule(attempts: int, wait: int) -> None:
    """10 s, 1 m, 5 m, 15 m, 45 m, then hourly."""
    assert wait_seconds(attempts, 0.5) == wait


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_spread(attempts: int, chance: float) -> None:
    """Chance spreads each wait by a fifth either way and no further."""
    middle = wait_seconds(attempts, 0.5)
    assert round(0.8 * middle) <= wait_seconds(attempts, chance) <= round(1.2 * middle)


@pytest.mark.parametrize(("age", "wait"), [(0, 120), (1_200, 120), (2_000, 200), (12_000, 1_200), (1_000_000, 1_200)])
def test_unanswered(age: int, wait: int) -> None:
    """Two minutes at first, a tenth of the message's age later, never more than twenty minutes."""
    assert unanswered_wait_seconds(age) == wait


def test_unanswered_for_as_long_as_messages_are_kept() -> None:
    """SQS gives a message up after 1000 receives: these waits make that more than 13 days."""
    age = receives = 0
    while age < 13 * 86_400:
        age, receives = age + unanswered_wait_seconds(age), receives + 1
    assert receives < 1_000
