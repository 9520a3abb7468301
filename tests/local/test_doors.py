"""What the doors answer, over HTTP, through the real API Gateway of the emulator."""

import json

import pytest

from tests.local.stack import Stack, eventually, purchase

BAD_BODIES = {
    "malformed": b'{"data": [',
    "not a number": b'{"data": [{"event_name": NaN}]}',
    "100,000 brackets": b'{"data": [' + b"[" * 100_000,
    "100,000 closed brackets": b'{"data": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "5,000 digits": b'{"data": [{"event_time": ' + b"1" * 5_000 + b"}]}",
    "lone surrogate": rb'{"data": [{"event_name": "\ud800"}]}',
    "not UTF-8": b'{"data": [{"event_name": "\xff\xfe"}]}',
    "not UTF-8 outside": b'\xff{"data": []}',
    "not an object": b"[1, 2]",
    "empty": b"",
}


def test_health_answers_without_a_key(stack: Stack) -> None:
    """Monitors see status and version."""
    response = stack.request("GET", "/health")
    assert (response.status, response.json()["status"]) == (200, "ok")


def test_an_unknown_path_is_our_own_404(stack: Stack) -> None:
    """The answer has a slug and says where the doors are."""
    response = stack.request("POST", "/nowhere/at/all/really")
    assert (response.status, response.json()["error"]["slug"]) == (404, "no_such_route")


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_a_clear_4xx_at_the_conversions_api_door(stack: Stack, name: str) -> None:
    """Whatever the bytes are, the caller hears what is wrong with them."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {stack.server_key}"}
    response = stack.request("POST", f"/v26.0/{stack.dataset}/events", headers, BAD_BODIES[name])
    assert 400 <= response.status < 500
    assert response.json()["error"]["slug"]


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_a_clear_4xx_at_a_webhook_door(stack: Stack, name: str) -> None:
    """Also when it is signed; a gateway that replaced its bytes has broken the signature."""
    response = stack.post_signed(BAD_BODIES[name])
    assert 400 <= response.status < 500
    assert response.json()["error"]["slug"]


def test_a_body_of_one_byte_more_than_a_mebibyte_is_413(stack: Stack) -> None:
    """The largest body passes, one more byte is refused."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {stack.server_key}"}
    event = json.dumps({"data": [purchase()]}).encode()
    path = f"/v26.0/{stack.dataset}/events"
    assert stack.request("POST", path, headers, event.ljust(1_048_576)).status == 200
    response = stack.request("POST", path, headers, event.ljust(1_048_577))
    assert (response.status, response.json()["error"]["slug"]) == (413, "too_large")


def test_a_wrong_server_key_is_401_and_queues_nothing(stack: Stack) -> None:
    """Meta's own token is not a server key either."""
    event = purchase()
    token = stack.settings["datasets"][stack.dataset]["access_token"]
    for key in ("", "wrong", token, "ключ"):
        response = stack.post_events(event, authorization=f"Bearer {key}".encode().decode("latin-1"))
        assert (response.status, response.json()["error"]["slug"]) == (401, "bad_server_key")
    stack.post_events(after := purchase())
    eventually(lambda: stack.received(after["event_id"]))
    assert not stack.received(event["event_id"])


def test_a_body_sent_as_binary_is_read_as_the_same_bytes(stack: Stack) -> None:
    """API Gateway hands over what it takes for binary as base64; the signature still holds."""
    response = stack.post_signed(b'{"not": "an order"}', content_type="application/octet-stream")
    assert (response.status, response.json()["error"]["slug"]) == (400, "wrong_topic_shape")


def test_one_bad_event_does_not_stop_the_others(stack: Stack) -> None:
    """The answer counts what was accepted and names each event that was not."""
    good, denied = purchase(), purchase(consent={"granted": False, "at": 1})
    response = stack.post_events(good, purchase(custom_data={"value": 1}), denied, {"nonsense": True})
    assert response.status == 200
    answer = response.json()
    assert answer["events_received"] == 1
    assert answer["messages"] == ["data[1]: currency_missing", "data[2]: denied", "data[3]: event_name_missing"]
    assert eventually(lambda: stack.received(good["event_id"]))
