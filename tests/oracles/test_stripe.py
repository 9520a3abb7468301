"""Stripe's own library as oracle: it signs what we must take, and verifies what we must take or refuse.

It knows one secret at a time and reads its own clock, so the times here are now. It lets times ahead of its clock
pass, which we do not.
"""

import json
import random
import time
from collections.abc import Callable

import pytest
import stripe

from sluice.errors import Rejected
from sluice.settings import Secret
from sluice.sources.request import Check, Request
from sluice.sources.stripe import Options, authenticate

CASES = 1_000
SECRET = "whsec_oracle-secret"


def random_body(dice: random.Random) -> str:
    """A JSON text of random length, script and spelling."""
    letters = [chr(dice.choice([dice.randrange(0x20, 0x7F), dice.randrange(0xA0, 0xD800), 0x1F600])) for _ in range(40)]
    value = {"type": "".join(letters[:20]), "data": {"".join(letters[20:]): dice.random()}, "n": dice.getrandbits(70)}
    return json.dumps(value, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 2]))


def theirs(body: str, header: str, secret: str) -> bool:
    """Whether Stripe's library takes the request."""
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300)
    except stripe.SignatureVerificationError:
        return False
    return True


def ours(body: str, header: str, secret: str) -> bool:
    """Whether we take the request."""
    try:
        request = Request({"stripe-signature": header}, {}, body.encode(), "request-1")
        authenticate(request, Check([Secret(secret)], Options(), int(time.time())))
    except Rejected:
        return False
    return True


def signed(body: str, secret: str = SECRET, ago: int = 0) -> str:
    """The header that Stripe's library makes."""
    return stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - ago)


def tampered(body: str, dice: random.Random) -> str:
    """The body with one other character."""
    at = dice.randrange(len(body))
    return body[:at] + chr((ord(body[at]) + 1) % 0x7F) + body[at + 1 :]


def broken(header: str, dice: random.Random) -> str:
    """The header without a piece of it."""
    at = dice.randrange(len(header))
    return header[:at] + header[at + dice.randrange(1, 9) :]


Damage = Callable[[str, random.Random], tuple[str, str, str]]
DAMAGE: dict[str, Damage] = {
    "none": lambda body, _: (body, signed(body), SECRET),
    "body": lambda body, dice: (tampered(body, dice), signed(body), SECRET),
    "secret": lambda body, _: (body, signed(body), "whsec_another-secret"),
    "old": lambda body, dice: (body, signed(body, ago=dice.randrange(400, 10**6)), SECRET),
    "header": lambda body, dice: (body, broken(signed(body), dice), SECRET),
    "two": lambda body, _: (body, f"{signed(body, 'whsec_old')},v1={signed(body).partition('v1=')[2]},v0=x", SECRET),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_we_agree(damage: str) -> None:
    """On a thousand bodies, each whole or damaged in one way, both libraries say the same."""
    dice = random.Random(damage)
    verdicts = set()
    for _ in range(CASES):
        body, header, secret = DAMAGE[damage](random_body(dice), dice)
        verdicts.add(theirs(body, header, secret))
        assert ours(body, header, secret) == theirs(body, header, secret)
    assert verdicts == {damage in {"none", "two"}}


def test_ahead_of_the_clock() -> None:
    """A time that is far ahead is refused here, although the library lets it pass."""
    header = signed("{}", ago=-3_600)
    assert theirs("{}", header, SECRET)
    assert not ours("{}", header, SECRET)
