"""HTTP in and out: API Gateway's event (HTTP API, payload format 2.0) to a Request, an Answer to its response. Pure."""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from sluice.collect_options import is_origin
from sluice.errors import Rejected, Unavailable, meaning
from sluice.sources.request import Request

VERSION: Final = "0.1.0"
MAX_BODY_BYTES: Final = 1_048_576
_NO_CONTENT: Final = 204


class Answer(NamedTuple):
    """Status and body of a response (JSON; XML as text; none with 204), and headers beside the usual ones.

    ``cookies``: a ``Set-Cookie`` header each.
    """

    status: int
    body: Mapping[str, Any] | str
    headers: Mapping[str, str] = MappingProxyType({})
    cookies: Sequence[str] = ()


def is_allowed_origin(origin: str, allowed: Collection[str]) -> bool:
    """Whether a page's origin is in the list, itself or below a ``https://*.example.com``."""
    if not is_origin(origin):  # nor is null one: it is every sandboxed frame and file
        return False
    scheme = origin.partition("://")[0]
    wildcards = (pattern.removeprefix(f"{scheme}://*") for pattern in allowed if pattern.startswith(f"{scheme}://*."))
    return origin in allowed or origin.endswith(tuple(wildcards))


def cors_headers(origin: str) -> dict[str, str]:
    """What lets a page of an allowed origin read an answer; beacons always come with credentials (Beacon standard)."""
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "origin",
    }


def health() -> Answer:
    """``GET /health``: this version answers. It reads nothing, so it costs nothing and says nothing of the settings."""
    return Answer(200, {"status": "ok", "version": VERSION})


def read_request(event: Mapping[str, Any]) -> Request:
    """The request with its exact body bytes. Raises Rejected ``bad_base64`` or ``too_large``."""
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, ValueError):
        raise Rejected("bad_base64") from None
    if len(raw) > MAX_BODY_BYTES:
        raise Rejected("too_large")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):  # API Gateway takes them out of the headers
        headers["cookie"] = "; ".join(event["cookies"])
    return Request(
        headers=headers,
        query=event.get("queryStringParameters") or {},
        body=raw,
        request_id=event["requestContext"]["requestId"],
        method=event["routeKey"].partition(" ")[0],
        client_ip=event["requestContext"].get("http", {}).get("sourceIp", ""),
        host=event["requestContext"].get("domainName", ""),
    )


def refusal(error: Rejected | Unavailable, request_id: str) -> Answer:
    """The answer to a request that cannot be taken: slug, and a sentence that says how to mend it.

    ``type`` and ``code`` are Meta's, so that a client of the Conversions API reads it as it reads Meta's own errors.
    """
    status, fix = meaning(error)
    code = {401: 190, 403: 200, 503: 2}.get(status, 100)
    details = {"slug": error.slug, "message": fix, "type": "OAuthException", "code": code, "fbtrace_id": request_id}
    return Answer(status, {"error": details})


def write_response(answer: Answer) -> dict[str, Any]:
    """API Gateway's response for an answer."""
    is_xml = isinstance(answer.body, str)
    content_type = "text/xml" if is_xml else "application/json"
    headers = {"content-type": content_type, "cache-control": "no-store", **answer.headers}
    body = answer.body if is_xml else msgspec.json.encode(answer.body).decode()
    response = {"statusCode": answer.status, "headers": headers, "body": "" if answer.status == _NO_CONTENT else body}
    return {**response, "cookies": [*answer.cookies]} if answer.cookies else response
