"""From a request to the queue: authenticate, map, match keys, decide, queue, and only then answer.

Nothing is stored before an allow, and nothing raw at all: after ``judge`` an event holds hashes.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec

from sluice.consent.decide import Decision
from sluice.consent.ports import CmpService, ConsentStore
from sluice.consent.reasons import BY_LEDGER
from sluice.consent.subject import subject_secrets
from sluice.door import Answer
from sluice.envelope import MAX_ENTRY_BYTES, VERSION, Entry, Envelope, encode_entry, pack
from sluice.errors import REJECTIONS, Rejected
from sluice.event import Arrival, Signals, deadline_seconds, delivery_key
from sluice.judge import Judged, Terms, judge
from sluice.rules import Problem, Reading, read_event
from sluice.settings import Dataset, SettingsDocument, SettingsReader
from sluice.sources import KINDS, graph
from sluice.sources.authentication import is_one_of
from sluice.sources.request import Request
from sluice.statements import Teller, name_person, record_told
from sluice.telemetry import Metric, Telemetry
from sluice.undecided import Undecided, ask, person_of

MAX_EVENTS: Final = 1_000
"""Meta's limit for one request, and ours: one request is one envelope, one envelope at most two Graph requests."""
_VERSION: Final = re.compile(r"v\d{1,3}\.\d{1,2}", re.ASCII)
_T = TypeVar("_T")


class Queue(Protocol):
    """Where accepted events wait for the sender."""

    def send(self, dataset: str, messages: Sequence[str]) -> None:
        """Store the messages durably. Raises Unavailable ``queue_unavailable`` unless every one is stored."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What the ingest function works with. ``clock`` gives Unix seconds."""

    settings: SettingsReader
    queue: Queue
    consent: ConsentStore
    cmp: Callable[[], CmpService]
    telemetry: Telemetry
    clock: Callable[[], int]


class Taken(msgspec.Struct):
    """What became of the arrivals of one request for one dataset.

    ``entries``: encoded, to be queued. ``denied`` and ``invalid``: the reason by position, for the others.
    ``undecided``: those that only the consent ledger can still allow. ``warnings``: what the sender is told, whatever
    became of the event. ``warned`` (of what is queued) and ``dropped``: each time something was, to be counted.
    """

    terms: Terms
    passed_on: dict[str, str] = {}
    entries: dict[int, str] = {}
    undecided: dict[int, Undecided] = {}
    denied: dict[int, str] = {}
    invalid: dict[int, list[Problem]] = {}
    warnings: list[str] = []
    warned: list[str] = []
    dropped: list[str] = []


def accept_events(request: Request, version: str, dataset_id: str, ingest: Ingest) -> Answer:
    """``POST /{version}/{dataset}/events``: Meta's own body from a server that holds one of the dataset's keys."""
    if not _VERSION.fullmatch(version):
        raise Rejected("bad_version")
    given = graph.presented_key(request)
    body = None if given else graph.read_body(request)
    if body is not None:
        given = body.access_token
    document, dataset = with_fresh_settings(ingest, lambda settings: keyed_dataset(settings, dataset_id, given))
    body = body or graph.read_body(request)
    if not 0 < len(body.data) <= MAX_EVENTS:
        raise Rejected("too_many_events" if body.data else "no_events")
    if not dataset.accept_test_event_code and "test_event_code" in body.passed_on:
        del body.passed_on["test_event_code"]
        body.left_behind.append("test_event_code")
    terms = Terms(dataset_id, dataset, subject_secrets(document, dataset_id), ingest.clock())
    taken = Taken(terms, body.passed_on, warnings=[f"{name}_dropped ({name})" for name in body.left_behind])
    for position, item in enumerate(body.data):
        take_item(item, position, taken)
    _ask(taken, ingest)
    _queue(taken, "events", ingest)
    messages = {**taken.denied, **{at: found[0].slug for at, found in taken.invalid.items()}}
    details = {
        "messages": [f"data[{at}]: {messages[at]}" for at in sorted(messages)],
        "problems": [
            {"index": at, "slug": slug, "path": path}
            for at in sorted(taken.invalid)
            for slug, path in taken.invalid[at]
        ],
        "fbtrace_id": request.request_id,
        "warnings": taken.warnings,
    }
    if len(taken.invalid) == len(body.data):
        return _all_invalid(details)
    return Answer(200, {"events_received": len(taken.entries), **details})


def accept_webhook(request: Request, slug: str, ingest: Ingest) -> Answer:
    """``POST /webhooks/{source}``: a system's own webhook, signed its own way. A denied event is answered 200 too."""

    def authenticated(settings: SettingsDocument) -> str:
        source = settings.sources.get(slug)
        if source is None:
            raise Rejected("unknown_source")
        KINDS[source.kind].authenticate(request, source.secrets, source.options)
        return source.kind

    document, kind = with_fresh_settings(ingest, authenticated)
    source = document.sources[slug]
    now = ingest.clock()
    mapped = KINDS[kind].to_arrivals(request, slug, source, now)
    if mapped.ignored:
        ingest.telemetry.count(Metric.WEBHOOKS_IGNORED)
        ingest.telemetry.log("ignored", source=slug, ignored=mapped.ignored)
        return Answer(200, {"accepted": 0, "ignored": mapped.ignored})
    if mapped.told:
        teller = Teller(source.dataset, document, slug, request, now)
        for told in mapped.told:
            named = name_person(told, source.dataset, document, now)
            record_told(told, named, teller, ingest.consent, ingest.telemetry)
        return Answer(200, {"recorded": len(mapped.told)})
    secrets = subject_secrets(document, source.dataset)
    taken = Taken(Terms(source.dataset, document.datasets[source.dataset], secrets, now))
    for position, arrival in enumerate(mapped.arrivals):
        _take(arrival, position, taken)
    _ask(taken, ingest)
    _queue(taken, slug, ingest)
    reasons = [*taken.denied.values(), *(found[0].slug for found in taken.invalid.values())]
    return Answer(200, {"accepted": len(taken.entries), "reasons": reasons})


def with_fresh_settings(ingest: Ingest, check: Callable[[SettingsDocument], _T]) -> tuple[SettingsDocument, _T]:
    """Run a check on the settings; when it refuses, once more on settings read afresh (a key may just have changed)."""
    document = ingest.settings.document()
    try:
        return document, check(document)
    except Rejected:
        document = ingest.settings.reread()
        return document, check(document)


def keyed_dataset(settings: SettingsDocument, dataset_id: str, given: str) -> Dataset:
    """The dataset, when the key is one of its server keys."""
    dataset = settings.datasets.get(dataset_id)
    if dataset is None:
        raise Rejected("unknown_dataset")
    if not is_one_of(given, dataset.server_keys):
        raise Rejected("bad_server_key")
    return dataset


def take_item(item: msgspec.Raw, position: int, taken: Taken) -> Judged | None:
    """Read and judge one item of ``data``; None when it is no event. `sluice check` asks here too."""
    reading = read_event(graph.json_of(item))
    if reading.event is None:
        taken.invalid[position] = reading.problems
        return None
    return _take(Arrival(reading.event, Signals(given=reading.consent)), position, taken, reading)


def _take(arrival: Arrival, position: int, taken: Taken, reading: Reading | None = None) -> Judged:
    """Judge one arrival, and make an entry of an event that passes. Nothing raw is left of it afterwards."""
    person = person_of(arrival, taken.terms)
    judged = judge(arrival, taken.terms, reading)
    decision = judged.decision
    taken.dropped += [f"{drop.field}:{drop.reason}" for drop in judged.matched.dropped]
    taken.warnings += [f"data[{position}]: {warning.slug} ({warning.path})" for warning in judged.warnings]
    if decision is None:
        taken.invalid[position] = judged.problems
    elif decision.undecided and judged.case:
        taken.undecided[position] = Undecided(arrival, judged, judged.case, person)
        taken.denied[position] = decision.reason
    else:
        _settle(arrival, judged, decision, position, taken)
    return judged


def _ask(taken: Taken, ingest: Ingest) -> None:
    """Decide about the events whose signals decide nothing. Raises Unavailable when the ledger does not answer."""
    if taken.undecided:
        for position, decision in ask(taken.undecided, taken.terms, ingest.consent, ingest.cmp).items():
            del taken.denied[position]
            _settle(taken.undecided[position].arrival, taken.undecided[position].judged, decision, position, taken)


def _settle(arrival: Arrival, judged: Judged, decision: Decision, position: int, taken: Taken) -> None:
    """Make an entry of an event that may be sent; note the reason for any other."""
    if not decision.allow:
        taken.denied[position] = BY_LEDGER if decision.by_ledger else decision.reason
        return
    event = judged.event
    name, at, event_id = event.event_name, event.event_time, event.event_id or ""
    key = delivery_key(taken.terms.dataset_id, name, arrival.dedup_key or event_id)
    raw = msgspec.Raw(msgspec.json.encode(event))
    deadline = min(deadline_seconds(event), arrival.not_after or deadline_seconds(event))
    entry = encode_entry(Entry(key, name, at, deadline, decision, judged.subjects, raw))
    if len(entry.encode()) > MAX_ENTRY_BYTES:
        taken.invalid[position] = [Problem("event_too_large", "")]
        return
    taken.entries[position] = entry
    taken.warned += [warning.slug for warning in judged.warnings]


def _queue(taken: Taken, source: str, ingest: Ingest) -> None:
    """Store what may be sent, then say what happened. Raises Unavailable when it could not be stored."""
    if taken.entries:
        terms, entries = taken.terms, [taken.entries[at] for at in sorted(taken.entries)]
        site = terms.dataset.site or ""
        head = Envelope(VERSION, terms.dataset_id, source, terms.now_seconds, [], taken.passed_on, site)
        ingest.queue.send(terms.dataset_id, pack(head, entries))
    ingest.telemetry.count(Metric.EVENTS_ACCEPTED, len(taken.entries))
    ingest.telemetry.count(Metric.EVENTS_DENIED, len(taken.denied))
    ingest.telemetry.count(Metric.EVENTS_INVALID, len(taken.invalid))
    ingest.telemetry.count(Metric.MATCH_KEYS_DROPPED, len(taken.dropped))
    ingest.telemetry.count(Metric.EVENT_WARNINGS, len(taken.warned))
    said = {
        "denied": list(taken.denied.values()),
        "invalid": [problem.slug for found in taken.invalid.values() for problem in found],
        "dropped": taken.dropped,
        "warned": taken.warned,
    }
    counted = {name: Counter(words) for name, words in said.items() if words}
    ingest.telemetry.log(
        "accepted", dataset=taken.terms.dataset_id, source=source, accepted=len(taken.entries), **counted
    )


def _all_invalid(details: dict[str, Any]) -> Answer:
    """Meta's error envelope: the request holds no event that could be sent."""
    error = {"slug": "all_events_invalid", "type": "OAuthException", "code": 100}
    fix = REJECTIONS["all_events_invalid"].fix
    return Answer(400, {"error": {**error, "message": fix, **details}})
