"""The browsers' door of the ingest function: API Gateway's event in, CORS headers and cookies out."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.envelope import decode
from tests.functions.conftest import ORIGIN, Functions
from tests.samples import DATASET, api_event
from tests.strategies import any_text, json_values

COLLECT = "POST /collect/{dataset}"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CORS = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-credentials": "true",
    "vary": "origin",
}


def beacon(body: str | None, route: str = COLLECT, **headers: str) -> dict[str, Any]:
    """What API Gateway makes of a browser's request. ``headers``: with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    event = api_event(route, body, {"origin": ORIGIN, "user-agent": AGENT, **named}, dataset=DATASET)
    event["requestContext"] |= {"domainName": "events.example.de", "http": {"sourceIp": "203.0.113.7"}}
    return {**event, "cookies": ["cmplz_marketing=allow", "cmplz_banner-status=dismissed"]}


def page_view(functions: Functions) -> str:
    """The body of a page view of now."""
    now = math.floor(functions.ingest.ROOM.clock())
    event = {"event_name": "PageView", "event_time": now, "event_id": "view-1", "event_source_url": ORIGIN}
    return json.dumps({"events": [event]})


def test_page_view_is_in_the_queue(functions: Functions) -> None:
    """A page view is answered 202 when it is in SQS; the browser gets a cookie, which the event holds too."""
    response = functions.ingest.handler(beacon(page_view(functions)), None)
    assert (response["statusCode"], response["body"]) == (202, "{}")
    assert CORS.items() <= response["headers"].items()
    (cookie,) = response["cookies"]
    assert cookie.endswith("; Max-Age=7776000; Path=/; Domain=example.de; Secure; SameSite=Lax")
    (message,) = functions.queue()
    event = json.loads(bytes(decode(message["Body"]).entries[0].event))
    assert f"_fbp={event['user_data']['fbp']};" in cookie
    assert event["user_data"]["client_ip_address"] == "203.0.113.7"


@pytest.mark.parametrize("route", ["OPTIONS /collect/{dataset}", "OPTIONS /consent/withdraw"])
def test_preflight(functions: Functions, route: str) -> None:
    """A browser that asks beforehand hears yes."""
    response = functions.ingest.handler(beacon(None, route), None)
    assert (response["statusCode"], response["body"]) == (204, "")
    assert CORS.items() <= response["headers"].items()


@pytest.mark.parametrize("route", [COLLECT, "OPTIONS /collect/{dataset}", "OPTIONS /consent/withdraw"])
def test_other_origin(functions: Functions, route: str) -> None:
    """Another origin is refused, and not told that it may read so."""
    event = beacon(page_view(functions), route, origin="https://other.example.com")
    response = functions.ingest.handler(event, None)
    assert (response["statusCode"], json.loads(response["body"])["error"]["slug"]) == (403, "bad_origin")
    assert not any(name.startswith("access-control") for name in response["headers"])
    assert functions.queue() == []


def test_bad_body(functions: Functions) -> None:
    """What is wrong with a body may be read by the page that sent it."""
    response = functions.ingest.handler(beacon("{"), None)
    assert (response["statusCode"], json.loads(response["body"])["error"]["slug"]) == (400, "bad_json")
    assert CORS.items() <= response["headers"].items()


@settings(deadline=None)
@given(any_text | json_values.map(lambda value: json.dumps({"events": [value]})), st.booleans())
def test_never_5xx_for_bad_input(functions: Functions, body: str, flagged: bool) -> None:
    """Whatever a page posts, the answer is not a 5xx."""
    response = functions.ingest.handler({**beacon(body), "isBase64Encoded": flagged}, None)
    assert 200 <= response["statusCode"] < 500
    functions.queue()
