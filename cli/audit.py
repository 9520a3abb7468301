"""`sluice audit`: every decision of a period, for whoever audits the gateway."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import typer

from cli import answers, options
from cli.delivery_items import Item, Where, evidence, look_through
from cli.new_files import new_file
from cli.problems import Problem
from cli.screen import err, out
from cli.stack import choose
from cli.times import iso
from sluice.door import VERSION

_COUNTED: Final = ("dataset", "state", "reason", "basis")
_WRITTEN_SO: Final = "Give a day (2026-11-01), ISO 8601 with Z or an offset, or Unix seconds."
_NOT_IN_IT: Final = (
    "Events that consent or Meta's rules stopped at the door leave no record; metrics count them. Events that no "
    "sender had taken up when this was made are missing. A record leaves the table when its retention is over."
)

app = typer.Typer(no_args_is_help=True, help="Export the record of every decision, and check such a file.")


class Manifest(msgspec.Struct, frozen=True):
    """What belongs to an audit file. ``counts``: how many lines have each dataset, state, reason and basis."""

    file: str
    decided_from: str
    decided_before: str
    made_at: str
    stack: str
    table: str
    retention_days: int
    lines: int = 0
    sha256: str = ""
    counts: dict[str, dict[str, int]] = {}
    made_by: str = f"sluice {VERSION}"
    not_in_it: str = _NOT_IN_IT


@app.command()
def export(  # noqa: PLR0913 - each option of a command is a parameter
    *,
    start: options.PeriodStart,
    end: options.PeriodEnd,
    to: options.AuditFile,
    force: options.Replace = False,
    rate: options.ReadUnits = 25,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Write every decision of a period as JSON Lines, and beside it a manifest with counts and SHA-256.

    A line is an event that was accepted: decision, basis, evidence, subject keys, and what became of it. Lines are in
    no order. The whole delivery table is read, which at the default rate takes 80 minutes for a million events.

    Example: `sluice audit export --from 2026-11-01 --to 2026-12-01 --out november.jsonl`
    """
    first, after = _moment(start, "--from"), _moment(end, "--to")
    if first >= after:
        raise typer.BadParameter("The period must end after it begins.", param_hint="--to")
    gateway = choose(stack, region, profile, local=local)
    where = Where("decided_at >= :from AND decided_at < :to", {":from": _number(first), ":to": _number(after)})
    with new_file(_manifest_of(to), replace=force) as beside, new_file(to, replace=force) as file:
        manifest = Manifest(
            file=to.name,
            decided_from=iso(first),
            decided_before=iso(after),
            made_at=iso(int(time.time())),
            stack=gateway.name,
            table=gateway.delivery_table,
            retention_days=gateway.evidence_retention_days,
        )
        manifest = _tallied(_written(file, look_through(gateway, where, rate)), manifest)
        beside.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    err.print(f"{manifest.lines} decisions written. SHA-256 {manifest.sha256}; keep it where nobody can change it too.")


@app.command()
def verify(file: options.AuditedFile) -> None:
    """Say whether a file still has the SHA-256 and counts of its manifest. The exit status is 1 when it has not.

    Example: `sluice audit verify november.jsonl`
    """
    try:
        manifest = msgspec.json.decode(_manifest_of(file).read_bytes(), type=Manifest)
        with file.open("rb") as content:
            is_unchanged = _tallied(content, manifest) == manifest
    except OSError as error:
        raise Problem(f"The file or its manifest (….manifest.json) cannot be read ({error.strerror}).") from None
    except msgspec.DecodeError:
        raise Problem("The file or its manifest is not what `sluice audit export` writes.") from None
    if not is_unchanged:
        raise Problem("The file or its manifest was changed: SHA-256 or counts do not fit.")
    period = f"from {manifest.decided_from} to before {manifest.decided_before}"
    out.print(f"Unchanged since {manifest.made_at}: {manifest.lines} decisions {period}.")
    out.print(f"SHA-256 {manifest.sha256}")


def _written(file: IO[bytes], items: Iterable[Item]) -> Iterator[bytes]:
    """Write a line for each item."""
    for item in items:
        line = json.dumps(evidence(item)).encode() + b"\n"
        file.write(line)
        yield line


def _tallied(lines: Iterable[bytes], manifest: Manifest) -> Manifest:
    """The manifest with what these lines are. Raises DecodeError for a line that is no record."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in _COUNTED}
    digest, number = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        number += 1
        record = msgspec.json.decode(line, type=dict[str, Any])
        for name, counter in counters.items():
            counter[str(record.get(name, ""))] += 1
    counts = {name: dict(sorted(counter.items())) for name, counter in counters.items()}
    return msgspec.structs.replace(manifest, lines=number, sha256=digest.hexdigest(), counts=counts)


def _manifest_of(file: Path) -> Path:
    """Where the manifest of a file is."""
    return file.with_name(f"{file.name}.manifest.json")


def _moment(text: str, option: str) -> int:
    """The moment of an option, in Unix seconds. Raises BadParameter, which does not repeat the text."""
    try:
        return int(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).timestamp())
    except ValueError:
        pass
    try:
        return answers.moment(text)
    except answers.WrongAnswer:
        raise typer.BadParameter(_WRITTEN_SO, param_hint=option) from None


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
