"""Once an hour each dataset is looked at, so that an alarm tells of trouble before a shop's next event meets it.

Whether Meta takes its token, whether the version of the Graph API ends, and whether a test code was left on.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from sluice.delivery.breaker import CLOSED, after_request
from sluice.delivery.in_test import is_left_on
from sluice.delivery.verdict import Halt, NoReply, Reply, judge
from sluice.delivery.versions import is_ending
from sluice.errors import Unavailable
from sluice.settings import Dataset
from sluice.steward import Steward
from sluice.telemetry import Metric

_PROBE: Final = b'{"data":[{}]}'
"""Meta refuses the empty event, and by that says that token and dataset are good; nothing is stored."""


def check_datasets(not_closed: Collection[str], steward: Steward, has_time: Callable[[], bool]) -> None:
    """Look at the datasets whose minute of the hour it is. Those that are ``not_closed`` are probed elsewhere."""
    for dataset_id, dataset in _due(steward).items():
        headers: Mapping[str, str] = {}
        if dataset_id not in not_closed and has_time():
            headers = _check_token(dataset_id, dataset, steward)
        if is_ending(steward.graph_version, headers, steward.clock()):
            steward.telemetry.count(Metric.GRAPH_VERSION_ENDING)
            steward.telemetry.log("graph_version_ending", dataset=dataset_id)
        _check_test_code(dataset_id, dataset.test_event_code, steward)


def probe(dataset_id: str, dataset: Dataset, steward: Steward) -> Reply | NoReply:
    """Ask Meta with a request that stores nothing whether it takes this dataset's events."""
    return steward.graph.post_events(dataset_id, dataset.access_token, _PROBE)


def _due(steward: Steward) -> dict[str, Dataset]:
    """Each dataset has a minute of its own, so that an agency's do not all come at once; none without settings.

    What is due is read afresh: a token that was replaced must not halt anybody.
    """
    minute = steward.clock() // 60 % 60
    try:
        if all(int(dataset_id) % 60 != minute for dataset_id in steward.settings.document().datasets):
            return {}
        datasets = steward.settings.reread().datasets
    except Unavailable:
        return {}
    return {dataset_id: dataset for dataset_id, dataset in datasets.items() if int(dataset_id) % 60 == minute}


def _check_token(dataset_id: str, dataset: Dataset, steward: Steward) -> Mapping[str, str]:
    """Halt a dataset that Meta refuses; anything else says nothing about its token. The headers of Meta's answer."""
    answer = probe(dataset_id, dataset, steward)
    verdict = judge(answer)
    if isinstance(verdict, Halt):
        steward.breakers.write(dataset_id, after_request(CLOSED, verdict, 0, steward.clock()))
        said = {"slug": verdict.slug, "code": verdict.code, "subcode": verdict.subcode}
        steward.telemetry.log("breaker_opened", dataset=dataset_id, fbtrace_id=verdict.fbtrace_id, **said)
    return answer.headers if isinstance(answer, Reply) else {}


def _check_test_code(dataset_id: str, code: str | None, steward: Steward) -> None:
    """Count a code that has been on for a day; forget the codes of a dataset that has none, so that it may test again.

    The sender leaves out what is counted here, by the same times.
    """
    if not code:
        steward.sightings.forget(dataset_id)
        return
    now = steward.clock()
    first_seen = steward.sightings.first_seen(dataset_id, code, now)
    if first_seen is not None and is_left_on(first_seen, now):
        steward.telemetry.count(Metric.TEST_EVENT_CODE_LEFT_ON)
        steward.telemetry.log("test_event_code_left_on", dataset=dataset_id)
