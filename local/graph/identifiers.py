"""Which match keys an event carries, and which of its fields hold data of a person that should have been hashed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.graph.schema import HASHED_KEYS

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
# One character before the at sign is enough to tell, and keeps the search linear on hostile text.
_EMAIL = re.compile(r"[\w.+-](?:@|%40)[\w-]{1,63}\.\w", re.IGNORECASE)


def match_keys(user_data: Mapping[str, Any]) -> list[str]:
    """The keys of `user_data` that hold something; empty texts and lists count as absent."""
    return [key for key, value in user_data.items() if (any(value) if isinstance(value, list) else value != "")]


def raw_identifiers(event: Mapping[str, Any]) -> list[str]:
    """The fields of an event that hold a raw identifier, as dotted paths; never the value.

    A key that Meta wants hashed is raw when it is not a SHA-256 in hex (`em`, …; also `external_id`, which this
    project always hashes). Everywhere else an e-mail address, plain or percent-encoded, counts.
    Meta itself is said to accept raw values and to match nothing with them, so this is shown and never refused.
    """
    user_data = event["user_data"]
    raw = [key for key in (*HASHED_KEYS, "external_id") if not _is_hashed(user_data.get(key, []))]
    rest = {
        **event,
        "user_data": {key: value for key, value in user_data.items() if key not in (*HASHED_KEYS, "external_id")},
    }
    return raw + sorted({path for path, text in _texts(rest) if _EMAIL.search(text)})


def _is_hashed(value: str | list[str]) -> bool:
    return all(item == "" or _SHA256.fullmatch(item) for item in ([value] if isinstance(value, str) else value))


def _texts(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of an event with its path; a key counts as a text of the object that has it."""
    waiting: list[tuple[str, object]] = [("", event)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            waiting.extend((path, item) for item in value)
        elif isinstance(value, dict):
            for key, item in value.items():
                yield path, key
                # A key that is itself an address is flagged with its object; its own path would repeat it.
                waiting.append((path if _EMAIL.search(key) else f"{path}.{key}".lstrip("."), item))
