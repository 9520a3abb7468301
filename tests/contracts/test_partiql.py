"""Our client of DynamoDB: signed as botocore signs, and no answer, however bad, raises."""

import calendar
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError
from hypothesis import given
from hypothesis import strategies as st

from sluice.outside.partiql import UNAVAILABLE, Answer, Error, PartiQL, Statement, signed_headers
from tests.fakes.hostile import Connection, answer, serving
from tests.samples import NOW

CREDENTIALS = ReadOnlyCredentials("EXAMPLEKEY", "sample-secret", "sample-session-token")
STATEMENTS = [Statement("INSERT INTO \"t\" VALUE {'pk':?}", [{"S": "a"}]), Statement("SELECT", [{"S": "b"}], True)]  # noqa: FBT003
DONE = b'{"Responses":[{},{}]}'
texts = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_", min_size=1)


def partiql(url: str, credentials: Callable[[], ReadOnlyCredentials] = lambda: CREDENTIALS) -> PartiQL:
    """A client of a server."""
    return PartiQL(url, "eu-central-1", credentials, lambda: NOW)


def unavailable(answers: Any) -> bool:
    """Whether each of the two statements is said to have no answer."""
    return [found.error and found.error.code for found in answers] == [UNAVAILABLE, UNAVAILABLE]


def sends(*pieces: bytes) -> Callable[[Connection], None]:
    """A script that sends one piece after each request, the last one again and again."""
    left = list(pieces)
    return lambda connection: connection.sock.sendall(left.pop(0) if len(left) > 1 else left[0])


def closes(piece: bytes) -> Callable[[Connection], None]:
    """A script that sends and hangs up without having said so."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(piece)
        connection.sock.shutdown(socket.SHUT_RDWR)

    return script


@given(
    st.binary(),
    st.sampled_from(["dynamodb.eu-central-1.amazonaws.com", "127.0.0.1:4566"]),
    st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    st.builds(ReadOnlyCredentials, texts, texts, st.none() | texts),
)
def test_signed_as_botocore_signs(body: bytes, host: str, region: str, credentials: ReadOnlyCredentials) -> None:
    """For any body, place and credentials the headers are those of botocore's signer, the signature included."""
    sent = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.BatchExecuteStatement",
    }
    request = AWSRequest("POST", f"https://{host}/", headers=sent, data=body)
    SigV4Auth(credentials, "dynamodb", region).add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()} | {"host": host}
    now = calendar.timegm(time.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ"))
    assert signed_headers(body, host, region, credentials, now) == theirs


def test_request() -> None:
    """Statements go out as DynamoDB's JSON under the credentials of the moment, all over one connection."""
    keys = iter(["FIRSTKEY", "SECONDKEY"])
    with serving(sends(answer(DONE))) as server:
        client = partiql(server.url, lambda: CREDENTIALS._replace(access_key=next(keys)))
        assert [client.execute(STATEMENTS), client.execute(STATEMENTS[:0]), client.execute(STATEMENTS)] == [
            [Answer(), Answer()],
            [],
            [Answer(), Answer()],
        ]
        heads, bodies = zip(*(request.split(b"\r\n\r\n") for request in server.requests), strict=True)
    assert [b"=FIRSTKEY/" in heads[0], b"=SECONDKEY/" in heads[1]] == [True, True]
    assert json.loads(bodies[0]) == {
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
    with serving(sends(answer(json.dumps({"Responses": responses}).encode()))) as server:
        found = partiql(server.url).execute(STATEMENTS)
    assert found == [Answer(Error("DuplicateItem")), Answer(item={"pk": {"S": "b"}, "attempts": {"N": "2"}})]
    assert "sample" not in repr(found)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Connection.reset, id="RST"),
        pytest.param(closes(b""), id="hangs up"),
        pytest.param(closes(answer(DONE)[:-5]), id="half an answer"),
        pytest.param(closes(b"\x00\xff" * 500), id="no HTTP"),
        pytest.param(closes(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"), id="200 headers"),
        pytest.param(sends(answer(b'{"__type":"ThrottlingException"}', "400 Bad Request")), id="throttled"),
        pytest.param(sends(answer(DONE, "500 Internal Server Error")), id="500"),
        pytest.param(sends(answer(b"<html>", "503 Service Unavailable")), id="503"),
        pytest.param(sends(answer(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/")), id="redirect"),
        pytest.param(sends(answer(b'{"Responses":[{}]}')), id="an answer too few"),
        pytest.param(sends(answer(b'{"Responses":[{},{"Error":{}}]}')), id="another shape"),
        pytest.param(sends(answer(b"[" * 50_000)), id="deep"),
        pytest.param(sends(answer(b"\xff")), id="not UTF-8"),
    ],
)
def test_no_good_answer(script: Callable[[Connection], Any]) -> None:
    """What is no complete answer to every statement is asked for twice, and then no answer to any."""
    with serving(script) as server:
        assert unavailable(partiql(server.url).execute(STATEMENTS))
        assert len(server.requests) == 2


def test_passing_failure() -> None:
    """A failure that has passed at the second attempt is none."""
    with serving(sends(answer(b"", "500 Internal Server Error"), answer(DONE))) as server:
        assert partiql(server.url).execute(STATEMENTS) == [Answer(), Answer()]


def test_connection_closed_meanwhile() -> None:
    """A kept connection that DynamoDB closed between two calls is opened again."""
    with serving(closes(answer(DONE))) as server:
        client = partiql(server.url)
        assert [client.execute(STATEMENTS) for _ in range(3)] == [[Answer(), Answer()]] * 3


@pytest.mark.parametrize("error", [CredentialRetrievalError(provider="a", error_msg="b"), RuntimeError()], ids=repr)
def test_no_credentials(error: Exception) -> None:
    """While the credentials cannot be renewed, nothing is sent and nothing raises."""

    def fail() -> ReadOnlyCredentials:
        raise error

    with serving(sends(answer(DONE))) as server:
        assert unavailable(partiql(server.url, fail).execute(STATEMENTS))
        assert server.requests == []
