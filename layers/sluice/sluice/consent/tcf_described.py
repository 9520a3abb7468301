"""A TC string for people: every field as JSON values, for the command line."""

from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from sluice.consent.tcf import Ids, TcString

MAX_LISTED_IDS: Final = 70_000
"""Ids listed one by one in a whole description; a hostile string of 4 KB could name 30 million."""


class _Lists:
    """Turns sets of ids into lists until MAX_LISTED_IDS are listed, then into ``{"ranges": [[first, last], …]}``."""

    def __init__(self) -> None:
        self._left = MAX_LISTED_IDS

    def listed(self, ids: Ids) -> list[int] | dict[str, Any]:
        """The ids in order without doubles, or their merged ranges when there are more than may still be listed."""
        if ids.bits:
            written = f"{ids.bits:0{ids.max_id}b}"
            merged = [[number, number] for number, bit in enumerate(written, 1) if bit == "1"]
        else:
            merged = _merged(ids.ranges)
        count = sum(last - first + 1 for first, last in merged)
        if count > self._left:
            return {"ranges": merged}
        self._left -= count
        return list(chain.from_iterable(range(first, last + 1) for first, last in merged))


def described(tc: TcString) -> dict[str, Any]:
    """Every field under its name: times in ISO 8601 (UTC, milliseconds), sets as sorted lists of ids.

    At most MAX_LISTED_IDS ids are listed, in the order of the fields. A set with which there would be more is given
    as ``{"ranges": [[first, last], …]}`` instead, overlapping ranges merged.
    """
    listed = _Lists().listed
    answer: dict[str, Any] = {
        "version": tc.version,
        "created": _iso(tc.created_deciseconds),
        "last_updated": _iso(tc.last_updated_deciseconds),
    }
    for name in tc.__struct_fields__:
        value = getattr(tc, name)
        if not name.endswith("_deciseconds"):
            answer[name] = listed(value) if isinstance(value, Ids) else value
    answer["publisher_restrictions"] = [
        {"purpose_id": purpose, "restriction_type": restriction_type, "vendor_ids": listed(vendors)}
        for purpose, restriction_type, vendors in tc.publisher_restrictions
    ]
    if tc.publisher_tc is not None:
        answer["publisher_tc"] = {name: listed(ids) for name, ids in tc.publisher_tc._asdict().items()}
        answer["publisher_tc"]["num_custom_purposes"] = tc.publisher_tc.custom_purposes_consent.max_id
    return answer


def _merged(ranges: tuple[tuple[int, int], ...]) -> list[list[int]]:
    """The same ids in the fewest ranges, sorted."""
    merged: list[list[int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


def _iso(deciseconds: int) -> str:
    """ISO 8601 in UTC with milliseconds; 36 bits end in the year 2187."""
    seconds, tenths = divmod(deciseconds, 10)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{tenths}00Z"
