"""Times as senders write them."""

from datetime import UTC, datetime


def iso_seconds(text: str | None) -> int | None:
    """Unix seconds of an ISO 8601 time with a zone; None for one without or outside the calendar, and for the rest."""
    try:
        moment = datetime.fromisoformat(text or "")
        return int(moment.astimezone(UTC).timestamp()) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def utc_seconds(text: str | None) -> int | None:
    """As ``iso_seconds``; a time without a zone is UTC, as shops store it."""
    found = iso_seconds(text)
    return iso_seconds(f"{text}Z") if found is None else found
