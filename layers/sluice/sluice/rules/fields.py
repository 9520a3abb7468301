"""Reads an object field by field, so that everything wrong with it is named at once, and mends what is plain."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

import msgspec

from sluice.event import CustomData, Property
from sluice.rules.meanings import MAX_NAMED, EventWarning, Problem

_Model = type[msgspec.Struct]

SLUGS: Final = {
    "event_name": "event_name_missing",
    "event_time": "event_time_invalid",
    "action_source": "action_source_invalid",
    "event_source_url": "event_source_url_invalid",
    "data_processing_options": "limited_data_use_invalid",
    "data_processing_options_country": "limited_data_use_invalid",
    "data_processing_options_state": "limited_data_use_invalid",
    "messaging_channel": "messaging_channel_invalid",
    "consent": "consent_invalid",
    "app_data.extinfo": "extinfo_invalid",
    "custom_data.value": "value_invalid",
    "custom_data.currency": "currency_invalid",
    "custom_data.contents": "contents_invalid",
    "custom_data.delivery_category": "delivery_category_invalid",
    "custom_data.contents.delivery_category": "delivery_category_invalid",
}
"""The slug of a field, and of all in it, that is missing or has a wrong value. The others share two slugs."""

_POSITION: Final = re.compile(r"\[\d+\]")
_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DECIMAL: Final = re.compile(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*")
_REFUSED: Final = object()
_NAMED: Final = frozenset(CustomData.__struct_fields__)


class _Kind(NamedTuple):
    """What a field may hold: the whole type, the model of an object, the type of a list's items."""

    whole: Any
    model: _Model | None
    item: Any


_NARROWER: Final = {
    "custom_data": _Kind(dict[str, Any], CustomData, None),
    "event_source_url": _Kind(Annotated[str, msgspec.Meta(pattern=r"^[hH][tT][tT][pP][sS]?://")], None, None),
    "id": _Kind(Annotated[str, msgspec.Meta(pattern=r"\S")], None, None),
}
"""What fields may hold beyond their types in the model, where patterns would take a third of the time of a decode."""


class _Field(NamedTuple):
    name: str
    kind: _Kind
    required: bool


@dataclass(slots=True)
class FieldByField:
    """The reader of one event; ``problems`` and ``warnings`` gather what it found, in the order of the model."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[EventWarning] = field(default_factory=list)

    def read(self, given: dict[str, Any], model: _Model, path: str = "") -> dict[str, Any]:
        """The fields of a model that can be read, and custom properties where it takes them; nulls are left out."""
        kept: dict[str, Any] = {}
        prefix = path and f"{path}."
        for name, kind, required in _fields(model):
            if (value := given.get(name)) is None:
                if required:
                    self._refuse("missing_field", prefix + name)
            elif (read := self._value(value, kind, prefix + name)) is not _REFUSED:
                kept[name] = read
        for name in sorted(given.keys() - set(model.__struct_fields__)):
            # What a sender calls a key may itself be personal.
            where = prefix + name if _FIELD_NAME.fullmatch(name) else path
            if model is not CustomData:
                self._refuse("unknown_field", where)
            elif given[name] is not None and self._is_property(given[name], where):
                kept[name] = given[name]
        return kept

    def _value(self, value: Any, kind: _Kind, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """The value, mended where that is plain, or ``_REFUSED``."""
        if len(self.problems) > MAX_NAMED:
            return _REFUSED
        if kind.model and isinstance(value, dict):
            read = self.read(value, kind.model, path)
            return read if all(each.name in read for each in _fields(kind.model) if each.required) else _REFUSED
        before = len(self.problems)
        if kind.item and isinstance(value, list):
            inner = _kind(kind.item)
            items = [self._value(item, inner, f"{path}[{at}]") for at, item in enumerate(value)]
            value = [item for item in items if item is not _REFUSED]
        for candidate in _mended(value, path):
            if _fits(candidate, kind.whole):
                if isinstance(value, str) and not isinstance(candidate, str):
                    self.warnings.append(EventWarning("value_was_text", path))
                return candidate
        if len(self.problems) == before:
            self._refuse("invalid_field", path)
        return _REFUSED

    def _is_property(self, value: object, path: str) -> bool:
        """Whether a custom property is flat."""
        if _fits(value, Property):
            return True
        self._refuse("nested_custom_property" if isinstance(value, dict | list) else "invalid_field", path)
        return False

    def _refuse(self, slug: str, path: str) -> None:
        place = "" if slug == "unknown_field" else _POSITION.sub("", path)
        while place and place not in SLUGS:
            place = place.rpartition(".")[0]
        self.problems.append(Problem(SLUGS.get(place, slug), path))


def is_web_address(text: str | None) -> bool:
    """Whether an address is one of a page, or there is none."""
    return text is None or text[:8].lower().startswith(("https://", "http://"))


def is_sound(data: dict[str, Any]) -> bool:
    """Whether ``custom_data`` is as Meta wants it, so that nobody has to look at it field by field."""
    try:
        for content in msgspec.convert(data, CustomData).contents or ():
            if not content.id.strip():
                return False
        if not data.keys() <= _NAMED:
            msgspec.convert([data[name] for name in data.keys() - _NAMED], list[Property])
    except msgspec.ValidationError:
        return False
    return True


def _mended(value: Any, path: str) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """The value itself, then what it says without doubt: 2 for 2.0, and in ``custom_data`` a number for its text."""
    yield value
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if isinstance(value, str) and path.startswith("custom_data.") and _DECIMAL.fullmatch(value):
        yield float(value) if "." in value else int(value)


def _fits(value: object, kind: Any) -> bool:  # noqa: ANN401 - a type form
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:  # its text may quote the value
        return False
    return True


@cache
def _fields(model: _Model) -> tuple[_Field, ...]:
    fields = msgspec.structs.fields(model)
    return tuple(_Field(each.name, _NARROWER.get(each.name) or _kind(each.type), each.required) for each in fields)


def _kind(whole: Any) -> _Kind:  # noqa: ANN401 - a type form
    """The parts of a field's type; of a union the first object or list decides."""
    if get_origin(whole) is Annotated:
        return _kind(get_args(whole)[0])._replace(whole=whole)
    if isinstance(whole, type) and issubclass(whole, msgspec.Struct):
        return _Kind(whole, whole, None)
    if get_origin(whole) is list:
        return _Kind(whole, None, get_args(whole)[0])
    inner = [] if get_origin(whole) is None else [_kind(part) for part in get_args(whole) if not isinstance(part, str)]
    found = next((part for part in inner if part.model or part.item), None)
    return _Kind(whole, found.model, found.item) if found else _Kind(whole, None, None)
