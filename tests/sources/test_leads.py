"""What a CRM's record becomes: an event of Meta's conversion leads."""

from typing import Any, get_args

import msgspec
import pytest

from sluice.event import Consent, Event
from sluice.rules import problems
from sluice.sources.leads import Crm, Field, LeadOptions, to_leads
from sluice.sources.request import Mapped
from tests.samples import NOW

CRM = Crm("Example CRM", {field: field for field in get_args(Field)})
STAGES = {"New": "Initial Lead", "Won": "Converted"}
CONSENT = {"field": "ads", "at": "ads_at", "granted": ["yes", "true"], "denied": ["no", "false"]}
RECORD = {"record_id": "r-1", "stage": "New", "stage_changed_at": "2026-11-20T18:30:00Z", "email": "kai@example.com"}


def options(**given: Any) -> LeadOptions:
    """Options as the settings are read."""
    return msgspec.convert({"stages": STAGES, **given}, LeadOptions)


def mapped(*records: dict[str, Any], **given: Any) -> Mapped:
    """What records become."""
    return to_leads(records, "crm", options(**given), CRM)


def event(given: dict[str, Any] | None = None, **fields: Any) -> Event:
    """The event of the record with other fields."""
    (arrival,) = mapped({**RECORD, **fields}, **(given or {})).arrivals
    return arrival.event


def test_a_stage_is_this_event() -> None:
    """The stage names the event; it is nobody's act, and says which CRM told it."""
    (arrival,) = mapped(RECORD).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Initial Lead",
        "event_time": 1_795_199_400,
        "event_id": "r-1:New",
        "action_source": "system_generated",
        "user_data": {"em": "kai@example.com"},
        "custom_data": {"event_source": "crm", "lead_event_source": "Example CRM"},
    }
    assert arrival.dedup_key == "lead:crm:r-1:New"
    assert arrival.signals.given is None
    assert problems(arrival.event, now_seconds=NOW) == []


@pytest.mark.parametrize(
    ("field", "value", "key", "sent"),
    [
        ("lead_id", 525_645_896_321_548, "lead_id", "525645896321548"),
        ("lead_id", "l:525645896321548", "lead_id", "l:525645896321548"),
        ("email", "Kai@Example.com", "em", "Kai@Example.com"),
        ("phone", "+49 30 901820", "ph", "+49 30 901820"),
        ("first_name", "Kai", "fn", "Kai"),
        ("last_name", "Orth", "ln", "Orth"),
        ("city", "Bonn", "ct", "Bonn"),
        ("state", "NW", "st", "NW"),
        ("postal_code", "53111", "zp", "53111"),
        ("country", "DE", "country", "DE"),
        ("external_id", 77, "external_id", "77"),
        ("fbc", "fb.1.1795197599001.Abc", "fbc", "fb.1.1795197599001.Abc"),
        ("city", None, "ct", None),
        ("city", ["Bonn"], "ct", None),
    ],
)
def test_match_keys(field: str, value: object, key: str, sent: str | None) -> None:
    """Each field goes on raw, under Meta's name."""
    assert event(**{field: value}).user_data.get(key) == sent


@pytest.mark.parametrize(
    ("value", "currency", "sent"),
    [
        (4_800, "gbp", {"value": 4_800, "currency": "GBP"}),
        ("99.50", "EUR", {"value": 99.5, "currency": "EUR"}),
        (4_800, None, {}),
        (None, "EUR", {}),
        ("much", "EUR", {}),
    ],
)
def test_worth(value: object, currency: str | None, sent: dict[str, Any]) -> None:
    """A value goes with its currency or not at all."""
    data = event(value=value, currency=currency).custom_data
    assert data == {"event_source": "crm", "lead_event_source": "Example CRM", **sent}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"stage": "Lost"}, "unknown_stage"),
        ({"stage": "new"}, "unknown_stage"),
        ({"stage": None}, "incomplete_record"),
        ({"record_id": None}, "incomplete_record"),
        ({"stage_changed_at": None}, "incomplete_record"),
        ({"stage_changed_at": "2026-11-20"}, "incomplete_record"),
        ({"stage_changed_at": "2026-11-20T18:30:00"}, "incomplete_record"),
    ],
)
def test_what_is_no_event(fields: dict[str, Any], reason: str) -> None:
    """A stage that is not told to Meta, and a record that lacks what an event needs; its time is never invented."""
    assert mapped({**RECORD, **fields}) == Mapped([], ignored=[reason])


@pytest.mark.parametrize("at", ["2026-11-20T19:30:00+01:00", 1_795_199_400, "1795199400250"])
def test_times(at: object) -> None:
    """The stage's time is read in each form that a CRM writes."""
    assert event(stage_changed_at=at).event_time == 1_795_199_400


def test_one_bad_record_harms_no_other() -> None:
    """Of many records each is an event or is ignored for itself."""
    found = mapped(RECORD, {}, {**RECORD, "record_id": "r-2", "stage": "Won"}, {**RECORD, "stage": "Lost"})
    assert [arrival.event.event_id for arrival in found.arrivals] == ["r-1:New", "r-2:Won"]
    assert found.ignored == ["incomplete_record", "unknown_stage"]


def test_other_names() -> None:
    """A field may stand under another name; the rest keeps its usual one."""
    (arrival,) = mapped({**RECORD, "Mail": "a@example.com"}, fields={"email": "Mail"}).arrivals
    assert arrival.event.user_data == {"em": "a@example.com"}
    assert arrival.event.event_id == "r-1:New"


@pytest.mark.parametrize(
    ("answer", "at", "heard"),
    [
        ("yes", "2026-11-19T08:00:00Z", Consent(granted=True, at=1_795_075_200)),
        (True, 1_795_075_200_000, Consent(granted=True, at=1_795_075_200)),
        ("yes", None, Consent(granted=True)),
        ("no", "2026-11-19T08:00:00Z", Consent(granted=False, at=1_795_075_200)),
        (False, None, Consent(granted=False)),
        ("Yes", 1_795_075_200, None),
        ("maybe", 1_795_075_200, None),
        (None, 1_795_075_200, None),
        ({}, 1_795_075_200, None),
    ],
)
def test_consent(answer: object, at: object, heard: Consent | None) -> None:
    """The CRM's own words are handed over as the plain flag; every other word is no signal."""
    (arrival,) = mapped({**RECORD, "ads": answer, "ads_at": at}, consent=CONSENT).arrivals
    assert arrival.signals.given == heard


def test_no_consent_by_itself() -> None:
    """Without the option nothing in a record is read as consent."""
    (arrival,) = mapped({**RECORD, "consent": "granted", "ads": "yes", "opt_in": True}).arrivals
    assert arrival.signals.given is None


@pytest.mark.parametrize(
    "given",
    [
        {"stages": {}},
        {"stages": {"New": ""}},
        {"fields": {"mail": "Mail"}},
        {"fields": {"email": ""}},
        {"consent": {**CONSENT, "denied": []}},
        {"consent": {**CONSENT, "denied": ["yes"]}},
        {"consent": {"field": "ads", "granted": ["yes"], "denied": ["no"]}},
    ],
)
def test_options_that_are_refused(given: dict[str, Any]) -> None:
    """Options that would send nothing, or would overlook a refusal, are mistakes."""
    with pytest.raises(msgspec.ValidationError):
        options(**given)
