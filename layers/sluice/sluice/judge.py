"""What becomes of one arrival: match keys, Meta's rules, the decision. Pure.

The ingest function and `sluice check` call the same ``judge``: the answer at the desk is the answer at the door.
"""

from typing import NamedTuple

from sluice.consent.decide import Decision, decide
from sluice.consent.subject import subject_keys
from sluice.event import Arrival, Event, derived_event_id
from sluice.match_keys import MatchKeys, Reason, to_match_keys
from sluice.rules import EventWarning, Problem, Reading, clamp_event_time, problems, warnings
from sluice.settings import Dataset
from sluice.urls import without_personal_data


class Judged(NamedTuple):
    """An arrival after judgement: the event as Meta would get it, and everything said about it.

    ``decision`` is None when ``problems`` is not empty: an event that Meta refuses needs none. ``warnings`` never stop
    an event.
    """

    event: Event
    matched: MatchKeys
    problems: list[Problem]
    warnings: list[EventWarning]
    subjects: list[str]
    decision: Decision | None


def judge(arrival: Arrival, dataset: Dataset, pepper: str, *, now_seconds: int, reading: Reading | None) -> Judged:
    """Judge one arrival under its dataset's settings. The event of the arrival is changed into what Meta gets.

    ``reading``: how the event was read, when a server wrote it; None for one that a source's adapter made.
    """
    event = arrival.event
    matched = to_match_keys(
        event.user_data,
        default_country=dataset.default_country,
        now_seconds=now_seconds,
        candidates=dataset.match_keys,
    )
    event.user_data = dict(matched.keys)
    event.event_source_url = event.event_source_url and without_personal_data(event.event_source_url)
    event.referrer_url = event.referrer_url and without_personal_data(event.referrer_url)
    event_id = event.event_id or derived_event_id(event)  # before the clamp: a retry must get the same id
    found_warnings = [
        *(reading.warnings if reading else ()),
        *clamp_event_time(event, now_seconds=now_seconds),
        *warnings(event),
        *(EventWarning(drop.reason, _path(drop.field)) for drop in matched.dropped),
        *(EventWarning(Reason.REWRITTEN, _path(name)) for name in matched.rewritten),
    ]
    found = problems(event, now_seconds=now_seconds, unread=reading.problems if reading else None)
    if found:
        return Judged(event, matched, found, found_warnings, [], None)
    event.event_id = event_id
    subjects = subject_keys(matched.keys, pepper)
    decision = decide(
        arrival.signals,
        dataset.consent,
        event_time=event.event_time,
        subject_keys=subjects,
        now_seconds=now_seconds,
    )
    return Judged(event, matched, [], found_warnings, subjects, decision)


def _path(field: str) -> str:
    """The path of a match key; an unknown one is not named."""
    return field if field == "user_data" else f"user_data.{field}"
