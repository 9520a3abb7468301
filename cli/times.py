"""Moments as people and programs read them."""

from datetime import UTC, datetime


def iso(unix_seconds: int) -> str:
    """ISO 8601 in UTC: ``2026-11-20T18:40:00Z``."""
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat().replace("+00:00", "Z")
