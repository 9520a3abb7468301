"""`sluice dead list` and `show`."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.dead import KEYS, bury, fresh, visible, whole_request
from tests.cli.tables import TableStack
from tests.samples import DATASET, OTHER_DATASET

DAY = 86_400
TEXT = '{"user_data": "jo.sample@example.com"'
"""A message that is no envelope, with what nobody may see."""


@pytest.fixture
def dead(sluice: Run) -> Run:
    """``dead("list")``; nothing that tells of a person is ever shown."""

    def run(*arguments: str, **options: Any) -> Any:
        result = sluice("dead", *arguments, **options)
        hashed = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of x, as in the sample event
        assert not [told for told in (KEYS[0], "jo.sample", hashed, "user_data") if told in result.output]
        return result

    return run


def listed(dead: Run, *options: str) -> list[dict[str, Any]]:
    """The letters that the list shows to a program."""
    found: list[dict[str, Any]] = json.loads(dead("list", "--json", *options).stdout)["letters"]
    return found


@pytest.mark.usefixtures("tables")
def test_no_letters(dead: Run) -> None:
    """None is an answer, not an error."""
    assert "no dead letters that fit" in dead("list").output
    assert json.loads(dead("list", "--json").stdout) == {"letters": [], "about_unread": 0}


def test_list(tables: TableStack, dead: Run) -> None:
    """A row a letter, the earliest first, with event and reason; looking takes nothing away, however many there are."""
    bury(tables, fresh("event-1", name="Purchase"), code=100, subcode=2804009, at=1_795_200_000)
    bury(tables, *(fresh(f"event-{number}") for number in range(2, 25)), slug="expired", at=1_795_300_000)
    for _ in range(2):
        output = dead("list").output
        first, *_, last = [line.split() for line in output.splitlines() if DATASET in line]
        assert first[1:] == [
            "2026-11-20T18:40:00Z", DATASET, "Purchase", "meta_refused_event", "code", "100", "subcode", "2804009"
        ]  # fmt: skip
        assert last[1:] == ["2026-11-21T22:26:40Z", DATASET, "PageView", "expired"]
        assert "24: 23 expired, 1 meta_refused_event." in output
    assert len(visible(tables, tables.dead_letter_queue)) == 24


def test_a_narrow_terminal_breaks_no_word(tables: TableStack, dead: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dataset and reason can be copied into a filter, and found by grep."""
    monkeypatch.setenv("COLUMNS", "80")
    bury(tables, fresh("event-1", name="QuizFinished"), code=100, subcode=2804019)
    tables.queues.dead_letter_text("message-1", TEXT, "undecodable_envelope", int(time.time()))
    words = dead("list").output.split()
    for word in (DATASET, "QuizFinished", "meta_refused_event", "2804019", "undecodable_envelope"):
        assert word in words


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["event-1", "event-2", "event-3", None]),
        (("--dataset", DATASET), ["event-1", "event-2", "event-3"]),
        (("--dataset", OTHER_DATASET), []),
        (("--slug", "expired", "--slug", "undecodable_envelope"), ["event-2", None]),
        (("--event-name", "Purchase"), ["event-1"]),
        (("--older-than", "12h"), ["event-1"]),
        (("--newer-than", "12h", "--slug", "meta_refused_event"), ["event-3"]),
    ],
)
def test_filters(tables: TableStack, dead: Run, options: tuple[str, ...], found: list[str | None]) -> None:
    """Everything that is given must fit; what cannot be read has no dataset and no event."""
    now = int(time.time())
    bury(tables, fresh("event-1", name="Purchase"), at=now - DAY)
    bury(tables, fresh("event-2"), slug="expired", at=now - 120)
    bury(tables, fresh("event-3"), at=now - 60)
    tables.queues.dead_letter_text("message-1", TEXT, "undecodable_envelope", now)
    ids = [letter["events"][0]["event_id"] if "events" in letter else None for letter in listed(dead, *options)]
    assert ids == found


def test_programs_get_json(tables: TableStack, dead: Run) -> None:
    """Every fact that may be known, times in ISO 8601."""
    entry = fresh("event-1")
    bury(tables, entry, code=100, fbtrace_id="trace-1", at=1_795_200_000)
    (letter,) = listed(dead)
    assert letter["id"] in {found["MessageId"] for found in visible(tables, tables.dead_letter_queue)}
    (event,) = letter.pop("events")
    assert {name: value for name, value in letter.items() if name not in {"id", "bytes", "kept_until"}} == {
        "slug": "meta_refused_event",
        "code": 100,
        "fbtrace_id": "trace-1",
        "attempts": 1,
        "given_up_at": "2026-11-20T18:40:00Z",
        "dataset": DATASET,
        "source": "events",
        "accepted_at": "2026-11-20T18:40:00Z",
    }
    assert {name: value for name, value in event.items() if not name.endswith(("_at", "_time", "_until"))} == {
        "event_name": "PageView",
        "event_id": "event-1",
        "delivery_key": entry.key,
        "reason": "ok_flag",
        "basis": "flag",
        "policy_version": "0" * 12,
    }


def test_letters_that_somebody_holds_are_told(tables: TableStack, dead: Run) -> None:
    """What another command has taken cannot be seen, and the list says so, on the other channel."""
    bury(tables, fresh("event-1"), fresh("event-2"))
    tables.sqs.receive_message(QueueUrl=tables.dead_letter_queue, MaxNumberOfMessages=1)
    result = dead("list")
    assert "1: 1 meta_refused_event." in result.stdout
    assert "about 1 could not be read" in result.stderr
    assert json.loads(dead("list", "--json").stdout)["about_unread"] == 1


def test_show(tables: TableStack, dead: Run) -> None:
    """One letter by its first eight characters: event, reason with Meta's meaning, decision, what to do."""
    bury(tables, fresh("event-1", name="Purchase"), code=100, subcode=2804009, attempts=3, fbtrace_id="trace-1")
    (letter,) = listed(dead)
    output = " ".join(dead("show", letter["id"][:8]).output.split())
    for fact in (
        letter["id"],
        "after 3 attempts",
        "meta_refused_event code 100 subcode 2804009",
        "A Purchase without value.",
        "trace-1",
        f"{DATASET}, from events on 2026-11-20T18:40:00Z",
        "Purchase, event_id event-1",
        "ok_flag",
        letter["events"][0]["delivery_key"],
        letter["kept_until"],
    ):
        assert fact in output
    assert json.loads(dead("show", letter["id"], "--json").stdout).keys() == {*letter, "meaning"}


def test_what_cannot_be_read_shows_its_size_only(tables: TableStack, dead: Run) -> None:
    """Of a message that is no envelope nothing is known but reason and size; its text may be anything."""
    tables.queues.dead_letter_text("message-1", TEXT, "undecodable_envelope", 1_795_200_000)
    (letter,) = listed(dead)
    assert set(letter) == {"id", "slug", "given_up_at", "kept_until", "bytes"}
    assert letter["bytes"] == 37
    output = dead("show", letter["id"]).output
    assert "37 bytes" in output
    assert "undecodable_envelope" in output


def test_what_sqs_moved_has_no_reason(tables: TableStack, dead: Run) -> None:
    """SQS moves whole messages, without attributes, when they were received too often."""
    body = whole_request(fresh("event-1"), fresh("event-2"), fresh("event-3", name="Purchase"))
    tables.sqs.send_message(QueueUrl=tables.dead_letter_queue, MessageBody=body)
    assert "PageView, Purchase (3 events)" in dead("list", "--slug", "too_many_receives").output
    (letter,) = listed(dead)
    assert "event_id event-2" in dead("show", letter["id"]).output


def test_nothing_that_a_terminal_obeys_is_printed(tables: TableStack, dead: Run) -> None:
    """Names come from senders: what a terminal would take for a command is written out."""
    bury(tables, fresh("event-\x1b[2J", name="Quiz\x1b]0;x"))
    (letter,) = listed(dead)
    output = dead("list").output + dead("show", letter["id"]).output
    assert "\x1b" not in output
    assert "Quiz\\u001b]0;x" in output


def test_no_such_letter(tables: TableStack, dead: Run) -> None:
    """An id that nothing has is told; too short a one is a wrong call."""
    bury(tables, fresh("event-1"))
    assert "sluice dead list" in dead("show", "0" * 36, exit_code=1).stderr
    assert "first eight characters" in dead("show", "0", exit_code=2).stderr


@pytest.mark.parametrize("text", ["yesterday", "12", "-1h", "1w"])
def test_an_age_that_is_none(dead: Run, text: str) -> None:
    """What is no length of time is a wrong call, before AWS is asked."""
    assert "7d" in dead("list", "--older-than", text, exit_code=2).stderr


def test_the_local_stack(emulator: str, local_stack: Callable[[str, str], None], dead: Run) -> None:
    """--local means the queues of `make up`; there are none in this one."""
    local_stack(emulator, "secret")
    assert "A queue of the stack is gone." in dead("list", "--local", exit_code=1).stderr


def test_a_queue_that_is_gone(tables: TableStack, dead: Run) -> None:
    """What AWS answers is explained."""
    tables.sqs.delete_queue(QueueUrl=tables.dead_letter_queue)
    assert "A queue of the stack is gone." in dead("list", exit_code=1).stderr
