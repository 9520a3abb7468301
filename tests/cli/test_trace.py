"""`sluice trace`."""

import json
import time
from typing import Any

import pytest

from cli.delivery_items import read
from sluice.delivery.breaker import Breaker
from sluice.delivery.parcel import Parcel, State
from sluice.event import delivery_key
from tests.cli.conftest import Run
from tests.cli.dead import KEYS, bury, fresh, visible
from tests.cli.tables import TableStack, event_of, settings_of_one
from tests.emulator import client
from tests.samples import DATASET, OTHER_DATASET, document, head


@pytest.fixture
def trace(sluice: Run) -> Run:
    """``trace("event-1")``; the output of people is one line, and no subject key is ever in it."""

    def run(*arguments: str, **options: Any) -> Any:
        result = sluice("trace", *arguments, **options)
        assert "--json" in arguments or KEYS[0] not in result.output
        return result

    return run


def told(trace: Run, *arguments: str) -> str:
    """What people read, as one line."""
    return " ".join(trace(*arguments).stdout.split())


def hold(tables: TableStack, *parcels: Parcel) -> None:
    """Put events into the hold queue, as a sender does with what may not be sent now."""
    assert tables.queues.hold({"message-1": parcels}) == {"message-1"}


def attempt(tables: TableStack, state: State, **outcome: Any) -> Parcel:
    """One attempt at event-1, and how it ended."""
    (parcel,) = tables.claim(event_of("event-1", KEYS, name="Purchase"))
    parcel.state = state
    for field, value in outcome.items():
        setattr(parcel, field, value)
    tables.settle(parcel)
    return parcel


@pytest.mark.parametrize(
    ("state", "outcome", "facts"),
    [
        (
            State.DELIVERED,
            {"fbtrace_id": "trace-1"},
            ["2026-11-20T18:41:00Z Delivered, attempt 1. Meta's fbtrace_id: trace-1.", "Next Nothing: Meta has it."],
        ),
        (
            State.DELIVERED,
            {"slug": "meta_received_fewer", "fbtrace_id": "trace-1"},
            [
                "Delivered, attempt 1, but Meta counted fewer events than the request held.",
                "Nothing: Meta may lack it.",
            ],
        ),
        (
            State.DELIVERED,
            {"slug": "meta_busy", "code": 4},
            ["An attempt before had failed: meta_busy code 4 (Request limit of the app)."],
        ),
        (
            State.WITHDRAWN,
            {"slug": "withdrawn"},
            ["Withdrawn before attempt 1 was sent: withdrawn. The person refused", "not sent, also if it comes again."],
        ),
        (State.WITHDRAWN, {"slug": "text_outdated"}, ["it is not sent, unless it comes again."]),
        (
            State.WAITING,
            {"slug": "meta_busy", "code": 4, "subcode": 7, "wait": 60},
            ["Attempt 1 failed: meta_busy code 4 subcode 7 (Request limit of the app).", "was due at 2026-11-20T18:42"],
        ),
        (
            State.WAITING,
            {"slug": "timed_out", "unknown_since": 1_795_200_030, "wait": 10**9},
            ["2026-11-20T18:40:30Z Sent without an answer", "A sender tries it again at 2058-07-29T20:27:40Z."],
        ),
        (
            State.DEAD,
            {"slug": "meta_refused_event", "code": 100},
            ["Given up after attempt 1: meta_refused_event code 100 (Invalid parameter).", "its dead letter is gone"],
        ),
        (
            State.DEAD,
            {"slug": "meta_refused_event", "code": 100, "subcode": 2804009},
            ["meta_refused_event code 100 subcode 2804009 (A Purchase without value)."],
        ),
    ],
)
def test_the_story_of_an_event(
    tables: TableStack, trace: Run, state: State, outcome: dict[str, Any], facts: list[str]
) -> None:
    """Accepted, allowed, attempted, in order, and what comes next, in plain words."""
    attempt(tables, state, **outcome)
    story = told(trace, "event-1")
    for fact in (
        f"Purchase · dataset {DATASET}",
        "2026-11-20T18:40:00Z Accepted from events.",
        "2026-11-20T18:40:00Z Allowed: ok_flag. An authenticated server vouched for the person's consent.",
        *facts,
    ):
        assert fact in story


@pytest.mark.parametrize(
    ("state", "slug", "told_so"),
    [
        (State.WAITING, "timed_out", "Attempt 2 failed: timed_out."),
        (State.WITHDRAWN, "withdrawn", "Withdrawn before attempt 2 was sent: withdrawn. The person"),
        (State.DEAD, "expired", "Given up after attempt 2: expired."),
    ],
)
def test_what_meta_said_before_is_no_reason_for_what_came_after(
    tables: TableStack, trace: Run, state: State, slug: str, told_so: str
) -> None:
    """The item keeps Meta's code and trace id of an earlier attempt; they are not told of one that had none."""
    parcel = attempt(tables, State.WAITING, slug="meta_busy", code=4, subcode=7, fbtrace_id="trace-1")
    tables.deliveries.claim([parcel], "another", int(time.time()))
    parcel.state, parcel.slug, parcel.code, parcel.subcode, parcel.fbtrace_id = state, slug, None, None, ""
    assert not tables.deliveries.settle([parcel], "another", int(time.time()))
    story = told(trace, "event-1")
    assert told_so in story
    assert "code 4" not in story
    assert "trace-1" not in story


def test_an_event_that_a_sender_has(tables: TableStack, trace: Run) -> None:
    """While the lease runs a sender works on it; afterwards another one goes on."""
    (parcel,) = tables.claim(event_of("event-1", KEYS))
    assert "Its sender ended before it could note the result." in told(trace, "event-1")
    parcel.state, parcel.slug = State.WAITING, "meta_failed"
    tables.settle(parcel)
    tables.deliveries.claim([parcel], "another", int(time.time()))
    story = told(trace, "event-1")
    assert "Attempt 1 failed: meta_failed." in story
    assert "A sender took it up, attempt 2." in story
    assert "A sender works on it now." in story


def test_the_event_of_an_order_is_found_by_the_order(tables: TableStack, trace: Run) -> None:
    """An order's id is tried for every source of the settings, an event_id as servers and as browsers send it."""
    tables.claim(event_of("order:shopify-demo:5123456789012", KEYS, name="Purchase"), source="shopify-demo")
    tables.claim(event_of("browser:event-7", KEYS))
    assert "Accepted from shopify-demo." in told(trace, "5123456789012")
    assert "PageView" in told(trace, "event-7")


def test_programs_get_json(tables: TableStack, trace: Run) -> None:
    """The evidence of the delivery item, the moments of the retry, and the letter."""
    bury(tables, fresh("event-1", name="Purchase"), code=100)
    (story,) = json.loads(trace("event-1", "--json").stdout)
    assert {name: story[name] for name in ("event_name", "dataset", "source", "state", "slug", "code", "attempts")} == {
        "event_name": "Purchase",
        "dataset": DATASET,
        "source": "events",
        "state": "dead",
        "slug": "meta_refused_event",
        "code": 100,
        "attempts": 1,
    }
    assert story["dead_letter"]["events"][0]["event_id"] == "event-1"
    assert story["lease_until"] == "2026-11-20T18:42:00Z"
    assert story["next"].startswith("Nothing by itself. Meta refused this event")


def test_a_dead_letter_says_what_can_be_done(tables: TableStack, trace: Run) -> None:
    """Redrive while Meta takes the event, drop afterwards; the letter can be seen by others at once."""
    bury(tables, fresh("event-1"), slug="retention_reached")
    bury(tables, fresh("event-2", days_left=0), slug="expired")
    story = told(trace, "event-1")
    (first, *_) = [
        found["MessageId"] for found in visible(tables, tables.dead_letter_queue) if "event-1" in found["Body"]
    ]
    assert f"Put into the dead-letter queue as {first[:8]}." in story
    assert f"`sluice dead redrive {first[:8]}`" in story


def test_a_dead_letter_that_is_too_old(tables: TableStack, trace: Run) -> None:
    """Nothing can be done but to drop it; after a delivery its letter is left over."""
    (parcel,) = bury(tables, fresh("event-1", days_left=-1), slug="expired")
    assert "Meta takes it no more. Drop it: `sluice dead drop " in told(trace, "event-1")
    parcel.state = State.DELIVERED
    tables.settle(parcel)
    assert "Its dead letter is left over: `sluice dead drop " in told(trace, "event-1")


def test_a_letter_that_somebody_holds(tables: TableStack, trace: Run) -> None:
    """A letter that could not be seen is not said to be gone."""
    bury(tables, fresh("event-1"))
    visible(tables, tables.dead_letter_queue)
    result = trace("event-1")
    assert "About 1 messages of the dead-letter queue could not be looked at." in result.stderr
    assert "not among those that could be read" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("slug", "hint"),
    [("meta_refuses_token", "`sluice settings edit`"), ("meta_busy", "Meta does not take its requests.")],
)
def test_a_held_event(tables: TableStack, trace: Run, slug: str, hint: str) -> None:
    """It has no delivery item yet; the message tells what came, and the breaker why nothing is sent."""
    tables.breakers.write(DATASET, Breaker("open", slug, 1_795_200_600))
    hold(tables, Parcel("message-1", head(), fresh("event-1")), Parcel("message-1", head(), fresh("event-2")))
    story = told(trace, "event-1")
    assert "Accepted from events." in story
    assert f"2026-11-20T18:50:00Z Sending for the dataset was halted: {slug}." in story
    assert "Put into the hold queue." in story
    assert "It waits in the hold queue: nothing is sent for its dataset now." in story
    assert hint in story
    (shown,) = json.loads(trace("event-1", "--json").stdout)
    assert shown["breaker"] == {"state": "open", "slug": slug, "since": "2026-11-20T18:50:00Z"}
    assert "held_since" in shown
    assert len(visible(tables, tables.hold_queue)) == 1


def test_a_hold_queue_that_is_being_emptied_is_left_alone(tables: TableStack, trace: Run) -> None:
    """What is looked at would be hidden from the steward, which might take the queue for empty."""
    attempt(tables, State.WAITING, slug="meta_busy")
    tables.breakers.write(OTHER_DATASET, Breaker("draining", "", 1_795_200_600))
    hold(tables, Parcel("message-1", head(), fresh("event-2")))
    assert "is emptying it now" in trace("event-1").stderr
    tables.breakers.close(OTHER_DATASET)
    assert "though its dataset is open" in told(trace, "event-2")


def test_on_the_way_to_the_hold_queue(tables: TableStack, trace: Run) -> None:
    """An event that was on its way when its dataset was halted is set aside next."""
    attempt(tables, State.WAITING, slug="meta_refuses_token", code=190)
    tables.breakers.write(DATASET, Breaker("open", "meta_refuses_token", 1_795_200_600))
    assert "It waits, or is on its way to the hold queue" in told(trace, "event-1")


def test_an_event_with_a_name_of_its_own(tables: TableStack, trace: Run) -> None:
    """Without --event-name only Meta's names are tried in the table; a message is found by its event_id anyway."""
    tables.claim(event_of("event-1", KEYS, name="QuizFinished"))
    assert "--event-name" in trace("event-1", exit_code=1).stderr
    assert "QuizFinished" in told(trace, "event-1", "--event-name", "QuizFinished")
    bury(tables, fresh("event-2", name="QuizFinished"))
    assert "Given up after attempt 1" in told(trace, "event-2")
    trace("event-2", "--dataset", OTHER_DATASET, exit_code=1)


def test_a_dataset_can_be_named(tables: TableStack, trace: Run) -> None:
    """Every dataset of the settings is tried; one that has left them has to be named."""
    tables.store(document())
    tables.claim(event_of("event-1", KEYS))
    assert f"dataset {DATASET}" in told(trace, "event-1")
    gone = settings_of_one()
    gone["datasets"][OTHER_DATASET], gone["sources"] = gone["datasets"].pop(DATASET), {}
    tables.store(gone)
    assert "no longer in the settings" in trace("event-1", exit_code=1).stderr
    assert f"dataset {DATASET}" in told(trace, "event-1", "--dataset", DATASET)


def test_no_event_is_told_without_repeating_it(tables: TableStack, trace: Run) -> None:
    """What was asked for is not in the sentence, nor is anything written."""
    result = trace("jo.sample@example.com", exit_code=1)
    assert "jo.sample" not in result.output
    assert "no sender has taken it up yet" in result.stderr
    key = delivery_key(DATASET, "Purchase", "jo.sample@example.com")
    assert list(read(tables.dynamodb, tables.table, [key])) == []


def test_a_stack_from_before_the_hold_queue(tables: TableStack, trace: Run) -> None:
    """It has none to look into."""
    tables.claim(event_of("event-1", KEYS))
    outputs = {name: {"Value": value} for name, value in tables.outputs.items() if name != "HoldQueueUrl"}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    cloudformation = client("cloudformation", tables.url)
    cloudformation.create_stack(StackName="from-before", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="from-before")
    assert "Accepted from events." in told(trace, "event-1", "--stack", "from-before")


def test_a_table_that_is_gone(tables: TableStack, trace: Run) -> None:
    """What cannot be read is told."""
    tables.dynamodb.delete_table(TableName=tables.table)
    assert "delivery table is busy" in trace("event-1", exit_code=1).stderr
