"""A server tells what a person decided, with the dataset's key."""

import hashlib
import json
from typing import Any

import pytest

from sluice.consent.ledger import Standing
from sluice.consent.subject import subject_keys, subject_secrets
from sluice.door import Answer
from sluice.errors import Rejected, Unavailable
from sluice.record import Body
from sluice.telemetry import Metric
from sluice.told import Told
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, PEPPER, consent_request, dataset_changed, document, wire_event
from tests.samples import settings as checked

PERSON = {"em": "jo.sample@example.com"}
DIGEST = hashlib.sha256(b"jo.sample@example.com").hexdigest()
YEAR = 395 * 86_400
FBP = "fb.1.1795197600123.1098115397"


def known(room: IngestRoom, site: str = DATASET, **identifiers: str) -> Standing | None:
    """What the ledger holds under one identifier, by its kind and normalised value, and the pepper in force."""
    secret = subject_secrets(checked(), site)[0]
    (key,) = subject_keys(identifiers.items(), [secret])
    return room.consent.standings(site, [key]).get(key)


def test_grant(ingest: IngestRoom) -> None:
    """A grant is recorded with its own time, its end by the policy, and its text; 204 without a body."""
    answer = ingest.tell(
        consent_request(user_data=PERSON, decision="grant", at=NOW - 60, proof={"text_version": "7", "cmp": "own"})
    )
    assert answer == Answer(204, {})
    assert known(ingest, em=DIGEST) == Standing(NOW - 60, 0, NOW - 60 + YEAR, "7")
    assert ingest.telemetry.counts == {Metric.CONSENT_RECORDED: 1}


@pytest.mark.parametrize(("told", "at"), [({}, NOW), ({"at": NOW - 60}, NOW - 60)])
def test_deny(ingest: IngestRoom, told: dict[str, Any], at: int) -> None:
    """A refusal counts from its own time, or from now."""
    assert ingest.tell(consent_request(user_data=PERSON, decision="deny", **told)).status == 204
    assert known(ingest, em=DIGEST) == Standing(0, at)


@pytest.mark.parametrize(("told", "at"), [({}, NOW), ({"at": NOW - 60}, NOW - 60)])
def test_withdrawal(ingest: IngestRoom, told: dict[str, Any], at: int) -> None:
    """So does a withdrawal; a server knows when the person said so."""
    assert ingest.withdraw(consent_request(user_data=PERSON, **told)) == Answer(204, {})
    assert known(ingest, em=DIGEST) == Standing(0, at)


def test_statement(ingest: IngestRoom) -> None:
    """The proof holds who said it, when it arrived, and a hash that no list of addresses undoes; nothing raw."""
    request = consent_request(user_data=PERSON, decision="grant", at=NOW - 60, proof={"method": "button"})
    ingest.tell(request)
    ((statement,),) = ingest.consent.statements.values()
    assert (statement.source, statement.recorded_at, statement.request_id) == ("server", NOW, "request-1")
    (subject,) = (key for _, key in ingest.consent.statements)
    said = {"decision": "grant", "at": NOW - 60, "site": DATASET, "subjects": [subject], "proof": {"method": "button"}}
    assert statement.evidence == hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
    assert statement.proof.method == "button"
    assert "jo.sample" not in repr(ingest.consent.statements)
    assert DIGEST not in repr(ingest.consent.statements)


def test_grant_from_ahead_told_again(ingest: IngestRoom) -> None:
    """A grant from ahead is recorded once its time has come, and then it is older than a withdrawal after it."""
    request = consent_request(user_data=PERSON, decision="grant", at=NOW + 3)
    with pytest.raises(Rejected, match="decision_in_future"):
        ingest.tell(request)
    ingest.clock.now += 5
    ingest.withdraw(consent_request(user_data=PERSON))
    ingest.clock.now += 5
    ingest.tell(request)
    assert known(ingest, em=DIGEST) == Standing(NOW + 3, NOW + 5, NOW + 3 + YEAR)


@pytest.mark.parametrize("decision", ["grant", "deny", "withdraw"])
@pytest.mark.parametrize(
    "part",
    [
        {"user_data": {**PERSON, "ph": "12"}},
        {"user_data": {"external_id": "customer-77", "em": [PERSON["em"], "no address"]}},
        {"user_data": {**PERSON, "fbp": "1098115397"}},
        {"user_data": {**PERSON, "phone": "+491713920042"}},
        {"user_data": PERSON, "checkout_token": "\x00"},
        {"user_data": PERSON, "cmp_consent_id": "c-\ufffd"},
    ],
    ids=str,
)
def test_a_name_that_cannot_be_read(ingest: IngestRoom, part: dict[str, Any], decision: str) -> None:
    """Of several names one that cannot be read refuses all: a part would be taken for the whole."""
    with pytest.raises(Rejected, match="identifier_unreadable"):
        ingest.tell(consent_request(decision=decision, at=NOW - 60, **part))
    with pytest.raises(Rejected, match="identifier_unreadable"):
        ingest.withdraw(consent_request(**part))
    assert ingest.consent.statements == {}


def test_white_space_around_a_name(ingest: IngestRoom) -> None:
    """A consent tool's id and a checkout's token are what they are without white space around them."""
    ingest.withdraw(consent_request(cmp_consent_id=" c-1\n", checkout_token="\tt-1 "))
    assert known(ingest, cmp="c-1") == known(ingest, checkout="t-1") == Standing(0, NOW)


def test_repr() -> None:
    """Neither a decision nor the body of a request shows whose it is."""
    for shown in (Told(user_data=PERSON, checkout_token="t-4711"), Body(dataset=DATASET, user_data=PERSON, token="v1")):
        assert not any(word in repr(shown) for word in ("jo.sample", "t-4711", "v1"))


@pytest.mark.parametrize("at", [NOW + 1, NOW + 60, NOW * 1_000])
def test_grant_of_the_future(ingest: IngestRoom, at: int) -> None:
    """A grant from ahead, or in milliseconds, is refused: dated back, it could undo a withdrawal when repeated."""
    with pytest.raises(Rejected, match="decision_in_future"):
        ingest.tell(consent_request(user_data=PERSON, decision="grant", at=at))
    assert ingest.consent.statements == {}


@pytest.mark.parametrize(("at", "recorded"), [(NOW + 61, NOW), (NOW * 1_000, NOW), (0, 1)])
def test_refusal_of_any_time(ingest: IngestRoom, at: int, recorded: int) -> None:
    """A refusal is recorded whatever its date is, and never as if there were none."""
    ingest.withdraw(consent_request(user_data=PERSON, at=at))
    ingest.tell(consent_request(user_data={"ph": "+49 171 3920042"}, decision="deny", at=at))
    assert {statement.decided_at for (statement,) in ingest.consent.statements.values()} == {recorded}


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ({"em": " Jo.Sample@Example.com "}, {"em": "jo.sample@example.com"}),
        ({"ph": "0171 / 3920042"}, {"ph": "491713920042"}),
        ({"external_id": "customer-77"}, {"external_id": "customer-77"}),
    ],
)
def test_raw_or_hashed(raw: dict[str, str], normalised: dict[str, str]) -> None:
    """Whether the identifier comes raw or as Meta's hash of it, it is the same person."""
    rooms = [IngestRoom(), IngestRoom()]
    hashed = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in normalised.items()}
    for room, person in zip(rooms, (raw, hashed), strict=True):
        room.withdraw(consent_request(user_data=person))
    first, second = (set(room.consent.statements) for room in rooms)
    assert first == second != set()


def test_every_identifier(ingest: IngestRoom) -> None:
    """One statement is recorded under each name that the person has, with each value of a list."""
    person = {"em": ["a@example.com", "b@example.com"], "ph": "+491713920042", "external_id": 77, "fbp": FBP}
    ingest.withdraw(consent_request(user_data=person, cmp_consent_id="c-1", checkout_token="t-1"))
    assert len(ingest.consent.statements) == 7
    assert known(ingest, cmp="c-1") == known(ingest, checkout="t-1") == known(ingest, fbp=FBP) == Standing(0, NOW)


@pytest.mark.parametrize("rule", ["documented", "pixel", "both"])
@pytest.mark.parametrize("identifier", ["Customer 77 ", " KUNDE-ÄÖ ", "a b"])
def test_both_match_key_rules(gateway: Gateway, rule: str, identifier: str) -> None:
    """By whichever rule a dataset hashes, a withdrawal that names the same raw value stops the event."""
    gateway.configure(dataset_changed(match_keys=rule))
    gateway.ingest.post(wire_event(user_data={"external_id": identifier}, event_id="one"))
    assert gateway.ingest.queued == ["one"]
    gateway.ingest.withdraw(consent_request(user_data={"external_id": identifier}))
    assert gateway.deliver() == []


def test_ten_values_by_both_rules(gateway: Gateway) -> None:
    """Ten values, which is what an event can have, are ten persons' names under each of the rules."""
    gateway.configure(dataset_changed(match_keys="pixel"))
    names = [f" Customer {number}" for number in range(10)]
    gateway.ingest.post(wire_event(user_data={"external_id": names[9]}, event_id="one"))
    gateway.ingest.withdraw(consent_request(user_data={"external_id": names}))
    assert gateway.deliver() == []


@pytest.mark.parametrize("person", [{"em": [f"p{n}@example.com" for n in range(11)]}, {"fbp": [FBP, FBP[:-1] + "8"]}])
def test_more_than_can_be_recorded(ingest: IngestRoom, person: dict[str, Any]) -> None:
    """A withdrawal that would leave a name out is refused as a whole."""
    with pytest.raises(Rejected, match="too_many_subjects"):
        ingest.withdraw(consent_request(user_data=person))
    assert ingest.consent.statements == {}


OLD = "ffeeddccbbaa99887766554433221100"


def test_withdrawal_after_a_new_pepper(gateway: Gateway) -> None:
    """An event that was queued before the pepper was exchanged is stopped by a withdrawal after it."""
    gateway.configure(document(pepper=OLD))
    gateway.ingest.post(wire_event(event_id="one"))
    gateway.configure(document(pepper=PEPPER, previous_peppers=[OLD]))
    gateway.ingest.withdraw(consent_request(user_data=PERSON))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == ("withdrawn", "withdrawn")


def test_new_pepper_after_a_withdrawal(gateway: Gateway) -> None:
    """A withdrawal from before the pepper was exchanged still stops what comes after it."""
    gateway.configure(document(pepper=OLD))
    gateway.ingest.withdraw(consent_request(user_data=PERSON))
    gateway.configure(document(pepper=PEPPER, previous_peppers=[OLD]))
    gateway.ingest.post(wire_event(event_id="one"))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == ("withdrawn", "withdrawn")


def test_told_again(ingest: IngestRoom) -> None:
    """To tell the same again, later, is answered the same and changes nothing."""
    request = consent_request(user_data=PERSON, decision="grant", at=NOW - 60)
    first = ingest.tell(request)
    before = known(ingest, em=DIGEST)
    ingest.clock.now += 3_600
    assert ingest.tell(request) == first
    assert known(ingest, em=DIGEST) == before


def test_old_grant_told_again_after_a_withdrawal(ingest: IngestRoom) -> None:
    """A repeated grant is as old as it was, so the withdrawal after it holds."""
    request = consent_request(user_data=PERSON, decision="grant", at=NOW - 60)
    ingest.tell(request)
    ingest.withdraw(consent_request(user_data=PERSON))
    ingest.clock.now += 3_600
    ingest.tell(request)
    assert known(ingest, em=DIGEST) == Standing(NOW - 60, NOW, NOW - 60 + YEAR)


def test_nobody_learns_who_is_known(ingest: IngestRoom) -> None:
    """The answer is the same for a person of whom everything is known and for one of whom nothing is."""
    ingest.tell(consent_request(user_data=PERSON, decision="grant", at=NOW - 60))
    stranger = {"em": "nobody@example.com"}
    assert ingest.withdraw(consent_request(user_data=PERSON)) == ingest.withdraw(consent_request(user_data=stranger))
    known_lines = [fields for _, fields in ingest.telemetry.lines[-2:]]
    assert known_lines[0] == known_lines[1]


def test_site_of_several_datasets(ingest: IngestRoom) -> None:
    """What is told about one dataset's visitor is told about the whole site."""
    whole = document()
    for dataset in whole["datasets"].values():
        dataset["site"] = "shop"
    ingest.configure(whole)
    ingest.withdraw(consent_request(user_data=PERSON))
    ingest.tell(consent_request(user_data=PERSON, decision="grant", at=NOW - 60, dataset=OTHER_DATASET))
    assert {site for site, _ in ingest.consent.statements} == {"shop"}
    assert len(ingest.consent.statements) == 1


def test_store_down(ingest: IngestRoom) -> None:
    """What could not be recorded is answered 503, so that it is told again; it counts as nothing."""
    ingest.consent.down = True
    for door in (ingest.tell, ingest.withdraw):
        with pytest.raises(Unavailable, match="consent_store_unavailable"):
            door(consent_request(user_data=PERSON, decision="grant", at=NOW - 60))
    assert ingest.telemetry.counts[Metric.CONSENT_RECORDED] == 0


@pytest.mark.parametrize(
    ("told", "slug"),
    [
        ({"dataset": "999"}, "unknown_dataset"),
        ({"dataset": None}, "bad_body"),
        ({"user_data": None}, "bad_body"),
        ({"user_data": {}}, "no_subject"),
        ({"user_data": {"fn": "Jo", "ct": "Berlin"}}, "no_subject"),
        ({"user_data": {"em": "no address", "ph": [], "external_id": {}}}, "no_subject"),
        ({"cmp_consent_id": " "}, "identifier_unreadable"),
        ({"checkout_token": "x" * 257}, "identifier_unreadable"),
        ({"user_data": {**PERSON, "email": "jo.sample@example.com"}}, "identifier_unreadable"),
        ({"decision": "yes"}, "bad_body"),
        ({"decision": None}, "no_decision"),
        ({"at": None}, "no_decision"),
        ({"at": -1}, "bad_body"),
        ({"at": "2026-11-20T18:40:00Z"}, "bad_body"),
        ({"at": 1.5}, "bad_body"),
        ({"at": 2**64}, "bad_body"),
        ({"proof": {"text_version": "x" * 257}}, "bad_body"),
        ({"proof": {"ip": "203.0.113.24"}}, "bad_body"),
        ({"email": "jo.sample@example.com"}, "bad_body"),
    ],
)
def test_bad_body(ingest: IngestRoom, told: dict[str, Any], slug: str) -> None:
    """What cannot be recorded as it was meant is refused, and nothing of it is recorded."""
    with pytest.raises(Rejected, match=slug):
        ingest.tell(consent_request(**{"user_data": PERSON, "decision": "grant", "at": NOW - 60, **told}))
    assert ingest.consent.statements == {}


@pytest.mark.parametrize(
    "key", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer token-of-the-dataset"}]
)
def test_without_the_key(ingest: IngestRoom, key: dict[str, str]) -> None:
    """Without a server key nobody records or withdraws a person's consent by their address; Meta's token is none."""
    for door in (ingest.tell, ingest.withdraw):
        with pytest.raises(Rejected, match="bad_server_key"):
            door(consent_request(key, user_data=PERSON, decision="grant", at=NOW - 60))
    assert ingest.consent.statements == {}


def test_key_of_another_dataset(ingest: IngestRoom) -> None:
    """A key opens its own dataset only."""
    whole = document()
    whole["datasets"][OTHER_DATASET]["server_keys"] = ["another-server-key-0123456789"]
    ingest.configure(whole)
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.withdraw(consent_request(user_data=PERSON, dataset=OTHER_DATASET))


def test_nothing_personal_in_logs(ingest: IngestRoom) -> None:
    """A log line names dataset, source and decision, nobody's identifier, raw, hashed or keyed."""
    person = {**PERSON, "external_id": "customer-77", "fbp": FBP}
    ingest.tell(consent_request(user_data=person, decision="grant", at=NOW - 60, cmp_consent_id="c-4711"))
    ingest.withdraw(consent_request(user_data=person, checkout_token="t-4711"))
    assert ingest.telemetry.lines == [
        ("recorded", {"dataset": DATASET, "source": "server", "decision": "grant"}),
        ("recorded", {"dataset": DATASET, "source": "server", "decision": "withdraw"}),
    ]
    assert "jo.sample" not in json.dumps(ingest.telemetry.lines)
