"""A Meta that misbehaves: a loopback server that answers every connection by a script."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

GRACE_SECONDS = 5.0
"""How long a script keeps a client waiting at most, so that a client without a deadline fails its test and ends."""
_PAUSE_SECONDS = 0.02


@dataclass
class Connection:
    """One accepted connection; ``over`` is set when the server closes. ``request``: what the peer has just sent."""

    sock: socket.socket
    over: threading.Event
    request: bytes

    def hold(self) -> None:
        """Say nothing more."""
        self.over.wait(GRACE_SECONDS)

    def drip(self, piece: bytes) -> None:
        """Send a little again and again."""
        for _ in range(round(GRACE_SECONDS / _PAUSE_SECONDS)):
            self.sock.sendall(piece)
            if self.over.wait(_PAUSE_SECONDS):
                return

    def reset(self) -> None:
        """End the connection with RST: lingering for zero seconds drops what is unsent."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """``url`` to reach it, ``requests``: the bytes of every request so far."""

    def __init__(self, script: Callable[[Connection], object]) -> None:
        self.requests: list[bytes] = []
        self._script = script
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Take connections."""
        self._threads[0].start()

    def stop(self) -> None:
        """End every connection and every thread."""
        self._over.set()
        socket.create_connection(self._listener.getsockname()).close()  # wakes the thread that accepts
        self._threads[0].join()
        for sock in self._sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            sock, _ = self._listener.accept()
            self._sockets.append(sock)
            self._threads.append(threading.Thread(target=self._answer, args=[sock]))
            self._threads[-1].start()

    def _answer(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):  # the client may leave at any time
            while request := _read_request(sock):
                self.requests.append(request)
                self._script(Connection(sock, self._over, request))
                if sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER):
                    return


@contextmanager
def serving(script: Callable[[Connection], object]) -> Iterator[Server]:
    """A server that runs ``script`` after each request, with a thread for each connection."""
    server = Server(script)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _read_request(sock: socket.socket) -> bytes:
    """One request with its body; nothing when the client left."""
    data = b""
    sock.settimeout(GRACE_SECONDS)
    try:
        while b"\r\n\r\n" not in data:
            if not (more := sock.recv(65_536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            more = sock.recv(65_536)
            data, body = data + more, body + more
    except OSError:
        return b""
    return data


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_turn(*answers: bytes) -> Callable[[Connection], None]:
    """A script that sends one answer after each request, the last one again and again."""
    left = list(answers)
    return lambda connection: connection.sock.sendall(left.pop(0) if len(left) > 1 else left[0])
