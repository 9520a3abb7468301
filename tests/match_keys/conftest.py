"""How the tests of this room ask for one match key."""

from collections.abc import Callable
from typing import Any

import pytest

from sluice.match_keys import to_match_keys

NOW_SECONDS = 1_790_000_000  # 2026-09-21

Answer = str | list[str] | None
Ask = Callable[..., Answer]


@pytest.fixture
def key_of() -> Ask:
    """Asks for the key of one field: what is sent, or None; the second and later arguments are optional."""

    def ask(field: str, raw: Any, country: str | None = None) -> Answer:
        return to_match_keys({field: raw}, default_country=country, now_seconds=NOW_SECONDS).keys.get(field)

    return ask


@pytest.fixture
def reasons_of() -> Callable[..., list[str]]:
    """Asks why values of one field were dropped."""

    def ask(field: str, raw: Any, country: str | None = None) -> list[str]:
        answer = to_match_keys({field: raw}, default_country=country, now_seconds=NOW_SECONDS)
        return [str(dropped.reason) for dropped in answer.dropped if dropped.field == field]

    return ask
