"""What becomes of one arrival: match keys, Meta's rules, the decision. Pure.

The ingest function and `sluice check` call the same ``judge``: the answer at the desk is the answer at the door.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from sluice.consent import regions
from sluice.consent.decide import Decision, decide, no_policy
from sluice.consent.ledger import Standing
from sluice.consent.signals import Case, names, read_tools
from sluice.consent.subject import identifiers, subject_keys
from sluice.event import Arrival, Event, OriginalEventData, Signals, derived_event_id, given_event_id
from sluice.match_keys import MatchKeys, Reason, to_match_keys
from sluice.personal import disguised, is_personal, without_persons
from sluice.policy import ConsentPolicy
from sluice.rules import EventWarning, Problem, Reading, clamp_event_time, problems, warnings
from sluice.settings import Dataset
from sluice.urls import is_shortened, without_personal_data

_TEXTS: Final = ("custom_data", "original_event_data", "app_data", "attribution_data", "advanced_measurement_table")
"""The fields of an event with texts that Meta gets as they are, beside its id, name and addresses."""


class Terms(NamedTuple):
    """What every arrival of a request is judged under: the dataset, its subject secrets, the time (Unix seconds)."""

    dataset_id: str
    dataset: Dataset
    secrets: Sequence[str]
    now_seconds: int


class Judged(Struct):
    """An arrival after judgement: the event as Meta would get it, and everything said about it.

    ``decision`` and ``case`` are None when ``problems`` is not empty: an event that Meta refuses needs none. Without a
    policy ``case`` is None, too. ``warnings`` never stop an event.
    """

    event: Event
    matched: MatchKeys
    problems: list[Problem]
    warnings: list[EventWarning]
    subjects: list[str]
    decision: Decision | None = None
    case: Case | None = None


def judge(arrival: Arrival, terms: Terms, reading: Reading | None) -> Judged:
    """Judge one arrival under its dataset's settings. The event of the arrival is changed into what Meta gets.

    ``reading``: how the event was read, when a server wrote it; None for one that a source's adapter made.
    """
    event, dataset, now_seconds = arrival.event, terms.dataset, terms.now_seconds
    matched = to_match_keys(
        event.user_data,
        default_country=dataset.default_country,
        now_seconds=now_seconds,
        candidates=dataset.match_keys,
    )
    leaving = dataset.consent.user_data_fields if dataset.consent else None
    event.user_data = {name: value for name, value in matched.keys.items() if leaving is None or name in leaving}
    unread = list(reading.problems) if reading else None
    cleaning, wrong = _clean_texts(event)
    if unread is not None:
        unread += wrong
    event.event_id = given_event_id(event)
    event_id = event.event_id or derived_event_id(event)  # before the clamp: a retry must get the same id
    found_warnings = [
        *(reading.warnings if reading else ()),
        *cleaning,
        *clamp_event_time(event, now_seconds=now_seconds),
        *warnings(event),
        *[EventWarning(drop.reason, _path(drop.field)) for drop in matched.dropped],
        *[EventWarning(Reason.REWRITTEN, _path(name)) for name in matched.rewritten],
    ]
    found = problems(event, now_seconds=now_seconds, unread=unread)
    if found:
        return Judged(event, matched, found, found_warnings, [])
    event.event_id = event_id
    judged = Judged(event, matched, [], found_warnings, [])
    if dataset.consent is None:
        judged.decision = no_policy(now_seconds)
        return judged
    judged.case = _case(arrival, matched, dataset.consent, terms)
    judged.subjects = list(judged.case.subjects or ())
    conclude(judged, judged.case)
    return judged


def _clean_texts(event: Event) -> tuple[list[EventWarning], list[Problem]]:
    """Take what names a person out of the texts that Meta gets as they are; say what was taken, and what cannot be."""
    found, wrong = _clean_urls(event)
    for name in _TEXTS:
        part = getattr(event, name)
        if part and (cleaned := _cleaned(part)) != part:
            setattr(event, name, cleaned)
            found.append(EventWarning("personal_text_dropped", name))
    if event.event_id and is_personal(event.event_id):
        event.event_id = disguised(event.event_id)
        found.append(EventWarning("event_id_disguised", "event_id"))
    if is_personal(event.event_name):
        wrong.append(Problem("event_name_personal", "event_name"))
    return found, wrong


def _cleaned(part: Any) -> Any:  # noqa: ANN401 - whatever a field of an event holds
    """A part of an event without the texts that name a person; None when nothing is left, or nothing Meta would take.

    The id of an earlier event is disguised as that event's own was.
    """
    if isinstance(part, str):
        return None if is_personal(part) else part
    cleaned = without_persons(msgspec.to_builtins(part) if isinstance(part, Struct) else part)
    if isinstance(part, OriginalEventData) and part.event_id and "event_id" not in cleaned:
        cleaned["event_id"] = disguised(part.event_id)
    try:
        return msgspec.convert(cleaned, type(part)) if cleaned and isinstance(part, Struct) else cleaned or None
    except msgspec.ValidationError:
        return None


def _clean_urls(event: Event) -> tuple[list[EventWarning], list[Problem]]:
    """Take what may tell who visits from the event's addresses: what the sender should know, and what is no address."""
    found, wrong = [], []
    page, referrer = event.event_source_url, event.referrer_url
    event.event_source_url = without_personal_data(page) if page else None
    event.referrer_url = without_personal_data(referrer) if referrer else None
    if page and not event.event_source_url:
        wrong.append(Problem("event_source_url_invalid", "event_source_url"))
    if referrer and not event.referrer_url:
        found.append(EventWarning("referrer_url_dropped", "referrer_url"))
    for path, given, kept in (
        ("event_source_url", page, event.event_source_url),
        ("referrer_url", referrer, event.referrer_url),
    ):
        if given and kept and is_shortened(given, kept):
            found.append(EventWarning("url_shortened", path))
    return found, wrong


def conclude(judged: Judged, case: Case, standing: Standing | None = None) -> Decision:
    """Decide about an event, and put the processing options on it that the decision asks for.

    ``standing``: what the consent ledger holds of the person, once it was read.
    """
    judged.decision = decision = decide(case, standing)
    if decision.ldu:
        event = judged.event
        event.data_processing_options = [*decision.ldu.options]
        event.data_processing_options_country = decision.ldu.country
        event.data_processing_options_state = decision.ldu.state
    return decision


def _case(arrival: Arrival, matched: MatchKeys, policy: ConsentPolicy, terms: Terms) -> Case:
    """What the decision may look at. The person is named by every match key, also by those that may not leave."""
    signals, event = arrival.signals, arrival.event
    readings = read_tools(signals, policy)
    region = region_of(signals)
    return Case(
        signals=signals,
        readings=readings,
        policy=policy,
        dataset=terms.dataset_id,
        consent_keys=terms.dataset.consent_keys,
        subjects=subject_keys([*identifiers(matched.keys), *names(signals, readings)], terms.secrets),
        event_time=event.event_time,
        now_seconds=terms.now_seconds,
        country=region.country if region else None,
        state=region.state if region else None,
        public_ip="client_ip_address" in event.user_data,
    )


def region_of(signals: Signals) -> regions.Region | None:
    """Where the person is, by all that came with the event; None, which is strict, when nobody says or two disagree."""
    stated = regions.parse(signals.given.region) if signals.given and signals.given.region else None
    trusted = regions.parse(signals.region) if signals.region else None
    return regions.located(trusted, stated, vouched=not signals.from_browser)


def _path(field: str) -> str:
    """The path of a match key; an unknown one is not named."""
    return field if field == "user_data" else f"user_data.{field}"
