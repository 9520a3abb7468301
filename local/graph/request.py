"""What a request to the events edge carries: token, events and test code, in any encoding that Meta takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from local.graph.refusal import Refusal, invalid_parameter


@dataclass(frozen=True)
class EventsRequest:
    """A request as read: `data` is not validated, `encoded` holds the same events as JSON when `data` is a list."""

    access_token: str = field(repr=False)
    data: Any = None
    encoded: tuple[msgspec.Raw, ...] = ()
    test_event_code: str | None = None


def read_request(headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> EventsRequest | Refusal:
    """Reads JSON, URL-encoded and multipart bodies; a `data` or an event that is JSON text is decoded once more.

    The token is taken from the Authorization header, the body or the query, in this order.
    """
    try:
        fields = _fields(headers.get("content-type", ""), body)
        data = _decoded(fields.get("data"))
        if isinstance(data, list):
            data = [_decoded(item) for item in data]
        encoded = tuple(msgspec.Raw(msgspec.json.encode(event)) for event in data) if isinstance(data, list) else ()
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError):
        # Also nesting and numbers that no real event has; what is kept must be writable as JSON again.
        return invalid_parameter("The body, data or an item of data is not valid JSON.")
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else fields.get("access_token", query.get("access_token"))
    test_event_code = fields.get("test_event_code")
    return EventsRequest(
        access_token=token if isinstance(token, str) else "",
        data=data,
        encoded=encoded,
        test_event_code=test_event_code if isinstance(test_event_code, str) else None,
    )


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        return dict(map(_form_field, form.walk()))
    fields = msgspec.json.decode(body)
    return fields if isinstance(fields, dict) else {}


def _form_field(part: Message) -> tuple[str, str]:
    payload = part.get_payload(decode=True)
    text = payload.decode() if isinstance(payload, bytes) else ""
    return str(part.get_param("name", "", header="content-disposition")), text


def _decoded(value: object) -> object:
    return msgspec.json.decode(value) if isinstance(value, str) else value
