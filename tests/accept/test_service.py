"""A consent tool's own service, asked about a person when nothing else says anything."""

from typing import Any

import pytest

from sluice.consent.cmp_api import CmpAnswer
from sluice.consent.ledger import Statement
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, dataset_changed, wire_event

SERVICE = {
    "kind": "didomi",
    "organization_id": "example-shop",
    "key": "key-of-the-consent-tool",
    "secret": "secret-of-the-consent-tool",
    "vendor": "c:facebook-abc123",
    "purposes": ["marketing"],
}
AGREED = CmpAnswer("allow", "", NOW - 7_200, "record-1", "{}")
REFUSED = CmpAnswer("deny", "denied", NOW - 7_200, "record-1", "{}")


@pytest.fixture
def asking(ingest: IngestRoom) -> IngestRoom:
    """A dataset whose consent tool has a service that knows customer 42."""
    ingest.configure(dataset_changed(cmp_api=SERVICE))
    ingest.cmp.answers["42"] = AGREED
    return ingest


def silent(**changes: Any) -> dict[str, Any]:
    """A customer's event without any signal."""
    return wire_event(**{"consent": None, "user_data": {"external_id": "42"}, **changes})


def test_agreed_there(asking: IngestRoom) -> None:
    """What the service says allows, with its own reason, its time and its evidence."""
    asking.post(silent())
    (entry,) = asking.queue.envelopes[0].entries
    assert (entry.decision.reason, entry.decision.basis, entry.decision.consent_at) == (
        "ok_cmp_api",
        "cmp_api",
        NOW - 7_200,
    )
    assert entry.decision.evidence


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ("42", None),
        pytest.param(42, None, id="a number"),
        (["42", "43"], None),
        ("43", "no_signal"),
        (None, "no_signal"),
        ({"id": 42}, "no_signal"),
    ],
)
def test_who_is_asked_about(asking: IngestRoom, person: object, reason: str | None) -> None:
    """The person is named by the shop's own id; without one there is nobody to ask about."""
    answer = asking.post(silent(user_data={"external_id": person, "em": "jo.sample@example.com"}))
    assert answer.body["messages"] == ([f"data[0]: {reason}"] if reason else [])


def test_refused_there(asking: IngestRoom) -> None:
    """A refusal at the service is a refusal."""
    asking.cmp.answers["42"] = REFUSED
    assert asking.post(silent()).body["messages"] == ["data[0]: denied"]


def test_no_answer(asking: IngestRoom) -> None:
    """A service that does not answer allows nothing, and the sender need not try again."""
    asking.cmp.down = True
    answer = asking.post(silent())
    assert (answer.status, answer.body["messages"]) == (200, ["data[0]: cmp_unreachable"])


def test_asked_once_about_everybody(asking: IngestRoom) -> None:
    """One call for a request, with each person once, and only those whose events decide nothing themselves."""
    asking.post(silent(), silent(event_id="other"), wire_event(), silent(user_data={"external_id": "43"}))
    assert asking.cmp.asked == [["42", "43"]]


def test_not_asked_without_need(asking: IngestRoom) -> None:
    """Where the signals decide, nobody is asked."""
    asking.post(wire_event())
    assert asking.cmp.asked == []


def test_no_service(ingest: IngestRoom) -> None:
    """A dataset whose consent tool has no service asks nobody."""
    assert ingest.post(silent()).body["messages"] == ["data[0]: no_signal"]
    assert ingest.cmp.asked == []


def test_the_ledger_wins(asking: IngestRoom) -> None:
    """After a withdrawal in the ledger the service is not even asked."""
    asking.post(silent())
    (subject, *_) = asking.queue.envelopes[0].entries[0].subjects
    withdrawal = Statement("withdraw", NOW - 60, NOW - 60, 0, "server", "ab" * 32, "request-1")
    asking.consent.record(DATASET, [subject], withdrawal)
    asking.cmp.asked.clear()
    assert asking.post(silent(event_id="later")).body["messages"] == ["data[0]: consent_denied"]
    assert asking.cmp.asked == []
