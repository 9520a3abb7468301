"""Any JSON webhook with a mapping table, and the signed sample of ``events/``."""

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import BadSettings, Rejected
from sluice.rules import read_event
from sluice.settings import Secret, Source
from sluice.sources.json import Options, authenticate, to_arrivals
from sluice.sources.request import Check, Mapped, Request
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, SAMPLES, file_request, request, with_source
from tests.samples import settings as checked
from tests.strategies import any_text, json_values

SAMPLE = file_request("json-lead")
SOURCE = SAMPLES["json-lead"].source
assert SOURCE
SECRET, SAMPLE_OPTIONS = SOURCE.secret, SOURCE.options
SECRETS = [Secret(SECRET)]
LEAD: dict[str, Any] = {
    "event_name": {"const": "Lead"},
    "event_id": {"template": "lead-{id}"},
    "event_time": {"path": "created_at"},
    "action_source": {"const": "website"},
}
"""The least table that can work."""


def options(**changes: Any) -> Options:
    """The sample's options with others in their place."""
    return msgspec.convert({**SAMPLE_OPTIONS, **changes}, Options)


def mapped(body: object, **changes: Any) -> Mapped:
    """What the adapter makes of a body: bytes or JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return to_arrivals(request(raw), "crm", Source("json", DATASET, SECRETS, options(**changes)), NOW)


def event(body: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """The one event of a body under the least table and these rules; ``__`` in their names for a dot."""
    table = {**LEAD, **{name.replace("__", "."): rule for name, rule in rules.items()}}
    (item,) = mapped({"id": 1, "created_at": NOW, **body}, event=table).items
    made: dict[str, Any] = msgspec.json.decode(item)
    return made


class TestAuthenticate:
    """What the system signed or showed, and nothing else."""

    @pytest.mark.parametrize("form", ["hex", "HEX", "base64", "sha256=hex", "sha256=base64"])
    def test_signature(self, form: str) -> None:
        """A signature is written in hexadecimal digits or in base64, also behind the name of its digest."""
        digest = hmac.digest(SECRET.encode(), SAMPLE.body, "sha256")
        forms = {"hex": digest.hex(), "HEX": digest.hex().upper(), "base64": base64.b64encode(digest).decode()}
        prefix = "sha256=" if "=" in form else ""
        headers = {"x-signature": prefix + forms[form.removeprefix("sha256=")]}
        authenticate(SAMPLE._replace(headers=headers), Check(SECRETS, options(), NOW))

    @pytest.mark.parametrize(("configured", "fits"), [("sha1", True), ("sha256", False)])
    def test_algorithm(self, configured: str, *, fits: bool) -> None:
        """The digest is the one of the options, whatever the header claims."""
        proof = hmac.digest(SECRET.encode(), SAMPLE.body, hashlib.sha1)
        for text in (proof.hex(), base64.b64encode(proof).decode(), f"sha1={proof.hex()}"):
            sent = SAMPLE._replace(headers={"x-signature": text})
            assert is_known(sent, signature_algorithm=configured) is fits

    @pytest.mark.parametrize(
        ("changes", "headers", "known"),
        [
            ({}, {"authorization": f"Bearer {SECRET}"}, True),
            ({}, {"authorization": "Basic " + base64.b64encode(f"crm:{SECRET}".encode()).decode()}, True),
            ({}, {"authorization": SECRET}, False),
            ({}, {"x-api-key": SECRET}, False),
            ({}, {}, False),
            ({"secret_header": "X-Api-Key"}, {"x-api-key": SECRET}, True),
            ({"secret_header": "X-Api-Key"}, {"x-api-key": f"Bearer {SECRET}"}, False),
            ({"secret_header": "X-Api-Key"}, {"authorization": f"Bearer {SECRET}"}, False),
        ],
    )
    def test_shown_secret(self, changes: dict[str, Any], headers: dict[str, str], *, known: bool) -> None:
        """A system that cannot sign shows the secret, in the one header that the options name."""
        assert is_known(request(b"{}", headers), signature_header=None, **changes) is known

    def test_one_way_only(self) -> None:
        """Where the body is signed, a shown secret is no proof, nor the other way round."""
        assert not is_known(request(SAMPLE.body, {"authorization": f"Bearer {SECRET}"}))
        assert not is_known(SAMPLE, signature_header=None)

    @given(any_text, any_text)
    def test_any_header(self, signature: str, authorization: str) -> None:
        """Whatever stands in the headers, the answer is yes or no."""
        sent = request(b"", {"x-signature": signature, "authorization": authorization})
        assert not is_known(sent)
        assert not is_known(sent, signature_header=None)


def is_known(request: Request, **changes: Any) -> bool:
    """Whether a request is let in."""
    try:
        authenticate(request, Check(SECRETS, options(**changes), NOW))
    except Rejected:
        return False
    return True


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly this Lead."""
    (item,) = mapped(SAMPLE.body).items
    assert msgspec.json.decode(item) == {
        "event_name": "Lead",
        "event_id": "lead-88021-new",
        "event_time": 1_795_199_530,  # 2026-11-20T19:32:10+01:00
        "action_source": "system_generated",
        "user_data": {
            "em": "mira.sommer@example.de",
            "ph": "+49 171 3920042",
            "fn": "Mira",
            "ln": "Sommer",
            "external_id": 512,
        },
        "custom_data": {"lead_event_source": "Example CRM", "event_source": "crm"},
        "consent": {"granted": True, "at": 1_795_198_812, "text_version": "7"},
    }


def test_sample_is_queued(ingest: IngestRoom) -> None:
    """Through the door, the sample is one event for Meta, with nothing to complain of."""
    ingest.configure(with_source("json-lead"))
    assert ingest.webhook(SAMPLE, "json-demo").body == {"accepted": 1, "reasons": []}
    assert ingest.queued == ["lead-88021-new"]


@pytest.mark.parametrize(
    ("rule", "body", "found"),
    [
        ({"path": "a"}, {"a": "x"}, "x"),
        ({"path": "a.b.c"}, {"a": {"b": {"c": "x"}}}, "x"),
        ({"path": "a.0.b"}, {"a": [{"b": "x"}, {"b": "y"}]}, "x"),
        ({"path": "a.1"}, {"a": ["x", "y"]}, "y"),
        ({"path": "a.0"}, {"a": {"0": "x"}}, "x"),
        ({"path": "a"}, {"a": ["x", "y"]}, ["x", "y"]),
        ({"path": "a"}, {"a": 1.5}, 1.5),
        ({"path": "a"}, {"a": False}, False),
        ({"path": "a"}, {"a": 0}, 0),
        ({"path": "a"}, {"a": {}}, {}),
        ({"path": "a.2"}, {"a": ["x", "y"]}, None),
        ({"path": "a.-1"}, {"a": ["x", "y"]}, None),
        ({"path": "a.00"}, {"a": ["x", "y"]}, None),
        ({"path": "a.b"}, {"a": "x"}, None),
        ({"path": "a"}, {"a": None}, None),
        ({"path": "a"}, {"a": ""}, None),
        ({"path": "a"}, {}, None),
        ({"path": "a"}, {"A": "x"}, None),
        ({"const": "x"}, {}, "x"),
        ({"const": 0}, {}, 0),
        ({"template": "{a}"}, {"a": "x"}, "x"),
        ({"template": "lead-{a.b}/{c}"}, {"a": {"b": 7}, "c": True}, "lead-7/true"),
        ({"template": "{a}-{a}"}, {"a": "{c}", "c": "x"}, "{c}-{c}"),
        ({"template": "{a}-{b}"}, {"a": "x"}, None),
        ({"template": "{a}-{b}"}, {"a": "x", "b": None}, None),
        ({"template": "{a}"}, {"a": ["x"]}, None),
        ({"template": "{a}"}, {"a": 1.5}, None),
        ({"path": "a", "words": {"x": "y"}}, {"a": "x"}, "y"),
        ({"path": "a", "words": {"7": "y"}}, {"a": 7}, "y"),
        ({"path": "a", "words": {"true": 1, "false": 0}}, {"a": False}, 0),
        ({"path": "a", "words": {"x": "y"}}, {"a": "X"}, None),
        ({"path": "a", "words": {"x": "y"}}, {"a": ["x"]}, None),
        ({"template": "{a}/{b}", "words": {"x/1": "y"}}, {"a": "x", "b": 1}, "y"),
    ],
    ids=repr,
)
def test_rules(rule: dict[str, Any], body: dict[str, Any], found: Any) -> None:
    """What each rule finds; a field for which it finds nothing is left away."""
    made = event(body, custom_data__colour=rule)
    assert made.get("custom_data", {}).get("colour") == found
    assert ("custom_data" in made) is (found is not None)


@pytest.mark.parametrize(
    ("given_as", "seconds"),
    [
        (NOW, NOW),
        (NOW * 1_000 + 999, NOW),
        (str(NOW), NOW),
        ("2026-11-20T18:40:00Z", NOW),
        ("2026-11-20T19:40:00.123+01:00", NOW),
        ("2026-11-20T18:40:00", "2026-11-20T18:40:00"),
        ("yesterday", "yesterday"),
        (1.5, 1.5),
    ],
    ids=repr,
)
@pytest.mark.parametrize("field", ["event_time", "consent.at", "original_event_data.event_time"])
def test_times(field: str, given_as: Any, seconds: Any) -> None:
    """ISO 8601 with a zone, seconds or milliseconds; what is no time stays, so that the answer names it."""
    made: Any = event({"when": given_as}, **{field.replace(".", "__"): {"path": "when"}})
    for name in field.split("."):
        made = made[name]
    assert made == seconds


@pytest.mark.parametrize(
    ("field", "found", "sent"),
    [
        ("custom_data__order_id", 10457, "10457"),
        ("event_id", 10457, "10457"),
        ("custom_data__value", 10457, 10457),
        ("custom_data__colour", 7, 7),
        ("user_data__external_id", 7, 7),
        ("event_id", True, True),
        ("action_source", 5, 5),
    ],
)
def test_numbers(field: str, found: Any, sent: Any) -> None:
    """An id that is a number becomes text where Meta wants text; no other number changes."""
    made: Any = event({"n": found}, **{field: {"path": "n"}})
    for name in field.split("__"):
        made = made[name]
    assert made == sent


@pytest.mark.parametrize(
    ("state", "granted"), [("yes", True), ("no", False), ("maybe", None), (None, None), (["yes"], None)]
)
def test_consent(state: Any, granted: bool | None) -> None:
    """Only a word of the options is consent or a refusal; anything else is no signal, and nobody guesses."""
    body = json.loads(SAMPLE.body)
    body["person"]["ads_consent"]["state"] = state
    (item,) = mapped(body).items
    consent = read_event(item).consent
    assert consent
    assert consent.granted is granted


@pytest.mark.parametrize(
    ("field", "slug"),
    [
        ("changed_at", "event_time_invalid"),
        ("stage", "event_name_missing"),
    ],
)
def test_what_finds_nothing_is_the_event_s_own_problem(ingest: IngestRoom, field: str, slug: str) -> None:
    """A webhook without a field that Meta asks for is answered 200 with the slug."""
    ingest.configure(with_source("json-lead"))
    body = {name: value for name, value in json.loads(SAMPLE.body).items() if name != field}
    raw = json.dumps(body).encode()
    proof = hmac.digest(SECRET.encode(), raw, "sha256").hex()
    answer = ingest.webhook(request(raw, {"x-signature": proof}), "json-demo")
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [slug]})


@pytest.mark.parametrize("stage", ["lost", "New", 5, True, ["new"], {}])
def test_a_name_that_is_not_among_the_words(stage: Any) -> None:
    """What the table has no name for is none of Meta's business."""
    body = {**json.loads(SAMPLE.body), "stage": stage}
    assert mapped(body) == Mapped(ignored=["unknown_topic"], items=[])


@pytest.mark.parametrize(
    ("body", "items", "count"),
    [
        ([{}, {}], None, 2),
        ([], None, 0),
        ({"records": [{}, {}, {}]}, "records", 3),
        ({"a": {"b": [{}]}}, "a.b", 1),
        ({"a": [[{}, {}]]}, "a.0", 2),
        ([7, None, "x", []], None, 4),
    ],
)
def test_lists(body: Any, items: str | None, count: int) -> None:
    """Each entry of the list is an event, whatever it is; its own fields then say what is wrong."""
    assert len(mapped(body, items=items, event=LEAD).items) == count


def test_one_bad_entry_costs_only_itself(ingest: IngestRoom) -> None:
    """Of a list, what is good is accepted, and each other entry has its reason."""
    ingest.configure(with_source("json-lead"))
    lead = json.loads(SAMPLE.body)
    raw = json.dumps([lead, {**lead, "changed_at": "soon"}, None, {**lead, "stage": "lost"}]).encode()
    proof = hmac.digest(SECRET.encode(), raw, "sha256").hex()
    assert ingest.webhook(request(raw, {"x-signature": proof}), "json-demo").body == {
        "accepted": 1,
        "reasons": ["event_time_invalid", "event_name_missing"],
        "ignored": ["unknown_topic"],
    }


@pytest.mark.parametrize(
    ("body", "items", "slug"),
    [
        (b"", None, "bad_json"),
        (b"{", None, "bad_json"),
        (b"\xff", None, "bad_json"),
        (b"[" * 100_000, None, "bad_json"),
        (b"5", None, "bad_body"),
        (b"null", None, "bad_body"),
        (b'"text"', None, "bad_body"),
        (b"{}", "records", "bad_body"),
        (b'{"records": {}}', "records", "bad_body"),
        (b"[]", "records", "bad_body"),
        (b'{"records": null}', "records", "bad_body"),
        (json.dumps([{}] * 1001).encode(), None, "too_many_events"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_bodies(body: bytes, items: str | None, slug: str) -> None:
    """A body that is no object or list, or lacks the list, is refused as what it is."""
    with pytest.raises(Rejected, match=slug):
        mapped(body, items=items)


@given(json_values | st.integers(min_value=-(10**400), max_value=10**400))
def test_any_value_anywhere(value: Any) -> None:
    """Whatever stands in the fields, an event or a problem comes of it."""
    body = {"id": value, "stage": "new", "changed_at": value, "person": value}
    for item in (*mapped(body).items, *mapped({**body, "person": {"email": value, "ads_consent": value}}).items):
        read_event(item)


def test_nested_too_deep() -> None:
    """A field that no text can hold makes the event unreadable, and nothing else."""
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    (item,) = mapped(
        {"id": 1, "created_at": NOW, "deep": deep}, event={**LEAD, "custom_data.d": {"path": "deep"}}
    ).items
    assert read_event(item).problems


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": {}}, "event.event_name: needs a rule"),
        *(
            ({"event": {**{name: rule for name, rule in LEAD.items() if name != gone}}}, f"event.{gone}: needs a rule")
            for gone in LEAD
        ),
        ({"event": {**LEAD, "email": {"path": "x"}}}, "event.email: no such field"),
        ({"event": {**LEAD, "user_data.email": {"path": "x"}}}, "event.user_data.email: no such field"),
        ({"event": {**LEAD, "user_data": {"path": "x"}}}, "event.user_data: no such field"),
        ({"event": {**LEAD, "custom_data": {"path": "x"}}}, "event.custom_data: no such field"),
        ({"event": {**LEAD, "custom_data.a.b": {"path": "x"}}}, "event.custom_data.a.b: no such field"),
        ({"event": {**LEAD, "consent.given": {"path": "x"}}}, "event.consent.given: no such field"),
        ({"event": {**LEAD, "user_data.em": {}}}, "event.user_data.em: exactly one"),
        ({"event": {**LEAD, "user_data.em": {"path": "x", "const": "y"}}}, "event.user_data.em: exactly one"),
        ({"event": {**LEAD, "user_data.em": {"words": {"a": "b"}}}}, "event.user_data.em: exactly one"),
        ({"event": {**LEAD, "event_id": {"const": "1"}}}, "event.event_id: no const here"),
        ({"event": {**LEAD, "event_time": {"const": NOW}}}, "event.event_time: no const here"),
        ({"event": {**LEAD, "consent.at": {"const": NOW}}}, "event.consent.at: no const here"),
        ({"event": {**LEAD, "custom_data.x": {"const": "a", "words": {"a": "b"}}}}, "event.custom_data.x: no const"),
        ({"event": {**LEAD, "event_id": {"template": "lead"}}}, "event.event_id: a template"),
        ({"event": {**LEAD, "event_id": {"template": "{id}}"}}}, "event.event_id: a template"),
        ({"event": {**LEAD, "event_id": {"template": "{{id}}"}}}, "event.event_id: a template"),
        ({"event": {**LEAD, "event_id": {"template": "{a..b}"}}}, "event.event_id: a template"),
        ({"event": {**LEAD, "action_source": {"const": "web"}}}, "event.action_source: the field cannot hold"),
        (
            {"event": {**LEAD, "consent.granted": {"path": "x", "words": {"yes": True}}}},
            "event.consent.granted: a refusal needs a word",
        ),
        (
            {"event": {**LEAD, "consent.granted": {"path": "x", "words": {"yes": "granted", "no": False}}}},
            "event.consent.granted: the field cannot hold",
        ),
        ({"event": {**LEAD, "custom_data.x": {"const": {"a": 1}}}}, "event.custom_data.x: the field cannot hold"),
        ({"event": {**LEAD, "event_id": {"path": "a..b"}}}, "`$.event[...].path`"),
        ({"event": {**LEAD, "event_id": {"jsonpath": "$.id"}}}, "unknown field `jsonpath` - at"),
        ({"secret_header": "X-Api-Key"}, "signature_header and secret_header"),
        ({"signature_algorithm": "md5"}, "`$.signature_algorithm`"),
        ({"items": ""}, "`$.items`"),
    ],
)
def test_settings_that_cannot_work(changes: dict[str, Any], reason: str) -> None:
    """A mistake in the table is a mistake in the settings, and the message says where and what."""
    document = with_source("json-lead")
    document["sources"]["json-demo"]["options"] = {**SAMPLE_OPTIONS, **changes}
    with pytest.raises(BadSettings) as refusal:
        checked(document)
    at = refusal.value.at
    assert at.startswith("sources.json-demo.options: ")
    assert all(part in at for part in reason.split(" - at"))


def test_the_least_table() -> None:
    """Four fields are enough."""
    assert event({}) == {"event_name": "Lead", "event_id": "lead-1", "event_time": NOW, "action_source": "website"}
