"""Web sites on loopback, each with the origin that it would have in life."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trustme
import uvicorn

App = Callable[..., Awaitable[None]]


class Sites:
    """``sites["shop.example.de"] = app`` (ASGI) makes ``https://shop.example.de`` answer for a visitor.

    All hosts share one server, which tells them apart by the ``Host`` header.
    """

    def __init__(self) -> None:
        self._apps: dict[str, App] = {}

    def __setitem__(self, host: str, app: App) -> None:
        self._apps[host] = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Hands a request to the site it is meant for (ASGI)."""
        host = dict(scope["headers"])[b"host"].decode()
        await self._apps[host](scope, receive, send)


def server(sites: Sites, folder: Path) -> uvicorn.Server:
    """A TLS server of these sites, not started; the key of its certificate is made for it and lies in the folder."""
    certificate = trustme.CA().issue_cert("example.de", "*.example.de")
    pem = folder / "example.de.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(pem)
    config = uvicorn.Config(sites, lifespan="off", log_level="error", ssl_certfile=pem, ssl_keyfile=pem)
    return uvicorn.Server(config)
