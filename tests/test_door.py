"""HTTP in and out."""

import base64
import json
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.door import MAX_BODY_BYTES, Answer, health, is_allowed_origin, read_request, refusal, write_response
from sluice.errors import REJECTIONS, UNAVAILABLE, Rejected, Unavailable
from sluice.sources.request import Request
from tests.samples import api_event
from tests.strategies import any_text

ROUTE = "POST /webhooks/{source}"


@given(st.binary(max_size=200))
def test_bytes_arrive_exactly(body: bytes) -> None:
    """A body in base64 is exactly the bytes that were sent; signatures depend on it."""
    event = {**api_event(ROUTE, base64.b64encode(body).decode()), "isBase64Encoded": True}
    assert read_request(event).body == body


@given(st.text(st.characters(codec="utf-8")))
def test_text_arrives_as_utf8(body: str) -> None:
    """A body that came as text is its UTF-8 bytes."""
    assert read_request(api_event(ROUTE, body)).body == body.encode()


@pytest.mark.parametrize("body", ["not base64!", "YQ", "YQ==\n", "äöü", "\ud800"])
def test_bad_base64(body: str) -> None:
    """A body that is flagged as base64 and is none is refused."""
    with pytest.raises(Rejected, match="bad_base64"):
        read_request({**api_event(ROUTE, body), "isBase64Encoded": True})


@given(any_text, st.booleans())
def test_total(body: str, flagged: bool) -> None:
    """Any text with either flag gives a request or a rejection."""
    with suppress(Rejected):
        assert isinstance(read_request({**api_event(ROUTE, body), "isBase64Encoded": flagged}).body, bytes)


@pytest.mark.parametrize("flagged", [False, True])
def test_size(flagged: bool) -> None:
    """1 MiB is taken, one byte more is not, measured in bytes and after base64."""

    def event(size: int) -> dict[str, object]:
        body = base64.b64encode(b"x" * size).decode() if flagged else "ä" * (size // 2) + "x" * (size % 2)
        return {**api_event(ROUTE, body), "isBase64Encoded": flagged}

    assert len(read_request(event(MAX_BODY_BYTES)).body) == MAX_BODY_BYTES
    with pytest.raises(Rejected, match="too_large"):
        read_request(event(MAX_BODY_BYTES + 1))


def test_bare_request() -> None:
    """A request without body, headers and query is an empty one."""
    bare = {"routeKey": ROUTE, "requestContext": {"requestId": "id"}}
    assert read_request(bare) == Request({}, {}, b"", "id")


def test_header_names() -> None:
    """Header names are lower-cased; values stay."""
    event = api_event(ROUTE, "", {"X-Shopify-Topic": "Orders/Paid"})
    assert read_request(event).headers == {"x-shopify-topic": "Orders/Paid"}


def test_browser_s_request() -> None:
    """The address, the host that was called and the cookies are taken from where API Gateway puts them."""
    event = {**api_event(ROUTE, "", {"Host": "events.example.de"}), "cookies": ["a=1", "b=2=3"]}
    event["requestContext"] |= {"domainName": "events.example.de", "http": {"sourceIp": "203.0.113.7"}}
    request = read_request(event)
    assert (request.client_ip, request.host) == ("203.0.113.7", "events.example.de")
    assert request.headers["cookie"] == "a=1; b=2=3"


@pytest.mark.parametrize("error", [*map(Rejected, REJECTIONS), *map(Unavailable, UNAVAILABLE)], ids=str)
def test_refusal(error: Rejected | Unavailable) -> None:
    """Every refusal has Meta's error shape, our slug and a sentence that says how to mend it."""
    status, body, *_ = refusal(error, "request-1")
    table = REJECTIONS if isinstance(error, Rejected) else UNAVAILABLE
    assert status == table[error.slug].status
    assert body == {
        "error": {
            "slug": error.slug,
            "message": table[error.slug].fix,
            "type": "OAuthException",
            "code": {401: 190, 403: 200, 503: 2}.get(status, 100),
            "fbtrace_id": "request-1",
        }
    }


def test_health() -> None:
    """Health says that this version answers."""
    assert health().status == 200
    assert health().body["status"] == "ok"


def test_response() -> None:
    """The response is JSON that no cache keeps."""
    assert write_response(Answer(200, {"accepted": 1, "reasons": ["ä"]})) == {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps({"accepted": 1, "reasons": ["ä"]}, ensure_ascii=False, separators=(",", ":")),
    }


def test_cookies_of_a_response() -> None:
    """Each cookie is an entry of the list that API Gateway makes headers of."""
    assert write_response(Answer(202, {}, {}, ["a=1", "b=2"]))["cookies"] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.de", True),
        ("https://a.example.com", True),
        ("https://a.b.example.com", True),
        ("https://example.com", False),
        ("http://a.example.com", False),
        ("https://.example.com", False),
        ("https://*.example.com", False),
        ("https://a.example.com:8443", False),
        ("https://a.example.org:8443", True),
        ("https://a.example.org", False),
        ("https://A.example.com", False),
        ("https://evil.example/x.example.com", False),
        ("https://evil.example#.example.com", False),
        ("https://evil.example?.example.com", False),
        ("https://evil.example:443@x.example.com", False),
        ("https://evil.example\\.example.com", False),
        ("https://evil.example\r\nx: y.example.com", False),
        ("https://a.example.com\n", False),
        ("https://shop.example.de\n", False),
        ("null", False),
        ("*", False),
        ("", False),
    ],
)
def test_origin(origin: str, allowed: bool) -> None:
    """An origin is allowed as it is listed, or below a wildcard; null is everybody's, so it is nobody's."""
    listed = ["https://shop.example.de", "https://*.example.com", "https://*.example.org:8443", "null", "*"]
    assert is_allowed_origin(origin, listed) is allowed


@given(any_text, any_text)
def test_any_origin(start: str, end: str) -> None:
    """What is allowed is scheme, host and port, so that a header can hold it and a browser means the same by it."""
    origin = f"https://{start}.example.com{end}"
    if is_allowed_origin(origin, ["https://*.example.com"]):
        assert re.fullmatch(r"https://[a-z0-9.-]+\.example\.com", origin)
