"""Consent that is recorded, and taken back, over HTTP: the real ledger between the real doors and the real sender."""

import json
import time
import uuid
from typing import Any

import pytest

from tests.local.stack import Stack, eventually, forms, purchase

ORIGIN = "https://shop.example.de"


def tell(stack: Stack, door: str, headers: dict[str, str] | None = None, **told: Any) -> Any:
    """The response to a decision; a server's, with its key, unless headers are given."""
    sent = {"authorization": f"Bearer {stack.server_key}", "content-type": "application/json"}
    body = json.dumps({"dataset": stack.dataset, **told}).encode()
    return stack.request("POST", door, sent if headers is None else headers, body)


def person() -> dict[str, str]:
    """Somebody of whom nothing is known yet: an address, the shop's id, the browser's id."""
    number = uuid.uuid4().int
    return {
        "em": f"p{number}@example.de",
        "external_id": f"customer-{number}",
        "fbp": f"fb.1.{int(time.time())}000.{number % 10**10}",
        "client_user_agent": "Mozilla/5.0",
    }


def items_since(stack: Stack, known: set[str], state: str) -> list[dict[str, Any]]:
    """The delivery items that are new and in that state."""
    return [item for item in stack.items() if item["pk"]["S"] not in known and item["state"]["S"] == state]


@pytest.mark.parametrize("way", ["server", "browser"])
def test_withdrawn_while_meta_is_down(stack: Stack, way: str) -> None:
    """Granted, accepted, tried in vain, withdrawn: when Meta is back none of the person's events arrives."""
    somebody, now = person(), int(time.time())
    eventually(lambda: stack.waiting_messages() == 0)
    known = {item["pk"]["S"] for item in stack.items()}
    assert tell(stack, "/consent", user_data=somebody, decision="grant", at=now - 60).status == 204
    stack.fault(kind="status", status=503)
    events = [purchase(user_data=somebody, consent=consent) for consent in (None, {"granted": True, "at": now - 60})]
    assert stack.post_events(*events).json()["events_received"] == 2
    eventually(lambda: len(items_since(stack, known, "waiting")) == 2)
    if way == "server":
        response = tell(stack, "/consent/withdraw", user_data={"external_id": somebody["external_id"]})
    else:
        beacon = {"origin": ORIGIN, "content-type": "text/plain;charset=UTF-8"}
        response = tell(stack, "/consent/withdraw", beacon, user_data={"fbp": somebody["fbp"]})
        assert response.headers["access-control-allow-origin"] == ORIGIN
    assert (response.status, response.data) == (204, b"")
    items = eventually(lambda: items if len(items := items_since(stack, known, "withdrawn")) == 2 else None)
    assert {item["slug"]["S"] for item in items} == {"withdrawn"}
    eventually(lambda: stack.waiting_messages() == 0)
    assert [stack.received(event["event_id"]) for event in events] == [[], []]
    text = stack.logs() + json.dumps(items) + json.dumps(stack.dead_letters())
    for marker in (somebody["em"], somebody["external_id"], somebody["fbp"]):
        for shape in forms(marker):
            assert shape not in text


def test_a_recorded_grant_lets_an_event_without_a_signal_pass(stack: Stack) -> None:
    """What `POST /consent` recorded is the reason why the event was sent; before that it was denied."""
    somebody, now = person(), int(time.time())
    eventually(lambda: stack.waiting_messages() == 0)
    known = {item["pk"]["S"] for item in stack.items()}
    early = stack.post_events(purchase(user_data=somebody, consent=None)).json()
    assert (early["events_received"], early["messages"]) == (0, ["data[0]: no_signal"])
    assert tell(stack, "/consent", user_data={"em": somebody["em"]}, decision="grant", at=now - 60).status == 204
    event = purchase(user_data=somebody, consent=None)
    assert stack.post_events(event).json()["events_received"] == 1
    (seen,) = eventually(lambda: stack.received(event["event_id"]))
    assert seen["raw_identifier"] == []
    (item,) = eventually(lambda: items_since(stack, known, "delivered"))
    assert (item["reason"]["S"], item["basis"]["S"], item["consent_at"]["N"]) == ("ok_ledger", "ledger", str(now - 60))


def test_a_withdrawal_answers_the_same_for_everybody(stack: Stack) -> None:
    """Known or not, asked once or twice: 204 without a body. Without a key, an address withdraws nobody."""
    somebody = person()
    tell(stack, "/consent", user_data=somebody, decision="grant", at=int(time.time()) - 60)
    for given in (somebody, somebody, person()):
        response = tell(stack, "/consent/withdraw", user_data=given)
        assert (response.status, response.data) == (204, b"")
    response = tell(stack, "/consent/withdraw", {"origin": ORIGIN}, user_data={"em": somebody["em"]})
    assert (response.status, response.json()["error"]["slug"]) == (401, "bad_server_key")
    response = tell(stack, "/consent/withdraw", {"origin": "https://other.example"}, user_data={"fbp": somebody["fbp"]})
    assert (response.status, response.json()["error"]["slug"]) == (403, "bad_origin")
