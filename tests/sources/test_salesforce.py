"""Salesforce's outbound messages and flows, and the samples of ``events/``."""

import json
import re
from contextlib import nullcontext, suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected, Unavailable
from sluice.event import Consent
from sluice.settings import Secret, Source
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.salesforce import KIND, Options, authenticate, to_arrivals
from sluice.sources.salesforce_soap import read_message
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, SAMPLES, file_request, request, with_source

MESSAGE, FLOW = "salesforce-outbound-message", "salesforce-flow"
SAMPLE = file_request(MESSAGE)
SOAP = SAMPLE.body.decode()
KEY = "sample-salesforce-address-key"
ORGANIZATION = "00D5g0000008SamEAK"


def options(name: str = MESSAGE, **given: Any) -> Options:
    """A sample's options with others, as the settings are read."""
    sample = SAMPLES[name].source
    assert sample
    return msgspec.convert({**sample.options, **given}, Options)


def mapped(body: str | bytes, name: str = MESSAGE, **given: Any) -> Mapped:
    """What the adapter makes of a body."""
    raw = body if isinstance(body, bytes) else body.encode()
    return to_arrivals(request(raw), "sf", Source("salesforce", DATASET, [Secret(KEY)], options(name, **given)), NOW)


def lead(number: int, **fields: str) -> str:
    """One notification about a lead that is at a stage."""
    known = {"Id": f"00Q{number}", "Status": "Working - Contacted", "LastModifiedDate": "2026-11-20T18:30:05.000Z"}
    texts = "".join(f"<sf:{name}>{text}</sf:{name}>" for name, text in {**known, **fields}.items())
    return (
        f"<Notification><Id>04l{number}</Id>"
        f'<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{texts}</sObject>'
        "</Notification>"
    )


def soap(*notifications: str) -> str:
    """A message with these notifications."""
    head, _, rest = SOAP.partition("<Notification>")
    return head + "".join(notifications) + rest[rest.rindex("</notifications>") :]


class TestAuthenticate:
    """Neither way is signed, so each shows a secret where only Salesforce can know it."""

    @pytest.mark.parametrize(
        ("query", "headers", "known"),
        [
            ({"key": KEY}, {}, True),
            ({"key": "other"}, {}, False),
            ({"KEY": KEY}, {}, False),
            ({}, {"authorization": f"Bearer {KEY}"}, False),
            ({}, {"key": KEY}, False),
        ],
    )
    def test_outbound_message(self, query: dict[str, str], headers: dict[str, str], *, known: bool) -> None:
        """Salesforce can put nothing of ours into an outbound message but its address."""
        self.check(Request(headers, query, b"", "request-1"), options(), known=known)

    @pytest.mark.parametrize(
        ("header", "query", "headers", "known"),
        [
            (None, {}, {"authorization": f"Bearer {KEY}"}, True),
            ("authorization", {}, {"authorization": f"Bearer {KEY}"}, True),
            ("authorization", {}, {"authorization": KEY}, False),
            ("authorization", {"key": KEY}, {}, False),
            ("X-Api-Key", {}, {"x-api-key": KEY}, True),
            ("X-Api-Key", {}, {"authorization": f"Bearer {KEY}"}, False),
        ],
    )
    def test_flow(self, header: str | None, query: dict[str, str], headers: dict[str, str], *, known: bool) -> None:
        """A flow's credential fills a header; an address is written down in too many places."""
        self.check(Request(headers, query, b"", "request-1"), options(FLOW, secret_header=header), known=known)

    def check(self, sent: Request, given: Options, *, known: bool) -> None:
        """Check whether a request is let in."""
        with nullcontext() if known else pytest.raises(Rejected, match="bad_signature"):
            authenticate(sent, Check([Secret("older-secret"), Secret(KEY)], given, NOW))


def test_message_is_this_event() -> None:
    """The first lead of the sample is an event; the second is at a stage that Meta is not told."""
    found = mapped(SOAP)
    (arrival,) = found.arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Marketing Qualified Lead",
        "event_time": 1_795_199_405,
        "event_id": "00Q5g00000SampleAAA:Working - Contacted",
        "action_source": "system_generated",
        "user_data": {
            "lead_id": "1234567890123456",
            "em": "Ines.Park@example.de",
            "ph": "+49 40 428281",
            "fn": "Ines",
            "ln": "Park & Söhne",
            "ct": "Hamburg",
            "zp": "20095",
            "country": "DE",
        },
        "custom_data": {"event_source": "crm", "lead_event_source": "Salesforce"},
    }
    assert arrival.dedup_key == "lead:sf:00Q5g00000SampleAAA:Working - Contacted"
    assert arrival.signals.given == Consent(granted=True, at=1_795_190_564)
    assert found.ignored == ["unknown_stage"]


def test_flow_is_this_event() -> None:
    """The flow's body, in names that are its own to choose, is an event with a worth."""
    (arrival,) = mapped(file_request(FLOW).body, FLOW).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Converted",
        "event_time": 1_795_199_460,
        "event_id": "0065g00000SampleAAA:Closed Won",
        "action_source": "system_generated",
        "user_data": {
            "lead_id": "l:525645896321548",
            "em": "jon.bell@example.com",
            "ph": "+44 20 7946 0018",
            "fn": "Jon",
            "ln": "Bell",
            "ct": "London",
            "zp": "SW1A 1AA",
            "country": "GB",
        },
        "custom_data": {"event_source": "crm", "lead_event_source": "Salesforce", "value": 4800, "currency": "GBP"},
    }
    assert arrival.signals.given == Consent(granted=True, at=1_794_993_120)


class TestMessages:
    """What an outbound message may hold."""

    def test_a_hundred_records(self) -> None:
        """Each of a hundred records counts for itself, those that cannot be read among them."""
        empty = '<Notification><Id>04l</Id><sObject xsi:nil="true"/></Notification>'
        bad = [empty, lead(98, LastModifiedDate="soon"), lead(99, Status="")]
        found = mapped(soap(*(lead(number) for number in range(97)), *bad))
        assert [arrival.event.event_id for arrival in found.arrivals] == [
            f"00Q{number}:Working - Contacted" for number in range(97)
        ]
        assert found.ignored == ["incomplete_record"] * 3

    def test_too_many_records(self) -> None:
        """Salesforce sends at most a hundred at once."""
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped(soap(*(lead(number) for number in range(101))))

    @pytest.mark.parametrize("known", [ORGANIZATION, ORGANIZATION[:15]])
    def test_own_organization(self, known: str) -> None:
        """An organization is known by its long and by its short id."""
        assert len(mapped(SOAP, organization_ids=["00D000000000001", known]).arrivals) == 1

    def test_another_organization(self) -> None:
        """What a copied sandbox sends is ignored; with no list, anybody with the key counts."""
        found = mapped(SOAP, organization_ids=["00D000000000001AAA"])
        assert found == Mapped(ignored=["other_organization"])
        assert len(mapped(SOAP, organization_ids=[]).arrivals) == 1
        assert mapped(SOAP.replace(ORGANIZATION, "")) == Mapped(ignored=["other_organization"])

    def test_session_id(self) -> None:
        """A session id that somebody let Salesforce send is not read: nothing of ours ever holds it."""
        message = SOAP.replace('<SessionId xsi:nil="true"/>', "<SessionId>00D!SecretSession</SessionId>")
        assert message != SOAP
        read = read_message(message.encode())
        assert "SecretSession" not in str(tuple(read))
        assert mapped(message) == mapped(SOAP)

    def test_opportunity(self) -> None:
        """Another object's fields stand under other names."""
        fields = {"stage": "StageName", "stage_changed_at": "LastStageChangeDate"}
        record = lead(1, StageName="Closed Won", LastStageChangeDate="2026-11-20T18:31:00Z", Amount="12.5")
        record = record.replace("</sObject>", "<sf:CurrencyIsoCode>EUR</sf:CurrencyIsoCode></sObject>")
        (arrival,) = mapped(soap(record), fields=fields, stages={"Closed Won": "Converted"}).arrivals
        assert arrival.event.event_time == 1_795_199_460
        assert arrival.event.custom_data == {
            "event_source": "crm",
            "lead_event_source": "Salesforce",
            "value": 12.5,
            "currency": "EUR",
        }

    def test_what_is_not_of_the_record(self) -> None:
        """Compound fields and comments are passed over; CDATA and characters by number are text."""
        inner = "<sf:City><sf:Status>x</sf:Status></sf:City><!-- x --><sf:FirstName><![CDATA[A&]]>&#66;</sf:FirstName>"
        (arrival,) = mapped(soap(lead(1).replace("</sObject>", f"{inner}</sObject>"))).arrivals
        assert arrival.event.event_name == "Marketing Qualified Lead"
        assert arrival.event.user_data == {"fn": "A&B"}


LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_xml"),
        (b"{}", "bad_xml"),
        (b"<a>", "bad_xml"),
        (b"<a></b>", "bad_xml"),
        (b"<a>&nbsp;</a>", "bad_xml"),
        (b"<a>\xff</a>", "bad_xml"),
        (b"<a/><b/>", "bad_xml"),
        (b"<a><z:b/></a>", "bad_xml"),
        (b"<!DOCTYPE a><a/>", "bad_xml"),
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>'.encode(), "bad_xml"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "bad_xml"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', "bad_xml"),
        (b"<a/>", "wrong_topic_shape"),
        (SOAP.replace("2005/09", "2006/09").encode(), "wrong_topic_shape"),
        (SOAP.replace("soap/envelope", "soap/other").encode(), "wrong_topic_shape"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "wrong_topic_shape"),
        (SOAP.replace("<soapenv:Body", f'<soapenv:Body xmlns:x="{"u" * 1_000}"', 1).encode(), "wrong_topic_shape"),
    ],
    ids=range(17),
)
def test_messages_that_are_refused(body: bytes, slug: str) -> None:
    """What is no XML, has a DTD, or is another message."""
    with pytest.raises(Rejected, match=slug):
        mapped(body)


@pytest.mark.parametrize(("body", "slug"), [(b"<a/>", "bad_json"), (b"[]", "bad_body")])
def test_flows_that_are_refused(body: bytes, slug: str) -> None:
    """A flow sends one JSON object for one record."""
    with pytest.raises(Rejected, match=slug):
        mapped(body, FLOW)


PLACES = [(found.start(1), found.end(1)) for found in re.finditer(r">([^<>]+)<", SOAP)]


@given(st.sampled_from(PLACES), st.text(st.characters(codec="utf-8")) | st.sampled_from(["<a/>", "&lt;", "<!---->"]))
def test_any_text_may_be_another(place: tuple[int, int], text: str) -> None:
    """A message with any other text in one of its places is mapped, ignored or refused."""
    with suppress(Rejected):
        mapped(SOAP[: place[0]] + text + SOAP[place[1] :])


@given(st.integers(0, len(SOAP)), st.integers(0, len(SOAP)))
def test_any_piece_may_be_missing(start: int, end: int) -> None:
    """A message without some of its text is mapped, ignored or refused."""
    with suppress(Rejected):
        mapped(SOAP[: min(start, end)] + SOAP[max(start, end) :])


class TestAnswer:
    """What Salesforce hears decides whether it sends the message again."""

    def test_taken(self, gateway: Gateway) -> None:
        """A message whose events are stored is acknowledged in SOAP, and its events are delivered."""
        gateway.configure(with_source(MESSAGE))
        answer = gateway.ingest.webhook(SAMPLE, "salesforce-demo")
        assert answer.status == 200
        assert isinstance(answer.body, str)
        assert "<Ack>true</Ack>" in answer.body
        assert gateway.deliver() == ["00Q5g00000SampleAAA:Working - Contacted"]

    def test_not_stored(self) -> None:
        """A message that could not be stored is not acknowledged: Salesforce keeps it and sends it again."""
        room = IngestRoom()
        room.configure(with_source(MESSAGE))
        room.clock.now = NOW
        room.queue.down = True
        with pytest.raises(Unavailable, match="queue_unavailable"):
            room.webhook(SAMPLE, "salesforce-demo")

    def test_flow(self) -> None:
        """A flow reads the gateway's own JSON."""
        assert KIND.reply(options(FLOW)) is None

    def test_sent_again(self, gateway: Gateway) -> None:
        """The same stage of the same lead, told twice, reaches Meta once."""
        gateway.configure(with_source(MESSAGE))
        for _ in range(2):
            gateway.ingest.webhook(SAMPLE, "salesforce-demo")
        assert len(gateway.deliver()) == 1


@pytest.mark.parametrize(
    "given",
    [{"sends": None}, {"sends": "email"}, {"organization_ids": ["acme"]}, {"organization_ids": ["00D5g0000008Sam!!!"]}],
    ids=json.dumps,
)
def test_options_that_are_refused(given: dict[str, Any]) -> None:
    """One way is chosen, and an organization is named by its id."""
    with pytest.raises(msgspec.ValidationError):
        options(**given)
