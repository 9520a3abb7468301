"""Who may come in by the browsers' door, and what a page may read of its answers."""

import json

import pytest

from sluice.cors import preflight
from sluice.door import Answer, cors_headers
from sluice.errors import Rejected, Unavailable
from tests.collect.beacons import SHOP, beacon, page_event, raw_beacon
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, OTHER_DATASET

OTHERS = [
    None,
    "",
    "null",
    "*",
    "http://www.shop.example",
    "https://shop.example",
    "https://www.shop.example:8443",
    "https://www.shop.example.evil.example",
    "https://evilshop.example",
]


@pytest.mark.parametrize("origin", [SHOP, "https://m.shop.example", "https://old_m.shop.example"])
def test_allowed_origin(room: IngestRoom, origin: str) -> None:
    """A page of an allowed origin may read the answer, with credentials; nobody else's cache has it."""
    assert room.collect(beacon(page_event(event_source_url=origin), origin=origin)).headers == {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "origin",
    }


@pytest.mark.parametrize("origin", OTHERS)
def test_other_origin(room: IngestRoom, origin: str | None) -> None:
    """Any other page, and whatever says no origin, is refused and never reflected; nothing is queued."""
    with pytest.raises(Rejected, match="bad_origin") as refused:
        room.collect(beacon(page_event(), origin=origin))
    assert refused.value.headers == {}
    assert room.queued == []


def test_dataset_without_origins(room: IngestRoom) -> None:
    """A dataset that lists no origin takes no beacon, and an unknown one is none."""
    for dataset, slug in ((OTHER_DATASET, "bad_origin"), ("1", "unknown_dataset")):
        with pytest.raises(Rejected, match=slug):
            room.collect(beacon(page_event()), dataset)


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"[]", "bad_body"),
        (b"{}", "bad_body"),
        (b'{"events":{}}', "bad_body"),
        (b'{"events":[]}', "no_events"),
        (json.dumps({"events": [{}] * 51}).encode(), "too_many_events"),
        (b'{"events":[{}]}'.ljust(65_537), "too_large"),
    ],
)
def test_bad_body(room: IngestRoom, body: bytes, slug: str) -> None:
    """A body that is none of ours is refused as what it is, and the page may read that."""
    with pytest.raises(Rejected, match=slug) as refused:
        room.collect(raw_beacon(body))
    assert refused.value.headers == cors_headers(SHOP)


def test_largest(room: IngestRoom) -> None:
    """Fifty events in 64 KiB are taken."""
    events = [page_event(event_id=f"view-{number}") for number in range(50)]
    body = json.dumps({"events": events}).encode().ljust(65_536)
    assert room.collect(raw_beacon(body)).status == 202
    assert len(room.queued) == 50


def test_queue_down(room: IngestRoom) -> None:
    """What could not be stored is not answered 202."""
    room.queue.down = True
    with pytest.raises(Unavailable, match="queue_unavailable") as down:
        room.collect(beacon(page_event()))
    assert down.value.headers == cors_headers(SHOP)


@pytest.mark.parametrize("dataset", [DATASET, None])
def test_preflight(room: IngestRoom, dataset: str | None) -> None:
    """A browser that asks hears that an allowed page may post JSON; where the body names the dataset, any's page."""
    assert preflight(beacon(), dataset, room.ingest) == Answer(
        204,
        {},
        {
            **cors_headers(SHOP),
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "content-type",
            "access-control-max-age": "7200",
        },
    )


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("dataset", [DATASET, OTHER_DATASET, None])
def test_preflight_of_others(room: IngestRoom, origin: str | None, dataset: str | None) -> None:
    """Any other page hears no."""
    with pytest.raises(Rejected, match="bad_origin"):
        preflight(beacon(origin=origin), dataset, room.ingest)


def test_nothing_personal_in_logs(room: IngestRoom) -> None:
    """A log line holds counts."""
    room.collect(beacon(page_event()))
    keys = {"client_ip_address": 1, "client_user_agent": 1, "fbp": 1}
    line = {"dataset": DATASET, "source": "collect", "accepted": 1, "keys": keys}
    assert room.telemetry.lines == [("accepted", line)]
