"""When a version of the Graph API is about to end."""

from datetime import UTC, datetime

import pytest

from sluice.delivery.versions import ENDS, HEADERS, is_ending

LONG_BEFORE = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())


def at(day: str) -> int:
    """Unix seconds of noon on a day."""
    return int(datetime.fromisoformat(f"{day}T12:00:00Z").timestamp())


@pytest.mark.parametrize(
    ("version", "day", "ends"),
    [
        ("v25.0", "2028-05-29", False),
        ("v25.0", "2028-05-30", True),
        ("v25.0", "2028-07-29", True),
        ("v25.0", "2031-01-01", True),
        ("v24.0", "2027-12-20", True),
        ("v20.0", "2026-11-22", True),
        ("v9.0", "2026-11-22", True),
        ("v26.0", "2031-01-01", False),
        ("v100.0", "2031-01-01", False),
    ],
)
def test_by_date(version: str, day: str, ends: bool) -> None:
    """From sixty days before its end, and ever after; one older than all known is over, a newer one has no end yet."""
    assert is_ending(version, {}, at(day)) is ends


@pytest.mark.parametrize(
    ("headers", "ends"),
    [
        ({}, False),
        ({"facebook-api-version": "v26.0"}, False),
        ({"facebook-api-version": "v27.0"}, True),
        ({"x-ad-api-version-warning": "The call has been upgraded."}, True),
        ({"x-app-usage": "{}"}, False),
    ],
)
def test_by_meta_s_answer(headers: dict[str, str], ends: bool) -> None:
    """Meta names the version that answered, and warns when it is not the one that was asked."""
    assert is_ending("v26.0", headers, LONG_BEFORE) is ends
    assert headers.keys() <= {*HEADERS, "x-app-usage"}


def test_each_version_ends_after_the_one_before_it() -> None:
    """The table is in order, newest first, in numbers and in days."""
    numbers = [float(version[1:]) for version in ENDS]
    assert numbers == sorted(numbers, reverse=True)
    assert list(ENDS.values()) == sorted(ENDS.values(), reverse=True)
