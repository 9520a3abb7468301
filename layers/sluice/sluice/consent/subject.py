"""Subject keys: what the consent ledger knows a person by, without knowing the person.

The HMAC-SHA-256 of one identifier with the deployment's pepper, cut to 128 bits (RFC 2104 allows half the output).
A hash of an e-mail address can be guessed by trying addresses; without the pepper its HMAC cannot.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Final

IDENTIFIERS: Final = ("external_id", "em", "ph", "fbp")
"""Match keys that name one person; names and places are shared by many."""


def subject_keys(user_data: Mapping[str, str | list[str]], pepper: str) -> list[str]:
    """The subject keys of one event's match keys, 22 characters each, every value of a list."""
    key = bytes.fromhex(pepper)
    found = []
    for name in IDENTIFIERS:
        values = user_data.get(name, ())
        for value in (values,) if isinstance(values, str) else values:
            digest = hmac.digest(key, f"{name}:{value}".encode(), "sha256")[:16]
            found.append(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())
    return found
