"""What would be decided about one event's consent, and why, asked of the ingest function's own code. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from cli.consent_question import Question, WrongQuestion, seconds
from sluice.consent import regions
from sluice.consent.decide import Decision, decide, no_policy
from sluice.consent.ledger import DAY_SECONDS, Asked, Standing, stopped_by
from sluice.consent.regions import Region
from sluice.consent.signals import Case, names, read_tools
from sluice.consent.subject import identifiers, subject_keys
from sluice.event import Consent, Signals
from sluice.judge import region_of
from sluice.match_keys import to_match_keys
from sluice.policy import ConsentPolicy
from sluice.settings import Secret

_SECRET: Final = "00" * 32
"""Subject keys made with it are never shown."""


class _Person(NamedTuple):
    """``subjects``: as in a Case. ``public_ip``: a public address of theirs is sent."""

    subjects: list[str] | None
    public_ip: bool


def decision_of(question: Question, now_seconds: int) -> Decision:
    """The decision of the ingest function and, with a ``ledger``, the sender's after it. Raises WrongQuestion."""
    now = now_seconds if question.at is None else seconds("at", question.at)
    event_time = now if question.event_time is None else seconds("event_time", question.event_time)
    policy = question.policy
    standing = _standing(question, policy)
    variants = _signals(question)
    if policy is None:
        return no_policy(now)
    decisions = [_decision(question, policy, signals, standing, (now, event_time)) for signals in variants]
    return min(decisions, key=lambda decision: (decision.allow, decision.undecided, decision.ldu is None))


def _decision(
    question: Question,
    policy: ConsentPolicy,
    signals: Signals,
    standing: Standing | None,
    times: tuple[int, int],
) -> Decision:
    """The decision on one reading of the signals, at ``times``: now, and the event's."""
    now, event_time = times
    readings, region = read_tools(signals, policy), region_of(signals)
    person = _person(question, policy, names(signals, readings), now)
    case = Case(
        signals=signals,
        readings=readings,
        policy=policy,
        dataset=question.dataset or "",
        consent_keys={key_id: Secret(secret) for key_id, secret in question.consent_keys.items()},
        subjects=person.subjects,
        event_time=event_time,
        now_seconds=now,
        country=region.country if region else None,
        state=region.state if region else None,
        public_ip=person.public_ip,
    )
    decision = decide(case)
    if decision.undecided and standing:
        decision = decide(case, standing)
    return _before_sending(decision, case, standing or Standing()) if decision.allow else decision


def as_json(decision: Decision) -> bytes:
    """The decision as one JSON object, with the same keys whatever it is."""
    ldu = decision.ldu
    return msgspec.json.encode(
        {
            "allow": decision.allow,
            "reason": decision.reason,
            "basis": decision.basis,
            "policy_version": decision.policy_version,
            "evidence_sha256": decision.evidence,
            "data_processing_options": ldu.options if ldu else [],
            "data_processing_options_country": ldu.country if ldu else 0,
            "data_processing_options_state": ldu.state if ldu else 0,
        }
    )


def _before_sending(decision: Decision, case: Case, standing: Standing) -> Decision:
    """What is left of an allow when the sender has asked the ledger."""
    asked = Asked.under(case.policy, case.event_time, decision.basis, decision.consent_at)
    stopped = stopped_by(standing, asked, case.now_seconds)
    if stopped is None:
        return decision
    return msgspec.structs.replace(decision, allow=False, reason=stopped, basis="ledger", evidence=None, ldu=None)


def _signals(question: Question) -> list[Signals]:
    """The consent evidence as a door hands it over: given, and in the headers of the browser's request.

    Several when a cookie came with several values: each may be the person's, so all of them have to allow.
    """
    headers = _headers(question.headers)
    given = question.consent
    seen = headers.get("cloudfront-viewer-country"), headers.get("cloudfront-viewer-country-region")
    country = question.country or seen[0]
    statements = [
        *_regions(country, question.state),
        *_regions(question.country, None),
        *_regions(*seen),
        *_regions(given.region if given else None, None),
    ]
    region = _agreed(statements)
    if given and region is None:
        given = msgspec.structs.replace(given, region=None)
    signals = Signals(
        given=given,
        notes=tuple(question.notes),
        sec_gpc=headers.get("sec-gpc"),
        region=region and "-".join(part for part in region if part),
    )
    jars = _jars(headers.get("cookie", ""), (given and given.cookies) or {})
    given = given or Consent()
    return [msgspec.structs.replace(signals, given=msgspec.structs.replace(given, cookies=jar)) for jar in jars] or [
        signals
    ]


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """The headers with lower-case names. Raises WrongQuestion for one that stands twice."""
    headers = {name.lower(): value for name, value in given.items()}
    if len(headers) != len(given):
        raise WrongQuestion("bad_question", "headers: a name stands twice")
    return headers


def _jars(header: str, given: Mapping[str, str]) -> list[dict[str, str]]:
    """The cookies as given and as the browser encoded them; as many times as one name has different values."""
    values = {name: {value: None} for name, value in given.items()}  # sets that keep their order
    for pair in header.split(";"):
        name, sign, value = pair.partition("=")
        if sign:
            values.setdefault(name.strip(), {})[value.strip()] = None
    found = {name: list(each) for name, each in values.items()}
    times = max(map(len, found.values()), default=0)
    return [{name: each[min(turn, len(each) - 1)] for name, each in found.items()} for turn in range(times)]


def _regions(country: str | None, state: str | None) -> list[Region | None]:
    """The region that a country and a state name (``CA`` or ``US-CA``), if they are given; None: not readable."""
    if not country and not state:
        return []
    if state and "-" in state:
        return [regions.parse(state)]
    return [regions.parse(f"{country}-{state}" if state else country) if country else None]


def _agreed(statements: Iterable[Region | None]) -> Region | None:
    """Where all statements say that the person is; None when there is none, one is unreadable, or two contradict."""
    found: Region | None = None
    for statement in statements:
        found = statement and regions.located(found, statement, vouched=True)
        if found is None:
            return None
    return found


def _person(question: Question, policy: ConsentPolicy, named: list[tuple[str, str]], now_seconds: int) -> _Person:
    """Who the event is about. Without the site's secret only whether they can be named, not whether a token does."""
    if question.user_data is None:
        return _Person(None, question.public_ip is not False)
    keys = to_match_keys(question.user_data, default_country=None, now_seconds=now_seconds).keys
    subjects = subject_keys([*identifiers(keys), *named], [question.subject_secret or _SECRET])
    leaving = policy.user_data_fields
    sent = "client_ip_address" in keys and (leaving is None or "client_ip_address" in leaving)
    known = subjects if question.subject_secret or not subjects else None
    return _Person(known, sent if question.public_ip is None else question.public_ip)


def _standing(question: Question, policy: ConsentPolicy | None) -> Standing | None:
    """What the ledger would hold; None when nothing is said about it."""
    held = question.ledger
    if held is None:
        return None
    granted_at = seconds("ledger.granted_at", held.granted_at)
    refused_at = seconds("ledger.refused_at", held.refused_at)
    if held.expires_at is not None:
        expires_at = seconds("ledger.expires_at", held.expires_at)
    else:
        expires_at = granted_at + (policy.max_consent_age_days if policy else 0) * DAY_SECONDS
    return Standing(granted_at, refused_at, expires_at, held.text_version)
