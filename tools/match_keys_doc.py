"""Writes docs/match-keys.md from the rules' docstrings, the tests' vectors and the oracles' exceptions."""

import ast
import inspect
import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sluice.match_keys import Reason
from sluice.match_keys.fields import FIELDS

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "docs/match-keys.md"
TITLES: Final = {
    "em": "E-mail address", "ph": "Telephone number", "fn": "First name", "ln": "Last name", "ge": "Gender",
    "db": "Date of birth", "ct": "City", "st": "State", "zp": "Postcode", "country": "Country",
    "external_id": "The sender's own id", "client_ip_address": "Address of the browser",
    "client_user_agent": "Name of the browser", "fbc": "Click id", "fbp": "Browser id", "madid": "Advertising id",
    "lead_id": "Lead id", "fb_login_id": "Login id",
}  # fmt: skip
INTRODUCTION: Final = """\
<!-- Written by tools/match_keys_doc.py from the rules and the tables of the tests; not to be edited. -->

# Match keys

Meta finds the person behind an event by its match keys: the values of `user_data`, most of them as SHA-256 digests. A
digest matches only if both sides wrote the value alike before hashing, and a wrong one is silent: the event is counted
and never matched. This page says how Sluice writes each value. Its examples are the ones that the tests check, with
their digests, in [vectors.json](../tests/match_keys/vectors.json).

## Two rules

- **documented**: what Meta's documents ask for. Every hashed field has this rule.
- **pixel**: what Meta's Parameter Builder library (`capi-param-builder-nodejs` 1.3.2) makes of the same value. Six
  fields have it beside the documented one: {pixel_fields}.

That the pixel in the browser and the Parameter Builder hash alike is **our inference**, not something that Meta
promises. Since Meta takes lists, Sluice by default sends both digests where the rules differ, the documented one first,
and one where they agree. A dataset can be set to `documented` or `pixel` alone; with `pixel` the documented digest is
still sent where the browser's rule has no value.

Both rules read Unicode in the composed form (NFC). The library leaves Unicode as typed, and browsers type the composed
form: so a value that reached the server decomposed gets the digest that its visitor's browser made.

A value that is a SHA-256 digest already (64 hexadecimal characters, with or without the Parameter Builder's suffix) is
not hashed again: it is sent in lower case without suffix, by no rule.

## Never sent

- an empty result, or its digest
- a text that stands for nobody, such as `null`, `n/a`, `test@test.com` or zeros only, or its digest
- a postcode that the pixel rule cuts at a dash, unless the person's country is known to be the US
- an MD5 digest, or a text that the pixel rule would pass through because it looks like one
- what the pixel rule makes of a value that has no documented one
- more than ten digests for a field: the documented one of every value goes first

Lists keep their order and lose repetitions. Countries are never guessed: a telephone number, state, postcode or date is
read in the country that the event itself names, else in the dataset's `default_country`; without either only a number
that is complete as it stands counts.
"""
DIFFERENCES: Final = """\
Asked for the inputs of the library's own published tests, in a shop of the US, its digest is among those that Sluice
sends, for `em` and for each of the six fields above, wherever both have a value. The exceptions, with those that come
with another country or none:
"""


def text(value: object) -> str:
    """A value as a table cell: as it is in JSON, so that blanks and accents typed apart can be seen."""
    if value is None:
        return ""
    plain = value if isinstance(value, str) else json.dumps(value)
    shown = "".join(c if c.isprintable() and not 0x300 <= ord(c) <= 0x36F else rf"\u{ord(c):04x}" for c in plain)
    if shown != plain or shown != shown.strip() or not shown:
        shown = f'"{shown}"'
    return "`` " + shown.replace("|", "\\|") + " ``" if "`" in shown else "`" + shown.replace("|", "\\|") + "`"


def table(columns: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A Markdown table and an empty line."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + " --- |" * len(columns)
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""


def prose(of: Callable[..., object]) -> str:
    """The docstring of a rule with its code in Markdown's notation."""
    return (inspect.getdoc(of) or "").replace("``", "`")


def field_section(field: str, vectors: list[dict[str, Any]]) -> Iterator[str]:
    """Rules and examples of one field."""
    described = FIELDS[field]
    yield from (f"## {TITLES[field]}: `{field}`", "")
    yield from (("**documented**: " if described.pixel else "") + prose(described.rule), "")
    if described.pixel:
        yield from ("**pixel**: " + prose(described.pixel), "")
    examples = [row for row in vectors if row["field"] == field]
    sent = "hashed text" if described.hashed else "sent"
    kept = [
        [text(row["raw"]), row.get("country", ""), text(row.get("normalised", row.get("sent"))), text(row.get("pixel"))]
        for row in examples
        if "reason" not in row
    ]
    columns = ["value", "shop's country", sent, "second candidate (pixel)"]
    width = len(columns) if described.pixel else len(columns) - 1
    if not described.hashed:
        columns.pop(1)
        kept = [[raw, value] for raw, _, value, _ in kept]
        width = 2
    yield from table(columns[:width], [row[:width] for row in kept])
    refused = [[text(row["raw"]), row.get("country", ""), f"`{row['reason']}`"] for row in examples if "reason" in row]
    if refused:
        yield from ("Not sent:", "")
        yield from table(["value", "shop's country", "reason"], refused)


def meanings(of: type[StrEnum]) -> dict[str, str]:
    """Each member's value and the text that stands under it in the source."""
    (enum,) = ast.parse(inspect.getsource(of)).body
    body = enum.body if isinstance(enum, ast.ClassDef) else []
    found = {}
    for line, below in pairwise(body):
        if isinstance(line, ast.Assign) and isinstance(below, ast.Expr):
            found[ast.literal_eval(line.value)] = inspect.cleandoc(ast.literal_eval(below.value)).replace("``", "`")
    return found


def page() -> str:
    """The whole document."""
    vectors = json.loads((ROOT / "tests/match_keys/vectors.json").read_text())
    exceptions = json.loads((ROOT / "tests/oracles/exceptions.json").read_text())
    pixel_fields = ", ".join(f"`{field}`" for field, described in FIELDS.items() if described.pixel)
    lines = [INTRODUCTION.format(pixel_fields=pixel_fields)]
    for field in TITLES:
        lines += field_section(field, vectors)
    others = ", ".join(f"`{field}`" for field in FIELDS if field not in TITLES)
    lines += ["## Other ids", "", f"{others}: {prose(FIELDS['page_id'].rule)} An integer is sent as its digits.", ""]
    lines += ["## Reason codes", ""]
    lines += table(["code", "meaning"], [[f"`{code}`", meaning] for code, meaning in meanings(Reason).items()])
    lines += ["## Where the Parameter Builder differs", ""]
    lines += [DIFFERENCES]
    lines += table(
        ["field", "value", "country", "why"],
        [[f"`{row['field']}`", text(row["raw"]), row["country"] or "not known", row["reason"]] for row in exceptions],
    )
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(page())
    print(f"wrote {TARGET.relative_to(ROOT)}")
