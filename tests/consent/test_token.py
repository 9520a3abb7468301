"""Signed consent tokens."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.malformed import Malformed
from sluice.consent.token import Claims, Expected, mint, read, verify
from sluice.settings import Secret
from tests.samples import DATASET, NOW

KEYS = {"k1": Secret("first-consent-key-of-the-shop"), "k2": Secret("second-consent-key-of-the-shop")}
SUBJECT = "A" * 22
EXPECTED = Expected(DATASET, [SUBJECT, "B" * 22], (1, 3, 4, 7), NOW)
CLAIMS: dict[str, Any] = {
    "v": 1,
    "kid": "k1",
    "aud": DATASET,
    "sub": SUBJECT,
    "dec": "grant",
    "dts": NOW - 60,
    "iat": NOW - 30,
    "exp": NOW + 3_600,
    "jti": "3f2b8c1e",
}


def sign(claims: object, key: str = "first-consent-key-of-the-shop") -> str:
    """A token as a shop's backend makes one, with the standard library only."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    mac = hmac.new(key.encode(), f"v1.{payload}".encode(), hashlib.sha256).digest()
    return f"v1.{payload}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"sub": ["C" * 22, SUBJECT]}, None),
        ({"dec": "deny"}, None),
        ({"pur": [1, 3, 4, 7, 9]}, None),
        ({"pur": ["meta_capi"]}, None),
        ({"dec": "deny", "pur": []}, None),
        ({"iss": "shop.example.de", "jur": "DE", "src": "cmp", "cid": "c-1", "txt": "3", "later": True}, None),
        ({"iat": NOW + 60}, None),
        ({"exp": NOW - 59}, None),
        ({"iat": NOW + 61}, "token_expired"),
        ({"exp": NOW - 60}, "token_expired"),
        ({"exp": NOW - 60, "dec": "deny"}, None),
        ({"exp": NOW - 60, "dec": "deny", "sub": "C" * 22}, "token_wrong_subject"),
        ({"exp": NOW - 30 + 400 * 86_400}, None),
        ({"exp": NOW - 30 + 400 * 86_400 + 1}, "token_expired"),
        ({"aud": "999"}, "token_wrong_pixel"),
        ({"aud": DATASET + "0"}, "token_wrong_pixel"),
        ({"sub": "C" * 22}, "token_wrong_subject"),
        ({"pur": [1, 3, 4]}, "token_purpose_missing"),
        ({"pur": ["1", "3", "4", "7"]}, "token_purpose_missing"),
        ({"pur": []}, "token_purpose_missing"),
        ({"sub": []}, "token_malformed"),
        ({"sub": None}, "token_malformed"),
        ({"v": 2}, "token_malformed"),
        ({"dec": "yes"}, "token_malformed"),
        ({"exp": None}, "token_malformed"),
        ({"exp": 2**70}, "token_malformed"),
        ({"dts": str(NOW)}, "token_malformed"),
        ({"kid": 1}, "token_malformed"),
        ({"kid": "k2"}, "token_bad_mac"),
        ({"kid": "k9"}, "token_bad_mac"),
        ({"jti": "x" * 1_600}, "token_malformed"),
    ],
)
def test_claims(changes: dict[str, object], code: str | None) -> None:
    """A genuine token counts when it is in force and about this dataset, this person and all purposes."""
    claims = verify(sign({**CLAIMS, **changes}), KEYS, EXPECTED)
    assert (claims.code if isinstance(claims, Malformed) else None) == code


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "token_malformed"),
        ("v1", "token_malformed"),
        ("v1..", "token_malformed"),
        ("v2" + sign(CLAIMS)[2:], "token_malformed"),
        (sign(CLAIMS) + "=", "token_bad_mac"),
        (sign(CLAIMS)[:-1], "token_bad_mac"),
        (sign(CLAIMS, "another key"), "token_bad_mac"),
        (sign({**CLAIMS, "kid": ""}, ""), "token_bad_mac"),
        (sign([CLAIMS]), "token_malformed"),
        (sign("k1"), "token_malformed"),
        (sign({}), "token_malformed"),
        (sign(CLAIMS).replace(".", ".\u00e4", 1), "token_malformed"),
        ("v1." + "A" * 3_000 + ".AAAA", "token_malformed"),
    ],
)
def test_form(token: str, code: str) -> None:
    """Anything but three parts that a key of the dataset signed is refused, and never believed."""
    assert verify(token, KEYS, EXPECTED) == Malformed(code)


def test_an_empty_key_signs_nothing() -> None:
    """A consent key that was left empty verifies no token, though anybody could sign with it."""
    assert read(sign(CLAIMS, ""), {"k1": Secret("")}) == Malformed("token_bad_mac")


def test_without_a_person_to_compare() -> None:
    """Where nothing identifies the person yet, everything but the subject is checked."""
    assert isinstance(verify(sign({**CLAIMS, "sub": "C" * 22}), KEYS, EXPECTED._replace(subjects=None)), Claims)
    nobody = verify(sign(CLAIMS), KEYS, EXPECTED._replace(subjects=[]))
    assert nobody == Malformed("token_wrong_subject")


def test_what_is_minted_is_verified() -> None:
    """Our own tokens have the form of everybody's."""
    claims = Claims(**CLAIMS)
    assert verify(mint(claims, KEYS["k1"]), KEYS, EXPECTED) == claims


@given(st.text() | st.text("v1.ey", max_size=60).map("v1.".__add__), st.integers(0, 200), st.characters())
def test_total(text: str, position: int, character: str) -> None:
    """Any text has an answer, and a genuine token with another character at any place is not genuine."""
    assert isinstance(verify(text, KEYS, EXPECTED), Malformed)
    genuine = sign(CLAIMS)
    other = genuine[:position] + character + genuine[position + 1 :]
    if other != genuine:
        assert isinstance(verify(other, KEYS, EXPECTED), Malformed)
