"""Whatever is told, it is recorded or refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.door import Answer, refusal
from sluice.errors import Rejected
from sluice.sources.request import Request
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, SERVER_KEY, dataset_changed, request
from tests.strategies import any_text, json_values

GOOD: dict[str, Any] = {
    "dataset": DATASET,
    "user_data": {"em": "jo.sample@example.com"},
    "cmp_consent_id": "c-1",
    "checkout_token": "t-1",
    "decision": "grant",
    "at": NOW - 60,
    "proof": {"method": "button"},
}
one_changed = st.builds(lambda name, value: {**GOOD, name: value}, st.sampled_from([*GOOD, "token"]), json_values)
one_person = st.builds(
    lambda name, value: {**GOOD, "user_data": {name: value}},
    st.sampled_from(["em", "ph", "external_id", "fbp", "fn"]),
    json_values | any_text,
)
bodies = st.binary() | (json_values | one_changed | one_person).map(lambda value: json.dumps(value).encode())
headers = st.sampled_from(
    [{}, {"authorization": f"Bearer {SERVER_KEY}"}, {"origin": "https://shop.example.de"}, {"authorization": "\ud800"}]
)


def answered(door: Callable[[Request], Answer], asked: Request) -> Answer:
    """What the door answers over HTTP."""
    try:
        return door(asked)
    except Rejected as error:
        return refusal(error, "request-1")


@given(bodies, headers)
def test_any_body(body: bytes, sent: dict[str, str]) -> None:
    """Any bytes are answered 204 and recorded, or refused with a slug and not recorded; both doors hold."""
    for door in ("tell", "withdraw"):
        room = IngestRoom()
        room.configure(dataset_changed(allowed_origins=["https://shop.example.de"], consent_keys={"k": "key"}))
        answer = answered(getattr(room, door), request(body, sent))
        assert answer.status == 204 or 400 <= answer.status < 500
        assert bool(room.consent.statements) is (answer.status == 204)


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[" * 100_000, "bad_body"),
        (b'{"dataset":' + b"[" * 100_000, "bad_body"),
        (b'{"user_data":{"em":' + b"[" * 100_000, "bad_json"),
        (b'{"user_data":{"em":' + b"9" * 5_000 + b"}}", "bad_body"),
        (b'{"at":' + b"9" * 5_000 + b"}", "bad_body"),
        (b"[]", "bad_body"),
        (b"null", "bad_body"),
        (b"{}", "bad_body"),
    ],
)
def test_bad_body(ingest: IngestRoom, body: bytes, slug: str) -> None:
    """What is no JSON object of the doors' shape is refused as what it is."""
    for door in (ingest.tell, ingest.withdraw):
        with pytest.raises(Rejected, match=slug):
            door(request(body, {"authorization": f"Bearer {SERVER_KEY}"}))
