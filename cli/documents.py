"""The settings document as the operator sees it: checked, masked, compared."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from sluice.errors import BadSettings
from sluice.settings import Secret, SettingsDocument, parse_settings
from sluice.sources import KINDS


def checked(text: str) -> SettingsDocument:
    """The document, read as the functions read it.

    Raises BadSettings, whose ``at`` names the place (line and column where it is not even JSON) and the rule.
    """
    try:
        return parse_settings(text, KINDS)
    except BadSettings as error:
        raise BadSettings(syntax_error(text) or error.at) from None


def syntax_error(text: str) -> str | None:
    """Line, column and rule of the first place that is not JSON; None when it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}"
    except RecursionError:
        return "not JSON: nested too deeply"
    except ValueError:
        return "not JSON: a number with thousands of digits"
    return None


def indented(text: str) -> str:
    """The same JSON, one value a line; a text that is not JSON stays as it is."""
    return text if syntax_error(text) else json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def masked(document: SettingsDocument) -> dict[str, Any]:
    """The document as JSON values, with the length of each secret in the secret's place."""
    values: dict[str, Any] = msgspec.to_builtins(document, enc_hook=_mask)
    return values


def _mask(value: Any) -> str:  # noqa: ANN401 - msgspec's hook; Secret is the only type of ours it is given
    """Nothing of a secret but its length."""
    return f"*** ({len(value.reveal())} characters)"


def changes(before: SettingsDocument | None, after: SettingsDocument) -> list[str]:
    """What is different, a masked line each. A new secret of the same length is a change too."""
    old = dict(_leaves(before, "")) if before else {}
    new = dict(_leaves(after, ""))
    lines = []
    for path in sorted(old.keys() | new.keys()):
        if path not in new:
            lines.append(f"- {path}: {_shown(old[path])}")
        elif path not in old:
            lines.append(f"+ {path}: {_shown(new[path])}")
        elif old[path] != new[path]:
            lines.append(f"~ {path}: {_shown(old[path])} -> {_shown(new[path])}")
    return lines


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Every value that holds no other, with the dotted path to it."""
    items: dict[Any, object] = {}
    if isinstance(value, msgspec.Struct):
        items = msgspec.structs.asdict(value)
    elif isinstance(value, dict):
        items = value
    elif isinstance(value, list):
        items = dict(enumerate(value))
    for name, item in items.items():
        yield from _leaves(item, f"{path}.{name}" if path else str(name))
    if not items:
        yield path, value


def _shown(value: object) -> str:
    """One value for a line of ``changes``."""
    return _mask(value) if isinstance(value, Secret) else json.dumps(value, ensure_ascii=False)
