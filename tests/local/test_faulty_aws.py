"""AWS's bad days: functions that are killed, DynamoDB and SQS that fail. What is accepted arrives; nothing else is."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from local.stack import EMULATOR_PID
from tests.fakes.faulty_aws import FaultyAws
from tests.local.stack import Stack, eventually, purchase

PLACES = {
    "breakers": ("BatchGetItem", "breaker#"),
    "claim": ("BatchExecuteStatement", "INSERT INTO"),
    "ledger": ("BatchGetItem", "ConsentTable"),
    "settle": ("BatchExecuteStatement", "settled_at"),
}
"""What the sender asks AWS for on an event's way, as operation and a text in its body."""


def receptions(shop: Stack, event: dict[str, Any]) -> list[bool]:
    """Each time that Meta received the event: whether as a repetition of one that it has."""
    return [seen["duplicate"] for seen in reversed(shop.received(event["event_id"]))]


def let_waits_end(shop: Stack, proxy: FaultyAws) -> None:
    """Bring forward what would take minutes: messages that the sender let wait are shown, leases are over."""
    for receipt in list(proxy.waits):
        with suppress(ClientError):  # shown already
            shop.client("sqs").change_message_visibility(
                QueueUrl=shop.values["event_queue_url"], ReceiptHandle=receipt, VisibilityTimeout=0
            )
    for item in shop.own_items():
        with suppress(ClientError):  # settled meanwhile
            shop.client("dynamodb").update_item(
                TableName=shop.values["delivery_table"],
                Key={"pk": item["pk"]},
                UpdateExpression="SET lease_until = :now",
                ConditionExpression="#state = :claimed",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":now": {"N": str(int(time.time()) - 1)}, ":claimed": {"S": "claimed"}},
            )


def arrives(shop: Stack, proxy: FaultyAws, *events: dict[str, Any]) -> None:
    """Wait until every event is settled as delivered, and see that Meta counts each of them once."""

    def settled() -> bool:
        let_waits_end(shop, proxy)
        return [item["state"]["S"] for item in shop.own_items()] == ["delivered"] * len(events)

    eventually(settled)
    assert [receptions(shop, event).count(False) for event in events] == [1] * len(events)


@pytest.mark.parametrize("kind", ["500", "503", "throttled", "cut", "cut_after", "slow"])
def test_no_door_says_yes_to_what_is_not_stored(shop: Stack, proxy: FaultyAws, kind: str) -> None:
    """While SQS and DynamoDB fail, events and decisions are answered 503 with the reason; sent again they are taken."""
    event = purchase()
    said = {"dataset": shop.dataset, "user_data": {"external_id": event["event_id"]}, "decision": "grant"}
    key = {"authorization": f"Bearer {shop.server_key}", "content-type": "application/json"}
    decision = json.dumps({**said, "at": int(time.time()) - 60}).encode()
    with proxy.failing(kind), ThreadPoolExecutor() as doors:
        asked = [doors.submit(shop.post_events, event), doors.submit(shop.request, "POST", "/consent", key, decision)]
        answers = [each.result() for each in asked]
    assert [(answer.status, answer.json()["error"]["slug"]) for answer in answers] == [
        (503, "queue_unavailable"),
        (503, "consent_store_unavailable"),
    ]
    assert shop.post_events(event).status == 200
    assert shop.request("POST", "/consent", key, decision).status == 204
    arrives(shop, proxy, event)


@pytest.mark.parametrize(
    ("place", "kind", "times"),
    [
        ("breakers", "500", 1),
        ("claim", "throttled", 1),
        ("claim", "cut", 1),
        ("claim", "cut_after", 1),
        ("ledger", "503", 1),
        ("ledger", "cut", 1),
        ("settle", "500", 2),
        ("settle", "throttled", 2),
        ("settle", "cut_after", 1),
    ],
)
def test_the_sender_tries_again_what_aws_failed_at(
    shop: Stack, proxy: FaultyAws, place: str, kind: str, times: int
) -> None:
    """Whatever it was about to do, the event waits and arrives; twice under its id when no settling was written."""
    operation, text = PLACES[place]
    with proxy.failing(kind, operation=operation, text=text):
        shop.post_events(event := purchase())
        eventually(lambda: proxy.waits)
        assert set(proxy.waits.values()) <= {*range(8, 13), *range(119, 122)}, "the product's own waits"
    arrives(shop, proxy, event)
    assert len(receptions(shop, event)) == times


@pytest.mark.parametrize("place", ["claim", "settle"])
def test_an_answer_that_got_lost_is_asked_for_again(shop: Stack, proxy: FaultyAws, place: str) -> None:
    """DynamoDB did it and the connection broke: the second call finds the first one's work, and nobody waits."""
    operation, text = PLACES[place]
    with proxy.failing("cut_after", operation=operation, text=text, count=1):
        shop.post_events(event := purchase())
        eventually(lambda: shop.own_items() and shop.own_items()[0]["state"]["S"] == "delivered")
        assert (len(proxy.struck), proxy.waits) == (1, {})
    assert receptions(shop, event) == [False]
    assert shop.own_items()[0]["attempts"]["N"] == "1"


def test_a_dead_letter_that_cannot_be_stored_is_no_loss(shop: Stack, proxy: FaultyAws) -> None:
    """While SQS takes no dead letter the refused event waits; later it is stored, once."""
    shop.fault(kind="error", code=100, error_subcode=2804999, for_seconds=600)
    with proxy.failing("503", operation="SendMessageBatch"):
        shop.post_events(event := purchase())
        eventually(lambda: proxy.waits)
        assert not [letter for letter in shop.dead_letters() if event["event_id"] in letter["Body"]]
    eventually(lambda: let_waits_end(shop, proxy) or shop.own_items()[0]["state"]["S"] == "dead")
    (letter,) = [letter for letter in shop.dead_letters() if event["event_id"] in letter["Body"]]
    assert letter["MessageAttributes"]["slug"]["StringValue"] == "meta_refused_event"


def test_a_bad_time_for_everything(shop: Stack, proxy: FaultyAws) -> None:
    """Four calls pass, four fail, each in another way, and so on: who sends until the answer is 200 loses nothing."""
    events = [purchase() for _ in range(12)]
    with proxy.failing("500", "cut_after", "throttled", "cut", "503", burst=4, count=30):
        for event in events:
            eventually(lambda event=event: shop.post_events(event).status == 200)
        arrives(shop, proxy, *events)
        assert len(proxy.struck) > len(events)
        eventually(lambda: let_waits_end(shop, proxy) or shop.waiting_messages() == 0)
    assert not [letter for letter in shop.dead_letters() if shop.dataset in letter["Body"]]


@contextmanager
def shown_again_after(seconds: int, shop: Stack) -> Iterator[None]:
    """A message whose sender died comes back after so many seconds in place of the template's 360."""
    client, queue = shop.client("sqs"), shop.values["event_queue_url"]
    before = client.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    client.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(seconds)})
    try:
        yield
    finally:
        client.set_queue_attributes(QueueUrl=queue, Attributes=before)


def test_a_sender_that_is_killed_after_metas_answer_loses_nothing(shop: Stack, proxy: FaultyAws) -> None:
    """SIGKILL before the settling is written: the message comes back, and Meta sees the event again under its id."""
    operation, text = PLACES["settle"]
    with shown_again_after(5, shop):
        with proxy.failing("hang", operation=operation, text=text):
            shop.post_events(event := purchase())
            key = eventually(shop.own_items)[0]["pk"]["S"]
            kill_caller(eventually(lambda: [call.port for call in proxy.struck if key in call.body])[0])
            assert receptions(shop, event) == [False]
            assert [item["state"]["S"] for item in shop.own_items()] == ["claimed"]
        arrives(shop, proxy, event)
    assert receptions(shop, event) == [False, True]
    assert shop.own_items()[0]["attempts"]["N"] == "2"


def kill_caller(port: int) -> None:
    """SIGKILL for the function's process that calls from this port; the emulator started it."""
    emulator = psutil.Process(int(EMULATOR_PID.read_text().split()[0]))
    (caller,) = (
        child
        for child in emulator.children(recursive=True)
        if any(connection.laddr.port == port for connection in child.net_connections("tcp4"))
    )
    caller.kill()
