"""The mapping table of a ``json`` source: which field of an event is filled from where. No code, no wildcards. Pure."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

import msgspec

from sluice.event import CustomData, Property, WireEvent
from sluice.policy import MatchKey
from sluice.sources.payload import Path, at_path, moment, text, word

_NEEDED: Final = ("event_name", "event_time", "event_id", "action_source")
_NEVER_THE_SAME: Final = ("event_time", "event_id", "consent.at")
_TIMES: Final = ("event_time", "original_event_data.event_time", "consent.at")
_GAP: Final = re.compile(r"\{([^{}.]+(?:\.[^{}.]+)*)\}")


class Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where the content of one field comes from: exactly one of the first three.

    ``path``: where it stands in the body. ``const``: always the same. ``template``: text with paths in braces, such as
    ``lead-{id}``; when one of them finds nothing, there is no text. ``words``: what each content that may be found
    stands for, letter by letter (numbers, true and false as JSON writes them); any other counts as not found.
    """

    path: Path | None = None
    const: Any = msgspec.UNSET
    template: str | None = None
    words: dict[str, Any] | None = None


def check_table(table: Mapping[str, Rule]) -> None:
    """Refuse a table that cannot work. Raises ValueError with field and reason."""
    places = _places()
    for name in _NEEDED:
        if name not in table:
            raise ValueError(f"event.{name}: needs a rule")
    for place, rule in table.items():
        is_property = re.fullmatch(r"custom_data\.[^.]+", place) is not None
        if place not in places and not is_property:
            raise ValueError(f"event.{place}: no such field")
        is_const = rule.const is not msgspec.UNSET
        if [rule.path is not None, is_const, rule.template is not None].count(True) != 1:
            raise ValueError(f"event.{place}: exactly one of path, const and template is needed")
        if rule.template is not None and not _is_template(rule.template):
            raise ValueError(f"event.{place}: a template has paths in braces, and no other braces")
        if is_const and (place in _NEVER_THE_SAME or rule.words is not None):
            raise ValueError(f"event.{place}: no const here")
        if place == "consent.granted" and rule.words is not None and False not in rule.words.values():
            raise ValueError(f"event.{place}: a refusal needs a word")
        fixed = [rule.const] if is_const else (rule.words or {}).values()
        if not all(_fits(content, places.get(place, Property)) for content in fixed):
            raise ValueError(f"event.{place}: the field cannot hold this const, or what a word stands for")


def to_item(thing: dict[str, Any], table: Mapping[str, Rule]) -> msgspec.Raw | None:
    """The event that the table makes of one object, in Meta's shape; None when its name is not among the words."""
    event: dict[str, Any] = {}
    for place, rule in table.items():
        found = _found(thing, rule)
        if found in (None, ""):
            continue
        if rule.words is not None:
            if (key := word(found)) not in rule.words:
                if place == "event_name":
                    return None
                continue
            found = rule.words[key]
        outer, _, inner = place.rpartition(".")
        (event.setdefault(outer, {}) if outer else event)[inner] = _written(place, found)
    try:
        return msgspec.Raw(msgspec.json.encode(event))
    except RecursionError:
        return msgspec.Raw(b"null")


def _found(thing: dict[str, Any], rule: Rule) -> Any:  # noqa: ANN401 - any JSON value
    """What a rule finds in an object; None where it finds nothing."""
    if rule.const is not msgspec.UNSET:
        return rule.const
    if rule.template is None:
        return at_path(thing, rule.path)
    parts = {path: word(at_path(thing, path)) for path in _GAP.findall(rule.template)}
    if None in parts.values():
        return None
    return _GAP.sub(lambda gap: parts[gap[1]] or "", rule.template)


def _written(place: str, found: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Times as Unix seconds, and a number's digits where the field is text. What cannot be read stays as it is."""
    if place in _TIMES:
        seconds = moment(word(found))
        return found if seconds is None else seconds
    kind = _places().get(place, Property)
    digits = text(found) if isinstance(found, int) and not _fits(found, kind) else None
    return digits if digits and _fits(digits, kind) else found


def _is_template(template: str) -> bool:
    """Whether a text has paths in braces, and no other braces."""
    return _GAP.search(template) is not None and not set("{}") & set(_GAP.sub("", template))


@cache
def _places() -> dict[str, Any]:
    """The fields that a table can fill, by their dotted name, with their types."""
    places: dict[str, Any] = {f"user_data.{name}": Any for name in get_args(MatchKey)}
    for field in msgspec.structs.fields(WireEvent):
        kinds = (CustomData,) if field.name == "custom_data" else (field.type, *get_args(field.type))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)), None)
        if model:
            places |= {f"{field.name}.{inner.name}": inner.type for inner in msgspec.structs.fields(model)}
        elif field.name != "user_data":
            places[field.name] = field.type
    return places


def _fits(content: object, kind: Any) -> bool:  # noqa: ANN401 - a type form
    """Whether a field of this type can hold it."""
    try:
        msgspec.convert(content, kind)
    except msgspec.ValidationError:
        return False
    return True
