"""How each system proves that a request is its own: what the senders of the samples do."""

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec


class Signing(msgspec.Struct, forbid_unknown_fields=True):
    """A name of ``SCHEMES``, and the header that the proof stands in (for ``query``: the parameter)."""

    scheme: str
    header: str


class Unsigned(NamedTuple):
    """A request that nobody signed yet. ``now_seconds``: the sender's clock."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    now_seconds: int


def signed(request: Unsigned, signing: Signing, secret: str) -> tuple[str, dict[str, str]]:
    """URL and headers of the request with its sender's proof."""
    proof = SCHEMES[signing.scheme](request, signing.header.lower(), secret)
    if signing.scheme == "query":
        return f"{request.url}?{signing.header}={secret}", dict(request.headers)
    return request.url, {**request.headers, **proof}


def new_secret(signing: Signing) -> str:
    """A secret of the form that the scheme asks for."""
    if signing.scheme == "standard_webhooks":
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(24)


def _hmac_base64(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    return {header: base64.b64encode(hmac.digest(secret.encode(), request.body, "sha256")).decode()}


def _hmac_hex(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    return {header: hmac.digest(secret.encode(), request.body, "sha256").hex()}


def _hmac_sha1_hex(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    return {header: hmac.digest(secret.encode(), request.body, "sha1").hex()}


def _bearer(_request: Unsigned, header: str, secret: str) -> dict[str, str]:
    return {header: f"Bearer {secret}"}


def _plain(_request: Unsigned, header: str, secret: str) -> dict[str, str]:
    return {header: secret}


def _query(_request: Unsigned, _header: str, _secret: str) -> dict[str, str]:
    return {}


def _stripe(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    text = f"{request.now_seconds}.".encode() + request.body
    return {header: f"t={request.now_seconds},v1={hmac.digest(secret.encode(), text, 'sha256').hex()}"}


def _standard_webhooks(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = str(request.now_seconds)
    text = f"{request.headers['webhook-id']}.{stamp}.".encode() + request.body
    return {"webhook-timestamp": stamp, header: f"v1,{base64.b64encode(hmac.digest(key, text, 'sha256')).decode()}"}


def _hubspot(request: Unsigned, header: str, secret: str) -> dict[str, str]:
    stamp = str(request.now_seconds * 1_000)
    text = f"POST{request.url}".encode() + request.body + stamp.encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()
    return {"x-hubspot-request-timestamp": stamp, header: signature}


SCHEMES: Final[Mapping[str, Callable[[Unsigned, str, str], dict[str, str]]]] = {
    "bearer": _bearer,
    "hmac_sha1_hex": _hmac_sha1_hex,
    "hmac_sha256_base64": _hmac_base64,
    "hmac_sha256_hex": _hmac_hex,
    "hubspot": _hubspot,
    "plain": _plain,
    "query": _query,
    "standard_webhooks": _standard_webhooks,
    "stripe": _stripe,
}
"""Every way, by name."""
