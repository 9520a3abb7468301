"""Meta's own request body, as any client of the Conversions API posts it, with a consent flag beside each event."""

import re
from typing import Any, Final

import msgspec

from sluice.errors import Rejected
from sluice.event import Arrival, Signals, WireEvent, without_consent
from sluice.rules import Problem
from sluice.sources.request import Request

_REPLACEMENT: Final = "\ufffd".encode()
_ESCAPE: Final = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes of a JSON text: those to keep (group 1), among them whole surrogate pairs, and halves of one."""


class GraphBody(msgspec.Struct):
    """The body. Its other top-level fields belong to the dataset's settings here and are not read."""

    data: list[msgspec.Raw]
    access_token: Any = None


def presented_key(request: Request) -> str:
    """The server key of the Authorization header or the query; '' when it can only be in the body."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else request.query.get("access_token", "")


def read_body(request: Request) -> GraphBody:
    """The body with its events still undecoded, so that one unreadable event cannot hide the others.

    Raises Rejected ``bad_json`` or ``bad_body``.
    """
    try:
        request.body.decode()  # msgspec leaves the bytes of Raw values unchecked
        return _decode(request.body)
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None


def _decode(body: bytes) -> GraphBody:
    """The body; half a surrogate pair, which makes the whole text unreadable, costs only its own event."""
    try:
        return msgspec.json.decode(body, type=GraphBody)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(lambda escape: escape[0] if escape[1] else _REPLACEMENT, body)
        return msgspec.json.decode(mended, type=GraphBody)


def read_item(item: msgspec.Raw) -> Arrival | Problem:
    """One event of ``data``, or why it cannot be read; the problem names the place and quotes nothing."""
    # API Gateway hands bodies over as text, with U+FFFD in place of bytes that were not UTF-8.
    if _REPLACEMENT in bytes(item):
        return Problem("bad_utf8", "")
    try:
        wire = msgspec.json.decode(item, type=WireEvent)
    except msgspec.ValidationError as error:
        rule, _, place = str(error).partition(" - at ")
        slug = "unknown_field" if "unknown field" in rule else "unreadable_event"
        return Problem(slug, place.strip("`").removeprefix("$").removeprefix("."))
    except (ValueError, RecursionError):
        return Problem("unreadable_event", "")
    return Arrival(without_consent(wire), Signals(flag=wire.consent))
