"""Standard Webhooks with Meta's own events, and the signed sample of ``events/``."""

import base64
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected
from sluice.settings import Secret, Source
from sluice.sources.request import Check, Request
from sluice.sources.standard import Options, authenticate, to_arrivals
from tests.fakes.rooms import Gateway, IngestRoom
from tests.samples import DATASET, NOW, SAMPLES, file_request, request, wire_event, with_source

SAMPLE = file_request("standard-purchase")
SECRET = "whsec_c2FtcGxlLXN0YW5kYXJkLXdlYmhvb2tzLWtleS0zMmI="
WEBHOOK_ID = "msg_2sampleorder10457"


def signed(
    body: object, secret: str = SECRET, at: int = NOW, webhook_id: str = "msg_1", family: str = "webhook"
) -> Request:
    """A webhook with its sender's signature; ``body`` is bytes or JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request(
        raw,
        {
            f"{family}-id": webhook_id,
            f"{family}-timestamp": str(at),
            f"{family}-signature": signature(raw, secret, at, webhook_id),
        },
    )


def signature(raw: bytes, secret: str = SECRET, at: object = NOW, webhook_id: str = "msg_1") -> str:
    """One entry of the signature's header."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{webhook_id}.{at}.".encode() + raw, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def check(request: Request, *secrets: str, now: int = NOW) -> None:
    """Check a webhook as its door does."""
    authenticate(request, Check([*map(Secret, secrets or (SECRET,))], Options(), now))


def refused(request: Request, *secrets: str, now: int = NOW) -> None:
    """Check that a webhook is refused."""
    with pytest.raises(Rejected, match="bad_signature"):
        check(request, *secrets, now=now)


def items(data: object, webhook_id: str = "msg_1") -> list[Any]:
    """The events of a webhook, decoded."""
    body = {"type": "order.paid", "timestamp": "2026-11-20T18:40:00Z", "data": data}
    return decoded(signed(body, webhook_id=webhook_id))


def decoded(request: Request) -> list[Any]:
    """What the adapter makes of a request."""
    mapped = to_arrivals(request, "backend", Source("standard", DATASET, [Secret(SECRET)], Options()), NOW)
    assert (mapped.arrivals, mapped.ignored, mapped.told) == ((), (), ())
    return [msgspec.json.decode(item) for item in mapped.items]


class TestAuthenticate:
    """What was signed with the secret, just now, and nothing else."""

    @pytest.mark.parametrize("family", ["webhook", "svix"])
    @pytest.mark.parametrize(
        ("secret", "webhook_id", "at", "body", "proof"),
        [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                '{"test": 2432232314}',
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                SECRET,
                "msg_sample0001",
                1_795_200_130,
                '{"type":"purchase","timestamp":"2026-11-20T18:42:10Z","data":{"event_id":"ord-10457","value":73.03}}',
                "v1,n9/SOWgkRMz+MuBWK2DDe8sAs7Mq79jl7UD9kxS1jDE=",
            ),
        ],
        ids=["the specification's own", "ours"],
    )
    def test_vectors(self, family: str, secret: str, webhook_id: str, at: int, body: str, proof: str) -> None:
        """What others computed fits, under the headers of either family."""
        headers = {f"{family}-id": webhook_id, f"{family}-timestamp": str(at), f"{family}-signature": proof}
        check(request(body.encode(), headers), secret, now=at)

    @pytest.mark.parametrize(
        "secret", [SECRET, SECRET.removeprefix("whsec_"), SECRET.rstrip("="), f" {SECRET}\n", f"{SECRET}=="]
    )
    def test_how_a_secret_is_written(self, secret: str) -> None:
        """With the prefix or without, with its padding or without, and with what a copy brings along."""
        check(SAMPLE, secret)

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_=", "=", "a", "not base64!", "whsec_äöü", "whsec_\ud800"])
    def test_a_secret_of_no_bytes(self, secret: str) -> None:
        """A secret that decodes to nothing lets nobody in, also not who signs with no bytes."""
        refused(signed({}, ""), secret)
        refused(SAMPLE, secret)

    @pytest.mark.parametrize("secrets", [("b2xk", SECRET), (SECRET, "b2xk"), ("", "whsec_", SECRET)])
    def test_every_secret(self, secrets: tuple[str, ...]) -> None:
        """While a secret is exchanged, both are good."""
        check(SAMPLE, *secrets)

    @pytest.mark.parametrize(
        "form",
        [
            "{good}",
            "{other} {good}",
            "{good} {other}",
            "v1a,QUJD {good}",
            "v1 {good}",
            "v1,a,b {good}",
            ",, {good}",
            "  {good}  ",
            "v1, {good}",
            "{good} \ud800",
        ],
    )
    def test_every_entry(self, form: str) -> None:
        """One good signature is enough; another scheme's, another secret's and malformed ones are passed over."""
        body = b'{"data": {}}'
        good, other = signature(body), signature(body, "b3RoZXI=")
        sent = signed(body)
        check(sent._replace(headers={**sent.headers, "webhook-signature": form.format(good=good, other=other)}))

    def test_many_signatures(self) -> None:
        """Of a long list the first eight are tried, because each costs a digest of the whole body."""
        body = b'{"data": {}}'
        sent = signed(body)
        check(sent._replace(headers={**sent.headers, "webhook-signature": "v1,x " * 7 + signature(body)}))
        refused(sent._replace(headers={**sent.headers, "webhook-signature": "v1,x " * 8 + signature(body)}))

    @pytest.mark.parametrize("form", ["{}", "v1a,{}", "v1,{},", "v2,{}", "v1:{}"])
    def test_what_is_no_v1_signature(self, form: str) -> None:
        """Without its scheme, under another's name, or with more behind it, a signature proves nothing."""
        sent = signed({"data": {}})
        digest = sent.headers["webhook-signature"].removeprefix("v1,")
        refused(sent._replace(headers={**sent.headers, "webhook-signature": form.format(digest)}))

    @pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
    @pytest.mark.parametrize("other", [None, "", "msg_2", "1795200001", "\ud800", "ä"])
    def test_every_header_is_signed(self, name: str, other: str | None) -> None:
        """A header that is missing or another makes another webhook."""
        headers = {key: value for key, value in SAMPLE.headers.items() if key != f"webhook-{name}"}
        refused(SAMPLE._replace(headers=headers if other is None else {**headers, f"webhook-{name}": other}))

    def test_families_are_not_mixed(self) -> None:
        """The id that the events are named by is the one that was signed."""
        mine, theirs = signed({"data": {}}, webhook_id="a"), signed({"data": {}}, webhook_id="b", family="svix")
        check(request(mine.body, {**mine.headers, **theirs.headers}))
        refused(request(mine.body, {**theirs.headers, "webhook-id": "a"}))

    @pytest.mark.parametrize("late", [0, 299, 300, -299, -300])
    def test_five_minutes(self, late: int) -> None:
        """A clock may be five minutes off, either way."""
        check(SAMPLE, now=NOW + late)

    @pytest.mark.parametrize("late", [301, -301, 10**9])
    def test_replay(self, late: int) -> None:
        """What is older, or from further ahead, is refused."""
        refused(SAMPLE, now=NOW + late)

    @pytest.mark.parametrize(
        "stamp", ["1795200000.0", "+1795200000", " 1795200000", "01_795_200_000", "\u0661795200000", "now", "1e9", ""]
    )
    def test_time_is_whole_seconds(self, stamp: str) -> None:
        """Nothing but digits is a time, even when it is signed."""
        body = b'{"data": {}}'
        proof = signature(body, at=stamp)
        refused(request(body, {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": proof}), now=NOW)

    def test_without_id(self) -> None:
        """A webhook without an id could not be told from another."""
        refused(signed({"data": {}}, webhook_id=""))


def test_an_id_that_is_no_text() -> None:
    """Half a surrogate pair in a header is read as the question mark that was signed in its place."""
    headers = {**signed({"data": {}}, webhook_id="a?").headers, "webhook-id": "a\ud800"}
    sent = request(b'{"data": {}}', headers)
    check(sent)
    assert decoded(sent)[0]["event_id"] == "a?"


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly what its sender wrote, under the webhook's id."""
    (event,) = decoded(SAMPLE)
    assert event == {**json.loads(SAMPLE.body)["data"], "event_id": WEBHOOK_ID}


def test_sample_is_queued(ingest: IngestRoom) -> None:
    """Through the door, the sample is one event for Meta."""
    ingest.configure(with_source("standard-purchase"))
    assert ingest.webhook(SAMPLE, "standard-demo").body == {"accepted": 1, "reasons": []}
    assert ingest.queued == [WEBHOOK_ID]


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({}, ["msg_1"]),
        ([{}], ["msg_1"]),
        ([{}, {}], ["msg_1:0", "msg_1:1"]),
        ([{"event_id": "own"}, {}], ["own", "msg_1:1"]),
        ({"event_id": "own"}, ["own"]),
        ({"event_id": None}, ["msg_1"]),
        ({"event_id": ""}, ["msg_1"]),
        ({"event_id": 7}, [7]),
        (json.dumps({"event_name": "Lead"}), ["msg_1"]),
    ],
    ids=repr,
)
def test_event_id(data: object, ids: list[object]) -> None:
    """An event's own id stays; without one it is the webhook's, with its place where there are several."""
    assert [item["event_id"] for item in items(data)] == ids


@pytest.mark.parametrize("data", [None, 5, "text", [[]], [None], ["\ud800"], [{"event_name": "\ud800"}]], ids=repr)
def test_what_is_no_event_costs_only_itself(ingest: IngestRoom, data: Any) -> None:
    """Beside any nonsense, a good event is accepted."""
    ingest.configure(with_source("standard-purchase"))
    beside = [*data, wire_event()] if isinstance(data, list) else [data, wire_event()]
    answer = ingest.webhook(signed({"data": beside}, at=ingest.clock.now), "standard-demo")
    assert answer.body["accepted"] == 1  # type: ignore[index, call-overload]
    assert len(answer.body["reasons"]) == 1  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (wire_event(event_name=None), "event_name_missing"),
        (wire_event(consent=None), "no_signal"),
        (wire_event(consent={"granted": False, "at": NOW - 60}), "denied"),
        (wire_event(nonsense=1), "unknown_field"),
    ],
)
def test_the_same_diagnosis_as_at_the_conversions_api_door(
    ingest: IngestRoom, event: dict[str, Any], reason: str
) -> None:
    """What cannot be sent is answered 200 with its reason: sent again, it could not be sent either."""
    ingest.configure(with_source("standard-purchase"))
    answer = ingest.webhook(signed({"data": event}, at=ingest.clock.now), "standard-demo")
    assert (answer.status, answer.body) == (200, {"accepted": 0, "reasons": [reason]})


def test_number_that_is_no_json_costs_only_its_event(ingest: IngestRoom) -> None:
    """What Python writes for infinity is no JSON; the event beside it is accepted."""
    ingest.configure(with_source("standard-purchase"))
    body = json.dumps({"data": [wire_event(), wire_event(custom_data={"value": float("inf"), "currency": "EUR"})]})
    answer = ingest.webhook(signed(body.encode(), at=ingest.clock.now), "standard-demo")
    assert (answer.status, answer.body) == (200, {"accepted": 1, "reasons": ["value_invalid"]})


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"[]", "bad_body"),
        (b"{}", "bad_body"),
        (b'{"data": []}', "no_events"),
        (json.dumps({"data": [{}] * 1001}).encode(), "too_many_events"),
    ],
)
def test_bad_bodies(body: bytes, slug: str) -> None:
    """A signed body that cannot be read is refused as what it is."""
    with pytest.raises(Rejected, match=slug):
        decoded(signed(body))


def test_a_thousand_events() -> None:
    """As many as at the Conversions API door."""
    assert len(items([{}] * 1000)) == 1000


def test_a_repeated_webhook_is_the_same_event() -> None:
    """A retry, signed anew an hour later, is not sent to Meta again."""
    gateway = Gateway()
    gateway.configure(with_source("standard-purchase"))
    body = {"data": wire_event(event_id=None, event_time=gateway.clock.now)}
    body["data"]["consent"]["at"] = gateway.clock.now - 60
    gateway.ingest.webhook(signed(body, at=gateway.clock.now), "standard-demo")
    assert gateway.deliver() == ["msg_1"]
    gateway.clock.now += 3_600
    gateway.ingest.webhook(signed(body, at=gateway.clock.now), "standard-demo")
    assert gateway.deliver() == []


@given(st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=4))
def test_nothing_else_changes(event: dict[str, Any]) -> None:
    """Whatever the sender wrote beside the id is handed on as it is."""
    (item,) = items({**event, "event_id": "own"})
    assert item == {**event, "event_id": "own"}
    (item,) = items({name: value for name, value in event.items() if name != "event_id"})
    assert item.pop("event_id") == "msg_1"
    assert item == {name: value for name, value in event.items() if name != "event_id"}


def test_options() -> None:
    """There is nothing to choose, so there is nothing to misspell."""
    sample = SAMPLES["standard-purchase"].source
    assert sample
    assert sample.options == {}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"secret_header": "x"}, Options)
