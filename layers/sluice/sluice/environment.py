"""What each room is told at its start, by environment variables that the template sets."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar


@dataclasses.dataclass(frozen=True, slots=True)
class IngestEnvironment:
    """The environment variables of the ingest function, upper-cased field by field."""

    event_queue_url: str
    consent_table: str
    settings_secret_arn: str
    evidence_retention_days: int


@dataclasses.dataclass(frozen=True, slots=True)
class SenderEnvironment:
    """The environment variables of the sender function, upper-cased field by field."""

    event_queue_url: str
    hold_queue_url: str
    dead_letter_queue_url: str
    delivery_table: str
    consent_table: str
    settings_secret_arn: str
    graph_api_url: str
    graph_api_version: str
    evidence_retention_days: int


@dataclasses.dataclass(frozen=True, slots=True)
class StewardEnvironment:
    """The environment variables of the steward function, upper-cased field by field."""

    event_queue_url: str
    hold_queue_url: str
    delivery_table: str
    consent_table: str
    settings_secret_arn: str
    graph_api_url: str
    graph_api_version: str


_Room = TypeVar("_Room", IngestEnvironment, SenderEnvironment, StewardEnvironment)
_RULES: Final[dict[str, re.Pattern[str]]] = {
    "event_queue_url": re.compile(r"https?://\S+"),
    "hold_queue_url": re.compile(r"https?://\S+"),
    "dead_letter_queue_url": re.compile(r"https?://\S+"),
    "delivery_table": re.compile(r"[A-Za-z0-9_.-]{3,255}"),
    "consent_table": re.compile(r"[A-Za-z0-9_.-]{3,255}"),
    "settings_secret_arn": re.compile(r"\S+"),
    # Plain HTTP only towards this machine: the token travels in this request.
    "graph_api_url": re.compile(r"https://[^\s/]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?"),
    "graph_api_version": re.compile(r"v\d{1,3}\.\d{1,2}", re.ASCII),
    "evidence_retention_days": re.compile(r"[1-9]\d{0,3}", re.ASCII),
}


def read_environment(room: type[_Room], environ: Mapping[str, str]) -> _Room:
    """The room's environment, checked.

    Raises ValueError with the variable's name (never its value), so that a function with a wrong setting refuses to
    start instead of failing on the first event.
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(room):
        text = environ.get(field.name.upper(), "")
        if not _RULES[field.name].fullmatch(text):
            raise ValueError(f"environment variable {field.name.upper()} is missing or invalid")
        values[field.name] = int(text) if field.type is int else text
    return room(**values)
