"""Meta's own request body, as any client of the Conversions API posts it, with a consent flag beside each event."""

import re
from email import message_from_bytes
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

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
_PASSED_ON: Final = {
    "test_event_code": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "partner_agent": re.compile(r"(?=.*[A-Za-z].*[A-Za-z])[A-Za-z0-9_.-]{2,22}"),
}
"""Meta: a partner_agent has fewer than 23 characters, at least two of them letters."""
_T = TypeVar("_T")


class GraphBody(NamedTuple):
    """The body: events still undecoded, so that one unreadable event cannot hide the others.

    ``passed_on``: the top-level fields that go on to Meta beside ``data``.
    """

    data: list[msgspec.Raw]
    access_token: str
    passed_on: dict[str, str]


class _JsonBody(msgspec.Struct):
    """The JSON form of the body. Its other top-level fields are for Meta's own uploads and are not read."""

    data: list[msgspec.Raw] | str
    access_token: Any = None
    test_event_code: Any = None
    partner_agent: Any = None


def presented_key(request: Request) -> str:
    """The server key of the Authorization header or the query; '' when it can only be in the body."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else request.query.get("access_token", "")


def read_body(request: Request) -> GraphBody:
    """The body as JSON, as a form or as multipart (what Meta's SDKs and curl examples send).

    ``data`` may be an array or its JSON text. Raises Rejected ``bad_json``, ``bad_body`` or ``wrong_content_type``.
    """
    try:
        body = _fields(request)
        data = _decode(body.data.encode(), list[msgspec.Raw]) if isinstance(body.data, str) else body.data
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None
    passed_on = {
        name: value
        for name, rule in _PASSED_ON.items()
        if isinstance(value := getattr(body, name), str) and rule.fullmatch(value)
    }
    return GraphBody(data, body.access_token if isinstance(body.access_token, str) else "", passed_on)


def _fields(request: Request) -> _JsonBody:
    """The body's top-level fields, in whichever encoding they came."""
    content_type = request.headers.get("content-type", "application/json")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=50, errors="strict")
        return msgspec.convert(dict(pairs), _JsonBody)
    if kind == "multipart/form-data":
        return msgspec.convert(_multipart(content_type, request.body), _JsonBody)
    if "json" not in kind:
        raise Rejected("wrong_content_type")
    request.body.decode()  # msgspec leaves the bytes of Raw values unchecked
    return _decode(request.body, _JsonBody)


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    """The text fields of a multipart body (RFC 7578), read by the standard library's MIME parser."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            fields[str(part.get_param("name", "", header="content-disposition"))] = payload.decode()
    return fields


def _decode(text: bytes, shape: type[_T]) -> _T:
    """The JSON; half a surrogate pair, which makes the whole text unreadable, costs only its own event."""
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(_ESCAPE.sub(lambda part: part[0] if part[1] else _REPLACEMENT, text), type=shape)


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
