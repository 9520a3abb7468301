"""Meta's bad days, message versions: what is accepted arrives once, or is a dead letter with its reason."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.local.stack import Stack, eventually, purchase

EXPECTED = {
    "hang": "meta_timeout",
    "drip": "meta_timeout",
    "status": "meta_busy",
    "reset": "meta_broken_answer",
    "html": "meta_unreadable_answer",
    "empty": "meta_unreadable_answer",
    "truncated": "meta_broken_answer",
}
"""Every fault of the simulator that is no answer about the events, with the reason that the sender logs."""
FAULTS = [{"kind": kind, "after_receiving": after} for kind in EXPECTED for after in (False, True)]
REFUSED = {"kind": "error", "code": 100, "error_subcode": 2804999}
OUTAGE = {"kind": "status", "status": 503, "for_seconds": 600}
DEAD_TOKEN = {"kind": "error", "status": 401, "code": 190, "for_seconds": 600}


class Struck(NamedTuple):
    """A shop, the two events of one request, and the fault that met their request (None: no fault)."""

    shop: Stack
    events: list[dict[str, Any]]
    fault: dict[str, Any] | None = None

    def receptions(self) -> list[list[bool]]:
        """For each event, each time that Meta received it: whether as a repetition of one that it has."""
        return [[seen["duplicate"] for seen in reversed(self.shop.received(e["event_id"]))] for e in self.events]

    def fates(self) -> list[str]:
        """For each event what became of it, and after how many attempts."""
        return sorted(f"{item['state']['S']} {item['attempts']['N']}" for item in self.shop.own_items())

    def reasons(self) -> list[str]:
        """Why its requests failed, as the sender logs it."""
        lines = [json.loads(line) for line in self.shop.logs().splitlines() if f'"{self.shop.dataset}"' in line]
        return [line["slug"] for line in lines if line["message"] == "not_sent"]

    def letters(self) -> list[dict[str, Any]]:
        """Its dead letters."""
        return [letter for letter in self.shop.dead_letters() if f'"{self.shop.dataset}"' in letter["Body"]]


@pytest.fixture(scope="module")
def struck(stack: Stack, shops: Iterator[Stack]) -> dict[str, Struck]:
    """A shop for each fault, by the fault, and a calm one; their events come to the sender in two batches."""
    found = {}
    stack.client("sqs").purge_queue(QueueUrl=stack.values["event_queue_url"])  # what other tests left waiting
    with stack.queue_at_rest():
        for fault in [*FAULTS, None]:
            found[str(fault)] = here = Struck(next(shops), [purchase(), purchase()], fault)
            if fault:
                here.shop.fault(**fault)
            assert here.shop.post_events(*here.events).json()["events_received"] == 2
    return found


@pytest.mark.usefixtures("struck")  # their waits pass meanwhile
def test_halted_datasets_events_wait_until_the_steward_brings_them_back(stack: Stack, shops: Iterator[Stack]) -> None:
    """After five failures, or one refused token, events are held untried; when Meta answers again each arrives once."""
    halted = [Struck(next(shops), [], fault) for fault in (OUTAGE, DEAD_TOKEN)]
    for here in halted:
        _halt(here)
    outage, token = halted
    assert [outage.reasons(), token.reasons()] == [["meta_busy"] * 5, ["meta_refuses_token"]]
    for held, here in enumerate(halted, 1):
        tried = len(here.events)
        here.events.append(purchase())
        assert here.shop.post_events(here.events[-1]).status == 200
        eventually(lambda held=held: stack.waiting_messages("hold_queue_url") >= held)
        here.shop.tend()
        assert (here.shop.breaker(), len(here.fates())) == ("open", tried)
    for here in halted:
        here.shop.graph(f"/_graph/datasets/{here.shop.dataset}/faults", "DELETE")
    eventually(lambda: here.shop.tend() or all(here.receptions() == [[False]] * len(here.events) for here in halted))
    eventually(lambda: all(fate.startswith("delivered") for here in halted for fate in here.fates()))
    assert [(here.shop.breaker(), here.letters()) for here in halted] == [("draining", [])] * 2


def _halt(here: Struck) -> None:
    """Send events, one a request, until the breaker is open."""
    here.shop.fault(**here.fault or {})
    while here.shop.breaker() != "open":
        here.events.append(purchase())
        here.shop.post_events(here.events[-1])
        eventually(lambda: [fate.split()[0] for fate in here.fates()] == ["waiting"] * len(here.events))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}-{fault['after_receiving']}")
def test_a_fault_loses_and_doubles_nothing(struck: dict[str, Struck], fault: dict[str, Any]) -> None:
    """Both events arrive under their ids; a second time only when Meta had kept them and did not say so."""
    here = struck[str(fault)]
    times = [False, True] if fault["after_receiving"] else [False]
    eventually(lambda: here.receptions() == [times, times])
    eventually(lambda: here.fates() == ["delivered 2", "delivered 2"])
    assert here.reasons() == [EXPECTED[fault["kind"]]]
    assert here.shop.breaker() == "closed"


def test_another_datasets_fault_costs_nothing(struck: dict[str, Struck]) -> None:
    """The calm shop's events, in a batch with those others, arrive at the first attempt."""
    here = struck["None"]
    eventually(lambda: here.receptions() == [[False], [False]])
    eventually(lambda: here.fates() == ["delivered 1", "delivered 1"])
    assert here.reasons() == []


def test_an_answer_that_takes_a_second_is_an_answer(shop: Stack) -> None:
    """Byte by byte, but within the deadline: nothing is sent twice."""
    shop.fault(kind="drip", seconds=1, after_receiving=True)
    shop.post_events(event := purchase())
    here = Struck(shop, [event])
    eventually(lambda: here.fates() == ["delivered 1"])
    assert here.receptions() == [[False]]


@pytest.mark.parametrize(("refusals", "dead"), [(1, 0), (2, 1), (3, 2)])
def test_a_refusal_costs_only_the_events_that_are_refused_alone(shop: Stack, refusals: int, dead: int) -> None:
    """Meta refuses two events, then one, then the other: which it refuses alone is a dead letter with the reason."""
    here = Struck(shop, [purchase(), purchase()])
    shop.fault(**REFUSED, count=refusals)
    assert shop.post_events(*here.events).json()["events_received"] == 2
    eventually(lambda: here.fates() == ["dead 1"] * dead + ["delivered 1"] * (2 - dead))
    assert sorted(here.receptions()) == [[]] * dead + [[False]] * (2 - dead)
    letters = here.letters()
    names = ("slug", "code", "subcode")
    reasons = [[letter["MessageAttributes"][name]["StringValue"] for name in names] for letter in letters]
    assert reasons == [["meta_refused_event", "100", "2804999"]] * dead


def test_messages_of_another_version_stay_whole_and_stop_nobody(shop: Stack) -> None:
    """What another version stored becomes a dead letter byte for byte; messages beside it are delivered."""
    sqs = shop.client("sqs")
    here = Struck(shop, [purchase(), purchase()])
    eventually(lambda: shop.waiting_messages() == 0)
    with shop.queue_at_rest():
        shop.post_events(here.events[0])
        stored = sqs.receive_message(QueueUrl=shop.values["event_queue_url"], VisibilityTimeout=0)["Messages"][0]
        others = [json.dumps({**json.loads(stored["Body"]), "v": version, "more": "ä"}) for version in (0, 2)]
        for body in others:
            sqs.send_message(QueueUrl=shop.values["event_queue_url"], MessageBody=body, MessageGroupId=shop.dataset)
        shop.post_events(here.events[1])
    eventually(lambda: here.receptions() == [[False], [False]])
    letters = eventually(lambda: found if len(found := here.letters()) == 2 else [])
    assert sorted(letter["Body"] for letter in letters) == sorted(others)
    assert {letter["MessageAttributes"]["slug"]["StringValue"] for letter in letters} == {"undecodable_envelope"}
    eventually(lambda: shop.waiting_messages() == 0)
