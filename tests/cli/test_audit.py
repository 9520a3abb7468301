"""`sluice audit export` and `sluice audit verify`."""

import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from cli.delivery_items import Pace, Where, scan
from cli.problems import explain
from sluice.delivery.parcel import State
from tests.cli.conftest import Run
from tests.cli.tables import TableStack, event_of
from tests.emulator import client
from tests.samples import DATASET, NOW

KEYS = ["A" * 22]
HOUR = 3_600
PERIOD = ("--from", "2026-11-20T18:40:00Z", "--to", "2026-11-20T19:40:00Z")


class FakeTime:
    """A clock that only sleeping moves; ``pauses`` are the sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds
        self.pauses.append(seconds)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file that ``--out`` names."""
    return tmp_path / "november.jsonl"


@pytest.fixture
def exported(tables: TableStack, sluice: Run, file: Path) -> Path:
    """The file of a period of two decisions, one of them delivered."""
    tables.claim(*(event_of(f"before-{at}", KEYS, decided_at=NOW + at) for at in (-HOUR, -1)))
    delivered, _ = tables.claim(*(event_of(f"in-{at}", KEYS, decided_at=NOW + at) for at in (0, HOUR - 1)))
    tables.claim(*(event_of(f"after-{at}", KEYS, decided_at=NOW + at) for at in (HOUR, 2 * HOUR)))
    delivered.state, delivered.fbtrace_id = State.DELIVERED, "trace-1"
    tables.settle(delivered)
    sluice("audit", "export", *PERIOD, "--out", file.name)
    return file


def manifest_of(file: Path) -> Any:
    """What was written beside the file."""
    return json.loads(Path(f"{file}.manifest.json").read_text())


def test_every_decision_of_the_period_is_a_line(exported: Path) -> None:
    """From the first moment on, and before the last; decision, subject keys and outcome, nothing of who claimed it."""
    lines = [json.loads(line) for line in exported.read_text().splitlines()]
    assert sorted(line["decided_at"] for line in lines) == ["2026-11-20T18:40:00Z", "2026-11-20T19:39:59Z"]
    assert {line["state"] for line in lines} == {"delivered", "claimed"}
    assert all(line["decision"] == "allow" and line["subjects"] == KEYS for line in lines)
    assert "owner" not in exported.read_text()


def test_the_manifest_counts_and_seals(exported: Path, tables: TableStack) -> None:
    """Counts by dataset, state, reason and basis, the SHA-256 of the file, the period, the table and what is absent."""
    manifest = manifest_of(exported)
    assert manifest["sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()
    assert manifest["lines"] == 2
    assert manifest["counts"] == {
        "dataset": {DATASET: 2},
        "state": {"claimed": 1, "delivered": 1},
        "reason": {"ok_flag": 2},
        "basis": {"flag": 2},
    }
    assert manifest["decided_from"] == "2026-11-20T18:40:00Z"
    assert manifest["decided_before"] == "2026-11-20T19:40:00Z"
    assert (manifest["table"], manifest["stack"], manifest["file"]) == (tables.table, tables.name, exported.name)
    assert manifest["made_by"].startswith("sluice ")
    assert manifest["retention_days"] == 1000
    assert "no record" in manifest["not_in_it"]


def test_both_files_are_the_owners_alone(exported: Path, tmp_path: Path) -> None:
    """Mode 0600, and nothing else is left in the folder."""
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [exported.name, f"{exported.name}.manifest.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_file_is_checked_against_its_manifest(exported: Path, sluice: Run) -> None:
    """What is unchanged is said with its period."""
    assert "2 decisions from 2026-11-20T18:40:00Z" in sluice("audit", "verify", exported.name).output


@pytest.mark.parametrize(
    ("suffix", "change", "hint"),
    [
        ("", lambda text: text.replace("ok_flag", "ok_tcf"), "was changed"),
        ("", lambda text: text.splitlines()[0] + "\n", "was changed"),
        ("", lambda text: text + "not json", "is not what"),
        (".manifest.json", lambda text: text.replace('"claimed": 1', '"claimed": 0'), "was changed"),
        (".manifest.json", lambda _: "{}", "is not what"),
        (".manifest.json", lambda _: None, "cannot be read"),
    ],
    ids=["other reason", "line gone", "more text", "other count", "other manifest", "no manifest"],
)
def test_a_change_of_either_file_is_found(
    exported: Path, sluice: Run, suffix: str, change: Callable[[str], str | None], hint: str
) -> None:
    """The exit status is 1, whatever was changed in the file or its manifest."""
    path = Path(f"{exported}{suffix}")
    changed = change(path.read_text())
    path.unlink()
    if changed is not None:
        path.write_text(changed)
    assert hint in sluice("audit", "verify", exported.name, exit_code=1).stderr


@pytest.mark.parametrize("there", ["", ".manifest.json"])
def test_nothing_is_replaced_unless_asked(exported: Path, sluice: Run, there: str) -> None:
    """An older file or manifest stays as it is; --force makes both anew."""
    for path in (exported, Path(f"{exported}.manifest.json")):
        path.unlink()
    older = Path(f"{exported}{there}")
    older.write_text("older")
    assert "--force" in sluice("audit", "export", *PERIOD, "--out", exported.name, exit_code=1).stderr
    assert [path.read_text() for path in exported.parent.iterdir()] == ["older"]
    sluice("audit", "export", *PERIOD, "--out", exported.name, "--force")
    sluice("audit", "verify", exported.name)


def test_an_export_that_fails_leaves_nothing(tables: TableStack, sluice: Run, tmp_path: Path) -> None:
    """Half a file would pass for the whole."""
    tables.dynamodb.delete_table(TableName=tables.table)
    assert "is gone" in sluice("audit", "export", *PERIOD, "--out", "a.jsonl", exit_code=1).stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-20", "2026-11-21"),
        ("1795132800", "2026-11-21T00:00:00+00:00"),
        ("2026-11-20T01:00:00+01:00", "2026-11-21"),
    ],
)
def test_a_period_is_days_or_moments(sluice: Run, file: Path, start: str, end: str) -> None:
    """A day begins at midnight UTC."""
    sluice("audit", "export", "--from", start, "--to", end, "--out", file.name)
    assert manifest_of(file)["decided_from"] == "2026-11-20T00:00:00Z"
    assert manifest_of(file)["decided_before"] == "2026-11-21T00:00:00Z"
    assert file.read_bytes() == b""


@pytest.mark.parametrize(
    ("start", "end", "hint"),
    [
        ("last tuesday", "2026-11-21", "--from"),
        ("2026-11-20", "2026-11-20T18:40:00", "--to"),
        ("2026-11-20", "2026-11-20", "must end after"),
    ],
)
def test_a_wrong_period_is_told(sluice: Run, tmp_path: Path, start: str, end: str, hint: str) -> None:
    """Before anything is read, and without repeating it."""
    result = sluice("audit", "export", "--from", start, "--to", end, "--out", "a.jsonl", exit_code=2)
    assert hint in result.stderr
    assert "tuesday" not in result.output
    assert not list(tmp_path.iterdir())


def test_a_table_of_many_pages_is_read_whole_and_slowly(tables: TableStack) -> None:
    """At one unit a second a page has eight items; what does not fit the filter is looked at too."""
    tables.claim(*(event_of(f"event-{number}", KEYS, decided_at=NOW + number) for number in range(20)))
    time, looked = FakeTime(), []
    where = Where("decided_at < :to", {":to": {"N": str(NOW + 15)}})
    found = list(scan(tables.dynamodb, tables.table, where, Pace(1, lambda: time.now, time.sleep), looked.append))
    assert len(found) == 15
    assert looked == [8, 8, 4]
    assert len(time.pauses) == 2


def test_a_scan_never_uses_more_units_than_it_may() -> None:
    """After each page the pause is what its units are worth, less the time that it took itself."""
    time, looked = FakeTime(), []
    dynamodb = client("dynamodb", "http://127.0.0.1:1")
    with Stubber(dynamodb) as stubber:
        for units, last in ((20.0, False), (50.0, False), (5.0, True)):
            page: dict[str, Any] = {"Items": [], "ScannedCount": 7, "ConsumedCapacity": {"CapacityUnits": units}}
            stubber.add_response("scan", page if last else {**page, "LastEvaluatedKey": {"pk": {"S": "x"}}})
        pace = Pace(20, lambda: time.now, time.sleep)

        def looks(count: int) -> None:
            looked.append(count)
            time.now += 0.5  # as long as each page took

        assert list(scan(dynamodb, "t", Where("a = b", {}), pace, looks)) == []
    assert time.pauses == [0.5, 2.0]
    assert looked == [7, 7, 7]


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("Scan", "dynamodb:Scan"),
        ("DescribeTable", "dynamodb:DescribeTable"),
        ("BatchGetItem", "dynamodb:BatchGetItem"),
        ("Query", "dynamodb:Query"),
        ("UpdateItem", "dynamodb:UpdateItem"),
        ("TransactWriteItems", "dynamodb:PutItem and dynamodb:UpdateItem"),
    ],
)
def test_a_missing_permission_is_named(operation: str, action: str) -> None:
    """The sentence names what an administrator has to allow, and on which table."""
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "secret"}}, operation)
    sentence = explain(error)
    assert f"{action} for the stack's " in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize(
    "command",
    [
        ("consent", "show"),
        ("consent", "withdraw"),
        ("consent", "export"),
        ("proof",),
        ("audit", "export"),
        ("audit", "verify"),
        ("privacy", "list"),
        ("privacy", "show"),
        ("privacy", "done"),
    ],
)
def test_every_command_has_a_promise_and_an_example(sluice: Run, command: tuple[str, ...]) -> None:
    """The help begins with what the command does and shows a call."""
    assert f"sluice {' '.join(command)}" in sluice(*command, "--help").output.split("Example:")[1]
