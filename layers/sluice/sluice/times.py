"""Times as senders write them."""

from datetime import UTC, datetime


def iso_seconds(text: str) -> int | None:
    """Unix seconds of an ISO 8601 time with a zone; None for one without or outside the calendar, and for the rest."""
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.astimezone(UTC).timestamp()) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
