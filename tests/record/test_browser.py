"""A browser takes consent back, from a page of an origin that the dataset allows."""

from typing import Any

import pytest

from sluice.consent.ledger import Standing
from sluice.door import cors_headers
from sluice.errors import Rejected, Unavailable
from sluice.outside.secrets import REREAD_SECONDS
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, consent_request, dataset_changed, wire_event

FBP = "fb.1.1795197600123.1098115397"
ORIGINS = ["https://shop.example.de", "https://*.example.com"]
SHOP = {"origin": "https://shop.example.de"}


@pytest.fixture(autouse=True)
def allowed(ingest: IngestRoom) -> None:
    """The first dataset allows two origins."""
    ingest.configure(dataset_changed(allowed_origins=ORIGINS))


@pytest.mark.parametrize("origin", ["https://shop.example.de", "https://a.example.com", "https://a.b.example.com"])
def test_allowed_origin(ingest: IngestRoom, origin: str) -> None:
    """A page of an allowed origin, or below a wildcard, may withdraw, and may read that it did."""
    answer = ingest.withdraw(consent_request({"origin": origin}, user_data={"fbp": FBP}))
    assert (answer.status, answer.body) == (204, {})
    assert answer.headers == cors_headers(origin)
    assert [statement.source for (statement,) in ingest.consent.statements.values()] == ["browser"]


def test_origin_that_is_new(ingest: IngestRoom) -> None:
    """Settings that are read again for a page that they did not allow before let it read the answer, too."""
    ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}))
    ingest.configure(dataset_changed(allowed_origins=["https://new.example.de"]))
    ingest.clock.now += REREAD_SECONDS
    answer = ingest.withdraw(consent_request({"origin": "https://new.example.de"}, user_data={"fbp": FBP}))
    assert (answer.status, answer.headers) == (204, cors_headers("https://new.example.de"))


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "https://*.example.com",
        "https://example.com",
        "https://.example.com",
        "http://a.example.com",
        "http://shop.example.de",
        "https://shop.example.de:8443",
        "https://shop.example.de.evil.example",
        "https://evilexample.com",
    ],
)
def test_other_origin(ingest: IngestRoom, origin: str) -> None:
    """A page of any other origin may not."""
    with pytest.raises(Rejected, match="bad_origin"):
        ingest.withdraw(consent_request({"origin": origin}, user_data={"fbp": FBP}))
    assert ingest.consent.statements == {}


@pytest.mark.parametrize(
    "person", [{"user_data": {"fbp": FBP}}, {"cmp_consent_id": "c-1"}, {"checkout_token": "t-1"}], ids=str
)
def test_what_a_browser_knows(ingest: IngestRoom, person: dict[str, Any]) -> None:
    """A browser names its cookie, the consent tool's id or the checkout; it is recorded as of now."""
    ingest.withdraw(consent_request(SHOP, at=NOW - 3_600, **person))
    ((site, key),) = ingest.consent.statements
    assert ingest.consent.standings(site, [key])[key] == Standing(0, NOW)


@pytest.mark.parametrize("name", ["em", "ph", "external_id", "fn"])
def test_what_a_browser_may_not_name(ingest: IngestRoom, name: str) -> None:
    """Anybody can write an address into a page: nobody is withdrawn by one, not even beside the cookie."""
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.withdraw(consent_request(SHOP, user_data={name: "jo.sample@example.com", "fbp": FBP}))
    assert ingest.consent.statements == {}


@pytest.mark.parametrize("decision", ["grant", "deny", "withdraw"])
def test_a_browser_only_withdraws(ingest: IngestRoom, decision: str) -> None:
    """Nobody gives consent by an origin."""
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.tell(consent_request(SHOP, user_data={"fbp": FBP}, decision=decision, at=NOW - 60))
    assert ingest.consent.statements == {}


def test_the_decision_of_a_withdrawal(ingest: IngestRoom) -> None:
    """Whatever the body calls it, this door withdraws."""
    ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}, decision="grant", at=NOW))
    assert [statement.decision for (statement,) in ingest.consent.statements.values()] == ["withdraw"]


def test_proof_of_a_page(ingest: IngestRoom) -> None:
    """A page writes no text into the ledger."""
    with pytest.raises(Rejected, match="bad_body"):
        ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}, proof={"form": "jo.sample@example.com"}))
    assert ingest.consent.statements == {}


def test_key_beside_an_origin(ingest: IngestRoom) -> None:
    """A request with a key is a server's, with its rights, whatever its origin; a wrong key is not let in by one."""
    key = {"authorization": "Bearer demo-server-key-0123456789"}
    person = {"em": "jo.sample@example.com"}
    assert ingest.withdraw(consent_request({**SHOP, **key}, user_data=person)).status == 204
    with pytest.raises(Rejected, match="bad_server_key"):
        ingest.withdraw(consent_request({**SHOP, "authorization": "Bearer wrong"}, user_data={"fbp": FBP}))


def test_malformed_cookie(ingest: IngestRoom) -> None:
    """What is no browser id names nobody."""
    with pytest.raises(Rejected, match="no_subject"):
        ingest.withdraw(consent_request(SHOP, user_data={"fbp": "1098115397"}))


def test_it_stops_the_event(gateway: Gateway) -> None:
    """What the person did in the browser is not sent after they took consent back there."""
    gateway.configure(dataset_changed(allowed_origins=ORIGINS))
    person = {"em": "jo.sample@example.com", "fbp": FBP, "client_user_agent": "Mozilla/5.0"}
    gateway.ingest.post(wire_event(event_id="one", user_data=person))
    gateway.ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == ("withdrawn", "withdrawn")


def test_store_down(ingest: IngestRoom) -> None:
    """While it cannot be recorded the browser is told so."""
    ingest.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable") as down:
        ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}))
    assert down.value.headers == cors_headers(SHOP["origin"])


def test_nothing_personal_in_logs(ingest: IngestRoom) -> None:
    """A log line does not hold the cookie."""
    ingest.withdraw(consent_request(SHOP, user_data={"fbp": FBP}))
    assert ingest.telemetry.lines == [("recorded", {"dataset": DATASET, "source": "browser", "decision": "withdraw"})]
