"""AWS and Meta on loopback, in a process of their own: every call is answered at once and well."""

import asyncio
import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

from tests.samples import document

EVENTS_RECEIVED: Final = 1_000
"""What Meta says of every request; the benchmarks send as many."""


@contextmanager
def serving() -> Iterator[str]:
    """The address while the block runs."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_run, args=[there], daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def _run(parent: Connection) -> None:
    asyncio.run(_serve(parent))


async def _serve(parent: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
    parent.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Answering(asyncio.Protocol):
    """One kept connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_server gives no other
        self._transport = transport
        self._data = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer when a request is complete; a client waits for its answer before it asks again."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = bytes(self._data[:end]).lower().split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines[1:])
        if len(self._data) < end + 4 + int(headers.get(b"content-length", 0)):
            return
        answer = _answer(headers.get(b"x-amz-target", b"").decode().rpartition(".")[2], self._data)
        self._data.clear()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        self._transport.write(head.encode() + answer)


def _answer(action: str, request: bytearray) -> bytes:
    match action:
        case "sendmessage":
            return b'{"MessageId":"message-1","MD5OfMessageBody":"00000000000000000000000000000000"}'
        case "getsecretvalue":
            return json.dumps({"SecretString": json.dumps(document())}).encode()
        case "batchexecutestatement":
            return b'{"Responses":[' + b",".join([b"{}"] * request.count(b'"Statement":')) + b"]}"
        case _:
            return b'{"events_received":%d,"messages":[],"fbtrace_id":"trace"}' % EVENTS_RECEIVED
