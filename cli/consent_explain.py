"""What would be decided about one event's consent, and why, asked of the ingest function's own code. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from cli.consent_question import Question, WrongQuestion, seconds
from sluice.consent import regions
from sluice.consent.decide import Decision, decide, no_policy
from sluice.consent.ledger import Asked, Standing, stopped_by
from sluice.consent.regions import Region
from sluice.consent.signals import DAY_SECONDS, Case, names, read_tools
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
    signals, policy = _signals(question), question.policy
    standing = _standing(question, policy)
    if policy is None:
        return no_policy(now)
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
    if standing is None:
        return decision
    if decision.undecided:
        decision = decide(case, standing)
    return _before_sending(decision, case, standing) if decision.allow else decision


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
    policy = case.policy
    asked = Asked(case.event_time, decision.basis, decision.consent_at, policy.ledger_required, policy.min_text_version)
    stopped = stopped_by(standing, asked, case.now_seconds)
    if stopped is None:
        return decision
    return msgspec.structs.replace(decision, allow=False, reason=stopped, basis="ledger", evidence=None, ldu=None)


def _signals(question: Question) -> Signals:
    """The consent evidence as a door hands it over: given, and in the headers of the browser's request."""
    headers = _headers(question.headers)
    given = question.consent
    if cookies := _cookies(headers.get("cookie", "")):
        given = given or Consent()
        given = msgspec.structs.replace(given, cookies={**cookies, **(given.cookies or {})})
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
    return Signals(
        given=given,
        notes=tuple(question.notes),
        sec_gpc=headers.get("sec-gpc"),
        region=region and "-".join(part for part in region if part),
    )


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """The headers with lower-case names. Raises WrongQuestion for one that stands twice."""
    headers = {name.lower(): value for name, value in given.items()}
    if len(headers) != len(given):
        raise WrongQuestion("bad_question", "headers: a name stands twice")
    return headers


def _cookies(header: str) -> dict[str, str]:
    """The cookies of a Cookie header as the browser encoded them; of several with one name the first, the closest."""
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, sign, value = pair.partition("=")
        if sign:
            cookies.setdefault(name.strip(), value.strip())
    return cookies


def _regions(country: str | None, state: str | None) -> list[Region]:
    """The regions that a country and a state name (``CA`` or ``US-CA``), as far as they can be read."""
    code = state if state and "-" in state else f"{country}-{state}" if country and state else country
    region = regions.parse(code) if code else None
    return [region] if region else []


def _agreed(statements: Iterable[Region]) -> Region | None:
    """Where all statements say that the person is; None when two contradict each other, and when there is none."""
    found: Region | None = None
    for statement in statements:
        found = regions.located(found, statement, vouched=True)
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
