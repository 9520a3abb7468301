"""HubSpot's workflows and app webhooks, and the signed samples of ``events/``."""

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Consent
from sluice.privacy import PrivacyAsked
from sluice.settings import Secret, Source
from sluice.sources.hubspot import Options, authenticate, to_arrivals
from sluice.sources.request import Check, Mapped, Request
from sluice.told import Told
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, SAMPLES, file_request, request, settings, with_source

NAME = "hubspot-lifecycle-stage"
SAMPLE = file_request(NAME)
CONTACT = json.loads(SAMPLE.body)
SECRET = "sample-hubspot-client-secret"
URL = "https://events.example.com/webhooks/hubspot-demo"
STAGES = {"lead": "Initial Lead", "marketingqualifiedlead": "Marketing Qualified Lead", "won": "Converted"}
STAGED_AT = 1_795_199_400


def options(**given: Any) -> Options:
    """Options as the settings are read."""
    return msgspec.convert({"url": URL, "stages": STAGES, **given}, Options)


def mapped(body: object, **given: Any) -> Mapped:
    """What the adapter makes of a body."""
    source = Source("hubspot", DATASET, [Secret(SECRET)], options(**given))
    return to_arrivals(request(json.dumps(body).encode()), "hub", source, NOW)


def headers(body: bytes, stamp: object = NOW * 1_000, url: str = URL, method: str = "POST") -> dict[str, str]:
    """What HubSpot sends beside a body."""
    digest = hmac.digest(SECRET.encode(), f"{method}{url}".encode() + body + str(stamp).encode(), "sha256")
    return {
        "x-hubspot-request-timestamp": str(stamp),
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
    }


def refused(sent: Request, given: Options | None = None, now: int = NOW) -> None:
    """Check that a request is refused."""
    with pytest.raises(Rejected, match="bad_signature"):
        authenticate(sent, Check([Secret(SECRET)], given or options(), now))


class TestAuthenticate:
    """What HubSpot signed within five minutes for this address."""

    def test_known_vector(self) -> None:
        """A signature that was computed elsewhere."""
        body = b'{"type":"purchase","timestamp":"2026-11-20T18:42:10Z","data":{"event_id":"ord-10457","value":73.03}}'
        sent = request(
            body,
            {
                "x-hubspot-request-timestamp": "1795200130000",
                "x-hubspot-signature-v3": "WYHFkTid0F6WimwIvPmkpseublj3syK0VYv4qXy2wfw=",
            },
        )
        given = options(url="https://relay.example.com/hooks/hubspot")
        authenticate(sent, Check([Secret(SECRET)], given, 1_795_200_130))
        refused(sent, options(), 1_795_200_130)

    @pytest.mark.parametrize(
        "url", [f"{URL}/", URL.replace("https", "http"), URL.upper(), f"{URL}?a=1", "https://other.example.com/"]
    )
    def test_another_address(self, url: str) -> None:
        """The address is signed letter by letter; the request's own Host is not asked."""
        refused(request(b"{}", {**headers(b"{}", url=url), "host": "other.example.com"}))

    @pytest.mark.parametrize("late", [300, -300])
    def test_time(self, late: int) -> None:
        """Times are milliseconds; five minutes are let pass, before and ahead."""
        sent = request(b"{}", headers(b"{}"))
        authenticate(sent, Check([Secret(SECRET)], options(), NOW + late))
        refused(sent, now=NOW + late + (1 if late > 0 else -1))

    @pytest.mark.parametrize("stamp", [NOW, "", "soon", f"{NOW}000.0", -NOW * 1_000])
    def test_unreadable_time(self, stamp: object) -> None:
        """A time in seconds is from 1970, and what is no number is no time, however well it is signed."""
        refused(request(b"{}", headers(b"{}", stamp)))

    def test_method(self) -> None:
        """The method is signed too."""
        refused(request(b"{}", headers(b"{}", method="PUT")))

    def test_older_signatures(self) -> None:
        """Versions 1 and 2 of the signature are no proof."""
        body = b"{}"
        for signed in (SECRET.encode() + body, f"{SECRET}POST{URL}".encode() + body):
            digest = hashlib.sha256(signed).hexdigest()
            old = {"x-hubspot-signature": digest, "x-hubspot-signature-version": "v2", **headers(body)}
            refused(request(body, {**old, "x-hubspot-signature-v3": digest}))

    def test_api_key(self) -> None:
        """A workflow that cannot sign shows a secret in a header, and then nothing else counts."""
        given = options(url=None, api_key_header="X-Api-Key")
        authenticate(request(b"{}", {"x-api-key": SECRET}), Check([Secret(SECRET)], given, NOW))
        refused(request(b"{}", {"x-api-key": "other"}), given)
        refused(request(b"{}", headers(b"{}")), given)

    @pytest.mark.parametrize(
        "given", [{"url": None}, {"api_key_header": "X-Api-Key"}, {"url": "http://example.com/"}, {"stages": {}}]
    )
    def test_options_that_are_refused(self, given: dict[str, Any]) -> None:
        """One proof is configured, and addresses are HTTPS."""
        with pytest.raises(msgspec.ValidationError):
            options(**given)


def test_sample_is_this_event() -> None:
    """The workflow's contact becomes exactly this event."""
    sample = SAMPLES[NAME].source
    assert sample
    (arrival,) = mapped(CONTACT, **sample.options).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Marketing Qualified Lead",
        "event_time": STAGED_AT,
        "event_id": "90211:marketingqualifiedlead",
        "action_source": "system_generated",
        "user_data": {
            "lead_id": "525645896321548",
            "em": "Tarek.Osman@example.com",
            "ph": "+49 30 901820",
            "fn": "Tarek",
            "ln": "Osman",
            "ct": "Berlin",
            "st": "Berlin",
            "zp": "10117",
            "country": "Germany",
            "external_id": "90211",
        },
        "custom_data": {"event_source": "crm", "lead_event_source": "HubSpot"},
    }
    assert arrival.dedup_key == "lead:hub:90211:marketingqualifiedlead"
    assert arrival.signals.given == Consent(granted=True, at=1_795_189_990)


FLAT = {
    "hs_object_id": 7,
    "lifecyclestage": "lead",
    "stage_changed_at": "2026-11-20T18:30:00Z",
    "email": "kai@example.com",
}
DEAL = {
    "dealId": 9,
    "properties": {
        "hs_object_id": {"value": "9"},
        "dealstage": {"value": "won", "timestamp": 1_795_199_400_000},
        "amount": {"value": "1200.50"},
        "deal_currency_code": {"value": "eur"},
    },
}


@pytest.mark.parametrize(
    ("body", "given", "event_id", "at"),
    [
        (FLAT, {}, "7:lead", STAGED_AT),
        ({"properties": FLAT}, {}, "7:lead", STAGED_AT),
        (
            {"id": "7", "properties": {**FLAT, "hs_object_id": None}},
            {"fields": {"record_id": "id"}},
            "7:lead",
            STAGED_AT,
        ),
        (DEAL, {"fields": {"stage": "dealstage"}}, "9:won", STAGED_AT),
        ({"vid": 5, "properties": {"lifecyclestage": DEAL["properties"]["dealstage"]}}, {}, "5:won", STAGED_AT),
    ],
)
def test_shapes(body: dict[str, Any], given: dict[str, Any], event_id: str, at: int) -> None:
    """Workflows send flat bodies, values, values with a history, and deals."""
    (arrival,) = mapped(body, **given).arrivals
    assert (arrival.event.event_id, arrival.event.event_time) == (event_id, at)


def test_deal() -> None:
    """A deal has a worth."""
    (arrival,) = mapped(DEAL, fields={"stage": "dealstage"}).arrivals
    assert arrival.event.custom_data == {
        "event_source": "crm",
        "lead_event_source": "HubSpot",
        "value": 1200.5,
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        ({}, ["incomplete_record"]),
        ({**FLAT, "lifecyclestage": "evangelist"}, ["unknown_stage"]),
        ({"vid": 5, "properties": {"lifecyclestage": {"value": "lead"}}}, ["incomplete_record"]),
        ([], []),
        ([{}, None, 5], ["record_without_person"] * 3),
        ([{"subscriptionType": "contact.creation", "objectId": 1}], ["record_without_person"]),
        ([{"subscriptionType": "deal.propertyChange", "objectId": 1}], ["record_without_person"]),
        ([{"subscriptionType": "contact.privacyDeletion"}], ["record_without_person"]),
    ],
)
def test_what_is_no_event(body: object, ignored: list[str]) -> None:
    """Everything else is answered 200, with a reason for each."""
    found = mapped(body)
    assert list(found.arrivals) == list(found.told) == list(found.privacy) == []
    assert found.ignored == ignored


@pytest.mark.parametrize(("body", "slug"), [(b"{", "bad_json"), (b"5", "bad_body"), (b"null", "bad_body")])
def test_unreadable(body: bytes, slug: str) -> None:
    """What is neither a record nor a list of changes is refused."""
    with pytest.raises(Rejected, match=slug):
        to_arrivals(request(body), "hub", Source("hubspot", DATASET, [], options()), NOW)


def test_privacy_deletion() -> None:
    """A contact that was deleted for privacy is to be erased, and is withdrawn as of then, by its id."""
    found = mapped(json.loads(file_request("hubspot-privacy-deletion").body))
    person = {"external_id": "80777"}
    assert found.told == [Told(user_data=person, decision="withdraw", at=1_795_199_410)]
    assert found.privacy == [PrivacyAsked("erasure", "80777 1795199410120", person)]


def test_privacy_deletion_of_nobody() -> None:
    """An id that names nobody harms no other deletion; that somebody asked is recorded all the same."""
    gone = {"subscriptionType": "contact.privacyDeletion", "occurredAt": NOW * 1_000}
    found = mapped([{**gone, "objectId": "null"}, {**gone, "objectId": 8}])
    assert [told.user_data for told in found.told] == [{"external_id": "8"}]
    assert [asked.user_data for asked in found.privacy] == [{"external_id": "null"}, {"external_id": "8"}]


def test_a_deleted_contact_is_not_sent(gateway: Gateway) -> None:
    """What was accepted of a contact does not leave any more once HubSpot deleted it for privacy."""
    gateway.configure(with_source(NAME))
    gateway.ingest.webhook(SAMPLE, "hubspot-demo")
    gone = [{"subscriptionType": "contact.privacyDeletion", "objectId": 90211, "occurredAt": NOW * 1_000}]
    body = json.dumps(gone).encode()
    gateway.ingest.webhook(request(body, headers(body)), "hubspot-demo")
    assert gateway.deliver() == []


def test_settings_take_the_sample() -> None:
    """The sample's entry is a whole source."""
    assert isinstance(settings(with_source(NAME)).sources["hubspot-demo"].options, Options)
