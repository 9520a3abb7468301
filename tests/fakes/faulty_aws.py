"""DynamoDB and SQS on a bad day: a loopback proxy before the embedded AWS that spoils the calls it is told to spoil."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import urllib3

KINDS = ("500", "503", "throttled", "cut", "hang", "cut_after", "slow")
"""How a call is spoiled: an error's answer; the connection cut without one; no answer as long as the fault lasts.

The call is not carried out, except under the last two: there AWS does what was asked, and nobody hears of it.
"""
_LONGEST_SECONDS = 30.0
_ERRORS = {
    ("500", "DynamoDB"): (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    ("500", "SQS"): (500, "com.amazonaws.sqs#InternalFailure"),
    ("503", "DynamoDB"): (503, "com.amazon.coral.service#ServiceUnavailableException"),
    ("503", "SQS"): (503, "com.amazonaws.sqs#ServiceUnavailable"),
    ("throttled", "DynamoDB"): (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
    ("throttled", "SQS"): (400, "com.amazonaws.sqs#RequestThrottled"),
}


class Call(NamedTuple):
    """One call of a function: ``port`` is the one that its process calls from."""

    service: str
    operation: str
    body: str
    port: int


class FaultyAws:
    """The proxy at ``url``. ``struck``: the calls that were spoiled; ``waits``: by receipt, what the sender asked for.

    Calls of other services go through. A fault ends with its block, and then no call is kept waiting.
    """

    def __init__(self, aws_url: str) -> None:
        self.struck: list[Call] = []
        self.waits: dict[str, int] = {}
        self._aws_url = aws_url
        self._pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=urllib3.Timeout(connect=2, read=20))
        self._kinds: tuple[str, ...] = ()
        self._operation = self._text = ""
        self._left = self._burst = self._seen = 0
        self._mended = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def failing(
        self, *kinds: str, operation: str = "", text: str = "", count: int = 1_000, burst: int = 0
    ) -> Iterator[None]:
        """Spoil calls of this operation with this text in their body, with one kind after the other.

        At most ``count`` of them; with ``burst`` so many go through, the next ones fail, and so on.
        """
        self.struck.clear()
        self.waits.clear()
        self._operation, self._text, self._left, self._burst, self._seen = operation, text, count, burst, 0
        self._mended.clear()
        self._kinds = kinds
        try:
            yield
        finally:
            self._kinds = ()
            self._mended.set()

    def kind_for(self, call: Call) -> str:
        """How to spoil this call, or nothing; called once for each."""
        if call.operation == "ChangeMessageVisibilityBatch":
            entries = json.loads(call.body)["Entries"]
            self.waits.update({entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in entries})
        with self._lock:
            if self._operation not in ("", call.operation) or self._text not in call.body:
                return ""
            self._seen += 1
            is_between = self._burst and self._seen // self._burst % 2 == 0
            if not self._kinds or self._left == 0 or is_between:
                return ""
            self._left -= 1
            self.struck.append(call)
            return self._kinds[len(self.struck) % len(self._kinds)]

    def wait_for_the_end(self) -> None:
        """Returns when the fault is over."""
        self._mended.wait(_LONGEST_SECONDS)

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
        """What the embedded AWS answers."""
        return self._pool.request(method, self._aws_url + path, headers=headers, body=body)


@contextmanager
def faulty_aws(aws_url: str) -> Iterator[tuple[str, FaultyAws]]:
    """The proxy's address and the proxy, while the block runs."""
    aws = FaultyAws(aws_url)

    class Handler(BaseHTTPRequestHandler):
        """Hands each call on, or spoils it."""

        protocol_version = "HTTP/1.1"
        timeout = _LONGEST_SECONDS

        def do_POST(self) -> None:
            """One call."""
            body = self.rfile.read(int(self.headers["content-length"]))
            name, _, operation = self.headers.get("x-amz-target", "").partition(".")
            service = "DynamoDB" if name.startswith("DynamoDB") else "SQS" if name == "AmazonSQS" else ""
            call = Call(service, operation, body.decode(), self.client_address[1])
            kind = aws.kind_for(call) if service else ""
            if kind in {"hang", "cut"}:
                self.end_without_an_answer(kind)
            elif (kind, service) in _ERRORS:
                status, error = _ERRORS[kind, service]
                self.answer(status, json.dumps({"__type": error, "message": "a bad day"}).encode())
            else:
                headers = {key: each for key, each in self.headers.items() if key.lower() not in {"host", "connection"}}
                found = aws.forward("POST", self.path, headers, body)
                if kind:
                    self.end_without_an_answer(kind)
                else:
                    self.answer(found.status, found.data)

        def end_without_an_answer(self, kind: str) -> None:
            """Close the connection: now, or when the fault is over."""
            if kind in {"hang", "slow"}:
                aws.wait_for_the_end()
            self.close_connection = True

        def answer(self, status: int, content: bytes) -> None:
            """Answer in AWS's JSON."""
            with suppress(OSError):  # the function may be gone
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.0")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        """A thread for each connection; a function that was killed leaves its connection reset."""

        def handle_error(self, *_: object) -> None:
            """Say nothing."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", aws
        finally:
            server.shutdown()
            thread.join()
