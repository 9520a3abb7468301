"""Meta's two cookies, set by the gateway on the domain that it shares with the shop."""

import json
from typing import Any

import pytest

from tests.collect.beacons import FBP, REFUSED, SHOP, beacon, page_event, shop
from tests.fakes.rooms import IngestRoom
from tests.samples import NOW, dataset_changed

ATTRIBUTES = "Max-Age=7776000; Path=/; Domain=shop.example; Secure; SameSite=Lax"
NEW_FBP = f"fb.1.{NOW}000.1073741824"
CLICK = "https://www.shop.example/vests?fbclid=IwAR0Sample_Click-1"
NEW_FBC = f"fb.1.{NOW - 5}000.IwAR0Sample_Click-1"
OLD_FBC = "fb.1.1795197599001.IwAR0Sample_Click-1"


@pytest.fixture(autouse=True)
def shared(room: IngestRoom) -> None:
    """Shop and gateway share a domain."""
    room.configure(shop(cookie_domain="shop.example"))


def sent(room: IngestRoom) -> dict[str, Any]:
    """The match keys of the one queued event."""
    (envelope,) = room.queue.envelopes
    found: dict[str, Any] = json.loads(bytes(envelope.entries[0].event))["user_data"]
    return found


@pytest.mark.parametrize(
    ("page", "cookie", "url", "cookies"),
    [
        ({}, None, None, [f"_fbp={NEW_FBP}"]),
        ({"fbp": FBP}, None, None, []),
        ({"fbp": "undefined"}, None, None, [f"_fbp={NEW_FBP}"]),
        ({}, f"_fbp={FBP}", None, []),
        ({}, "_fbp=broken", None, [f"_fbp={NEW_FBP}"]),
        ({}, f"_fbp=broken; _fbp={FBP}; _fbp=fb.1.1795197600999.1; _fbp=", None, []),
        ({}, f"a=b; _fbp={FBP}; c", CLICK, [f"_fbc={NEW_FBC}"]),
        ({}, None, CLICK, [f"_fbp={NEW_FBP}", f"_fbc={NEW_FBC}"]),
        ({}, f"_fbp={FBP}; _fbc={OLD_FBC}", CLICK, []),
        ({}, f"_fbp={FBP}; _fbc={OLD_FBC}.AQICAQMC", CLICK, []),
        ({}, f"_fbp={FBP}; _fbc=fb.1.1795197599001.Older", CLICK, [f"_fbc={NEW_FBC}"]),
        ({}, f"_fbp={FBP}; _fbc={OLD_FBC}", None, []),
    ],
)
def test_cookies(
    room: IngestRoom, page: dict[str, str], cookie: str | None, url: str | None, cookies: list[str]
) -> None:
    """A browser without an fbp gets one, a new click a new fbc, for ninety days; what is valid is kept."""
    changes = {"event_source_url": url} if url else {}
    answer = room.collect(beacon(page_event(user_data=page, **changes), cookie=cookie))
    assert answer.cookies == [f"{each}; {ATTRIBUTES}" for each in cookies]


@pytest.mark.parametrize(
    ("page", "cookie", "keys"),
    [
        ({}, None, {"fbp": NEW_FBP}),
        ({}, f"_fbp={FBP}; _fbc={OLD_FBC}", {"fbp": FBP, "fbc": OLD_FBC}),
        ({"fbp": FBP}, "_fbp=fb.1.1795197600999.1", {"fbp": FBP}),
        ({}, f"_fbp=broken; _fbp={FBP}; _fbp=fb.1.1795197600999.1; _fbp=", {"fbp": FBP}),
    ],
)
def test_the_event_has_the_ids(room: IngestRoom, page: Any, cookie: str | None, keys: dict[str, str]) -> None:
    """An event carries what its page says, else what the cookies hold, else what the browser just got."""
    room.collect(beacon(page_event(user_data=page), cookie=cookie))
    found = sent(room)
    assert {name: found[name] for name in ("fbp", "fbc") if name in found} == keys


def test_not_without_an_allow(room: IngestRoom) -> None:
    """Who refused, or said nothing, gets no cookie."""
    for consent in (REFUSED, None):
        assert room.collect(beacon(page_event(user_data={}, consent=consent), page_event(user_data=1))).cookies == ()


def test_one_id_for_a_request(room: IngestRoom) -> None:
    """The events of one beacon have the same new id."""
    events = [page_event(user_data={}, event_id=f"view-{number}") for number in range(3)]
    assert len(room.collect(beacon(*events)).cookies) == 1
    (envelope,) = room.queue.envelopes
    assert all(NEW_FBP.encode() in bytes(entry.event) for entry in envelope.entries)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"consent": REFUSED},
        {"consent": None},
        {"event_time": None},
        {"event_time": NOW - 8 * 86_400},
        {"event_name": "Purchase"},
        {"custom_data": {"value": -1}},
        {"event_source_url": f"{CLICK}{'x' * 1_024}"},
        {"event_source_url": CLICK.replace("www.shop", "shop.evil")},
        {"event_source_url": CLICK.replace("www.shop.example", "www.shop.example.evil.example")},
        {"event_source_url": CLICK.replace("www.shop.example", "evil.example:443@www.other.example")},
    ],
    ids=lambda spoilt: str(spoilt)[:70],
)
@pytest.mark.parametrize("first", [True, False])
def test_click_that_must_not_be_used(room: IngestRoom, spoilt: dict[str, Any], first: bool) -> None:
    """A click that no event brought to Meta is no cookie, and is on no other event of the request."""
    unsent = page_event(**{"event_source_url": CLICK, "event_id": "view-0", "user_data": {}, **spoilt})
    answer = room.collect(beacon(*sorted([unsent, page_event()], key=lambda event: event is unsent, reverse=first)))
    assert not [cookie for cookie in answer.cookies if cookie.startswith("_fbc=")]
    for envelope in room.queue.envelopes:
        for entry in envelope.entries:
            assert b'"fbc":' not in bytes(entry.event)


def test_long_click_beside_a_known_one(room: IngestRoom) -> None:
    """A click that is too long for Meta does not cost the event the one that the browser has."""
    room.collect(beacon(page_event(event_source_url=f"{CLICK}{'x' * 1_024}"), cookie=f"_fbc={OLD_FBC}"))
    assert sent(room)["fbc"] == OLD_FBC


def test_fbp_that_no_event_took(room: IngestRoom) -> None:
    """A new fbp is a cookie only if an event of the browser was allowed with it."""
    events = [page_event(consent=REFUSED, user_data={}), page_event()]
    assert room.collect(beacon(*events)).cookies == []
    assert sent(room)["fbp"] == FBP


def test_page_of_the_same_domain(room: IngestRoom) -> None:
    """A click on another host below the cookies' domain is the browser's too."""
    click = CLICK.replace("www.", "landing.")
    assert room.collect(beacon(page_event(event_source_url=click))).cookies == [f"_fbc={NEW_FBC}; {ATTRIBUTES}"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (SHOP, "abc123.execute-api.eu-central-1.amazonaws.com"),
        (SHOP, "events.othershop.example"),
        (SHOP, "events.notshop.example"),
        ("https://www.other.example", "events.shop.example"),
        ("http://www.shop.example", "events.shop.example"),
    ],
)
def test_another_site(room: IngestRoom, origin: str, host: str) -> None:
    """Unless page and gateway both lie below the domain, over https, no cookie is read and none is set."""
    origins = [SHOP, "https://www.other.example", "http://www.shop.example"]
    room.configure(dataset_changed(allowed_origins=origins, collect={"cookie_domain": "shop.example"}))
    event = page_event(event_source_url=f"{origin}/vests")
    request = beacon(event, origin=origin, cookie=f"_fbc={OLD_FBC}")._replace(host=host)
    assert room.collect(request).cookies == []
    assert sent(room)["fbp"] == FBP
    assert "fbc" not in sent(room)


def test_index_of_the_domain(room: IngestRoom) -> None:
    """The id says how deep the cookie's domain is."""
    whole = dataset_changed(allowed_origins=["https://shop.example.co.uk"], collect={"cookie_domain": "example.co.uk"})
    room.configure(whole)
    click = "https://shop.example.co.uk/vests?fbclid=IwAR0Sample_Click-1"
    asked = beacon(page_event(user_data={}, event_source_url=click), origin="https://shop.example.co.uk")
    names = [cookie.partition(";")[0] for cookie in room.collect(asked._replace(host="e.example.co.uk")).cookies]
    assert names == [f"_fbp=fb.2.{NOW}000.1073741824", f"_fbc=fb.2.{NOW - 5}000.IwAR0Sample_Click-1"]
