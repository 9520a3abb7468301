"""The event data of a server container of Google Tag Manager, whichever tag posted it, as one flat object. Pure.

Some tags post the nested object. Others flatten it first: names are joined with ``_``, which then stands for ``-``,
too, and older ones number the items of lists. Every form is brought to that last one.
"""

import re
from typing import Any, Final

import msgspec

from sluice.errors import Rejected
from sluice.sources.payload import objects, text

_MAX_DEPTH: Final = 5
"""``user_data.address.0.city`` has four; what is deeper is nothing that we read."""
_MAX_NAME: Final = 100
"""Characters of a joined name. A longer one is none that we read, and would be copied to everything below it."""
_MAX_NAMES: Final = 10_000
"""Two hundred items, which are all that GA4 takes, have fewer."""
_MAX_NUMBERED: Final = 100
"""Values of a list that a tag numbered."""


def flattened(event: dict[str, Any]) -> dict[str, Any]:
    """The event data with names such as ``user_data_address_0_city`` and ``x_ga_gcs``; lists of values stay lists.

    Raises Rejected ``wrong_topic_shape`` for too many names: one that were left out could have been a refusal.
    """
    found: dict[str, Any] = {}
    _flatten(event, "", _MAX_DEPTH, found)
    return found


def _flatten(value: dict[str, Any], prefix: str, depth: int, found: dict[str, Any]) -> None:
    for key, inner in value.items():
        if len(prefix) + len(key) > _MAX_NAME:
            continue
        name = prefix + key.replace("-", "_")
        numbered = {str(at): item for at, item in enumerate(objects(inner))}
        below = inner if isinstance(inner, dict) else numbered
        if below and depth:
            _flatten(below, f"{name}_", depth - 1, found)
        elif not isinstance(inner, dict):
            found.setdefault(name, inner)
            if len(found) > _MAX_NAMES:
                raise Rejected("wrong_topic_shape")


def rows(flat: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list, such as ``items``; also of one that was posted as JSON text."""
    if isinstance(flat.get(name), str):
        try:
            return objects(msgspec.json.decode(flat[name]))
        except (ValueError, RecursionError):
            return []
    pattern = re.compile(rf"{name}_([0-9]{{1,4}})_(\w+)", re.ASCII)
    found: dict[int, dict[str, Any]] = {}
    for key, value in flat.items():
        if match := pattern.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[at] for at in sorted(found)]


def texts(flat: dict[str, Any], name: str) -> list[str]:
    """The texts of a list; of a single value, of numbered ones, or of JSON text that holds a list, too."""
    value = flat.get(name)
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return []
    numbered = [flat[each] for each in map(f"{name}_{{}}".format, range(_MAX_NUMBERED)) if each in flat]
    values = value if isinstance(value, list) else [value, *numbered]
    return [found for item in values if (found := text(item)) is not None]


def any_of(flat: dict[str, Any], *names: str) -> Any:  # noqa: ANN401 - any JSON value
    """The first of these that holds something."""
    return next((flat[name] for name in names if flat.get(name) not in (None, "", [])), None)
