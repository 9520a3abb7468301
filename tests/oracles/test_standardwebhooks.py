"""The specification's own Python library as oracle: its signer and its verifier agree with ours.

It knows the time only by the real clock, reads fractions of a second, and fails on an entry with a second comma;
those are left out here.
"""

import base64
import time
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from sluice.errors import Rejected
from sluice.settings import Secret
from sluice.sources.request import Check
from sluice.sources.standard import Options, authenticate
from tests.samples import request

BODIES = st.text(max_size=300)
KEYS = st.binary(min_size=1, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
IDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=1, max_size=40)
OFFSETS = st.integers(-280, 280) | st.integers(-(10**6), -320) | st.integers(320, 10**6)


def headers_of(secret: str, webhook_id: str, at: int, body: str) -> dict[str, str]:
    """The headers that the library signs a body with."""
    proof = Webhook(secret).sign(webhook_id, datetime.fromtimestamp(at, UTC), body)
    return {"webhook-id": webhook_id, "webhook-timestamp": str(at), "webhook-signature": proof}


def theirs(secret: str, headers: dict[str, str], body: str) -> bool:
    """Whether the library takes a webhook."""
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def ours(secret: str, headers: dict[str, str], body: str, now: int) -> bool:
    """Whether we take it."""
    try:
        authenticate(request(body.encode(), headers), Check([Secret(secret)], Options(), now))
    except Rejected:
        return False
    return True


@settings(max_examples=1_000)
@given(secret=KEYS, webhook_id=IDS, body=BODIES, other_body=BODIES, other_secret=KEYS, offset=OFFSETS)
def test_same_answer(secret: str, webhook_id: str, body: str, other_body: str, other_secret: str, offset: int) -> None:
    """Signed just now or long ago, as it was sent, tampered with, or under another secret."""
    now = int(time.time())
    headers = headers_of(secret, webhook_id, now + offset, body)
    assert ours(secret, headers, body, now) == theirs(secret, headers, body) == (abs(offset) <= 300)
    assert ours(secret, headers, other_body, now) == theirs(secret, headers, other_body)
    assert ours(other_secret, headers, body, now) == theirs(other_secret, headers, body)
    renamed = {**headers, "webhook-id": f"{webhook_id}0"}
    assert not ours(secret, renamed, body, now)
    assert not theirs(secret, renamed, body)


@settings(max_examples=200)
@given(secret=KEYS, other_secret=KEYS, body=BODIES)
def test_lists_of_signatures(secret: str, other_secret: str, body: str) -> None:
    """Among several signatures, both find the one that fits, without padding in the secret and without its prefix."""
    now = int(time.time())
    headers, others = headers_of(secret, "msg_1", now, body), headers_of(other_secret, "msg_1", now, body)
    headers["webhook-signature"] = f"v1a,QUJD {others['webhook-signature']} {headers['webhook-signature']}"
    for written in (secret, secret.rstrip("="), secret.removeprefix("whsec_")):
        assert ours(written, headers, body, now)
        assert theirs(written, headers, body)
