"""A loopback server before the embedded AWS that keeps every call: boto3's and our own client's look alike here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import urllib3

from tests.fakes.hostile import Connection, answer, serving

_OF_THE_CONNECTION = {"host", "connection", "content-length", "transfer-encoding", "date", "server"}


class Call(NamedTuple):
    """One call. ``action``: service and operation as IAM writes them, such as ``sqs:SendMessage``."""

    action: str
    request: dict[str, Any]
    answer: dict[str, Any]


class Recorder(NamedTuple):
    """``url`` to send calls to; ``calls``: those so far, also what AWS refused."""

    url: str
    calls: list[Call]


@contextmanager
def recording(aws_url: str) -> Iterator[Recorder]:
    """The recorder while the block runs. It passes everything on to ``aws_url``, and the answers back."""
    calls: list[Call] = []
    with urllib3.PoolManager() as pool:

        def pass_on(connection: Connection) -> None:
            head, _, body = connection.request.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, path, _ = first.split(" ")
            given = dict(line.split(": ", 1) for line in lines)
            headers = {name: value for name, value in given.items() if name.lower() not in _OF_THE_CONNECTION}
            found = pool.request(method, aws_url + path, body=body, headers=headers, retries=False)
            calls.append(Call(_action(given), _json(body), _json(found.data)))
            kept = [
                f"{name}: {value}" for name, value in found.headers.items() if name.lower() not in _OF_THE_CONNECTION
            ]
            connection.sock.sendall(answer(found.data, f"{found.status} {found.reason}", *kept))

        with serving(pass_on) as server:
            yield Recorder(server.url, calls)


def _action(headers: dict[str, str]) -> str:
    """The header names service and operation: ``DynamoDB_20120810.PutItem``, ``AmazonSQS.SendMessage``."""
    target = {name.lower(): value for name, value in headers.items()}["x-amz-target"]
    service, _, operation = target.partition(".")
    return f"{service.removeprefix('Amazon').partition('_')[0].lower()}:{operation}"


def _json(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body) if body else {}
    return found
