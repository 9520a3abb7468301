"""A webhook or API request as a door sees it, and what a kind of source makes of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from sluice.errors import Rejected
from sluice.event import Arrival
from sluice.settings import Secret, Source
from sluice.told import Told

_REPLACEMENT: Final = "\ufffd".encode()
_ESCAPE: Final = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes of a JSON text: those to keep (group 1), among them whole surrogate pairs, and halves of one."""
_T = TypeVar("_T")


class Request(NamedTuple):
    """One HTTP request: ``headers`` with lower-case names, ``body`` the exact bytes that arrived."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    request_id: str

    def __repr__(self) -> str:
        """Without keys, signatures and content."""
        return f"Request({self.request_id}, {len(self.body)} bytes)"


class Mapped(NamedTuple):
    """What an adapter made of a request: arrivals, or what persons decided, or the reason code why there is neither.

    ``told``: decisions to be recorded in the consent ledger.
    """

    arrivals: Sequence[Arrival] = ()
    ignored: str | None = None
    told: Sequence[Told] = ()


class Kind(NamedTuple):
    """One system that sends webhooks: the type of its options, its signature check, its mapping.

    ``authenticate(request, secrets, options)`` raises Rejected ``bad_signature`` before anything is parsed.
    ``to_arrivals(request, slug, source, now_seconds)`` maps an authenticated request; it hands over consent signals
    unjudged.
    """

    options: type[msgspec.Struct]
    authenticate: Callable[[Request, Sequence[Secret], Any], None]
    to_arrivals: Callable[[Request, str, Source, int], Mapped]


def decode(json: bytes, shape: type[_T]) -> _T:
    """The JSON; half a surrogate pair, which makes the whole text unreadable, becomes U+FFFD.

    Raises msgspec.ValidationError for another shape, ValueError or RecursionError for what is no JSON.
    """
    try:
        return msgspec.json.decode(json, type=shape)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(_ESCAPE.sub(lambda part: part[0] if part[1] else _REPLACEMENT, json), type=shape)


def json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises Rejected ``bad_json`` or ``bad_body``; never anything else."""
    try:
        value = decode(body, object)
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None
    if not isinstance(value, dict):
        raise Rejected("bad_body")
    return value


def text(value: object, *path: str) -> str | None:
    """The text at a path of nested objects; numbers as their digits; None for everything else and for ''."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def bearer_token(request: Request) -> str:
    """What the Authorization header presents as a bearer token (RFC 6750); '' when it presents none."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def first(*values: _T | None) -> _T | None:
    """The first value that is one."""
    return next((value for value in values if value is not None), None)


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list, whatever else stands in it or in its place."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
