"""What is done on a schedule: try what was halted, bring back what was held, look after datasets and people's requests.

A halted dataset's events wait in the hold queue. Each round asks Meta, with a request that stores nothing, whether
they may go on; then they move back to the event queue, and the sender delivers them like any others.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec.structs import replace

from sluice.checkup import check_datasets, probe
from sluice.delivery.breaker import Breaker, after_probe, is_drained
from sluice.delivery.parcel import Message
from sluice.delivery.verdict import Halt, Retry, Verdict, judge
from sluice.envelope import decode
from sluice.errors import BadEnvelope
from sluice.steward import Steward
from sluice.telemetry import Metric

_PROBES_AT_ONCE: Final = 32
_SWEEP_MINUTE: Final = 0
_UNKNOWN_SECONDS: Final = 86_400
"""A dataset that left the settings is let out once a day: it closes when nothing of it is held, else it opens again."""
_LONGEST_HOLD_SECONDS: Final = 12 * 86_400
"""SQS drops a message after 14 days; one that is moved begins anew."""


def tend(steward: Steward, has_time: Callable[[], bool]) -> None:
    """One round, each minute. ``has_time`` says whether there is time for another batch.

    Raises Unavailable when breakers, hold queue or privacy requests cannot be read; what was not done then is done a
    minute later, the look at a dataset an hour later.
    """
    try:
        breakers = steward.breakers.opened()
        if breakers:  # first: draining may take all the time there is, and other datasets wait for a probe
            breakers = _probe(breakers, steward, has_time)
        _drain(breakers, steward, has_time)
        check_datasets(breakers, steward, has_time)
    finally:
        _look_at_privacy_requests(steward)


def _probe(breakers: Mapping[str, Breaker], steward: Steward, has_time: Callable[[], bool]) -> dict[str, Breaker]:
    """Ask Meta about each open dataset, with the token that the settings hold now; the breakers afterwards.

    Many at once: while Meta hangs, an agency's fifty datasets would not get their turn within a minute.
    """
    settings = steward.settings.reread()

    def ask(dataset_id: str, breaker: Breaker) -> Breaker:
        if breaker.state != "open" or not has_time():
            return breaker
        dataset = settings.datasets.get(dataset_id)
        verdict: Verdict = Halt("unknown_dataset", 0, None, "")
        if dataset:
            verdict = judge(probe(dataset_id, dataset, steward))
            steward.telemetry.count(Metric.GRAPH_REQUESTS)
        now = steward.clock()
        found = after_probe(breaker, verdict, now)
        if not dataset and now - breaker.since >= _UNKNOWN_SECONDS:
            found = Breaker("draining", "", now)
        if found != breaker:
            steward.breakers.write(dataset_id, found)
        said = verdict.slug if isinstance(verdict, Halt | Retry) else "answered"
        steward.telemetry.log("probed", dataset=dataset_id, slug=said, fbtrace_id=verdict.fbtrace_id)
        return found

    with ThreadPoolExecutor(max_workers=_PROBES_AT_ONCE) as threads:
        found = dict(zip(breakers, threads.map(ask, breakers.keys(), breakers.values()), strict=True))
    steward.telemetry.count(Metric.DATASETS_HALTED, sum(breaker.state == "open" for breaker in found.values()))
    return found


def _drain(breakers: Mapping[str, Breaker], steward: Steward, has_time: Callable[[], bool]) -> None:
    """Move held messages of datasets that are not open to the event queue, and those about to be dropped by SQS.

    Each look hides what must stay for a minute, so the hold queue is read only while some dataset drains, and once an
    hour in any case: nobody else would find what was left behind. Raises Unavailable when SQS does not answer.
    """
    now = steward.clock()
    draining = {dataset_id for dataset_id, breaker in breakers.items() if breaker.state == "draining"}
    if not draining and now // 60 % 60 != _SWEEP_MINUTE:
        return
    moved: set[str] = set()
    while has_time():
        messages = steward.hold.receive()
        if not messages:
            _close(draining - moved, breakers, steward)
            break
        ready = [(each, dataset) for each, dataset in _opened(messages) if _may_move(each, dataset, breakers, now)]
        steward.hold.release([message for message, _ in ready])
        steward.telemetry.count(Metric.EVENTS_RELEASED, len(ready))
        moved.update(dataset for _, dataset in ready)
    for dataset_id, breaker in steward.breakers.read(draining & moved).items():
        if breaker.state == "draining":  # a sender may have opened it meanwhile
            steward.breakers.write(dataset_id, replace(breaker, since=now))


def _opened(messages: Iterable[Message]) -> Iterable[tuple[Message, str]]:
    """Messages with their dataset. One that is no envelope goes on too: the sender makes a dead letter of it."""
    for message in messages:
        try:
            yield message, decode(message.body).dataset
        except BadEnvelope:
            yield message, ""


def _may_move(message: Message, dataset: str, breakers: Mapping[str, Breaker], now: int) -> bool:
    breaker = breakers.get(dataset)
    return breaker is None or breaker.state != "open" or now - message.sent_at > _LONGEST_HOLD_SECONDS


def _close(drained: Iterable[str], breakers: Mapping[str, Breaker], steward: Steward) -> None:
    """Close the breakers of which nothing was held for long enough."""
    for dataset_id in drained:
        if is_drained(breakers[dataset_id], steward.clock()):
            steward.breakers.close(dataset_id)
            steward.telemetry.log("breaker_closed", dataset=dataset_id)


def _look_at_privacy_requests(steward: Steward) -> None:
    """Count and log the open privacy requests, and those whose answer is due; an alarm looks at these."""
    now = steward.clock()
    waiting = steward.privacy.open_requests()
    due = sum(request.is_due(now) for request in waiting)
    steward.telemetry.count(Metric.PRIVACY_REQUESTS_OPEN, len(waiting))
    steward.telemetry.count(Metric.PRIVACY_REQUESTS_DUE, due)
    if due:
        steward.telemetry.log("privacy_requests", open=len(waiting), due=due)
