"""Statements in batches: each has its own answer, and none has one unless all have."""

import json

import pytest

from sluice.outside.partiql import UNAVAILABLE, Answer, Error, PartiQL, Statement
from tests.emulator import dynamodb
from tests.fakes.hostile import answer, in_turn, serving

STATEMENTS = [Statement("INSERT INTO \"t\" VALUE {'pk':?}", [{"S": "a"}]), Statement("SELECT", [{"S": "b"}], True)]  # noqa: FBT003


def test_request() -> None:
    """Statements go out as DynamoDB's JSON; without any, nothing goes out."""
    with serving(in_turn(answer(b'{"Responses":[{},{}]}'))) as server:
        partiql = PartiQL(dynamodb(server.url))
        assert [partiql.execute(STATEMENTS), partiql.execute(STATEMENTS[:0])] == [[Answer(), Answer()], []]
        ((head, body),) = (request.split(b"\r\n\r\n") for request in server.requests)
    assert b"DynamoDB_20120810.BatchExecuteStatement" in head
    assert json.loads(body) == {
        "Statements": [
            {"Statement": "INSERT INTO \"t\" VALUE {'pk':?}", "Parameters": [{"S": "a"}]},
            {"Statement": "SELECT", "Parameters": [{"S": "b"}], "ConsistentRead": True},
        ]
    }


def test_answers() -> None:
    """Each statement has its own answer; DynamoDB's message, which may quote a value, is not taken over."""
    responses = [
        {"Error": {"Code": "DuplicateItem", "Message": "Duplicate of jo.sample@example.com"}, "TableName": "t"},
        {"Item": {"pk": {"S": "b"}, "attempts": {"N": "2"}}},
    ]
    with serving(in_turn(answer(json.dumps({"Responses": responses}).encode()))) as server:
        found = PartiQL(dynamodb(server.url)).execute(STATEMENTS)
    assert found == [Answer(Error("DuplicateItem")), Answer(item={"pk": {"S": "b"}, "attempts": {"N": "2"}})]
    assert "sample" not in repr(found)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"Responses":[{}]}', id="an answer too few"),
        pytest.param(b'{"Responses":[{},{},{}]}', id="an answer too many"),
        pytest.param(b'{"Responses":[{},{"Error":{}}]}', id="an error without its code"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_no_good_answer(body: bytes) -> None:
    """What is no complete answer to every statement is no answer to any."""
    with serving(in_turn(answer(body))) as server:
        assert PartiQL(dynamodb(server.url)).execute(STATEMENTS) == [Answer(Error(UNAVAILABLE))] * 2
