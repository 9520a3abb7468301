"""RSA signatures. Imported when one is to be checked: ``cryptography`` costs a start more than most kinds need."""

import base64
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def has_rsa_sha256_base64(message: bytes, signature: str, keys: Iterable[bytes]) -> bool:
    """Whether ``signature`` is the base64 RSA signature (PKCS #1 v1.5, SHA-256) of the message under one of the keys.

    ``keys``: public keys in PEM; what is none, or of another algorithm, verifies nothing.
    """
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_verifies(message, given, key) for key in keys)


def _verifies(message: bytes, signature: bytes, pem: bytes) -> bool:
    try:
        key = load_pem_public_key(pem)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, message, PKCS1v15(), SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
