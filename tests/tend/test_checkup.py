"""Once an hour the steward looks at each dataset: its token, Meta's version, a test code that was left on."""

from collections import Counter
from dataclasses import replace

import pytest

from sluice.delivery.breaker import Breaker
from sluice.delivery.verdict import NoReply, Reply
from sluice.telemetry import Metric
from tests.fakes.graph import always, error, takes_all
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, OTHER_DATASET, dataset_changed, entry, message

DAY = 86_400
GOOD = error(100, error_subcode=2804019)
"""What Meta says about an empty event when token and dataset are good."""


def minutes(gateway: Gateway, number: int = 60) -> None:
    """Let the steward do its rounds."""
    for _ in range(number):
        gateway.clock.now += 60
        gateway.tend()


def counted(gateway: Gateway, metric: Metric) -> int:
    """How much the steward counted."""
    return gateway.steward.telemetry.counts[metric]


def lines(gateway: Gateway, what: str) -> list[dict[str, object]]:
    """What the steward logged under this name."""
    return [fields for said, fields in gateway.steward.telemetry.lines if said == what]


def test_each_dataset_is_probed_once_an_hour(gateway: Gateway) -> None:
    """With its own token and the event that stores nothing, not all in the same minute, and at no metric's price."""
    requests = gateway.sender.graph.requests
    at_once = []
    for _ in range(120):
        before = len(requests)
        minutes(gateway, 1)
        at_once.append(len(requests) - before)
    assert all(posted.events == [{}] for posted in requests)
    assert Counter((posted.dataset, posted.token) for posted in requests) == {
        (DATASET, "token-of-the-dataset"): 2,
        (OTHER_DATASET, "token-of-the-other"): 2,
    }
    assert (max(at_once), at_once[:60]) == (1, at_once[60:])
    assert not +gateway.steward.telemetry.counts


@pytest.mark.parametrize(
    ("answer", "slug"),
    [(error(190), "meta_refuses_token"), (error(100, error_subcode=33), "meta_refuses_dataset")],
    ids=["token", "dataset"],
)
def test_a_dataset_that_meta_refuses_is_halted_before_its_first_event(
    gateway: Gateway, answer: Reply, slug: str
) -> None:
    """Nobody has to buy anything for the alarm to tell; events that come then are held at once."""
    gateway.sender.graph.scripts[DATASET] = always(answer)
    minutes(gateway)
    assert gateway.sender.breakers.kept[DATASET].state == "open"
    assert counted(gateway, Metric.DATASETS_HALTED) > 0
    assert [(said["dataset"], said["slug"]) for said in lines(gateway, "breaker_opened")] == [(DATASET, slug)]
    gateway.sender.graph.requests.clear()
    gateway.waiting.append(message(entry("one")))
    assert gateway.deliver() == gateway.sender.graph.requests == []
    assert OTHER_DATASET not in gateway.sender.breakers.kept
    gateway.sender.graph.scripts[DATASET] = always(GOOD)
    minutes(gateway, 1)
    gateway.sender.graph.scripts[DATASET] = takes_all
    assert gateway.deliver() == ["one"]


@pytest.mark.parametrize(
    "answer", [GOOD, NoReply("meta_timeout"), Reply(503, b"<html>"), error(2), error(80_004)], ids=repr
)
def test_only_a_refusal_halts(gateway: Gateway, answer: Reply | NoReply) -> None:
    """A lost connection or a busy Meta says nothing about the token, however often."""
    gateway.sender.graph.script = always(answer)
    minutes(gateway, 24 * 60)
    assert gateway.sender.breakers.writes == 0


def test_a_new_token_is_read_before_it_is_tried(gateway: Gateway) -> None:
    """Nobody is halted for a token that the settings no longer hold, though the steward read them a moment ago."""
    gateway.clock.now += 120
    minutes(gateway, 32)  # it is 19:14, the settings were read at 19:13, and the other dataset's minute is 16
    gateway.sender.graph.good_token = "new-token"
    whole = dataset_changed(access_token="new-token")
    whole["datasets"][OTHER_DATASET]["access_token"] = "new-token"
    gateway.ingest.configure(whole)
    minutes(gateway)
    assert gateway.sender.breakers.writes == 0


def test_one_that_is_not_closed_is_left_to_its_own_probes(gateway: Gateway) -> None:
    """A halted dataset is tried each minute already, and one that drains is on its way."""
    gateway.sender.graph.scripts[DATASET] = always(error(190))
    gateway.sender.breakers.kept[DATASET] = Breaker("open", "meta_refuses_token", NOW)
    minutes(gateway)
    assert sum(posted.dataset == DATASET for posted in gateway.sender.graph.requests) == 60


def test_without_time_another_hour_will_do(gateway: Gateway) -> None:
    """A round whose time is over sends no probe."""
    for _ in range(60):
        gateway.clock.now += 60
        gateway.steward.tend(has_time=False)
    assert gateway.sender.graph.requests == []


@pytest.mark.parametrize("stored", ["", "not JSON"])
def test_without_settings_there_is_nothing_to_look_at(gateway: Gateway, stored: str) -> None:
    """Before its settings are there a gateway is not in trouble."""
    gateway.ingest.secrets.stored = stored
    minutes(gateway)
    assert gateway.sender.graph.requests == []


@pytest.mark.parametrize(
    ("version", "headers", "times"),
    [
        ("v26.0", {}, 0),
        ("v26.0", {"facebook-api-version": "v26.0"}, 0),
        ("v26.0", {"facebook-api-version": "v27.0"}, 2),
        ("v20.0", {}, 2),
    ],
)
def test_a_version_that_ends(gateway: Gateway, version: str, headers: dict[str, str], times: int) -> None:
    """Counted once an hour for each dataset, when its end is near or Meta answers with another one."""
    gateway.sender.graph.script = always(GOOD._replace(headers=headers))
    gateway.steward.steward = replace(gateway.steward.steward, graph_version=version)
    minutes(gateway)
    assert counted(gateway, Metric.GRAPH_VERSION_ENDING) == times
    assert len(lines(gateway, "graph_version_ending")) == times


def test_a_version_that_is_gone_is_told_while_its_datasets_are_halted(gateway: Gateway) -> None:
    """Meta may refuse what asks for it; the reason stays in sight."""
    gateway.sender.graph.script = always(error(2635))
    gateway.steward.steward = replace(gateway.steward.steward, graph_version="v20.0")
    minutes(gateway, 120)
    assert counted(gateway, Metric.GRAPH_VERSION_ENDING) == 4


def test_a_test_code_left_on(gateway: Gateway) -> None:
    """From the second day on it is counted once an hour, also where nobody buys anything, until it is gone."""
    gateway.configure(dataset_changed(test_event_code="TEST1"))
    minutes(gateway, 24 * 60)
    assert counted(gateway, Metric.TEST_EVENT_CODE_LEFT_ON) == 0
    minutes(gateway, 120)
    assert counted(gateway, Metric.TEST_EVENT_CODE_LEFT_ON) == 2
    assert lines(gateway, "test_event_code_left_on") == [{"dataset": DATASET}] * 2
    gateway.configure(dataset_changed(test_event_code="TEST2"))
    minutes(gateway, 120)
    assert counted(gateway, Metric.TEST_EVENT_CODE_LEFT_ON) == 2


def test_a_code_that_was_taken_out_may_be_used_again(gateway: Gateway) -> None:
    """An hour without it is enough for a new day."""
    for code, known in (("TEST1", {"TEST1"}), (None, set()), ("TEST1", {"TEST1"})):
        gateway.configure(dataset_changed(test_event_code=code))
        minutes(gateway, 2 * DAY // 60)
        assert set(gateway.sender.sightings.kept.get(DATASET, {})) == known
    assert counted(gateway, Metric.TEST_EVENT_CODE_LEFT_ON) == 48


def test_nobody_is_blamed_for_what_cannot_be_read(gateway: Gateway) -> None:
    """Without an answer of the table no code counts as left on."""
    gateway.configure(dataset_changed(test_event_code="TEST1"))
    gateway.sender.sightings.down = True
    minutes(gateway, 2 * DAY // 60)
    assert counted(gateway, Metric.TEST_EVENT_CODE_LEFT_ON) == 0
