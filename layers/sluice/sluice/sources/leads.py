"""What every CRM has in common: a record that reached a stage becomes an event of Meta's conversion leads. Pure.

Source: Meta's "conversion leads" page. The event is named after the stage, says ``system_generated``, names the CRM,
and is dated when the record came to the stage. ``lead_id`` is the id that Meta's instant form gave the lead.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from sluice.event import Arrival, Consent, Event, Signals
from sluice.sources.orders import amount, number
from sluice.sources.payload import moment, text, word
from sluice.sources.request import Mapped

Field = Literal[
    "record_id",
    "stage",
    "stage_changed_at",
    "lead_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "city",
    "state",
    "postal_code",
    "country",
    "external_id",
    "fbc",
    "value",
    "currency",
]
"""What is read of a record."""
_KEYS: Final[Mapping[str, Field]] = {
    "lead_id": "lead_id",
    "em": "email",
    "ph": "phone",
    "fn": "first_name",
    "ln": "last_name",
    "ct": "city",
    "st": "state",
    "zp": "postal_code",
    "country": "country",
    "external_id": "external_id",
    "fbc": "fbc",
}
"""Meta's name of each field that says who it is."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class ConsentField(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where the CRM keeps the person's consent to what Meta is sent, and its words for it, letter by letter.

    ``field``: the answer; ``true`` and ``false`` are words too. ``at``: when the person gave it, in ISO 8601 with an
    offset, in Unix seconds or in milliseconds. Any other word says nothing.
    """

    field: _Text
    at: _Text
    granted: tuple[_Text, ...]
    denied: tuple[_Text, ...]

    def __post_init__(self) -> None:
        """A refusal must not be overlooked; and each word means one thing."""
        if not self.denied:
            raise ValueError("consent: denied needs a word")
        if set(self.granted) & set(self.denied):
            raise ValueError("consent: each word means one thing")


class LeadOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How a CRM's records are read.

    ``stages``: the CRM's word for each stage → name of the event at Meta; other stages are not sent. ``fields``: where
    the CRM keeps a thing under another name than usual. ``consent``: without it a record is no sign of consent.
    """

    stages: Annotated[dict[_Text, _Text], msgspec.Meta(min_length=1)]
    fields: dict[Field, _Text] = {}
    consent: ConsentField | None = None


class Crm(NamedTuple):
    """A CRM: its name, as Meta is told it, and its usual names of the fields."""

    name: str
    fields: Mapping[Field, str]


def to_leads(records: Iterable[Mapping[str, Any]], slug: str, options: LeadOptions, crm: Crm) -> Mapped:
    """One event for each record that reached a stage of the options; for the others why not.

    A record counts once at each stage, also when it comes back to it or is told twice.
    """
    names = {**crm.fields, **options.fields}
    arrivals, ignored = [], []
    for record in records:
        found: dict[str, Any] = {field: record.get(name) for field, name in names.items()}
        stage, record_id = text(found["stage"]), text(found["record_id"])
        event_name = options.stages.get(stage or "")
        changed_at = moment(text(found["stage_changed_at"]))
        if stage is not None and event_name is None:
            ignored.append("unknown_stage")
        elif stage is None or event_name is None or record_id is None or changed_at is None:
            ignored.append("incomplete_record")
        else:
            event = Event(
                event_name=event_name,
                event_time=changed_at,
                action_source="system_generated",
                event_id=f"{record_id}:{stage}",
                user_data={key: value for key, field in _KEYS.items() if (value := text(found.get(field)))},
                custom_data={"event_source": "crm", "lead_event_source": crm.name, **_worth(found)},
            )
            signals = Signals(given=_consent(record, options.consent))
            arrivals.append(Arrival(event, signals, f"lead:{slug}:{record_id}:{stage}"))
    return Mapped(arrivals, ignored=ignored)


def _worth(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the lead is worth; nothing where the CRM names no currency, because Meta takes no value without one."""
    value, currency = number(amount(found.get("value"))), text(found.get("currency"))
    return {} if value is None or currency is None else {"value": value, "currency": currency.upper()}


def _consent(record: Mapping[str, Any], where: ConsentField | None) -> Consent | None:
    """What the CRM noted of the person's consent; None where it noted nothing that is an answer."""
    answer = word(record.get(where.field)) if where else None
    if where is None or answer not in {*where.granted, *where.denied}:
        return None
    return Consent(granted=answer in where.granted, at=moment(word(record.get(where.at))))
