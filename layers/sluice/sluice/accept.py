"""From a request to the queue: authenticate, map, match keys, decide, queue, and only then answer.

Nothing is stored before an allow, and nothing raw at all: after ``judge`` an event holds hashes.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sluice.consent.decide import Decision
from sluice.consent.reasons import BY_LEDGER
from sluice.consent.subject import subject_secrets
from sluice.door import Answer
from sluice.envelope import MAX_ENTRY_BYTES, VERSION, Entry, Envelope, encode_entry, pack
from sluice.errors import REJECTIONS, Rejected, Unavailable
from sluice.event import Arrival, Signals, deadline_seconds, delivery_key
from sluice.ingest import Ingest, keyed_dataset, with_fresh_settings
from sluice.judge import Judged, Terms, judge
from sluice.rules import Problem, Reading, read_event
from sluice.settings import SettingsDocument
from sluice.sources import KINDS, graph
from sluice.sources.ignored import LOST
from sluice.sources.payload import check_number
from sluice.sources.request import Check, Request
from sluice.statements import Teller, name_person, record_privacy, record_told
from sluice.telemetry import Metric
from sluice.undecided import Undecided, ask, person_of

_VERSION: Final = re.compile(r"v\d{1,3}\.\d{1,2}", re.ASCII)


class Taken(msgspec.Struct):
    """What became of the arrivals of one request for one dataset.

    ``passed_on``: as in ``GraphBody``. ``entries``: encoded, to be queued. ``denied`` and ``invalid``: the reason
    by position, for the others. ``undecided``: those that only the consent ledger can still allow. ``warnings``:
    what the sender is told, whatever became of the event. ``warned`` and ``keys`` (the match keys' names, both of
    what is queued) and ``dropped``: each time something was, to be counted.
    """

    terms: Terms
    passed_on: dict[str, str] = {}
    entries: dict[int, str] = {}
    undecided: dict[int, Undecided] = {}
    denied: dict[int, str] = {}
    invalid: dict[int, list[Problem]] = {}
    warnings: list[str] = []
    warned: list[str] = []
    keys: list[str] = []
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
    check_number(body.data)
    if not dataset.accept_test_event_code and "test_event_code" in body.passed_on:
        del body.passed_on["test_event_code"]
        body.left_behind.append("test_event_code")
    terms = terms_of(dataset_id, document, ingest.clock())
    taken = Taken(terms, body.passed_on, warnings=[f"{name}_dropped ({name})" for name in body.left_behind])
    for position, item in enumerate(body.data):
        take_item(item, position, taken)
    ask_about_undecided(taken, ingest)
    queue(taken, "events", ingest)
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
    now = ingest.clock()
    document, greeting = with_fresh_settings(ingest, lambda settings: _greeting(request, slug, settings, ingest))
    if greeting is not None:
        return Answer(200, greeting)
    source = document.sources[slug]
    kind = KINDS[source.kind]
    reply = kind.reply(source.options)
    try:
        said = _take_webhook(request, slug, document, now, ingest)
    except Unavailable as error:
        if reply is None or not kind.replies_always:
            raise
        ingest.telemetry.count(Metric.WEBHOOKS_LOST)
        ingest.telemetry.log("lost", source=slug, slug=error.slug)
    else:
        reply = reply or said
    return Answer(200, reply)


def _take_webhook(
    request: Request, slug: str, document: SettingsDocument, now: int, ingest: Ingest
) -> Mapping[str, Any]:
    """What the answer says of an authenticated webhook. Raises Rejected, and Unavailable when it is not stored."""
    source = document.sources[slug]
    mapped = KINDS[source.kind].to_arrivals(request, slug, source, now)
    if mapped.ignored:
        ingest.telemetry.count(Metric.WEBHOOKS_IGNORED, len(mapped.ignored))
        ingest.telemetry.count(Metric.WEBHOOKS_LOST, sum(reason in LOST for reason in mapped.ignored))
        ingest.telemetry.log("ignored", source=slug, ignored=Counter(mapped.ignored))
    teller = Teller(source.dataset, document, slug, request, now)
    for told in mapped.told:
        named = name_person(told, source.dataset, document, now)
        record_told(told, named, teller, ingest.consent, ingest.telemetry)
    for asked in mapped.privacy:
        record_privacy(asked, teller, ingest.privacy, ingest.telemetry)
    taken = Taken(terms_of(source.dataset, document, now))
    for position, arrival in enumerate(mapped.arrivals):
        take(arrival, position, taken)
    for position, item in enumerate(mapped.items, len(mapped.arrivals)):
        take_item(item, position, taken)
    if mapped.arrivals or mapped.items:
        ask_about_undecided(taken, ingest)
        queue(taken, slug, ingest)
    reasons = [*taken.denied.values(), *(found[0].slug for found in taken.invalid.values())]
    others = {"ignored": mapped.ignored, "recorded": len(mapped.told) + len(mapped.privacy)}
    return {
        "accepted": len(taken.entries),
        "reasons": reasons,
        **{name: value for name, value in others.items() if value},
    }


def _greeting(request: Request, slug: str, settings: SettingsDocument, ingest: Ingest) -> Mapping[str, Any] | None:
    """The answer to a request that only asks whether somebody is here; None for one that the source signed.

    Raises Rejected for any other.
    """
    source = settings.sources.get(slug)
    if source is None:
        raise Rejected("unknown_source")
    kind = KINDS[source.kind]
    greeting = kind.greeting(request)
    if greeting is None:
        if request.method != "POST":
            raise Rejected("no_such_route")
        kind.authenticate(request, Check(source.secrets, source.options, ingest.clock(), ingest.public_key))
    return greeting


def terms_of(dataset_id: str, document: SettingsDocument, now_seconds: int) -> Terms:
    """The settings under which the events of one request for a dataset are judged."""
    return Terms(dataset_id, document.datasets[dataset_id], subject_secrets(document, dataset_id), now_seconds)


def take_item(item: msgspec.Raw, position: int, taken: Taken) -> Judged | None:
    """Read and judge one item of ``data``; None when it is no event. `sluice check` asks here too."""
    reading = read_event(graph.json_of(item))
    if reading.event is None:
        taken.invalid[position] = reading.problems
        return None
    return take(Arrival(reading.event, Signals(given=reading.consent)), position, taken, reading)


def take(arrival: Arrival, position: int, taken: Taken, reading: Reading | None = None) -> Judged:
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


def ask_about_undecided(taken: Taken, ingest: Ingest) -> None:
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
    taken.keys += event.user_data


def queue(taken: Taken, source: str, ingest: Ingest) -> None:
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
        "keys": taken.keys,
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
