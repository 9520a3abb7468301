"""Signature checks."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.settings import Secret
from sluice.sources.authentication import has_hmac_hex, has_hmac_sha256_base64, is_hmac_of, is_one_of
from tests.strategies import any_text

BODY = '{"name":"Größe \\u0026"}'.encode()


def signature(body: bytes, key: str) -> str:
    """The signature that belongs to a body."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("secrets", [["right"], ["old", "right"], ["right", "old"], ["", "right"]])
def test_right_secret_among_others(secrets: list[str]) -> None:
    """While a secret is exchanged, old and new both count."""
    assert has_hmac_sha256_base64(BODY, signature(BODY, "right"), map(Secret, secrets))


@given(st.binary(), any_text.filter(bool), st.text(st.characters(codec="utf-8"), min_size=1))
def test_only_the_signature(body: bytes, given_signature: str, key: str) -> None:
    """No other text passes for the signature of a body, whatever its characters."""
    assert has_hmac_sha256_base64(body, given_signature, [Secret(key)]) is (given_signature == signature(body, key))


@given(st.binary(min_size=1), st.data())
def test_one_byte_changed(body: bytes, data: st.DataObject) -> None:
    """One other byte and the signature is wrong."""
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]
    assert not has_hmac_sha256_base64(changed, signature(body, "key"), [Secret("key")])


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        " " + signature(BODY, "key"),
        signature(BODY, "key").rstrip("="),
        signature(BODY, "key").swapcase(),
        hmac.new(b"key", BODY, hashlib.sha256).hexdigest(),
        "ä" * 44,
        "\ud800",
    ],
)
def test_nearly_the_signature(wrong: str) -> None:
    """Only the exact base64 text is the signature: no hex, no blanks, no missing padding."""
    assert not has_hmac_sha256_base64(BODY, wrong, [Secret("key")])


@given(st.binary(), any_text)
def test_empty_secret_opens_nothing(body: bytes, text: str) -> None:
    """An empty secret matches nothing, not even its own signature: anybody can compute that."""
    assert not has_hmac_sha256_base64(body, signature(body, ""), [Secret("")])
    assert not has_hmac_sha256_base64(body, text, [])
    assert not is_one_of("", [Secret("")])
    assert not is_one_of(text, [])


@given(any_text, st.lists(st.text(st.characters(codec="utf-8"))))
def test_key_is_one_of_the_keys(text: str, keys: list[str]) -> None:
    """A key is accepted when it is exactly one of the configured ones."""
    assert is_one_of(text, map(Secret, keys)) is (bool(text) and text in keys)


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_secret_lets_nobody_in(blank: str) -> None:
    """Anybody can guess a blank secret: neither its signature nor the secret itself is a proof."""
    proof = hmac.digest(blank.encode(), b"body", "sha256")
    assert not has_hmac_sha256_base64(b"body", base64.b64encode(proof).decode(), [Secret(blank)])
    assert not has_hmac_hex(b"body", proof.hex(), [Secret(blank)])
    assert not is_one_of(blank, [Secret(blank)])


def test_a_decoded_key_may_be_any_bytes() -> None:
    """What base64 stands for is a key also when it is a tab."""
    proof = base64.b64encode(hmac.digest(b"\t", b"body", "sha256")).decode()
    assert is_hmac_of(b"body", proof, [b"\t"], base64.b64encode)
