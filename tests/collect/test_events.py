"""What of a page's words reaches the queue."""

import json
from typing import Any

import pytest

from sluice.telemetry import Metric
from tests.collect.beacons import ADDRESS, AGENT, FBP, REFUSED, beacon, page_event, raw_beacon, shop
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, dataset_changed, file_request, wire_event

CLICK = "https://www.shop.example/vests?fbclid=IwAR0Sample_Click-1"
PERSON = {"em": "jo.sample@example.com", "ph": "+4917604069012", "fn": "Jo", "country": "de"}


def queued(room: IngestRoom) -> list[dict[str, Any]]:
    """The events that wait for the sender."""
    return [json.loads(bytes(entry.event)) for envelope in room.queue.envelopes for entry in envelope.entries]


def test_page_view(room: IngestRoom) -> None:
    """A page's event is queued with the browser's address and name, and answered 202 with nothing to say."""
    answer = room.collect(beacon(page_event()))
    assert (answer.status, answer.body) == (202, {})
    assert queued(room) == [
        {
            "event_name": "PageView",
            "event_time": NOW - 5,
            "action_source": "website",
            "event_id": "view-1",
            "event_source_url": "https://www.shop.example/vests",
            "user_data": {"fbp": FBP, "client_ip_address": ADDRESS, "client_user_agent": AGENT},
        }
    ]


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/json", "image/png", None])
def test_content_type(room: IngestRoom, content_type: str | None) -> None:
    """The body is JSON, whatever it calls itself."""
    assert room.collect(beacon(page_event(), content_type=content_type)).status == 202
    assert room.queued == ["view-1"]


def test_forged_circumstances(room: IngestRoom) -> None:
    """A page cannot say that it is another browser, another place or another kind of sender."""
    forged = {"client_ip_address": "198.51.100.1", "client_user_agent": "Mozilla/5.0 (forged)", "fbp": FBP}
    room.collect(beacon(page_event(user_data=forged, action_source="physical_store")))
    (event,) = queued(room)
    assert event["user_data"] == {"fbp": FBP, "client_ip_address": ADDRESS, "client_user_agent": AGENT}
    assert event["action_source"] == "website"


@pytest.mark.parametrize(
    ("collect", "passed"),
    [
        ({}, set()),
        ({"contact_keys": True}, {"em", "ph", "fn", "country"}),
        ({"external_id": True}, {"external_id"}),
        ({"contact_keys": True, "external_id": True}, {"em", "ph", "fn", "country", "external_id"}),
    ],
)
def test_stranger(room: IngestRoom, collect: dict[str, bool], passed: set[str]) -> None:
    """A page names nobody by e-mail address, number or customer id unless the settings let it; it is warned."""
    room.configure(shop(**collect))
    named = {**PERSON, "external_id": "customer-1", "madid": "0b0f4e5c-0000-4000-8000-000000000001"}
    answer = room.collect(beacon(page_event(user_data={**named, "fbp": FBP, "my own": 1})))
    (event,) = queued(room)
    assert event["user_data"].keys() == {"fbp", "client_ip_address", "client_user_agent"} | passed
    assert isinstance(answer.body, dict)
    paths = {each["path"] for each in answer.body["warnings"] if each["slug"] == "not_from_browser"}
    assert paths == {"user_data", *(f"user_data.{name}" for name in named.keys() - passed)}
    assert room.telemetry.counts[Metric.EVENT_WARNINGS] >= len(paths)


@pytest.mark.parametrize("name", ["app_data", "attribution_data", "original_event_data", "messaging_channel"])
def test_left_out(room: IngestRoom, name: str) -> None:
    """What no page knows is left out, and does not cost the event."""
    answer = room.collect(beacon(page_event(**{name: {"any": 1}})))
    assert answer.body == {"warnings": [{"index": 0, "slug": "not_from_browser", "path": name}]}
    assert name not in queued(room)[0]


@pytest.mark.parametrize("contact_keys", [False, True])
def test_person_in_custom_data(room: IngestRoom, contact_keys: bool) -> None:
    """What names the visitor is not taken beside user_data, whatever the settings; the goods stay."""
    room.configure(shop(contact_keys=contact_keys))
    goods = {"search_string": "vests", "country": "de", "content_name": "Vest", "gender": "women", "phone_model": "X1"}
    person = {**PERSON, "external_id": "customer-1", "firstName": "Lena", "E-Mail": "x", "store_data": {"fn": "Lena"}}
    answer = room.collect(beacon(page_event(event_name="Search", custom_data={**person, **goods})))
    (event,) = queued(room)
    assert event["custom_data"] == goods
    assert isinstance(answer.body, dict)
    assert [each["path"] for each in answer.body["warnings"] if each["slug"] == "not_from_browser"] == [
        "custom_data", *(f"custom_data.{name}" for name in ("em", "external_id", "fn", "ph")),
    ]  # fmt: skip


def test_person_in_a_search(room: IngestRoom) -> None:
    """Who types an e-mail address into the shop's search is not named by it."""
    room.collect(beacon(page_event(event_name="Search", custom_data={"search_string": "lena@example.de"})))
    (event,) = queued(room)
    assert "custom_data" not in event


@pytest.mark.parametrize("name", ["event_name", "event_id"])
@pytest.mark.parametrize("text", ["lena@example.de", "order of lena%40example.de", "+49 1713 920042", "x" * 257])
def test_text_that_is_no_name(room: IngestRoom, name: str, text: str) -> None:
    """A name or id of an event that tells of a person, or is endless, costs that event and no other."""
    body = room.collect(beacon(page_event(**{name: text}), page_event())).body
    assert isinstance(body, dict)
    assert {(each["index"], each["path"]) for each in body["problems"]} == {(0, name)}
    assert room.queued == ["view-1"]


@pytest.mark.parametrize(
    "text", ["0.8437261923847", "1795197600123", "a" * 256, "4b0d2c52-7f0e-4a57-9d3c-7d0f5a8f1c11"]
)
def test_usual_event_id(room: IngestRoom, text: str) -> None:
    """What pages make ids of is taken: a random number, a time, a UUID."""
    room.collect(beacon(page_event(event_id=text)))
    assert room.queued == [text]


@pytest.mark.parametrize(
    "name", ["Purchase", "purchase", " Purchase", "Purchase\u200b", "\ufeffPURCHASE\0", "Pur\xadchase", "\uff30urchase"]
)
def test_purchase(room: IngestRoom, name: str) -> None:
    """Nobody invents a sale by a beacon, unless the settings take Purchases of pages."""
    sale = page_event(event_name=name, custom_data={"value": 9_999, "currency": "EUR"})
    assert room.collect(beacon(sale, page_event())).body == {"ignored": ["browser_purchase"]}
    assert room.queued == ["view-1"]
    room.configure(shop(purchase=True))
    room.clock.now += 600
    room.collect(beacon({**sale, "event_id": "sale-1"}))
    assert room.queued == ["view-1", "sale-1"]


def test_processing_options_stay(room: IngestRoom) -> None:
    """What limits the use of an event is kept as the page asks for it."""
    limits = {"opt_out": True, "data_processing_options": ["LDU"], "data_processing_options_country": 0}
    room.collect(beacon(page_event(**limits, data_processing_options_state=0)))
    (event,) = queued(room)
    assert limits.items() <= event.items()


@pytest.mark.parametrize(
    ("ahead", "time", "problems"),
    [
        (-3_600, NOW - 3_600, []),
        (0, NOW, []),
        (600, NOW, []),
        (601, None, ["event_time_in_future"]),
        (-8 * 86_400, None, ["event_time_too_old"]),
    ],
)
def test_clock_of_a_visitor(room: IngestRoom, ahead: int, time: int | None, problems: list[str]) -> None:
    """A clock up to ten minutes ahead costs no event; what waited offline keeps its time, as long as Meta takes it."""
    body = room.collect(beacon(page_event(event_time=NOW + ahead))).body
    assert isinstance(body, dict)
    assert [each["slug"] for each in body.get("problems", [])] == problems
    assert [event["event_time"] for event in queued(room)] == ([] if time is None else [time])


@pytest.mark.parametrize(
    ("said", "fbc"),
    [
        (None, f"fb.1.{NOW - 5}000.IwAR0Sample_Click-1"),
        ("fb.1.1795197599001.Other", f"fb.1.{NOW - 5}000.IwAR0Sample_Click-1"),
        ("fb.1.1795197599001.IwAR0Sample_Click-1", "fb.1.1795197599001.IwAR0Sample_Click-1"),
        ("fb.1.1795197599001.IwAR0Sample_Click-1.AQICAQMC", "fb.1.1795197599001.IwAR0Sample_Click-1.AQICAQMC"),
        ("malformed", f"fb.1.{NOW - 5}000.IwAR0Sample_Click-1"),
    ],
)
def test_click(room: IngestRoom, said: str | None, fbc: str) -> None:
    """The click of the page's address counts; one that the page knows already keeps its time."""
    user_data = {"fbp": FBP, **({"fbc": said} if said else {})}
    room.collect(beacon(page_event(event_source_url=CLICK, user_data=user_data)))
    assert queued(room)[0]["user_data"]["fbc"] == fbc


def test_one_click(room: IngestRoom) -> None:
    """The later events of a page have the click of its first."""
    later = page_event(event_source_url=CLICK, event_id="view-2", event_time=NOW - 1)
    room.collect(beacon(page_event(event_source_url=CLICK), later))
    assert [event["user_data"]["fbc"] for event in queued(room)] == [f"fb.1.{NOW - 5}000.IwAR0Sample_Click-1"] * 2


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
        "curl/8.5.0",
        " ",
        None,
    ],
)
def test_bot(room: IngestRoom, agent: str | None) -> None:
    """A program that says what it is, or nothing, makes no event; it is counted and answered 202."""
    answer = room.collect(beacon(page_event(), page_event(), user_agent=agent))
    assert (answer.status, answer.body) == (202, {"ignored": ["bot", "bot"]})
    assert room.queued == []
    assert room.telemetry.counts[Metric.WEBHOOKS_IGNORED] == 2
    assert room.telemetry.lines == [("ignored", {"source": "collect", "dataset": DATASET, "ignored": {"bot": 2}})]


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/480.0.0.36.109]",
        "Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 50) Chrome/141.0.0.0 Mobile Safari/537.36",
    ],
)
def test_no_bot(room: IngestRoom, agent: str) -> None:
    """A browser inside an app is one, and so is one on a telephone whose name ends in bot."""
    room.collect(beacon(page_event(), user_agent=agent))
    assert room.queued == ["view-1"]


def test_guessed_event_id(gateway: Gateway) -> None:
    """Who guesses the id of a server's event, or what stands for an order, keeps neither from being sent."""
    gateway.configure(shop(purchase=True))
    sale = {"event_name": "Purchase", "custom_data": {"value": 1, "currency": "EUR"}, "event_time": gateway.clock.now}
    for event_id in ("purchase-1", "order:shopify-demo:6031947350283"):
        gateway.ingest.collect(beacon(page_event(**sale, event_id=event_id)))
    assert gateway.deliver() == ["purchase-1", "order:shopify-demo:6031947350283"]
    gateway.ingest.post(wire_event(event_id="purchase-1"))
    assert gateway.deliver() == ["purchase-1"]


def test_bad_event_among_good(room: IngestRoom) -> None:
    """One bad event costs itself; the answer is 202 and names it."""
    bad = [{}, 1, page_event(event_name=None), page_event(user_data=1)]
    body = room.collect(beacon(*bad, page_event())).body
    assert isinstance(body, dict)
    assert {each["index"] for each in body["problems"]} == {0, 1, 2, 3}
    assert room.queued == ["view-1"]


@pytest.mark.parametrize(
    "field",
    [
        b'"custom_data":{"value":NaN}',
        b'"custom_data":{"value":-Infinity}',
        b'"user_data":{"em":"lena@example.de","zp":1e999}',
        b'"consent":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'"custom_data":' + b"[" * 5_000 + b"]" * 5_000,
    ],
    ids=lambda field: field[:40].decode(),
)
def test_value_that_cannot_be_read(room: IngestRoom, field: bytes) -> None:
    """What no JSON reader takes costs the event that it stands in, and lets nothing of it pass unseen."""
    good = json.dumps(page_event()).encode()
    bad = good[:-1].replace(b"view-1", b"view-0") + b"," + field + b"}"
    answer = room.collect(raw_beacon(b'{"events":[' + bad + b"," + good + b"]}"))
    assert answer.body == {"problems": [{"index": 0, "slug": "unreadable_event", "path": ""}]}
    assert room.queued == ["view-1"]


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://www.shop.example/vests", True),
        ("https://WWW.shop.example:443/vests", True),
        ("https://jo:secret@www.shop.example", True),
        ("https://shop.example/vests", False),
        ("https://www.shop.example.evil.example/vests", False),
        ("https://www.shop.example@evil.example/vests", False),
        ("https://evil.example/?https://www.shop.example/", False),
    ],
)
def test_page_of_another_site(room: IngestRoom, url: str, taken: bool) -> None:
    """A page reports itself; an event of another host's page is refused."""
    body = room.collect(beacon(page_event(event_source_url=url))).body
    problem = {"index": 0, "slug": "event_source_url_invalid", "path": "event_source_url"}
    assert isinstance(body, dict)
    assert body.get("problems", []) == ([] if taken else [problem])
    assert bool(room.queued) is taken


def test_bytes_that_are_no_text(room: IngestRoom) -> None:
    """An event of bytes that are no UTF-8 is named as such, and costs no other."""
    good = json.dumps(page_event()).encode()
    answer = room.collect(raw_beacon(b'{"events":[{"event_name":"\xff"},' + good + b"]}"))
    assert answer.body == {"problems": [{"index": 0, "slug": "bad_utf8", "path": ""}]}
    assert room.queued == ["view-1"]


def test_sample(room: IngestRoom) -> None:
    """The sample of a page's beacon is one event, allowed by its cookies."""
    room.configure(dataset_changed(allowed_origins=["https://shop.example.de"]))
    assert room.collect(file_request("collect-page-view")).status == 202
    (event,) = queued(room)
    assert event["event_name"] == "PageView"
    assert event["user_data"]["fbc"] == "fb.1.1795199995000.IwAR0SampleClickIdAbC-123_xyz"


def test_refused(room: IngestRoom) -> None:
    """An event that consent stops is answered 202 with the reason that it brought itself."""
    assert room.collect(beacon(page_event(consent=REFUSED))).body == {"reasons": ["denied"]}
    assert room.queued == []
