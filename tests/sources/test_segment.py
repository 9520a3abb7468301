"""Segment's webhooks, and the signed sample of ``events/``."""

import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected
from sluice.event import Consent
from sluice.privacy import PrivacyAsked
from sluice.settings import Secret, Source
from sluice.sources.request import Check, Mapped, Request
from sluice.sources.segment import Options, authenticate, to_arrivals
from sluice.told import Told
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, file_request, request, with_source

SAMPLE = file_request("segment-order-completed")
CALL: dict[str, Any] = json.loads(SAMPLE.body)
SECRET, SHOWN = "sample-segment-secret", "sample-batch-header-secret"
FIRST = b'{"type":"track","event":"Order Completed","messageId":"seg-1"}'
BATCH = b"[" + FIRST + b',{"type":"track","event":"Product Viewed","messageId":"seg-2"}]'
SIGNATURE = "f81dc1c87c57020bf4636b070fdb721f43226ff7"
"""Of both bodies: of a batch Segment signs the first call only."""


def check(batch_header: str | None = None) -> Check:
    """A source with a secret for signatures, and one for the header."""
    return Check([Secret(SECRET), Secret(SHOWN)], Options(batch_header=batch_header), NOW)


def signed(body: bytes, **headers: str) -> Request:
    """A request as Segment signs it. ``headers``: with underscores for hyphens."""
    first = bytes(msgspec.json.decode(body, type=list[msgspec.Raw])[0]) if body.startswith(b"[") else body
    signature = hmac.digest(SECRET.encode(), first, "sha1").hex()
    return request(body, {"x-signature": signature, **{name.replace("_", "-"): text for name, text in headers.items()}})


def mapped(body: object, **options: Any) -> Mapped:
    """What the adapter makes of a body."""
    source = Source("segment", DATASET, [Secret(SECRET)], msgspec.convert(options, Options))
    return to_arrivals(request(json.dumps(body).encode()), "shop", source, NOW)


def test_sample_is_this_event() -> None:
    """The signed sample becomes exactly this Purchase."""
    (arrival,) = mapped(CALL, consent_categories=["advertising"]).arrivals
    assert msgspec.to_builtins(arrival.event) == {
        "event_name": "Purchase",
        "event_time": 1_795_199_412,
        "event_id": "ajs-next-1795199400123-6a1f0c2e",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/checkout/thanks?step=4",
        "referrer_url": "https://shop.example.de/checkout",
        "user_data": {
            "em": ["mara.holm@example.de"],
            "ph": "+49 341 5550134",
            "fn": "Mara",
            "ln": "Holm",
            "ct": "Leipzig",
            "st": "SN",
            "zp": "04109",
            "country": "DE",
            "external_id": "customer-512",
            "fbp": "fb.1.1795199100456.1402210345",
            "fbc": "fb.1.1795199100001.IwAR0SampleSegmentClick-9",
            "client_ip_address": "203.0.113.77",
            "client_user_agent": CALL["context"]["userAgent"],
        },
        "custom_data": {
            "value": 43.2,
            "currency": "EUR",
            "order_id": "DE-20871",
            "content_type": "product",
            "content_ids": ["mug-blue", "tea-green"],
            "contents": [
                {"id": "mug-blue", "quantity": 2, "item_price": 14.9},
                {"id": "tea-green", "quantity": 1, "item_price": 8.5},
            ],
            "num_items": 3,
        },
    }
    assert arrival.dedup_key == "order:shop:DE-20871"
    assert arrival.signals.given == Consent(granted=True, at=1_795_199_412)


class TestAuthenticate:
    """Single calls are signed whole, batches by their first call."""

    def test_known_signature(self) -> None:
        """The signature of the sample call, upper or lower case."""
        for signature in (SIGNATURE, SIGNATURE.upper()):
            authenticate(request(FIRST, {"x-signature": signature}), check())

    def test_batch_with_the_header(self) -> None:
        """A batch is taken when its first call is signed and the header shows a secret."""
        for body in (BATCH, b" \n" + BATCH, BATCH.replace(b",{", b" ,\n {")):
            authenticate(request(body, {"x-signature": SIGNATURE, "x-sluice": SHOWN}), check("X-Sluice"))

    def test_batch_with_a_bearer_token(self) -> None:
        """The header may be that of a bearer token."""
        headers = {"x-signature": SIGNATURE, "authorization": f"Bearer {SHOWN}"}
        authenticate(request(BATCH, headers), check("Authorization"))

    @pytest.mark.parametrize(
        ("headers", "batch_header"),
        [
            ({"x-signature": SIGNATURE}, None),
            ({"x-signature": SIGNATURE, "x-sluice": SHOWN}, None),
            ({"x-signature": SIGNATURE}, "X-Sluice"),
            ({"x-signature": SIGNATURE, "x-sluice": ""}, "X-Sluice"),
            ({"x-signature": SIGNATURE, "x-sluice": "other"}, "X-Sluice"),
            ({"x-signature": "0" * 40, "x-sluice": SHOWN}, "X-Sluice"),
            ({"x-sluice": SHOWN}, "X-Sluice"),
        ],
    )
    def test_batch_that_is_refused(self, headers: dict[str, str], batch_header: str | None) -> None:
        """The first call's signature alone does not vouch for the others, and the header alone not for the first."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(BATCH, headers), check(batch_header))

    def test_a_changed_first_call(self) -> None:
        """A batch whose first call was changed is refused."""
        body = BATCH.replace(b"Order Completed", b"Order completed")
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(body, {"x-signature": SIGNATURE, "x-sluice": SHOWN}), check("X-Sluice"))

    @pytest.mark.parametrize("body", [b"[]", b"[", b"[1", b"[" * 100_000, b"[\xff]", b"\t["])
    def test_batch_that_is_none(self, body: bytes) -> None:
        """What only begins like a batch has no first call that could be signed."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(body, {"x-signature": SIGNATURE, "x-sluice": SHOWN}), check("X-Sluice"))

    @given(body=st.binary(max_size=60).map(lambda rest: b"[" + rest))
    def test_any_batch_is_answered(self, body: bytes) -> None:
        """Whatever follows the bracket, the answer is no."""
        with pytest.raises(Rejected, match="bad_signature"):
            authenticate(request(body, {"x-signature": SIGNATURE, "x-sluice": SHOWN}), check("X-Sluice"))


def test_batch_through_the_door() -> None:
    """The events of a batch are taken one by one; what is none of them is counted."""
    whole = with_source("segment-order-completed")
    whole["sources"]["segment-demo"]["options"]["batch_header"] = "X-Sluice"
    ingest = IngestRoom()
    ingest.configure(whole)
    ingest.clock.now = NOW
    refused = {**CALL["context"], "consent": {"categoryPreferences": {"advertising": False}}}
    calls = [CALL, 5, {"type": "identify"}, {**CALL, "event": "Product Viewed", "messageId": "m-2", "context": refused}]
    answer = ingest.webhook(signed(json.dumps(calls).encode(), x_sluice=SECRET), "segment-demo")
    assert answer.status == 200
    assert answer.body == {"accepted": 1, "reasons": ["denied"], "ignored": ["unreadable_event", "unknown_topic"]}


@pytest.mark.parametrize(
    ("preferences", "flag"),
    [
        ({"advertising": True, "analytics": False}, True),
        ({"advertising": False, "analytics": True}, False),
        ({"analytics": True}, False),
        ({"advertising": "true"}, False),
        ({"advertising": None}, False),
        ({}, False),
        (None, None),
        ([], None),
    ],
)
def test_consent(preferences: Any, flag: bool | None) -> None:
    """Only a true that somebody wrote is consent, all else in the object refuses; without it there is no signal."""
    context = {**CALL["context"], "consent": {"categoryPreferences": preferences}}
    (arrival,) = mapped({**CALL, "context": context}, consent_categories=["advertising"]).arrivals
    assert arrival.signals.given == (None if flag is None else Consent(granted=flag, at=1_795_199_412))


def test_every_category_is_needed() -> None:
    """An object that leaves out one of the needed categories refuses."""
    context = {"consent": {"categoryPreferences": {"advertising": True}}}
    (arrival,) = mapped({**CALL, "context": context}, consent_categories=["advertising", "social"]).arrivals
    assert arrival.signals.given == Consent(granted=False, at=1_795_199_412)


def test_consent_without_the_option() -> None:
    """Which category stands for advertising at Meta, only the options can say."""
    (arrival,) = mapped(CALL).arrivals
    assert arrival.signals.given is None


DELETION = {"type": "delete", "userId": "customer-512", "timestamp": "2026-11-20T18:30:00Z"}


class TestDeletion:
    """Segment tells when a user is to be deleted."""

    def test_recorded(self) -> None:
        """It takes back consent, so that nothing that waits is sent, and it is kept for whoever erases."""
        found = mapped(DELETION)
        assert found.told == [Told(user_data={"external_id": "customer-512"}, decision="withdraw", at=NOW - 600)]
        assert found.privacy == [
            PrivacyAsked("erasure", "customer-512 2026-11-20T18:30:00Z", {"external_id": "customer-512"})
        ]
        assert not found.arrivals
        assert not found.ignored

    @pytest.mark.parametrize("timestamp", [None, "yesterday"])
    def test_without_a_time(self, timestamp: str | None) -> None:
        """Without a time it holds from when it came."""
        (told,) = mapped({**DELETION, "timestamp": timestamp}).told
        assert told.at is None

    def test_unreadable_user(self) -> None:
        """An id that names nobody takes back nothing, but is not forgotten."""
        found = mapped({**DELETION, "userId": "null"})
        assert not found.told
        assert len(found.privacy) == 1

    def test_nobody(self) -> None:
        """Without a user it is no deletion."""
        with pytest.raises(Rejected, match="wrong_topic_shape"):
            mapped({"type": "delete"})

    def test_through_the_door(self) -> None:
        """The door answers 200 and has recorded both."""
        ingest = IngestRoom()
        ingest.configure(with_source("segment-order-completed"))
        ingest.clock.now = NOW
        answer = ingest.webhook(signed(json.dumps(DELETION).encode()), "segment-demo")
        assert answer.status == 200
        assert answer.body == {"accepted": 0, "reasons": [], "recorded": 2}


def test_replay_is_too_old() -> None:
    """Segment's replay sends history again; events of more than a week ago are refused by their age."""
    ingest = IngestRoom()
    ingest.configure(with_source("segment-order-completed"))
    ingest.clock.now = NOW
    call = {**CALL, "timestamp": "2026-11-12T18:30:00Z"}
    answer = ingest.webhook(signed(json.dumps(call).encode()), "segment-demo")
    assert answer.body == {"accepted": 0, "reasons": ["event_time_too_old"]}
