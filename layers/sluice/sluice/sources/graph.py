"""Meta's own request body, as any client of the Conversions API posts it, with a consent flag beside each event."""

import re
from email import message_from_bytes
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec

from sluice.errors import Rejected
from sluice.sources.payload import decode, refusing
from sluice.sources.request import Request, bearer_token

_PASSED_ON: Final = {
    "test_event_code": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "partner_agent": re.compile(r"(?=.*[A-Za-z].*[A-Za-z])[A-Za-z0-9_.-]{2,22}"),
}
"""Meta: a partner_agent has fewer than 23 characters, at least two of them letters."""
_MAX_FIELDS: Final = 50
_MAX_DEPTH: Final = 200
_MARK: Final = re.compile(rb'[\[{]|[\]}]|-?(?:NaN|Infinity)|"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_UNFIT: Final = b"1e999"
"""JSON for a number that no field can hold: the event's reader refuses it where it stands."""


_T = TypeVar("_T")


class GraphBody(NamedTuple):
    """The body: events still undecoded, so that one unreadable event cannot hide the others.

    ``passed_on``: the top-level fields that go on to Meta beside ``data``. ``left_behind``: the names of those that
    are malformed.
    """

    data: list[msgspec.Raw]
    access_token: str
    passed_on: dict[str, str]
    left_behind: list[str]


class _JsonBody(msgspec.Struct):
    """The JSON form of the body. Its other top-level fields are for Meta's own uploads and are not read."""

    data: list[msgspec.Raw] | str
    access_token: Any = None
    test_event_code: Any = None
    partner_agent: Any = None


def presented_key(request: Request) -> str:
    """The server key of the Authorization header or the query; '' when it can only be in the body."""
    return bearer_token(request) or request.query.get("access_token", "")


def read_body(request: Request) -> GraphBody:
    """The body as JSON, as a form or as multipart (what Meta's SDKs and curl examples send).

    ``data`` may be an array or its JSON text. Bytes that are no UTF-8 become U+FFFD, as in the bodies that API Gateway
    hands over as text: they cost the event that they stand in, and no other.
    So does what only some writers take for JSON (``NaN``, ``Infinity``), and what is nested too deep.
    Raises Rejected ``bad_json``, ``bad_body``, ``too_many_fields`` or ``wrong_content_type``.
    """
    with refusing():
        body = _fields(request)
        data = _decode(body.data.encode(), list[msgspec.Raw]) if isinstance(body.data, str) else body.data
    passed_on = {
        name: value
        for name, rule in _PASSED_ON.items()
        if isinstance(value := getattr(body, name), str) and rule.fullmatch(value)
    }
    left_behind = [name for name in _PASSED_ON if getattr(body, name) not in (None, "") and name not in passed_on]
    return GraphBody(data, body.access_token if isinstance(body.access_token, str) else "", passed_on, left_behind)


def _fields(request: Request) -> _JsonBody:
    """The body's top-level fields, in whichever encoding they came."""
    content_type = request.headers.get("content-type", "application/json")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError:
            raise Rejected("too_many_fields") from None
        return msgspec.convert(dict(pairs), _JsonBody)
    if kind == "multipart/form-data":
        return msgspec.convert(_multipart(content_type, request.body), _JsonBody)
    if "json" not in kind:
        raise Rejected("wrong_content_type")
    return decode_body(request.body, _JsonBody)


def decode_body(body: bytes, shape: type[_T]) -> _T:
    """A JSON body whose events stay undecoded: what cannot be read in one of them does not cost the others.

    Raises msgspec.ValidationError for another shape, ValueError or RecursionError for what is no JSON.
    """
    # msgspec leaves the bytes of Raw values unchecked.
    return _decode(body.decode(errors="replace").encode(), shape)


def _decode(text: bytes, shape: type[_T]) -> _T:
    """The JSON, read once more without what would cost the events beside it when it cannot be read as it is."""
    try:
        return decode(text, shape)
    except msgspec.ValidationError:
        raise
    except (ValueError, RecursionError):
        return decode(_readable(text), shape)


def _readable(text: bytes) -> bytes:
    """JSON with a number that no field can hold in place of every ``NaN``, ``Infinity`` and value nested too deep."""
    parts, depth, copied = [], 0, 0
    for mark in _MARK.finditer(text):
        first = mark[0][:1]
        if first in b"[{":
            depth += 1
            if depth == _MAX_DEPTH:
                parts += [text[copied : mark.start()], _UNFIT]
        elif first in b"]}":
            if depth == _MAX_DEPTH:
                copied = mark.end()
            depth -= 1
        elif first != b'"' and depth < _MAX_DEPTH:
            parts += [text[copied : mark.start()], _UNFIT]
            copied = mark.end()
    return b"".join([*parts, text[copied:]])


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    """The text fields of a multipart body (RFC 7578), read by the standard library's MIME parser."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            fields[str(part.get_param("name", "", header="content-disposition"))] = payload.decode(errors="replace")
    return fields


def json_of(item: msgspec.Raw) -> bytes:
    """The JSON of one event of ``data``, which may be JSON text itself: Meta's Python SDK encodes each event twice."""
    text = bytes(item).lstrip()
    if not text.startswith(b'"'):
        return text
    try:
        return msgspec.json.decode(text, type=str).encode()
    except ValueError:
        return text
