"""`sluice privacy list`, `show` and `done`."""

import json
import time
from typing import Any

import pytest

from sluice.outside.privacy_requests import PrivacyRequestTable
from sluice.privacy import PrivacyRequest
from tests.cli.conftest import Run
from tests.cli.tables import TableStack
from tests.samples import DATASET, privacy_request

DAY = 86_400
NEW, DUE, LATE = "a" * 16, "b" * 16, "c" * 16


@pytest.fixture
def privacy(sluice: Run) -> Run:
    """``privacy("show", NEW)``."""
    return lambda *arguments, **keywords: sluice("privacy", *arguments, **keywords)


@pytest.fixture
def requests(tables: TableStack) -> PrivacyRequestTable:
    """The stack's requests; none yet."""
    return PrivacyRequestTable(lambda: tables.dynamodb, tables.outputs["ConsentTable"])


def received(requests: PrivacyRequestTable, request_id: str, days_ago: int = 0, **changes: Any) -> PrivacyRequest:
    """A request that arrived so many days ago."""
    request = privacy_request(request_id, received_at=int(time.time()) - days_ago * DAY, **changes)
    requests.add(request)
    return request


@pytest.mark.usefixtures("tables")
def test_nothing_is_open(privacy: Run) -> None:
    """No request is an answer, not an error."""
    assert "No request is open." in privacy("list").output
    assert json.loads(privacy("list", "--json").stdout) == []


def test_list(requests: PrivacyRequestTable, privacy: Run) -> None:
    """Every open request is a row, the earliest first, with how urgent it is; what is done is not there."""
    received(requests, NEW, kind="access")
    received(requests, DUE, 20)
    received(requests, LATE, 31, kind="shop_erasure", subjects=[], delivery_keys=[])
    received(requests, "d" * 16)
    requests.finish("d" * 16, int(time.time()))
    rows = [line.split() for line in privacy("list").output.splitlines() if line.split()[:1] in ([NEW], [DUE], [LATE])]
    assert [(row[0], row[-1]) for row in rows] == [(LATE, "overdue"), (DUE, "due"), (NEW, "open")]


def test_a_narrow_terminal_shows_whole_ids(
    requests: PrivacyRequestTable, privacy: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other commands take nothing less than the id; a source may be broken, but nothing is cut off."""
    monkeypatch.setenv("COLUMNS", "80")
    received(requests, NEW, kind="access", source="example-outdoor-germany")
    output = privacy("list").output
    assert NEW in output
    assert "…" not in output


def test_programs_get_json(requests: PrivacyRequestTable, privacy: Run) -> None:
    """Each request with its keys, and times in ISO 8601."""
    request = received(requests, DUE, 25)
    (shown,) = json.loads(privacy("list", "--json").stdout)
    assert shown["received_at"].endswith("Z")
    assert shown["due_at"].endswith("Z")
    assert {name: value for name, value in shown.items() if not name.endswith("_at")} == {
        "id": DUE,
        "kind": "erasure",
        "source": "shopify-demo",
        "dataset": DATASET,
        "site": "shop.example.com",
        "subjects": request.subjects,
        "delivery_keys": request.delivery_keys,
        "state": "due",
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("access", ["sluice consent export", "sluice audit export --from ", "Give the file to the person"]),
        ("erasure", ["sluice consent export", "sluice audit export", "`shop.example.com#`", "No command erases"]),
        ("shop_erasure", ["sluice settings edit", "sluice audit export", "source shopify-demo", "No command erases"]),
    ],
)
def test_show(tables: TableStack, requests: PrivacyRequestTable, privacy: Run, kind: str, told: list[str]) -> None:
    """A request is shown with its keys and the steps that it takes; the last is to record that it is done."""
    request = received(requests, NEW, kind=kind)
    output = privacy("show", NEW).output
    for text in (*request.subjects, *request.delivery_keys, *told, f"sluice privacy done {NEW}"):
        assert text in output
    assert "{" not in output
    if kind != "access":
        assert tables.outputs["ConsentTable"] in output
        assert tables.table in output


def test_done(requests: PrivacyRequestTable, privacy: Run) -> None:
    """After a yes it is recorded and no longer listed."""
    received(requests, NEW)
    assert "Recorded: done on" in privacy("done", NEW, typed="y\n").output
    assert requests.open_requests() == []


def test_done_unasked(requests: PrivacyRequestTable, privacy: Run) -> None:
    """A program asks nobody."""
    received(requests, NEW)
    privacy("done", NEW, "--yes")
    assert requests.open_requests() == []


def test_not_done_after_all(requests: PrivacyRequestTable, privacy: Run) -> None:
    """After a no the request stays open."""
    request = received(requests, NEW)
    assert "Nothing was recorded." in privacy("done", NEW, typed="n\n", exit_code=1).stderr
    assert requests.open_requests() == [request]


@pytest.mark.parametrize("command", [("show",), ("done", "--yes")])
def test_no_such_request(requests: PrivacyRequestTable, privacy: Run, command: tuple[str, ...]) -> None:
    """An id that is not open, because it never was or is done, is said so."""
    received(requests, NEW)
    requests.finish(NEW, int(time.time()))
    for request_id in (NEW, DUE):
        assert "sluice privacy list" in privacy(*command, request_id, exit_code=1).stderr


def test_a_table_that_is_gone(tables: TableStack, privacy: Run) -> None:
    """What AWS answers is explained."""
    tables.dynamodb.delete_table(TableName=tables.outputs["ConsentTable"])
    assert "A table of the stack is gone." in privacy("list", exit_code=1).stderr
