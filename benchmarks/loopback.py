"""AWS and Meta on loopback, in a process of their own: every call is answered at once and well."""

import json
import multiprocessing
import socketserver
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
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answering) as server:
        parent.send(server.server_address[1])
        server.serve_forever()


class _Answering(socketserver.StreamRequestHandler):
    """One kept connection. Bare sockets: what a stub spends on a call would count as the client's time."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer one request after the other until the client closes."""
        while self.rfile.readline():
            lines = iter(lambda: self.rfile.readline().strip().lower(), b"")
            headers = dict(line.split(b": ", 1) for line in lines)
            request = self.rfile.read(int(headers.get(b"content-length", 0)))
            answer = _answer(headers.get(b"x-amz-target", b"").decode().rpartition(".")[2], request)
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + answer)


def _answer(action: str, request: bytes) -> bytes:
    match action:
        case "sendmessage":
            return b'{"MessageId":"message-1","MD5OfMessageBody":"00000000000000000000000000000000"}'
        case "getsecretvalue":
            return json.dumps({"SecretString": json.dumps(document())}).encode()
        case "batchexecutestatement":
            return b'{"Responses":[' + b",".join([b"{}"] * request.count(b'"Statement":')) + b"]}"
        case "batchgetitem":
            return b'{"Responses":{"consent":[]},"UnprocessedKeys":{}}'
        case _:
            return b'{"events_received":%d,"messages":[],"fbtrace_id":"trace"}' % EVENTS_RECEIVED
