"""`sluice dead redrive` and `drop`."""

import json
import time
from collections.abc import Callable, Sequence

import boto3
import pytest
from botocore.stub import Stubber

from cli.dead_moves import send_back
from cli.delivery_items import Pace
from cli.letters import Letter
from cli.reading import Reading
from sluice.consent.ledger import Statement
from sluice.delivery.parcel import State
from sluice.envelope import decode
from sluice.outside.queues import EventQueue
from tests.cli.conftest import Run
from tests.cli.dead import bury, fresh, visible, whole_request
from tests.cli.tables import PERSON, TableStack, subjects
from tests.emulator import REGION
from tests.samples import DATASET, OTHER_DATASET, dataset_changed, ids_in

FAST = ("--yes", "--rate", "1000")


@pytest.fixture
def dead(sluice: Run) -> Run:
    """``dead("redrive")``."""
    return lambda *arguments, **keywords: sluice("dead", *arguments, **keywords)


@pytest.fixture
def queued(tables: TableStack) -> Callable[[], list[str]]:
    """The event ids that the event queue shows."""
    return lambda: sorted(
        event_id for message in visible(tables, tables.event_queue) for event_id in ids_in(message["Body"])
    )


@pytest.fixture
def given_up(tables: TableStack) -> Callable[[], list[str]]:
    """The event ids that the dead-letter queue shows."""
    return lambda: sorted(
        event_id for message in visible(tables, tables.dead_letter_queue) for event_id in ids_in(message["Body"])
    )


def test_redrive(tables: TableStack, dead: Run, given_up: Callable[[], list[str]]) -> None:
    """The letter goes back as it is, in the group of its dataset; a sender may then claim what had been given up."""
    (parcel,) = bury(tables, fresh("event-1"))
    output = dead("redrive", *FAST).output
    assert "1 of 1 can be redriven." in output
    assert "Redriven: 1 of 1." in output
    (message,) = visible(tables, tables.event_queue)
    assert message["Attributes"]["MessageGroupId"] == DATASET
    parcel.envelope = decode(message["Body"])
    tables.deliveries.claim([parcel], "new-owner", int(time.time()))
    assert (parcel.state, parcel.attempts) == (State.CLAIMED, 2)
    assert given_up() == []


def test_only_what_is_meant(
    tables: TableStack, dead: Run, queued: Callable[[], list[str]], given_up: Callable[[], list[str]]
) -> None:
    """By id, or by a filter; the rest stays, and can be seen at once."""
    bury(tables, *(fresh(f"event-{number}") for number in range(10, 30)))
    bury(tables, fresh("event-30"), fresh("event-31", name="Purchase"), slug="retention_reached")
    letters = json.loads(dead("list", "--json").stdout)["letters"]
    first = next(letter["id"] for letter in letters if letter["events"][0]["event_id"] == "event-10")
    dead("redrive", first[:8], *FAST)
    dead("redrive", "--slug", "retention_reached", "--event-name", "Purchase", *FAST)
    assert queued() == ["event-10", "event-31"]
    assert given_up() == [*(f"event-{number}" for number in range(11, 30)), "event-30"]


def test_it_asks(tables: TableStack, dead: Run, queued: Callable[[], list[str]]) -> None:
    """After a no, and in a dry run, nothing moves; after a yes it does."""
    bury(tables, fresh("event-1"))
    assert "Nothing was redriven." in dead("redrive", typed="n\n", exit_code=1).stderr
    assert "Nothing was redriven (--dry-run)." in dead("redrive", "--dry-run").output
    assert queued() == []
    dead("redrive", typed="y\n")
    assert queued() == ["event-1"]


def test_what_may_not_be_sent_stays(
    tables: TableStack, dead: Run, queued: Callable[[], list[str]], given_up: Callable[[], list[str]]
) -> None:
    """Too old for Meta, consent taken back, Meta may have it, or not readable: each is said, and left."""
    keys = subjects(**PERSON)
    bury(tables, fresh("too-old", days_left=0), fresh("taken-back", keys=keys), fresh("good"))
    bury(tables, fresh("unknown"), slug="outcome_unknown")
    tables.queues.dead_letter_text("message-1", "{", "undecodable_envelope", int(time.time()))
    now = int(time.time())
    tables.state(Statement("withdraw", now, now, 0, "server", "ab" * 32, "request-1"), **PERSON)
    output = dead("redrive", "--dry-run").output
    for told in (
        "1 of 5 can be redriven.",
        "stays: expired",
        "stays: withdrawn",
        "withdrawn: The person refused",
        "stays: outcome_unknown",
        "stays: undecodable_envelope (not readable)",
    ):
        assert told in output
    dead("redrive", *FAST)
    assert queued() == ["good"]
    dead("drop", "--slug", "undecodable_envelope", "--yes")
    assert given_up() == ["taken-back", "too-old", "unknown"]


def test_the_policy_in_force_decides(tables: TableStack, dead: Run, queued: Callable[[], list[str]]) -> None:
    """What today's policy does not take stays, and so does what has no dataset in the settings any more."""
    bury(tables, fresh("event-1"))
    tables.store(dataset_changed(consent={"mode": "strict"}))
    assert "stays: flag_not_permitted" in dead("redrive", *FAST).output
    whole = dataset_changed()
    whole["sources"], whole["datasets"] = {}, {OTHER_DATASET: whole["datasets"][OTHER_DATASET]}
    tables.store(whole)
    output = dead("redrive", *FAST).output
    assert "stays: unknown_dataset" in output
    assert "unknown_dataset: The dataset is not in the settings." in output
    assert queued() == []


def test_a_whole_request_goes_when_one_of_its_events_may(
    tables: TableStack, dead: Run, queued: Callable[[], list[str]]
) -> None:
    """The sender looks at each of them again."""
    body = whole_request(fresh("too-old", days_left=-1), fresh("event-2"))
    tables.sqs.send_message(QueueUrl=tables.dead_letter_queue, MessageBody=body)
    dead("redrive", *FAST)
    assert queued() == ["event-2", "too-old"]


def test_nothing_is_removed_before_it_is_stored(
    tables: TableStack, dead: Run, given_up: Callable[[], list[str]]
) -> None:
    """While the event queue does not take a letter it stays where it is, and can be seen at once."""
    bury(tables, fresh("event-1"), fresh("event-2"))
    tables.sqs.delete_queue(QueueUrl=tables.event_queue)
    result = dead("redrive", *FAST, exit_code=1)
    assert "Redriven: 0 of 2." in result.stdout
    assert "A queue of the stack is gone." in result.stderr
    assert given_up() == ["event-1", "event-2"]


def test_without_the_ledger_nothing_goes(
    tables: TableStack, dead: Run, queued: Callable[[], list[str]], given_up: Callable[[], list[str]]
) -> None:
    """Consent that cannot be read is none."""
    bury(tables, fresh("event-1"))
    tables.dynamodb.delete_table(TableName=tables.outputs["ConsentTable"])
    assert "consent table" in dead("redrive", *FAST, exit_code=1).stderr
    assert queued() == []
    assert given_up() == ["event-1"]


def test_each_is_checked_again_directly_before_it_goes(
    tables: TableStack, queued: Callable[[], list[str]], given_up: Callable[[], list[str]]
) -> None:
    """Consent that was taken back after the question was answered holds its letter back."""
    bury(tables, fresh("event-1"), fresh("event-2"))

    def check(letters: Sequence[Letter]) -> dict[str, str]:
        return {each.id: "withdrawn" for each in letters if each.envelope and ids_in(each.body) == ["event-1"]}

    _send_all_back(tables, check, Pace(1_000, lambda: 0.0, lambda _: None))
    assert queued() == ["event-2"]
    assert given_up() == ["event-1"]


def test_no_more_than_the_rate(tables: TableStack) -> None:
    """Five a second: the first at once, each other 200 ms after the one before."""
    bury(tables, *(fresh(f"event-{number}") for number in range(3)))
    clock = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        clock[0] += seconds

    _send_all_back(tables, lambda _: {}, Pace(5, lambda: clock[0], sleep))
    assert slept == [0.0, 0.2, 0.2]


def test_drop(tables: TableStack, dead: Run, given_up: Callable[[], list[str]]) -> None:
    """What is meant is shown, asked about and deleted; the record of the event stays."""
    bury(tables, fresh("event-1"), slug="expired")
    bury(tables, fresh("event-2"))
    assert "Nothing was dropped." in dead("drop", "--slug", "expired", typed="n\n", exit_code=1).stderr
    assert "Nothing was dropped (--dry-run)." in dead("drop", "--slug", "expired", "--dry-run").output
    output = dead("drop", "--slug", "expired", typed="y\n").output
    assert "1 would be dropped: 1 expired." in output
    assert "Dropped: 1 of 1." in output
    assert given_up() == ["event-2"]
    assert "no dead letters that fit" in dead("drop", "--slug", "expired").output


def test_drop_needs_a_choice(tables: TableStack, dead: Run, given_up: Callable[[], list[str]]) -> None:
    """Nobody deletes everything by leaving something out."""
    bury(tables, fresh("event-1"))
    assert "Say which letters" in dead("drop", "--yes", exit_code=1).stderr
    assert given_up() == ["event-1"]


class TestReading:
    """One pass through a queue, with what SQS may answer."""

    @pytest.fixture
    def sqs(self) -> Stubber:
        """An SQS whose answers are written down."""
        return Stubber(boto3.client("sqs", region_name=REGION))

    @staticmethod
    def _reading(sqs: Stubber, *batches: Sequence[str], visible: int) -> Reading:
        counts = {"ApproximateNumberOfMessages": str(visible), "ApproximateNumberOfMessagesNotVisible": "2"}
        sqs.add_response("get_queue_attributes", {"Attributes": counts})
        for ids in batches:
            messages = [
                {"MessageId": each, "ReceiptHandle": f"r-{each}", "Body": "{", "Attributes": {"SentTimestamp": "1000"}}
                for each in ids
            ]
            sqs.add_response("receive_message", {"Messages": messages})
        sqs.activate()
        return Reading(sqs.client, "https://sqs.example.com/1/q")

    def test_each_message_once(self, sqs: Stubber) -> None:
        """A message that comes again in the same pass is known by its id, and given back once."""
        reading = self._reading(sqs, "ab", "bc", "", visible=3)
        sqs.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})
        with reading:
            assert [[letter.id for letter in batch] for batch in reading.batches("-")] == [["a", "b"], ["c"]]
        assert reading.unread == 2
        sqs.assert_no_pending_responses()

    def test_a_pass_ends(self, sqs: Stubber) -> None:
        """A queue that shows nothing but what was read is not read forever; what was not seen is counted."""
        reading = self._reading(sqs, "a", "a", "a", "a", visible=2)
        sqs.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})
        with reading:
            assert [len(batch) for batch in reading.batches("-")] == [1, 0, 0, 0]
        assert reading.unread == 3

    def test_what_cannot_be_given_back_is_no_failure(self, sqs: Stubber) -> None:
        """Its time ends by itself."""
        reading = self._reading(sqs, "a", "", visible=1)
        sqs.add_client_error("change_message_visibility_batch", "ServiceUnavailable")
        with reading:
            assert len(list(reading.batches("-"))) == 1


def _send_all_back(tables: TableStack, check: Callable[[Sequence[Letter]], dict[str, str]], pace: Pace) -> None:
    """Redrive every letter of the stack, without looking through the queue before."""
    with Reading(tables.sqs, tables.dead_letter_queue) as reading:
        going = {letter.id for batch in reading.batches("-") for letter in batch}
    with Reading(tables.sqs, tables.dead_letter_queue) as reading:
        send_back(reading, going, EventQueue(tables.sqs, tables.event_queue), check, pace)
