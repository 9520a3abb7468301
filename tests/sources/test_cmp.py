"""Consent tools' webhooks, and the signed sample of ``events/``."""

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.ledger import Standing
from sluice.consent.subject import subject_keys, subject_secrets
from sluice.errors import BadSettings, Rejected, Unavailable
from sluice.settings import Secret, Source, parse_settings
from sluice.sources import KINDS
from sluice.sources.cmp import Options, authenticate, to_arrivals
from sluice.sources.request import Check, Mapped, Request
from sluice.telemetry import Metric
from sluice.told import Proof, Told
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, SAMPLES, file_request, request, wire_event, with_source
from tests.samples import settings as checked
from tests.strategies import any_text, json_values

SOURCE = SAMPLES["cmp-consent"].source
assert SOURCE
SECRET, CMP_OPTIONS = SOURCE.secret, SOURCE.options
SECRETS = [Secret(SECRET)]
SAMPLE = file_request("cmp-consent")
AGREED_AT = 1_795_197_672  # 2026-11-20T18:01:12Z
CHOICE = "7d0f4c1e-52a8-4b8e-9c36-0a1b2c3d4e5f"
PERSON = {"em": "nora.winter@example.de", "external_id": "customer-88"}


def options(**changes: Any) -> Options:
    """The sample's options with others in their place."""
    return msgspec.convert({**CMP_OPTIONS, **changes}, Options)


def body(consent: dict[str, Any] | None = None, **subject: Any) -> bytes:
    """The sample's body with other fields."""
    told: dict[str, Any] = json.loads(SAMPLE.body)
    told["consent"].update(consent or {})
    told["subject"].update(subject)
    return json.dumps(told).encode()


def signed(raw: bytes) -> Request:
    """A webhook with the tool's signature."""
    digest = hmac.digest(SECRET.encode(), raw, "sha256").hex()
    return request(raw, {"content-type": "application/json", "x-consent-signature": digest})


def mapped(raw: bytes, **changes: Any) -> Mapped:
    """What the adapter makes of a body."""
    return to_arrivals(request(raw), "cmp", Source("cmp", DATASET, SECRETS, options(**changes)), NOW)


def told(consent: dict[str, Any] | None = None, **subject: Any) -> Told:
    """The decision that a body tells."""
    answer = mapped(body(consent, **subject))
    (found,) = answer.told
    assert answer == Mapped(told=[found])
    return found


class TestAuthenticate:
    """What the consent tool signed or showed, and nothing else."""

    @pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET], [SECRET, ""]])
    @pytest.mark.parametrize("header", ["X-Consent-Signature", "x-consent-signature"])
    def test_sample(self, secrets: list[str], header: str) -> None:
        """The sample's signature fits, under any of the source's secrets."""
        authenticate(SAMPLE, Check([*map(Secret, secrets)], options(signature_header=header), NOW))

    @pytest.mark.parametrize("form", ["hex", "HEX", "base64"])
    def test_forms(self, form: str) -> None:
        """A signature is written in hexadecimal digits or in base64."""
        digest = hmac.digest(SECRET.encode(), SAMPLE.body, hashlib.sha256)
        forms = {"hex": digest.hex(), "HEX": digest.hex().upper(), "base64": base64.b64encode(digest).decode()}
        authenticate(SAMPLE._replace(headers={"x-consent-signature": forms[form]}), Check(SECRETS, options(), NOW))

    @pytest.mark.parametrize("at", [0, 50, len(SAMPLE.body) - 1])
    def test_changed_byte(self, at: int) -> None:
        """One other byte and the webhook is refused."""
        changed = SAMPLE.body[:at] + bytes([SAMPLE.body[at] ^ 1]) + SAMPLE.body[at + 1 :]
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE._replace(body=changed), Check(SECRETS, options(), NOW))

    @pytest.mark.parametrize("secrets", [[], [Secret("")], [Secret("other")]])
    def test_other_secret(self, secrets: list[Secret]) -> None:
        """Under another secret, an empty one or none the webhook is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(SAMPLE, Check(secrets, options(), NOW))

    def test_empty_secret(self) -> None:
        """An empty secret lets nobody in, neither by its own signature nor by an empty token."""
        digest = hmac.digest(b"", SAMPLE.body, "sha256")
        for signature in (digest.hex(), base64.b64encode(digest).decode(), ""):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(
                    SAMPLE._replace(headers={"x-consent-signature": signature}), Check([Secret("")], options(), NOW)
                )
        for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer"}):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(SAMPLE._replace(headers=headers), Check([Secret("")], options(signature_header=None), NOW))

    @pytest.mark.parametrize("header", [f"Bearer {SECRET}", f"bearer {SECRET}"])
    def test_bearer(self, header: str) -> None:
        """A tool that cannot sign shows the secret."""
        authenticate(request(b"", {"authorization": header}), Check(SECRETS, options(signature_header=None), NOW))

    @pytest.mark.parametrize("header", ["", SECRET, f"Basic {SECRET}", "Bearer other", "Bearer \ud800"])
    def test_not_the_bearer(self, header: str) -> None:
        """Anything else in its place is refused."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(b"", {"authorization": header}), Check(SECRETS, options(signature_header=None), NOW))

    def test_one_way_only(self) -> None:
        """A source with signatures takes no bearer, nor one with a bearer a signature, nor any the query's."""
        bearer = request(SAMPLE.body, {"authorization": f"Bearer {SECRET}"})
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(bearer, Check(SECRETS, options(), NOW))
        for other in (SAMPLE, request(SAMPLE.body, {}, access_token=SECRET)):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(other, Check(SECRETS, options(signature_header=None), NOW))

    @given(any_text, any_text)
    def test_any_header(self, signature: str, authorization: str) -> None:
        """Whatever stands in the headers, the answer is yes or no."""
        for one in (options(), options(signature_header=None)):
            with pytest.raises(Rejected, match="bad_signature"):
                authenticate(
                    request(b"", {"x-consent-signature": signature, "authorization": authorization}),
                    Check(SECRETS, one, NOW),
                )


def test_sample_is_this_decision() -> None:
    """The signed sample becomes exactly this decision, and no event."""
    assert told() == Told(
        user_data=PERSON,
        cmp_consent_id=CHOICE,
        decision="grant",
        at=AGREED_AT,
        proof=Proof(consent_id=CHOICE, text_version="7"),
    )


@pytest.mark.parametrize(("word", "decision"), [("granted", "grant"), ("denied", "deny"), ("revoked", "withdraw")])
def test_words(word: str, decision: str) -> None:
    """The tool's words mean what the options say."""
    assert told({"marketing": word}).decision == decision


@pytest.mark.parametrize("word", ["Granted", "granted ", "maybe", "", None, [], {}, 1.5, True, ["granted"]])
def test_unknown_word(word: Any) -> None:
    """Any other word decides nothing."""
    assert mapped(body({"marketing": word})) == Mapped(ignored=["unknown_decision"])


@pytest.mark.parametrize(
    ("value", "decision"), [(True, "grant"), (False, "withdraw"), (1, "grant"), (0, "withdraw"), ("true", "grant")]
)
def test_what_is_no_word(value: Any, decision: str) -> None:
    """Booleans and numbers are meant by the words that JSON writes them with."""
    words = {"grant": ["true", "1"], "withdraw": ["false", "0"]}
    (found,) = mapped(body({"marketing": value}), words=words).told
    assert found.decision == decision


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-11-20T18:01:12Z", AGREED_AT),
        ("2026-11-20T18:01:12.987654321Z", AGREED_AT),
        ("2026-11-20T19:01:12+01:00", AGREED_AT),
        (AGREED_AT, AGREED_AT),
        (str(AGREED_AT), AGREED_AT),
        (AGREED_AT * 1_000 + 987, AGREED_AT),
        (10**11 - 1, 10**11 - 1),
        (0, 0),
        ("2026-11-20T18:01:12", None),
        ("20 November 2026", None),
        ("0001-01-01T00:00:00+23:59", None),
        (-1, None),
        (1.5, None),
        (10**15, None),
        ("9" * 5_000, None),
        ("\u0661", None),
        (True, None),
        (None, None),
        ({}, None),
    ],
    ids=repr,
)
def test_time(at: Any, found: int | None) -> None:
    """The time of the decision comes in ISO 8601 with an offset, in seconds or in milliseconds; else it has none."""
    assert told({"updated_at": at}).at == found


def test_only_what_is_there() -> None:
    """What the body lacks is left out, and so is a text in another shape; numbers are ids."""
    found = told({"id": None, "policy_version": ["7"]}, email="", user_id=88)
    assert (found.user_data, found.cmp_consent_id, found.proof) == ({"external_id": 88}, None, Proof())


@pytest.mark.parametrize("raw", [b'{"consent": "granted"}', b'{"consent": null}', b"{}", b'{"consent": []}'])
def test_path_that_leads_nowhere(raw: bytes) -> None:
    """A body without the decision's place decides nothing."""
    assert mapped(raw) == Mapped(ignored=["unknown_decision"])


@pytest.mark.parametrize(
    ("raw", "slug"),
    [
        (b"", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[]", "bad_body"),
        (body({"updated_at": "1969-12-31T00:00:00Z"}), "bad_body"),
    ],
)
def test_bad_body(raw: bytes, slug: str) -> None:
    """What is no JSON object, or dates a decision before 1970, is refused."""
    with pytest.raises(Rejected, match=slug):
        mapped(raw)


places = st.sampled_from(["marketing", "updated_at", "id", "policy_version"])


@given(st.dictionaries(places, json_values | any_text), json_values | any_text, json_values)
def test_any_body(consent: dict[str, Any], email: Any, whole: Any) -> None:
    """Whatever stands in the body, it is told, ignored or refused."""
    for raw in (body(consent, email=email), json.dumps(whole).encode()):
        try:
            found = mapped(raw)
        except Rejected as refused:
            assert refused.slug in {"bad_body", "bad_json"}  # noqa: PT017 - either is right
        else:
            assert bool(found.told) is not bool(found.ignored)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"words": {"grant": ["granted"]}}, "deny or withdraw needs a word"),
        ({"words": {"grant": ["yes"], "deny": ["no", "yes"]}}, "each word stands once"),
        ({"words": {"deny": [""]}}, "length >= 1"),
        ({"fields": {"decision": "a", "at": "b"}}, "one of em, ph, external_id, fbp and cmp_consent_id is needed"),
        ({"fields": {"decision": "a", "em": "c"}}, "missing required field `at`"),
        ({"fields": {"decision": "a.", "at": "b", "em": "c"}}, "matching regex"),
        ({"fields": {"decision": "a", "at": "b", "em": "c", "fn": "d"}}, "unknown field `fn`"),
    ],
)
def test_options_that_make_no_sense(changes: dict[str, Any], rule: str) -> None:
    """Options under which refusals would be missed, or nobody named, are refused when the settings are read."""
    whole = with_source("cmp-consent")
    whole["sources"]["cmp-demo"]["options"] = {**CMP_OPTIONS, **changes}
    with pytest.raises(BadSettings) as refused:
        parse_settings(json.dumps(whole), KINDS)
    assert rule in refused.value.at


@pytest.fixture
def tool(ingest: IngestRoom) -> IngestRoom:
    """The ingest function with a consent tool as source ``cmp-demo``."""
    ingest.configure(with_source("cmp-consent"))
    return ingest


def known(room: IngestRoom, kind: str, value: str) -> Standing | None:
    """What the ledger holds under one name."""
    (key,) = subject_keys([(kind, value)], subject_secrets(checked(), DATASET))
    return room.consent.standings(DATASET, [key]).get(key)


def test_recorded(tool: IngestRoom) -> None:
    """The sample is recorded under each of the person's names before it is answered, and no event comes of it."""
    answer = tool.webhook(SAMPLE, "cmp-demo")
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [], "recorded": 1})
    assert len(tool.consent.statements) == 3
    assert known(tool, "cmp", CHOICE) == Standing(AGREED_AT, 0, AGREED_AT + 395 * 86_400, "7")
    (statement,) = next(iter(tool.consent.statements.values()))
    assert statement.source == "cmp-demo"
    assert statement.evidence != hashlib.sha256(SAMPLE.body).hexdigest()
    assert tool.queue.stored == []
    assert tool.telemetry.counts == {Metric.CONSENT_RECORDED: 1}


def test_replayed(tool: IngestRoom) -> None:
    """A webhook that comes again, after a later one too, changes nothing."""
    tool.webhook(SAMPLE, "cmp-demo")
    tool.webhook(signed(body({"marketing": "revoked", "updated_at": "2026-11-20T18:30:00Z"})), "cmp-demo")
    before = known(tool, "cmp", CHOICE)
    tool.clock.now += 3_600
    assert tool.webhook(SAMPLE, "cmp-demo").body == {"accepted": 0, "reasons": [], "recorded": 1}
    assert known(tool, "cmp", CHOICE) == before
    assert before is not None
    assert before.refused_at == AGREED_AT + 28 * 60 + 48


def test_unknown_decision(tool: IngestRoom) -> None:
    """A word that the options do not know is answered 200, so that the tool does not give up, and counted."""
    answer = tool.webhook(signed(body({"marketing": "paused"})), "cmp-demo")
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [], "ignored": ["unknown_decision"]})
    assert tool.consent.statements == {}
    assert tool.telemetry.counts == {Metric.WEBHOOKS_IGNORED: 1}


@pytest.mark.parametrize(
    ("raw", "slug"),
    [
        (body({"updated_at": None}), "no_decision"),
        (body({"updated_at": "2026-11-20T18:41:01Z"}), "decision_in_future"),
        (body({"id": None}, email="no address", user_id=None), "no_subject"),
    ],
)
def test_cannot_be_recorded(tool: IngestRoom, raw: bytes, slug: str) -> None:
    """A grant without a time or of the future, or of nobody, is refused where the tool's operator sees it."""
    with pytest.raises(Rejected, match=slug):
        tool.webhook(signed(raw), "cmp-demo")
    assert tool.consent.statements == {}


@pytest.mark.parametrize(
    ("subject", "choice", "dropped"),
    [
        ({"email": "no address"}, CHOICE, "em:not_an_email"),
        ({"email": {}}, CHOICE, "em:wrong_type"),
        ({}, "x" * 257, "cmp_consent_id:malformed"),
    ],
)
def test_a_name_that_cannot_be_read(tool: IngestRoom, subject: dict[str, Any], choice: str, dropped: str) -> None:
    """What is readable is recorded and answered 200; the rest is counted, and logged without its value."""
    raw = body({"marketing": "revoked", "id": choice, "policy_version": "x" * 257}, **subject)
    assert tool.webhook(signed(raw), "cmp-demo").status == 200
    assert len(tool.consent.statements) == 2
    assert tool.telemetry.counts[Metric.MATCH_KEYS_DROPPED] == 1
    fields = {"dataset": DATASET, "source": "cmp-demo", "dropped": {dropped: 1}}
    assert tool.telemetry.lines[-1] == ("unreadable", fields)


def test_refusal_without_a_time(tool: IngestRoom) -> None:
    """A refusal is recorded in any case, as of now when it does not say when."""
    tool.webhook(signed(body({"marketing": "revoked", "updated_at": None})), "cmp-demo")
    assert known(tool, "cmp", CHOICE) == Standing(0, NOW)


def test_store_down(tool: IngestRoom) -> None:
    """What could not be recorded is answered 503, so that the tool sends it again."""
    tool.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        tool.webhook(SAMPLE, "cmp-demo")


def test_it_allows_and_stops(gateway: Gateway) -> None:
    """What the tool reports lets the person's events pass without a signal, until it reports a withdrawal."""
    gateway.configure(with_source("cmp-consent"))
    gateway.ingest.webhook(SAMPLE, "cmp-demo")
    silent = {"event_time": NOW, "user_data": {"em": "nora.winter@example.de"}, "consent": None}
    gateway.ingest.post(wire_event(event_id="one", **silent))
    assert gateway.deliver() == ["one"]
    gateway.ingest.post(wire_event(event_id="two", **silent))
    gateway.ingest.webhook(signed(body({"marketing": "revoked", "updated_at": NOW + 1})), "cmp-demo")
    assert gateway.deliver() == []
    assert gateway.outcome("two") == ("withdrawn", "withdrawn")


def test_nothing_personal_in_logs(tool: IngestRoom) -> None:
    """A log line names dataset, source and decision."""
    tool.webhook(SAMPLE, "cmp-demo")
    assert tool.telemetry.lines == [("recorded", {"dataset": DATASET, "source": "cmp-demo", "decision": "grant"})]
