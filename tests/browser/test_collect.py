"""The code that a shop pastes into its pages, in a browser, before a gateway on the shop's own domain."""

import json
from queue import SimpleQueue
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import USER_AGENT
from tests.browser.gateway import ADDRESS, gateway
from tests.browser.sites import Sites
from tests.browser.storefronts import reporting_shop
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, dataset_changed

DOOR = f"https://events.example.de/collect/{DATASET}"
PAGE = "https://shop.example.de/vests?fbclid=IwAR0Sample_Click-1"
AGREED = {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed"}
SENT = "**/collect/*"


@pytest.fixture
def room() -> IngestRoom:
    """The ingest function of a shop whose pages send beacons."""
    room = IngestRoom()
    room.configure(
        dataset_changed(allowed_origins=["https://shop.example.de"], collect={"cookie_domain": "example.de"})
    )
    return room


@pytest.fixture(autouse=True)
def answers(room: IngestRoom, sites: Sites) -> SimpleQueue[int]:
    """The gateway at https://events.example.de, and shops whose pages report to it; the status of each answer."""
    sites["events.example.de"] = app = gateway(room)
    for host in ("shop.example.de", "other.example.de"):
        sites[host] = reporting_shop("events.example.de", DATASET)
    answers: SimpleQueue[int] = app.state.answers
    return answers


def agree(visitor: BrowserContext, **cookies: str) -> None:
    """The visitor's consent tool and Meta's pixel have left cookies."""
    every = {**AGREED, **cookies}
    visitor.add_cookies([{"name": name, "value": value, "url": PAGE} for name, value in every.items()])


def view(page: Page, address: str = PAGE) -> int:
    """Open a page until it has reported the view; the status of the answer."""
    with page.expect_response(SENT) as answered:
        page.goto(address)
    return answered.value.status


def queued(room: IngestRoom) -> list[dict[str, Any]]:
    """The events that wait for the sender."""
    return [json.loads(bytes(entry.event)) for envelope in room.queue.envelopes for entry in envelope.entries]


@pytest.mark.parametrize("beacon", [True, False], ids=["beacon", "fetch"])
def test_page_view(room: IngestRoom, visitor: BrowserContext, page: Page, beacon: bool) -> None:
    """A page view of who agreed is queued, sent as a beacon, or by fetch where the browser takes no beacon."""
    if not beacon:
        page.add_init_script("navigator.sendBeacon = () => false")
    agree(visitor)
    assert view(page) == 202
    (event,) = queued(room)
    assert event["event_name"] == "PageView"
    assert event["event_source_url"] == PAGE
    assert event["user_data"]["client_ip_address"] == ADDRESS
    assert event["user_data"]["client_user_agent"] == USER_AGENT


def test_cookies_of_the_shop(room: IngestRoom, visitor: BrowserContext, page: Page) -> None:
    """The browser keeps both cookies for the shop's domain, so that its pages and the next event have them."""
    agree(visitor)
    view(page)
    kept = {cookie["name"]: cookie for cookie in visitor.cookies("https://www.example.de")}
    assert {name: kept[name]["domain"] for name in kept} == {"_fbp": ".example.de", "_fbc": ".example.de"}
    assert all(cookie["secure"] and cookie["sameSite"] == "Lax" for cookie in kept.values())
    view(page)
    first, second = (event["user_data"] for event in queued(room))
    ids = {name: kept[f"_{name}"]["value"] for name in ("fbp", "fbc")}
    assert ids.items() <= first.items()
    assert ids.items() <= second.items()


def test_refused(room: IngestRoom, visitor: BrowserContext, page: Page) -> None:
    """Who refused is answered alike, is not reported, and keeps no cookie."""
    agree(visitor, cmplz_marketing="deny")
    assert view(page) == 202
    assert queued(room) == []
    assert visitor.cookies("https://www.example.de") == []


def test_only_the_consent_tool_s_cookies_leave(visitor: BrowserContext, page: Page) -> None:
    """A page's other cookies are not told."""
    agree(visitor, session="secret", _fbp="fb.1.1795197600123.1098115397")
    with page.expect_request(SENT) as sent:
        view(page)
    (event,) = json.loads(sent.value.post_data or "")["events"]
    assert event["consent"] == {"cookies": AGREED}
    assert event["user_data"] == {"fbp": "fb.1.1795197600123.1098115397"}


def test_what_waits_is_sent_when_the_page_is_left(
    room: IngestRoom, visitor: BrowserContext, page: Page, answers: SimpleQueue[int]
) -> None:
    """Two events of a moment leave in one beacon, also when the visitor goes elsewhere at once."""
    agree(visitor)
    page.goto(PAGE)
    page.evaluate("sluice.report('AddToCart', { value: 79, currency: 'EUR' }, 'cart-1')")
    page.goto("https://shop.example.de/")
    assert answers.get(timeout=10) == 202
    assert [event["event_name"] for event in queued(room)] == ["PageView", "AddToCart"]
    assert room.queued[1] == "cart-1"


@pytest.mark.parametrize("beacon", [True, False], ids=["beacon", "fetch"])
def test_many_at_once(
    room: IngestRoom, visitor: BrowserContext, page: Page, answers: SimpleQueue[int], beacon: bool
) -> None:
    """All events of a moment leave, also when they are more than a browser lets wait in beacons."""
    if not beacon:
        page.add_init_script("navigator.sendBeacon = () => false")
    agree(visitor, cmplz_consented_services="x" * 1_500)
    page.goto(PAGE)
    page.evaluate("for (let n = 1; n < 60; n++) sluice.report('ViewContent', { content_ids: ['M'] }, 'view-' + n)")
    assert {answers.get(timeout=10) for _ in range(3)} == {202}
    assert len(room.queued) == 60


def test_other_origin(room: IngestRoom, visitor: BrowserContext, page: Page) -> None:
    """The same code on a page of another origin is answered 403, and nothing is queued."""
    agree(visitor)
    assert view(page, "https://other.example.de/vests") == 403
    assert queued(room) == []


ASK = """async ([url, body]) => {
  const headers = { "content-type": "application/json" };
  try {
    const answer = await fetch(url, { method: "POST", body, headers, credentials: "include" });
    return [answer.status, await answer.json()];
  } catch (error) { return error.name; }
}"""


def test_json_after_a_preflight(page: Page) -> None:
    """A page of an allowed origin may send JSON as such and read the answer, errors included."""
    page.goto(PAGE)
    status, answer = page.evaluate(ASK, [DOOR, '{"events": []}'])
    assert (status, answer["error"]["slug"]) == (400, "no_events")
    assert page.evaluate(ASK, [DOOR, '{"events": [{}]}'])[0] == 202


def test_json_of_another_origin(page: Page) -> None:
    """A page of another origin may not even send it."""
    page.goto("https://other.example.de/vests")
    assert page.evaluate(ASK, [DOOR, '{"events": [{}]}']) == "TypeError"
