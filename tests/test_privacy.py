"""No raw identifier leaves the ingest function, and no hash of one reaches a log line or a metric."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sluice.errors import SluiceError
from sluice.event import Arrival, Signals
from sluice.match_keys import to_match_keys
from sluice.rules import read_event
from sluice.sources.request import Request
from sluice.telemetry import SAFE_FIELDS, Metric, Telemetry
from tests.fakes.graph import always, error, refuses
from tests.fakes.rooms import IngestRoom, SenderRoom
from tests.samples import NOW, message, order, order_request, wire_event

PERSON = {
    "em": "Mia.Marker@mail.example.com",
    "ph": "+4915112345678",
    "fn": "Miamarker",
    "ln": "Markerssön",
    "ct": "Markerstadt",
    "st": "Markerland",
    "zp": "98765",
    "external_id": "customer-marker-4711",
    "db": "19800229",
}
"""Personal fields that are hashed."""
PLAIN = {
    "client_ip_address": "81.169.145.77",
    "client_user_agent": "Mozilla/5.0 (MarkerPhone)",
    "fbp": "fb.1.1795197600123.4711471147",
    "fbc": "fb.1.1795197599001.IwAR0MarkerClick",
    "madid": "38400000-8cf0-11bd-b23e-10b96e40000d",
}
"""Personal fields that Meta takes as they are: in the queue, but in no log."""


def forms(text: str) -> Iterator[str]:
    """The shapes in which a text could have slipped through."""
    for each in {text, text.lower(), text.upper()}:
        yield from {each, quote(each), quote_plus(each), json.dumps(each)[1:-1]}
        raw = each.encode()
        # Base64 of a text inside another one depends on its position: the middle of all three shifts.
        for shift in range(3):
            yield base64.b64encode(b"\0" * shift + raw).decode()[4:-4]
        yield raw.hex()


def raw_forms() -> set[str]:
    """Everything that must not stand in a queue, table or dead letter."""
    return {form for value in PERSON.values() for form in forms(value) if len(form) > 4}


def all_forms() -> set[str]:
    """Everything that must not stand in a log line, metric or answer: digests and plain keys as well."""
    keys = to_match_keys({**PERSON, **PLAIN}, default_country="DE", now_seconds=NOW).keys
    digests = {digest for value in keys.values() for digest in ([value] if isinstance(value, str) else value)}
    plain = {form for value in PLAIN.values() for form in forms(value)}
    return raw_forms() | digests | plain | {hashlib.md5(value.encode()).hexdigest() for value in PERSON.values()}


def said(room: IngestRoom | SenderRoom) -> str:
    """All that a room told its log and its metrics."""
    return f"{room.telemetry.lines!r} {dict(room.telemetry.counts)!r}"


def found(text: str, markers: set[str]) -> list[str]:
    """The markers that stand in a text."""
    return [marker for marker in markers if marker in text]


def marked_event(**fields: Any) -> dict[str, Any]:
    """An event of the marked person, who is in its addresses and custom data as well."""
    email = PERSON["em"]
    return wire_event(
        user_data={**PERSON, **PLAIN},
        event_source_url=f"https://shop.example.com/thanks?email={quote(email)}&x={email}#{email}",
        referrer_url=f"https://{quote(email)}@shop.example.com/{email}",
        **fields,
    )


def marked_order(**changes: Any) -> dict[str, Any]:
    """An order of the marked person."""
    address = {
        "first_name": PERSON["fn"], "last_name": PERSON["ln"], "city": PERSON["ct"], "zip": PERSON["zp"],
        "phone": PERSON["ph"], "province": PERSON["st"], "country_code": "DE", "address1": "Markerstadt 5",
    }  # fmt: skip
    notes = [note for note in order()["note_attributes"] if note["name"] == "_capi_consent"]
    return order(
        email=PERSON["em"], contact_email=PERSON["em"], phone=PERSON["ph"],
        billing_address=address, shipping_address=address, note_attributes=notes,
        customer={"id": PERSON["external_id"], "email": PERSON["em"], "default_address": address},
        browser_ip=PLAIN["client_ip_address"], client_details={"user_agent": PLAIN["client_user_agent"]},
        order_status_url=f"https://shop.example.com/1/orders/{PERSON['external_id']}/authenticate?key={PERSON['em']}",
        landing_site=f"/?email={PERSON['em']}", **changes,
    )  # fmt: skip


EVENTS = [
    {},
    {"consent": None},
    {"event_id": None},
    {"event_time": NOW * 1_000},
    {"event_time": PERSON["em"]},
    {"action_source": PERSON["em"]},
    {"consent": {"granted": PERSON["em"]}},
    {"consent": {"granted": True, "at": PERSON["em"]}},
    {"custom_data": {"value": PERSON["em"], "currency": PERSON["ln"]}},
    {"custom_data": {"contents": PERSON["em"]}},
    {PERSON["em"]: 1},
    {"app_data": {PERSON["em"]: PERSON["ph"]}, "custom_data": None},
]


@pytest.mark.parametrize("fields", EVENTS, ids=str)
def test_events_door(ingest: IngestRoom, fields: dict[str, Any]) -> None:
    """Whatever is wrong with an event, its person is in no log line, metric or answer, and not raw in the queue."""
    answer = ingest.post(marked_event(**fields))
    assert found(said(ingest), all_forms()) == []
    assert found(json.dumps(answer.body), all_forms()) == []
    assert found(str(ingest.queue.stored), raw_forms()) == []


@pytest.mark.parametrize("field", [*PERSON, *PLAIN, "country", "ge", "lead_id"])
@pytest.mark.parametrize(
    "form", [PERSON["em"], PERSON["ph"], [PERSON["ln"]] * 3, {PERSON["em"]: PERSON["em"]}], ids=str
)
def test_person_in_the_wrong_field(ingest: IngestRoom, field: str, form: Any) -> None:
    """An address in a field where it does not belong shows up nowhere either."""
    answer = ingest.post(wire_event(user_data={"em": "other@example.com", field: form}))
    markers = all_forms()
    assert found(said(ingest), markers) == []
    assert found(json.dumps(answer.body), markers) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"test": True},
        {"currency": None},
        {"processed_at": PERSON["em"], "created_at": PERSON["em"]},
        {"note_attributes": [{"name": "_capi_consent", "value": PERSON["em"]}]},
        {"order_status_url": f"https://[{PERSON['em']}"},
    ],
    ids=str,
)
def test_webhook_door(ingest: IngestRoom, changes: dict[str, Any]) -> None:
    """So it is with a shop's order, refusals included."""
    try:
        answer = str(ingest.webhook(order_request({**marked_order(), **changes})))
    except SluiceError as refusal:
        answer = f"{refusal} {refusal!r} {refusal.args} {refusal.__cause__!r}"
    assert found(said(ingest), all_forms()) == []
    assert found(answer, all_forms()) == []
    assert found(str(ingest.queue.stored), raw_forms()) == []


def test_sender(ingest: IngestRoom, sender: SenderRoom) -> None:
    """Delivered, refused, waiting: the sender says nothing of the person, and its dead letters hold no raw value."""
    ingest.post(marked_event(event_id="good"), marked_event(event_id="bad"))
    ((dataset, body),) = ingest.queue.stored
    letter = message(dataset=dataset)._replace(body=body)
    says_it_back = error(2, PERSON["em"], error_user_msg=PERSON["em"], error_user_title=PERSON["ph"])
    sender.graph.script = always(says_it_back)
    assert sender.deliver(letter)
    sender.graph.script = refuses({"bad"}, naming=True)
    assert sender.deliver(letter) == []
    assert sender.graph.received == ["good"]
    assert sender.dead == [(["bad"], "meta_refused_event")]
    assert found(said(sender), all_forms()) == []
    assert found(str(sender.queues.letters) + str(sender.deliveries.items), raw_forms()) == []


def test_poison_message(sender: SenderRoom) -> None:
    """A message that nobody can read is not quoted."""
    sender.deliver(message()._replace(body=PERSON["em"]))
    assert found(said(sender), all_forms()) == []


def test_failure_of_ours(ingest: IngestRoom) -> None:
    """Our own failures are logged by type and place; their message, which may quote a value, is not read."""
    with pytest.raises(KeyError) as raised:
        PERSON[PERSON["em"]]
    ingest.telemetry.failure(raised.value)
    ((what, fields),) = ingest.telemetry.lines
    assert (what, fields["error"], str(fields["place"])[:21]) == ("internal_error", "KeyError", "test_failure_of_ours:")
    assert ingest.telemetry.counts == {Metric.INTERNAL_ERRORS: 1}
    assert found(said(ingest), all_forms()) == []


@pytest.mark.parametrize("telemetry", [Telemetry("test"), None], ids=["real", "recording"])
def test_only_listed_fields(telemetry: Telemetry | None, ingest: IngestRoom) -> None:
    """A field that is not on the allow-list cannot be logged at all."""
    assert "em" not in SAFE_FIELDS
    with pytest.raises(ValueError, match="allow-list"):
        (telemetry or ingest.telemetry).log("what", em="x")


def test_no_repr_shows_a_person() -> None:
    """What travels through both functions shows nobody when it is printed, as in a traceback with its variables."""
    whole = marked_event(consent={"tcf": PERSON["em"], "cookies": {"c": PERSON["em"]}, "granted": True})
    reading = read_event(json.dumps(whole).encode())
    assert reading.event is not None
    signals = Signals(given=reading.consent, notes=(PERSON["em"],), named_by=(("cmp", PERSON["em"]),))
    request = Request({"authorization": f"Bearer {PERSON['em']}"}, {"access_token": PERSON["em"]}, b"x", "request-1")
    letter = message()._replace(body=json.dumps(whole))
    shown = repr((reading, Arrival(reading.event, signals), request, letter))
    assert found(shown, all_forms()) == []
    assert "request-1" in shown
