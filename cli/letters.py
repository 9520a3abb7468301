"""A dead letter, or another message of events: what of it may be shown, and whether a filter means it.

Shown are codes, names, times and the sender's own event_id; never ``user_data``, a subject key or an address.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cli.screen import printable
from cli.times import iso
from sluice.delivery import codes
from sluice.envelope import Entry, Envelope, decode
from sluice.errors import BadEnvelope

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

KEPT_SECONDS: Final = 14 * 86_400
"""As long as SQS keeps a message."""
_SHORT: Final = 8
"""Characters of an id that tell letters apart."""
_NO_REASON: Final = "too_many_receives"
MEANINGS: Final = {
    "expired": "It became too old for Meta before it could be sent. Meta takes it no more: drop it.",
    "retention_reached": "It had waited for 13 days, after which SQS would have lost it. See that its dataset is "
    "delivered again (the sender's log says why it was not), then redrive it.",
    "outcome_unknown": "It was sent, and Meta never answered: Meta may have it. After two days Meta would count it "
    "twice, so it is not redriven. Look in Meta's Events Manager; then drop it.",
    "meta_refused_event": "Meta refused this event and would again. Redrive it only if what made Meta refuse it has "
    "changed at Meta; else mend its sender and drop it.",
    "undecodable_envelope": "It is no envelope that this version reads, so nobody can send it. If another version "
    "wrote it, deploy that version; else drop it.",
    "unknown_dataset": "The dataset is not in the settings. Put it back: `sluice settings edit`. Else drop it.",
    _NO_REASON: "SQS moved it here because it had been received too often without an end. See that the sender works "
    "(its log), then redrive it.",
}


class _Sent(msgspec.Struct):
    """What is shown of an event as Meta gets it."""

    event_id: str = ""


@dataclasses.dataclass(frozen=True)
class Letter:
    """One message. ``reasons``: its attributes. ``envelope``: None when it cannot be read. ``sent_at``: Unix seconds.

    A letter that the sender wrote has one event; one that SQS moved has those of a whole request.
    """

    id: str
    body: str = dataclasses.field(repr=False)
    sent_at: int
    reasons: Mapping[str, str | int]
    envelope: Envelope | None = dataclasses.field(repr=False)

    @property
    def short_id(self) -> str:
        """The beginning of its id, which the commands take for the whole."""
        return self.id[:_SHORT]

    @property
    def slug(self) -> str:
        """Why it was given up."""
        return str(self.reasons.get("slug", _NO_REASON))

    @property
    def given_up_at(self) -> int:
        """When it was given up; when it was first queued if that is not known."""
        return int(self.reasons.get("at", self.sent_at))

    @property
    def entries(self) -> list[Entry]:
        """Its events."""
        return self.envelope.entries if self.envelope else []

    @property
    def names(self) -> str:
        """The names of its events."""
        number = f" ({len(self.entries)} events)" if len(self.entries) > 1 else ""
        return printable(", ".join(dict.fromkeys(entry.name for entry in self.entries)) + number)

    @property
    def leaves_at(self) -> int:
        """When SQS drops it."""
        return self.sent_at + KEPT_SECONDS


@dataclasses.dataclass(frozen=True)
class Filter:
    """Which letters a command means: those that fit everything that is given.

    ``ids``: whole ids or their first eight characters or more. ``given_up_before``, ``given_up_after``: Unix seconds.
    """

    ids: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()
    event_names: tuple[str, ...] = ()
    given_up_before: int | None = None
    given_up_after: int | None = None

    def fits(self, letter: Letter) -> bool:
        """Whether it means the letter. Nothing that needs an event means a letter that cannot be read."""
        at, dataset = letter.given_up_at, letter.envelope.dataset if letter.envelope else None
        return (
            (not self.ids or any(letter.id.startswith(each) for each in self.ids))
            and (not self.datasets or dataset in self.datasets)
            and (not self.slugs or letter.slug in self.slugs)
            and (not self.event_names or any(entry.name in self.event_names for entry in letter.entries))
            and (self.given_up_before is None or at < self.given_up_before)
            and (self.given_up_after is None or at >= self.given_up_after)
        )


def letter_of(found: "MessageTypeDef") -> Letter:
    """The letter in a message as SQS hands it out, with all of its attributes."""
    try:
        envelope: Envelope | None = decode(found["Body"])
    except BadEnvelope:
        envelope = None
    if envelope and not envelope.entries:
        envelope = None
    return Letter(
        id=found["MessageId"],
        body=found["Body"],
        sent_at=int(found["Attributes"]["SentTimestamp"]) // 1_000,
        reasons=dict(_values(found.get("MessageAttributes", {}))),
        envelope=envelope,
    )


def as_json(letter: Letter) -> dict[str, Any]:
    """What may be shown of a letter, as JSON values with times in ISO 8601; what is not known is absent."""
    details = ("code", "subcode", "fbtrace_id", "attempts")
    reasons = {name: letter.reasons[name] for name in details if name in letter.reasons}
    shown: dict[str, Any] = {
        "id": letter.id,
        "slug": letter.slug,
        **reasons,
        "given_up_at": iso(letter.given_up_at),
        "kept_until": iso(letter.leaves_at),
        "bytes": len(letter.body.encode()),
    }
    if letter.envelope:
        shown |= {
            "dataset": letter.envelope.dataset,
            "source": letter.envelope.source,
            "accepted_at": iso(letter.envelope.accepted_at),
            "events": [_entry_as_json(entry) for entry in letter.entries],
        }
    return shown


def meaning(letter: Letter) -> str:
    """What the reason of a letter means and what to do."""
    known = MEANINGS.get(letter.slug, "This version of Sluice does not know the reason.")
    code, subcode = letter.reasons.get("code"), letter.reasons.get("subcode")
    if not isinstance(code, int):
        return known
    return f"{known} Meta's code means: {code_meaning(code, subcode if isinstance(subcode, int) else None)}"


def code_meaning(code: int, subcode: int | None) -> str:
    """What Meta says with a code: by the subcode if that says more."""
    return codes.REASONS.get(subcode or 0) or codes.code_of(code, subcode).meaning


def event_id_of(entry: Entry) -> str:
    """The event_id that Meta gets; empty when it cannot be read."""
    try:
        return msgspec.json.decode(entry.event, type=_Sent).event_id
    except msgspec.DecodeError:
        return ""


def facts_of(message: Letter, key: str) -> dict[str, Any]:
    """What a message tells of its event with this delivery key, in the words of the delivery table's evidence."""
    shown = as_json(message)
    event: dict[str, Any] = next(event for event in shown["events"] if event["delivery_key"] == key)
    return {name: shown[name] for name in ("dataset", "source", "accepted_at")} | event


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    """What may be shown of one event."""
    decision = entry.decision
    consent_at = {"consent_at": iso(decision.consent_at)} if decision.consent_at else {}
    return {
        "event_name": entry.name,
        "event_id": event_id_of(entry),
        "event_time": iso(entry.event_time),
        "meta_takes_it_until": iso(entry.deadline),
        "delivery_key": entry.key,
        "reason": decision.reason,
        "basis": decision.basis,
        "policy_version": decision.policy_version,
        "decided_at": iso(decision.decided_at),
        **consent_at,
    }


def _values(attributes: Mapping[str, Any]) -> Iterable[tuple[str, str | int]]:
    """The values of message attributes: numbers and texts."""
    for name, attribute in attributes.items():
        text = attribute.get("StringValue", "")
        yield name, int(text) if attribute["DataType"] == "Number" and text.isdecimal() else text
