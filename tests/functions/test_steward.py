"""The steward function: called by the schedule, it counts what waits."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sluice.outside.privacy_requests import PARTITION, PrivacyRequestTable
from tests.functions.conftest import Functions
from tests.samples import privacy_request

TABLE = "functions-consent"
DAY = 86_400


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The metrics that Lambda hands to CloudWatch."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


@pytest.fixture
def table(functions: Functions, aws: Callable[[str], Any]) -> Any:
    """The consent table; no privacy request is left in it after the test."""
    assert functions
    dynamodb = aws("dynamodb")
    yield dynamodb
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        if item["pk"]["S"] == PARTITION:
            dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})


def test_what_waits_is_counted(functions: Functions, table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A request that is new and one that is due are two metrics of the steward."""
    store, now = PrivacyRequestTable(lambda: table, TABLE), functions.steward.ROOM.clock()
    store.add(privacy_request("a" * 16, received_at=now))
    store.add(privacy_request("b" * 16, received_at=now - 21 * DAY))
    capsys.readouterr()
    assert functions.steward.handler({}, None) is None
    (line,) = metrics(capsys)
    assert (line["service"], line["privacy_requests_open"], line["privacy_requests_due"]) == ("steward", [2], [1])


def test_nothing_waits(functions: Functions, table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Without requests there is no metric of them: each costs money."""
    assert table
    capsys.readouterr()
    functions.steward.handler({}, None)
    assert not [line for line in metrics(capsys) if {"privacy_requests_open", "privacy_requests_due"} & line.keys()]


def test_failure_of_ours(functions: Functions, table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """When the requests cannot be read the call fails, and its error quotes nothing."""
    key = {"pk": {"S": PARTITION}, "sk": {"S": "half"}}
    table.put_item(TableName=TABLE, Item={**key, "subjects": {"S": "jo@example.com"}})
    capsys.readouterr()
    with pytest.raises(functions.steward.StewardFailedError) as raised:
        functions.steward.handler({}, None)
    assert raised.value.args == ()
    assert raised.value.__cause__ is raised.value.__context__ is None
    (line,) = metrics(capsys)
    assert line["internal_errors"] == [1]
