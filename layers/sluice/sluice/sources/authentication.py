"""Signature checks: constant time, over the exact bytes, total over any input."""

import base64
import hmac
from collections.abc import Iterable

from sluice.settings import Secret


def has_hmac_sha256_base64(body: bytes, signature: str, secrets: Iterable[Secret]) -> bool:
    """Whether ``signature`` is the base64 HMAC-SHA-256 of the body under one of the secrets.

    Every secret is tried without an early exit. An empty secret never matches: anybody can compute its signature.
    """
    given = signature.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        key = secret.reveal().encode()
        expected = base64.b64encode(hmac.digest(key, body, "sha256"))
        found |= hmac.compare_digest(expected, given) and bool(key)
    return found


def is_one_of(given: str, secrets: Iterable[Secret]) -> bool:
    """Whether the text is one of the secrets; an empty one never is."""
    candidate = given.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        expected = secret.reveal().encode()
        found |= hmac.compare_digest(expected, candidate) and bool(expected)
    return found
