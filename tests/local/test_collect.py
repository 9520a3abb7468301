"""A real browser on a page of another origin reports to the whole stack, and what arrives at Meta."""

import time
import uuid
from typing import Any

import pytest
import urllib3
from playwright.sync_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.browser.conftest import USER_AGENT, _chromium, _listening, page, sites, visitor  # noqa: F401 - fixtures
from tests.browser.storefronts import reporting_shop
from tests.local.stack import HTTP, Stack, eventually

SHOP = "https://shop.example.de"
FBP = "fb.1.1795197600123.1098115397"
COOKIES = {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed", "_fbp": FBP}
BAD_BODIES = {"no JSON": b"{", "another shape": b'{"data": []}', "not UTF-8": b"\xff", "64 KiB": b" " * 65_537}


def passing_on(stack: Stack) -> Starlette:
    """A host with a certificate before the stack, which has none. It changes neither request nor answer."""

    def send(method: str, path: str, headers: dict[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
        kept = {name: value for name, value in headers.items() if name not in ("host", "connection")}
        answer: urllib3.BaseHTTPResponse = HTTP.request(
            method, stack.values["ingest_url"] + path, headers=kept, body=body
        )
        return answer

    async def serve(request: Request) -> Response:
        headers, body = dict(request.headers), await request.body()
        answer = await run_in_threadpool(send, request.method, request.url.path, headers, body)
        return Response(answer.data, answer.status, dict(answer.headers))

    return Starlette(routes=[Route("/{path:path}", serve, methods=["POST", "OPTIONS"])])


@pytest.fixture(autouse=True)
def web(stack: Stack, request: pytest.FixtureRequest) -> None:
    """The stack at https://events.example.de, and two shops whose pages report to it; one of them is not allowed."""
    hosts = request.getfixturevalue("sites")
    hosts["events.example.de"] = passing_on(stack)
    for host in ("shop.example.de", "other.example.de"):
        hosts[host] = reporting_shop("events.example.de", stack.dataset)


@pytest.fixture
def event_id(request: pytest.FixtureRequest) -> str:
    """The id of what the visitor, who agreed just now, does next."""
    person: BrowserContext = request.getfixturevalue("visitor")
    person.clock.set_fixed_time(time.time())
    for host in (SHOP, "https://other.example.de"):
        person.add_cookies([{"name": name, "value": value, "url": host} for name, value in COOKIES.items()])
    return f"browser-{uuid.uuid4()}"


def report(tab: Page, host: str, event_id: str) -> int:
    """Put something into the cart on a page of the host; the status of the answer."""
    with tab.expect_response("**/collect/*") as answered:
        tab.goto(f"{host}/vests?fbclid=IwAR0Sample_Click-1")
        tab.evaluate("id => sluice.report('AddToCart', { value: 79, currency: 'EUR' }, id)", event_id)
    return answered.value.status


@pytest.mark.parametrize("way", ["sendBeacon", "fetch"])
def test_what_a_page_reports_arrives(stack: Stack, event_id: str, way: str, request: pytest.FixtureRequest) -> None:
    """Sent as a beacon, and by fetch where the browser takes no beacon, the event arrives as the page wrote it."""
    tab: Page = request.getfixturevalue("page")
    if way == "fetch":
        tab.add_init_script("navigator.sendBeacon = () => false")
    assert report(tab, SHOP, event_id) == 202
    (seen,) = eventually(lambda: stack.received(event_id))
    event: dict[str, Any] = seen["event"]
    assert seen["raw_identifier"] == []
    assert (event["event_name"], event["action_source"]) == ("AddToCart", "website")
    assert event["event_source_url"] == f"{SHOP}/vests?fbclid=IwAR0Sample_Click-1"
    assert event["custom_data"] == {"value": 79, "currency": "EUR"}
    user_data = event["user_data"]
    assert user_data.pop("fbc").endswith(".IwAR0Sample_Click-1")
    assert user_data == {"fbp": FBP, "client_user_agent": USER_AGENT}  # no loopback address


def test_a_page_of_another_origin_is_refused(stack: Stack, event_id: str, request: pytest.FixtureRequest) -> None:
    """The same page under an origin that is not allowed is answered 403, and nothing of it arrives."""
    tab: Page = request.getfixturevalue("page")
    assert report(tab, "https://other.example.de", event_id) == 403
    assert report(tab, SHOP, after := f"browser-{uuid.uuid4()}") == 202
    assert eventually(lambda: stack.received(after))
    assert not stack.received(event_id)


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_a_clear_4xx(stack: Stack, name: str) -> None:
    """Whatever the bytes are, a page of an allowed origin may read what is wrong with them."""
    headers = {"origin": SHOP, "user-agent": USER_AGENT, "content-type": "text/plain"}
    response = stack.request("POST", f"/collect/{stack.dataset}", headers, BAD_BODIES[name])
    assert 400 <= response.status < 500
    assert response.json()["error"]["slug"]
    assert response.headers["access-control-allow-origin"] == SHOP
