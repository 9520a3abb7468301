"""Who may send: server keys, signatures, and settings that have just changed."""

import json
from functools import partial

import pytest

from sluice.errors import Rejected, Unavailable
from sluice.outside.secrets import REREAD_SECONDS
from tests.fakes.rooms import IngestRoom
from tests.samples import (
    OTHER_DATASET,
    SERVER_KEY,
    TOKEN,
    dataset_changed,
    document,
    graph_request,
    order,
    order_request,
    request,
    wire_event,
)


@pytest.mark.parametrize("key", ["", "wrong", TOKEN, SERVER_KEY + "x", SERVER_KEY.upper(), "\ud800"])
def test_wrong_key(ingest: IngestRoom, key: str) -> None:
    """Only a server key opens the door, and Meta's own token is none."""
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.take(request(b'{"data":[]}', {"authorization": f"Bearer {key}"}))


def test_wrong_key_reads_no_body(ingest: IngestRoom) -> None:
    """Who has no key learns nothing about the body."""
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.take(request(b"no json", {"authorization": "Bearer wrong"}))


@pytest.mark.parametrize("place", ["header", "query", "body"])
def test_key_in_any_place(ingest: IngestRoom, place: str) -> None:
    """Clients of the Conversions API put the key into header, query or body."""
    content = json.dumps({"data": [wire_event()], **({"access_token": SERVER_KEY} if place == "body" else {})}).encode()
    headers = {"authorization": f"Bearer {SERVER_KEY}"} if place == "header" else {}
    query = {"access_token": SERVER_KEY} if place == "query" else {}
    assert ingest.take(request(content, headers, **query)).body["events_received"] == 1


@pytest.mark.parametrize("token", [5, None, ["x"], {"x": SERVER_KEY}])
def test_key_that_is_no_text(ingest: IngestRoom, token: object) -> None:
    """A key of any other type is a wrong key."""
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.take(request(json.dumps({"data": [wire_event()], "access_token": token}).encode()))


def test_key_of_another_dataset(ingest: IngestRoom) -> None:
    """A key opens its own dataset only."""
    ingest.configure(dataset_changed(server_keys=["key-of-the-first-dataset"]))
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.post(wire_event())
    assert ingest.take(graph_request(wire_event()), dataset=OTHER_DATASET).status == 200


@pytest.mark.parametrize("dataset", ["9999999999", "", "../etc"])
def test_unknown_dataset(ingest: IngestRoom, dataset: str) -> None:
    """An unknown dataset is said to be unknown."""
    with pytest.raises(Rejected, match="unknown_dataset"):
        ingest.take(graph_request(wire_event()), dataset=dataset)


def test_unknown_source(ingest: IngestRoom) -> None:
    """So is an unknown source."""
    with pytest.raises(Rejected, match="unknown_source"):
        ingest.webhook(order_request(order()), "other-shop")


def test_dataset_without_keys(ingest: IngestRoom) -> None:
    """A dataset without keys, or with an empty one, is closed."""
    for keys in ([], [""]):
        ingest.configure(dataset_changed(server_keys=keys))
        ingest.clock.now += 600
        with pytest.raises(Rejected, match="bad_server_key"):
            ingest.take(request(b'{"data":[]}', {"authorization": "Bearer "}))


def test_new_key_works_at_once(ingest: IngestRoom) -> None:
    """A key that was just added opens the door although older settings are still fresh."""
    assert ingest.post(wire_event()).status == 200
    ingest.configure(dataset_changed(server_keys=["a-new-key-0123456789"]))
    ingest.clock.now += REREAD_SECONDS
    assert ingest.post(wire_event(), key="a-new-key-0123456789").status == 200


def test_new_shop_secret_works_at_once(ingest: IngestRoom) -> None:
    """So does a new secret of a shop."""
    stale = document()
    stale["sources"]["shopify-demo"]["secrets"] = ["old"]
    ingest.configure(stale)
    with pytest.raises(Rejected, match="bad_signature"):
        ingest.webhook(order_request(order()))
    ingest.configure(document())
    ingest.clock.now += REREAD_SECONDS
    assert ingest.webhook(order_request(order())).body["accepted"] == 1


def test_guessing_is_cheap_for_us(ingest: IngestRoom) -> None:
    """However many wrong keys arrive, the settings are read once a minute."""
    for _ in range(REREAD_SECONDS * 3):
        with pytest.raises(Rejected, match="bad_server_key"):
            ingest.post(wire_event(), key="guess")
        ingest.clock.now += 1
    assert ingest.secrets.reads == 3


@pytest.mark.parametrize("stored", [None, "", "{"])
def test_no_settings_yet(ingest: IngestRoom, stored: str | None) -> None:
    """Before there are valid settings every sender is asked to come again."""
    ingest.secrets.stored = stored
    with pytest.raises(Unavailable, match="settings_missing"):
        ingest.post(wire_event())
    with pytest.raises(Unavailable, match="settings_missing"):
        ingest.webhook(order_request(order()))


@pytest.mark.parametrize("door", ["events", "webhook"])
def test_queue_down(ingest: IngestRoom, door: str) -> None:
    """When the event could not be stored, nobody is told that it was."""
    ingest.queue.down = True
    call = partial(ingest.post, wire_event()) if door == "events" else partial(ingest.webhook, order_request(order()))
    with pytest.raises(Unavailable, match="queue_unavailable"):
        call()
    assert not ingest.telemetry.counts


def test_denied_needs_no_queue(ingest: IngestRoom) -> None:
    """A denied event is answered although the queue is down: it needs nothing."""
    ingest.queue.down = True
    assert ingest.post(wire_event(consent=None)).status == 200
