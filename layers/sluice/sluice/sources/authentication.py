"""Signature checks: constant time, over the exact bytes, total over any input."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable

from sluice.settings import Secret


def has_hmac_sha256_base64(body: bytes, signature: str, secrets: Iterable[Secret]) -> bool:
    """Whether ``signature`` is the base64 HMAC-SHA-256 of the body under one of the secrets.

    Every secret is tried without an early exit. An empty secret never matches: anybody can compute its signature.
    """
    return _is_hmac_sha256(body, signature, secrets, base64.b64encode)


def has_hmac_sha256_hex(body: bytes, signature: str, secrets: Iterable[Secret]) -> bool:
    """As ``has_hmac_sha256_base64``, for a signature in hexadecimal digits, upper or lower case."""
    return _is_hmac_sha256(body, signature.lower(), secrets, binascii.hexlify)


def is_one_of(given: str, secrets: Iterable[Secret]) -> bool:
    """Whether the text is one of the secrets; an empty one never is."""
    candidate = given.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        expected = secret.reveal().encode()
        found |= hmac.compare_digest(expected, candidate) and bool(expected)
    return found


def _is_hmac_sha256(body: bytes, signature: str, secrets: Iterable[Secret], encode: Callable[[bytes], bytes]) -> bool:
    given = signature.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        key = secret.reveal().encode()
        expected = encode(hmac.digest(key, body, "sha256"))
        found |= hmac.compare_digest(expected, given) and bool(key)
    return found
