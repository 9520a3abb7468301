"""How close to its limits Meta says we are, and how long to rest for that. Pure and total."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

HEADERS: Final = ("x-app-usage", "x-business-use-case-usage", "x-ad-account-usage")
"""Source: Meta's rate-limiting page. Whether the events edge sends them is unconfirmed, so nothing depends on them."""
SLOW_FROM_PERCENT: Final = 80
FULL_PERCENT: Final = 100
_FULL_PAUSE_SECONDS: Final = 300
_SLOW_PAUSE_SECONDS: Final = 60
LONGEST_PAUSE_SECONDS: Final = 3_600
_PERCENTAGES: Final = ("call_count", "total_cputime", "total_time", "acc_id_util_pct")


def pause_seconds(headers: Mapping[str, str]) -> int:
    """How long to send nothing after an answer with these headers (lower-case names); 0 below 80 percent.

    The time that Meta names wins (``estimated_time_to_regain_access``, minutes), but for an hour at most. Without one:
    up to a minute, growing from 80 percent on, and five minutes when the limit is reached.
    """
    uses = [use for name in HEADERS for use in _uses(headers.get(name, ""))]
    minutes = max((_number(use.get("estimated_time_to_regain_access")) for use in uses), default=0)
    percent = max((_number(use.get(name)) for use in uses for name in _PERCENTAGES), default=0)
    if minutes > 0:
        return round(min(minutes * 60, LONGEST_PAUSE_SECONDS))
    if percent >= FULL_PERCENT:
        return _FULL_PAUSE_SECONDS
    share = (percent - SLOW_FROM_PERCENT) / (FULL_PERCENT - SLOW_FROM_PERCENT)
    return max(1, round(share * _SLOW_PAUSE_SECONDS)) if share >= 0 else 0


def _uses(text: str) -> Iterator[dict[str, object]]:
    """The objects with percentages: the header itself, or those in its lists by business."""
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from (use for use in inner if isinstance(use, dict)) if isinstance(inner, list) else ()


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
