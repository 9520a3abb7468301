"""The holder of a signed consent token tells what it says."""

import hashlib
from typing import Any

import pytest
from msgspec import convert, to_builtins

from sluice.consent.ledger import Standing
from sluice.consent.token import Claims, mint
from sluice.door import Answer, cors_headers
from sluice.errors import Rejected, Unavailable
from sluice.settings import Secret
from sluice.told import Proof
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, OTHER_DATASET, consent_request, dataset_changed, document

KEY = "consent-key-of-the-example-shop"
SUBJECTS = ["A" * 22, "B" * 22]
CLAIMS: dict[str, Any] = {
    "v": 1,
    "kid": "k1",
    "aud": DATASET,
    "sub": SUBJECTS,
    "dec": "grant",
    "dts": NOW - 60,
    "iat": NOW - 30,
    "exp": NOW + 3_600,
    "jti": "token-1",
}


@pytest.fixture(autouse=True)
def keyed(ingest: IngestRoom) -> None:
    """The first dataset has a consent key."""
    ingest.configure(dataset_changed(consent_keys={"k1": KEY}))


def signed(key: str = KEY, **changes: Any) -> str:
    """A token as the shop makes one."""
    return mint(Claims(**{**CLAIMS, **changes}), Secret(key))


def told(ingest: IngestRoom) -> Standing:
    """The one standing of both subject keys."""
    first, second = ingest.consent.standings(DATASET, SUBJECTS).values()
    assert first == second
    return first


def test_grant(ingest: IngestRoom) -> None:
    """A token needs no key beside it: person, decision, time and proof are its claims."""
    token = signed(src="own", cid="c-1", txt="7", jur="DE", pur=(1, 3, 4, 7))
    assert ingest.tell(consent_request({}, token=token)) == Answer(204, {})
    assert told(ingest) == Standing(NOW - 60, 0, NOW - 60 + 395 * 86_400, "7")
    (statement, *_) = ingest.consent.statements[DATASET, SUBJECTS[0]]
    proof = statement.proof
    assert (proof.cmp, proof.consent_id, proof.text_version, proof.region) == ("own", "c-1", "7", "DE")
    assert proof.purposes == ["1", "3", "4", "7"]
    assert (statement.source, statement.evidence) == ("token", hashlib.sha256(token.encode()).hexdigest())


def test_deny(ingest: IngestRoom) -> None:
    """A token may hold a refusal; it needs no purposes."""
    ingest.tell(consent_request({}, token=signed(dec="deny", pur=())))
    assert told(ingest) == Standing(0, NOW - 60)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "v1.e30.AAAA",
        signed("another-consent-key-of-the-shop"),
        signed(kid="k2"),
        signed(aud=OTHER_DATASET),
        signed(exp=NOW - 60),
        signed(iat=NOW + 61),
        signed(pur=(1,)),
        signed(pur=()),
    ],
)
def test_not_a_grant(ingest: IngestRoom, token: str) -> None:
    """A token of another key, dataset or time, or for other purposes, records no grant; a key changes nothing."""
    for headers in ({}, None):
        with pytest.raises(Rejected, match="bad_consent_token"):
            ingest.tell(consent_request(headers, token=token))
    assert ingest.consent.statements == {}


def test_grant_of_the_future(ingest: IngestRoom) -> None:
    """A token whose decision is still to come records none: it could be told again after a withdrawal."""
    with pytest.raises(Rejected, match="decision_in_future"):
        ingest.tell(consent_request({}, token=signed(dts=NOW + 1)))


@pytest.mark.parametrize("changes", [{}, {"dec": "deny"}, {"exp": NOW - 90_000}, {"iat": NOW + 90_000}, {"pur": (1,)}])
def test_withdrawal(ingest: IngestRoom, changes: dict[str, Any]) -> None:
    """Any token of the person withdraws, in force or not, as of now: to take consent back is as easy as to give it."""
    answer = ingest.withdraw(consent_request({}, token=signed(**changes)))
    assert answer == Answer(204, {})
    assert told(ingest) == Standing(0, NOW)


def test_a_page_can_read_the_answer(ingest: IngestRoom) -> None:
    """Of an allowed origin, also a refusal: without it a withdrawal that was recorded would look like a failure."""
    ingest.configure(dataset_changed(consent_keys={"k1": KEY}, allowed_origins=["https://shop.example.de"]))
    page, other = {"origin": "https://shop.example.de"}, {"origin": "https://other.example.de"}
    for door in (ingest.tell, ingest.withdraw):
        assert door(consent_request(page, token=signed())).headers == cors_headers(page["origin"])
        assert door(consent_request(other, token=signed())).headers == {}
        with pytest.raises(Rejected, match="bad_consent_token") as refused:
            door(consent_request(page, token="v1.x"))
        assert refused.value.headers == cors_headers(page["origin"])


@pytest.mark.parametrize("token", ["", signed("another-consent-key-of-the-shop"), signed(aud=OTHER_DATASET)])
def test_not_a_withdrawal(ingest: IngestRoom, token: str) -> None:
    """A token that nobody signed for this dataset withdraws nothing."""
    with pytest.raises(Rejected, match="bad_consent_token"):
        ingest.withdraw(consent_request({}, token=token))
    assert ingest.consent.statements == {}


@pytest.mark.parametrize(
    "beside",
    [
        {"user_data": {"em": "jo.sample@example.com"}},
        {"cmp_consent_id": "c-1"},
        {"checkout_token": "t-1"},
        {"decision": "deny"},
        {"at": NOW - 60},
        {"proof": {"form": "footer"}},
    ],
)
def test_what_is_said_beside_it(ingest: IngestRoom, beside: dict[str, Any]) -> None:
    """A token says it all; another name, a decision, a time or a proof beside it is refused, not passed over."""
    for door in (ingest.tell, ingest.withdraw):
        with pytest.raises(Rejected, match="bad_body"):
            door(consent_request({}, token=signed(), **beside))
    assert ingest.consent.statements == {}


def test_replayed_after_a_withdrawal(ingest: IngestRoom) -> None:
    """A token that is shown again grants nothing anew."""
    ingest.tell(consent_request({}, token=signed()))
    ingest.withdraw(consent_request({}, token=signed()))
    ingest.clock.now += 600
    ingest.tell(consent_request({}, token=signed()))
    assert told(ingest) == Standing(NOW - 60, NOW, NOW - 60 + 395 * 86_400)


def test_key_was_just_added(ingest: IngestRoom) -> None:
    """A consent key that the settings have since a moment ago counts."""
    ingest.configure(document())
    ingest.post({})
    ingest.configure(dataset_changed(consent_keys={"k1": KEY}))
    ingest.clock.now += 60
    assert ingest.tell(consent_request({}, token=signed())).status == 204


def test_store_down(ingest: IngestRoom) -> None:
    """What could not be recorded is answered 503, for a token too."""
    ingest.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        ingest.withdraw(consent_request({}, token=signed()))


def test_nothing_personal_in_logs(ingest: IngestRoom) -> None:
    """A log line holds no claim of the token."""
    ingest.tell(consent_request({}, token=signed(cid="c-4711")))
    assert ingest.telemetry.lines == [("recorded", {"dataset": DATASET, "source": "token", "decision": "grant"})]


def test_long_claims_can_be_shown(ingest: IngestRoom) -> None:
    """The longest text of a claim is a proof that can be read back."""
    purposes = ("meta_capi", 10**300, *range(50))
    ingest.tell(consent_request({}, token=signed(txt="x" * 256, cid="y" * 256, pur=purposes)))
    ((record, *_), *_) = ingest.consent.statements.values()
    assert convert(to_builtins(record.proof), Proof) == record.proof
