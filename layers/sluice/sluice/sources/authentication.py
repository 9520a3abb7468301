"""Signature checks: constant time, over the exact bytes, total over any input."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal

from sluice.settings import Secret
from sluice.sources.request import Request, bearer_token

Digest = Literal["sha1", "sha256"]
TOLERANCE_SECONDS: Final = 300
"""How far a signed time may be from ours, as Stripe, Standard Webhooks and HubSpot have it."""
_TIME: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


def has_hmac_sha256_base64(body: bytes, signature: str, secrets: Iterable[Secret]) -> bool:
    """Whether ``signature`` is the base64 HMAC-SHA-256 of the body under one of the secrets.

    Every secret is tried without an early exit. A blank secret never matches: anybody can guess it.
    """
    return is_hmac_of(body, signature, keys_of(secrets), base64.b64encode)


def has_hmac_hex(body: bytes, signature: str, secrets: Iterable[Secret], digest: Digest = "sha256") -> bool:
    """As ``has_hmac_sha256_base64``, for a signature in hexadecimal digits, upper or lower case."""
    return is_hmac_of(body, signature.lower(), keys_of(secrets), binascii.hexlify, digest)


def has_hmac(body: bytes, signature: str, secrets: Collection[Secret], digest: Digest = "sha256") -> bool:
    """As ``has_hmac_hex``, for a signature of which only the settings' writer knows whether it is hex or base64."""
    in_base64 = is_hmac_of(body, signature, keys_of(secrets), base64.b64encode, digest)
    return has_hmac_hex(body, signature, secrets, digest) or in_base64


def is_hmac_of(
    body: bytes, signature: str, keys: Iterable[bytes], encode: Callable[[bytes], bytes], digest: Digest = "sha256"
) -> bool:
    """Whether the signature is the body's HMAC under one of the keys, none of them empty, in that encoding."""
    given = signature.encode("utf-8", "replace")
    found = False
    for key in keys:
        expected = encode(hmac.digest(key, body, digest))
        found |= hmac.compare_digest(expected, given) and bool(key)
    return found


def keys_of(secrets: Iterable[Secret]) -> list[bytes]:
    """The secrets' bytes, for systems that use the text as it is; none of a blank one."""
    return [secret.reveal().encode() if secret.reveal().strip() else b"" for secret in secrets]


def is_one_of(given: str, secrets: Iterable[Secret]) -> bool:
    """Whether the text is one of the secrets; an empty one never is."""
    candidate = given.encode("utf-8", "replace")
    found = False
    for expected in keys_of(secrets):
        found |= hmac.compare_digest(expected, candidate) and bool(expected)
    return found


def shows_secret(request: Request, secrets: Iterable[Secret], header: str | None = None) -> bool:
    """Whether the request shows one of the secrets in a header.

    In ``authorization``, or without a header's name, as bearer token or as the password of basic authentication; in any
    other header as it is.
    """
    if header is not None and header.lower() != "authorization":
        return is_one_of(request.headers.get(header.lower(), ""), secrets)
    return is_one_of(bearer_token(request) or _basic_password(request), secrets)


def is_recent(stamp: str, now_seconds: int, *, per_second: int = 1) -> bool:
    """Whether a signed time is at most five minutes from ours, before or after. ``per_second``: its units."""
    return _TIME.fullmatch(stamp) is not None and abs(now_seconds - int(stamp) / per_second) <= TOLERANCE_SECONDS


def _basic_password(request: Request) -> str:
    """The password of basic authentication (RFC 7617); '' when there is none."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credential.strip().encode(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
