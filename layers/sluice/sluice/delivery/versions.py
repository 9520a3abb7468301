"""The versions of Meta's Graph API: until when each works, and whether one is about to end. Pure.

Source: the dates of Meta's Graph API changelog. The Conversions API is said to live as long as the Graph API, while the
Marketing API ends its versions years earlier; which of the two holds is unconfirmed, so Meta's own word in a header
counts as well.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

ENDS: Final = {
    "v25.0": date(2028, 7, 29),
    "v24.0": date(2028, 2, 18),
    "v23.0": date(2027, 10, 8),
    "v22.0": date(2027, 5, 20),
    "v21.0": date(2027, 1, 21),
}
"""The last day of each. An older one is over; for a newer one (v26.0 is the newest known) no end has been announced."""
HEADERS: Final = ("facebook-api-version", "x-ad-api-version-warning")
"""The version that answered (Meta's Graph API guide), and a warning that it is not the one asked (Marketing API's page
on versions). Whether the events edge sends them is unconfirmed: without them the dates alone decide."""
WARNING: Final = timedelta(days=60)


def is_ending(version: str, headers: Mapping[str, str], now_seconds: int) -> bool:
    """Whether a version (``v26.0``) ends within sixty days or is over, by its date or by the headers of an answer.

    ``headers``: of Meta's answer to a request for this version, names in lower case; empty without one.
    """
    answered, warning = map(headers.get, HEADERS)
    if warning or answered not in (None, version):
        return True
    end = ENDS.get(version)
    if end is None:
        return _number(version) < min(map(_number, ENDS))
    return datetime.fromtimestamp(now_seconds, UTC).date() >= end - WARNING


def _number(version: str) -> tuple[int, ...]:
    """``v26.0`` as (26, 0)."""
    return tuple(map(int, version[1:].split(".")))
