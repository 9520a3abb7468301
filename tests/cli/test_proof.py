"""`sluice proof`."""

import json

import pytest
from botocore.stub import ANY, Stubber

from cli.delivery_items import read
from cli.problems import Problem
from sluice.delivery.parcel import State
from sluice.event import delivery_key
from tests.cli.conftest import Run
from tests.cli.tables import TableStack, event_of, settings_of_one
from tests.emulator import client
from tests.samples import DATASET, OTHER_DATASET, document

KEYS = ["subject-key-of-22-chrs", "B" * 22]


def test_a_delivered_event_is_proven(tables: TableStack, sluice: Run) -> None:
    """By its event_id alone: who sent it, why it was allowed, what became of it; subject keys are shortened."""
    (parcel,) = tables.claim(event_of("event-1", KEYS, name="Purchase"))
    parcel.state, parcel.fbtrace_id = State.DELIVERED, "trace-1"
    tables.settle(parcel)
    output = sluice("proof", "event-1").output
    for fact in (
        f"Purchase · dataset {DATASET}",
        "2026-11-20T18:40:00Z, from events",
        "ok_flag",
        "An authenticated server vouched for the person's consent.",
        "delivered: Meta confirmed it.",
        "1, last settled 2026-11-20T18:41:00Z",
        "trace-1",
        "subject-…, BBBBBBBB…",
        "2029-08-16T18:40:00Z",
    ):
        assert fact in output
    assert KEYS[0] not in output


def test_programs_get_json(tables: TableStack, sluice: Run) -> None:
    """The whole record with its subject keys, one object for each event of that id, and nothing else."""
    tables.claim(event_of("event-1", KEYS), event_of("event-1", KEYS, name="LeadSubmitted"), event_of("event-2", []))
    found = json.loads(sluice("proof", "event-1", "--json").stdout)
    assert sorted(each["event_name"] for each in found) == ["LeadSubmitted", "PageView"]
    assert found[0] == {
        "decision": "allow",
        "delivery_key": found[0]["delivery_key"],
        "dataset": DATASET,
        "source": "events",
        "event_name": found[0]["event_name"],
        "accepted_at": "2026-11-20T18:40:00Z",
        "reason": "ok_flag",
        "basis": "flag",
        "policy_version": "0" * 12,
        "decided_at": "2026-11-20T18:40:00Z",
        "consent_at": "2026-11-20T18:40:00Z",
        "subjects": KEYS,
        "state": "claimed",
        "attempts": 1,
        "kept_until": "2029-08-16T18:40:00Z",
        "meaning": "An authenticated server vouched for the person's consent.",
    }


@pytest.mark.parametrize(
    ("state", "slug", "code", "shown"),
    [
        (State.WITHDRAWN, "withdrawn", None, "The person refused or withdrew"),
        (State.DEAD, "meta_refused_event", 100, "meta_refused_event code 100"),
        (State.WAITING, "meta_busy", 4, "meta_busy code 4"),
        (State.DELIVERED, "meta_received_fewer", None, "They count as delivered."),
    ],
)
def test_what_did_not_go_smoothly_says_why(
    tables: TableStack, sluice: Run, state: State, slug: str, code: int | None, shown: str
) -> None:
    """The state, and what stopped the event or failed last."""
    (parcel,) = tables.claim(event_of("event-1", KEYS))
    parcel.state, parcel.slug, parcel.code = state, slug, code
    tables.settle(parcel)
    output = sluice("proof", "event-1").output
    assert f"{state}: " in output
    assert shown in output


def test_the_event_of_an_order_is_found_by_the_order(tables: TableStack, sluice: Run) -> None:
    """It is kept under source and order id, so its event_id finds nothing, and the sentence says what does."""
    tables.claim(event_of("order:shopify-demo:5123456789012", KEYS, name="Purchase"), source="shopify-demo")
    assert "from shopify-demo" in sluice("proof", "--order", "5123456789012").output
    assert "--order with the order's id" in sluice("proof", "checkout-token-1", exit_code=1).stderr
    assert "from shopify-demo" in sluice("proof", "checkout-token-1", "--order", "5123456789012").output


def test_an_event_with_a_name_of_its_own_needs_the_name(tables: TableStack, sluice: Run) -> None:
    """Only Meta's names are tried without --event-name."""
    tables.claim(event_of("event-1", KEYS, name="QuizFinished"))
    assert "--event-name, if it has a name of your own" in sluice("proof", "event-1", exit_code=1).stderr
    assert "QuizFinished" in sluice("proof", "event-1", "--event-name", "QuizFinished").output
    assert "another --event-name" in sluice("proof", "event-1", "--event-name", "Quiz", exit_code=1).stderr


def test_a_dataset_that_left_the_settings_can_be_named(tables: TableStack, sluice: Run) -> None:
    """Every dataset of the settings is tried; another has to be named."""
    tables.store(document())
    tables.claim(event_of("event-1", KEYS))
    assert f"dataset {DATASET}" in sluice("proof", "event-1").output
    gone = settings_of_one()
    gone["datasets"][OTHER_DATASET], gone["sources"] = gone["datasets"].pop(DATASET), {}
    tables.store(gone)
    assert "no longer in the settings" in sluice("proof", "event-1", exit_code=1).stderr
    assert f"dataset {DATASET}" in sluice("proof", "event-1", "--dataset", DATASET).output


@pytest.mark.usefixtures("tables")
def test_no_event_is_told_without_repeating_it(sluice: Run) -> None:
    """What was asked for is not in the sentence; without an id and an order there is nothing to ask."""
    result = sluice("proof", "jo.sample@example.com", exit_code=1)
    assert "jo.sample" not in result.output
    assert "more than 1000 days ago" in result.stderr
    assert "its event_id, or --order" in sluice("proof", exit_code=1).stderr


def test_a_reason_of_another_version_is_shown(tables: TableStack, sluice: Run) -> None:
    """A record outlives the version that wrote it."""
    tables.claim(event_of("event-1", KEYS))
    tables.dynamodb.update_item(
        TableName=tables.table,
        Key={"pk": {"S": delivery_key(DATASET, "PageView", "event-1")}},
        UpdateExpression="SET reason = :new",
        ExpressionAttributeValues={":new": {"S": "ok_from_2031"}},
    )
    output = sluice("proof", "event-1").output
    assert "ok_from_2031" in output
    assert "does not know the reason" in output


def test_more_keys_than_a_batch_holds_are_read(tables: TableStack) -> None:
    """A hundred keys a call; a key that is asked for twice is read once."""
    tables.claim(*(event_of(f"event-{number}", KEYS) for number in range(120)))
    keys = [delivery_key(DATASET, "PageView", f"event-{number}") for number in range(120)]
    assert len(list(read(tables.dynamodb, tables.table, [*keys, *keys, "nothing"]))) == 120


def test_keys_that_dynamodb_leaves_are_asked_for_again() -> None:
    """A busy DynamoDB answers a part; the rest is asked for again, and not forever."""
    dynamodb = client("dynamodb", "http://127.0.0.1:1")
    left = {"t": {"Keys": [{"pk": {"S": "b"}}], "ConsistentRead": True}}
    with Stubber(dynamodb) as stubber:
        stubber.add_response(
            "batch_get_item", {"Responses": {"t": [{"pk": {"S": "a"}}]}, "UnprocessedKeys": left}, {"RequestItems": ANY}
        )
        stubber.add_response(
            "batch_get_item", {"Responses": {"t": [{"pk": {"S": "b"}}]}, "UnprocessedKeys": {}}, {"RequestItems": left}
        )
        assert [item["pk"]["S"] for item in read(dynamodb, "t", "ab")] == ["a", "b"]
    with Stubber(dynamodb) as stubber:
        for _ in range(5):
            stubber.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
        with pytest.raises(Problem, match="too busy"):
            list(read(dynamodb, "t", "b"))
