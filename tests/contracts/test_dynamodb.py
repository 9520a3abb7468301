"""Our client of DynamoDB: signed as botocore signs, and no answer, however bad, raises."""

import calendar
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError
from hypothesis import given
from hypothesis import strategies as st

from sluice.outside.dynamodb import DynamoDB, signed_headers
from tests.emulator import dynamodb
from tests.fakes.hostile import Connection, answer, in_turn, serving
from tests.samples import NOW

CREDENTIALS = ReadOnlyCredentials("EXAMPLEKEY", "sample-secret", None)
DONE = b'{"Responses":[{}]}'
texts = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_", min_size=1)


class Found(msgspec.Struct, rename="pascal"):
    """An answer with one part."""

    responses: list[dict[str, str]]


def call(client: DynamoDB) -> Found | None:
    """One call."""
    return client.call("BatchGetItem", {"RequestItems": {}}, Found)


def client_with(url: str, credentials: Callable[[], ReadOnlyCredentials]) -> DynamoDB:
    """A client with credentials of its own."""
    return DynamoDB(url, "eu-central-1", credentials, lambda: NOW)


def closes(piece: bytes) -> Callable[[Connection], None]:
    """A script that sends and hangs up without having said so."""

    def script(connection: Connection) -> None:
        connection.sock.sendall(piece)
        connection.sock.shutdown(socket.SHUT_RDWR)

    return script


@given(
    st.sampled_from(["BatchExecuteStatement", "BatchGetItem"]),
    st.binary(),
    st.sampled_from(["dynamodb.eu-central-1.amazonaws.com", "127.0.0.1:4566"]),
    st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    st.builds(ReadOnlyCredentials, texts, texts, st.none() | texts),
)
def test_signed_as_botocore_signs(
    operation: str, body: bytes, host: str, region: str, credentials: ReadOnlyCredentials
) -> None:
    """For any operation, body, place and credentials the headers are those of botocore's signer."""
    sent = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    request = AWSRequest("POST", f"https://{host}/", headers=sent, data=body)
    SigV4Auth(credentials, "dynamodb", region).add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()} | {"host": host}
    now = calendar.timegm(time.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ"))
    assert signed_headers(operation, body, host, region, credentials, now) == theirs


def test_request() -> None:
    """A request goes out as JSON under its operation and the credentials of the moment, all over one connection."""
    keys = iter(["FIRSTKEY", "SECONDKEY"])
    with serving(in_turn(answer(DONE))) as server:
        client = client_with(server.url, lambda: CREDENTIALS._replace(access_key=next(keys)))
        assert [call(client), call(client)] == [Found([{}]), Found([{}])]
        heads, bodies = zip(*(request.split(b"\r\n\r\n") for request in server.requests), strict=True)
    assert [b"=FIRSTKEY/" in heads[0], b"=SECONDKEY/" in heads[1]] == [True, True]
    assert heads[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"\r\nx-amz-target: DynamoDB_20120810.BatchGetItem\r\n" in heads[0]
    assert bodies[0] == b'{"RequestItems":{}}'


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Connection.reset, id="RST"),
        pytest.param(closes(b""), id="hangs up"),
        pytest.param(closes(answer(DONE)[:-5]), id="half an answer"),
        pytest.param(closes(b"\x00\xff" * 500), id="no HTTP"),
        pytest.param(closes(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"), id="200 headers"),
        pytest.param(in_turn(answer(b'{"__type":"ThrottlingException"}', "400 Bad Request")), id="throttled"),
        pytest.param(in_turn(answer(DONE, "500 Internal Server Error")), id="500"),
        pytest.param(in_turn(answer(b"<html>", "503 Service Unavailable")), id="503"),
        pytest.param(in_turn(answer(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/")), id="redirect"),
        pytest.param(in_turn(answer(b'{"Responses":[{"S":1}]}')), id="another shape"),
        pytest.param(in_turn(answer(b"{}")), id="without its part"),
        pytest.param(in_turn(answer(b"null")), id="null"),
        pytest.param(in_turn(answer(b"[" * 50_000)), id="deep"),
        pytest.param(in_turn(answer(b"\xff")), id="not UTF-8"),
    ],
)
def test_no_good_answer(script: Callable[[Connection], Any]) -> None:
    """What is no answer of the kind asked for is asked for twice, and then none."""
    with serving(script) as server:
        assert call(dynamodb(server.url)) is None
        assert len(server.requests) == 2


def test_passing_failure() -> None:
    """A failure that has passed at the second attempt is none."""
    with serving(in_turn(answer(b"", "500 Internal Server Error"), answer(DONE))) as server:
        assert call(dynamodb(server.url)) == Found([{}])


@pytest.mark.parametrize(
    "script", [closes(answer(DONE)), in_turn(answer(DONE, "200 OK", "Connection: close"))], ids=["silently", "said so"]
)
def test_connection_closed_meanwhile(script: Callable[[Connection], Any]) -> None:
    """A kept connection that DynamoDB closed between two calls is opened again."""
    with serving(script) as server:
        client = dynamodb(server.url)
        assert [call(client) for _ in range(3)] == [Found([{}])] * 3


@pytest.mark.parametrize("error", [CredentialRetrievalError(provider="a", error_msg="b"), RuntimeError()], ids=repr)
def test_no_credentials(error: Exception) -> None:
    """While the credentials cannot be renewed, nothing is sent and nothing raises."""

    def fail() -> ReadOnlyCredentials:
        raise error

    with serving(in_turn(answer(DONE))) as server:
        assert call(client_with(server.url, fail)) is None
        assert server.requests == []
