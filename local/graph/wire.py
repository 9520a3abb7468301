"""Answers that go wrong on the wire: below HTTP, where an ordinary web framework cannot reach."""

import asyncio
import socket
import struct
from itertools import pairwise

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "local.graph.transport"


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which also hands the app the connection itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn types it
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, _TRANSPORT: transport}, receive, send)

        self.app = with_transport


def create_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """A server for the app on which the answers below work. Logs no request: a query may hold a token."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # A hanging answer must not keep the program from ending.
            timeout_graceful_shutdown=1,
        )
    )


class Reset(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Closes with linger time zero, which makes the kernel send RST instead of FIN."""
        transport: asyncio.Transport = scope[_TRANSPORT]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _disconnected(receive)


class Hang(Response):
    """No answer for some seconds, or until the client gives up; then the connection closes."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Waits in real time."""
        gone = asyncio.ensure_future(_disconnected(receive))
        await asyncio.wait({gone}, timeout=self._seconds)
        scope[_TRANSPORT].close()
        await gone


class Drip(Response):
    """An answer whose body comes byte by byte, evenly over some seconds, or until the client gives up."""

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))
        self._pause = seconds / max(len(self.body), 1)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Sends in real time."""
        gone = asyncio.ensure_future(_disconnected(receive))
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start, end in pairwise(range(len(self.body) + 1)):
            if (await asyncio.wait({gone}, timeout=self._pause))[0]:
                return
            await send({"type": "http.response.body", "body": self.body[start:end], "more_body": True})
        await send({"type": "http.response.body"})
        gone.cancel()


class Truncated(Response):
    """The first half of an answer whose Content-Length promises all of it; then the connection closes."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Closes in order, so that what was sent arrives."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope[_TRANSPORT].close()
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    """Returns once the connection is gone, so that uvicorn does not miss the rest of an answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
