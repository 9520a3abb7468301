"""Subject keys."""

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.subject import subject_keys
from tests.samples import PEPPER

EM = hashlib.sha256(b"jo@example.com").hexdigest()


def test_is_the_hmac_of_the_identifier() -> None:
    """A subject key is the first half of the HMAC-SHA-256 of the field and its hash, in URL-safe base64."""
    digest = hmac.new(bytes.fromhex(PEPPER), f"em:{EM}".encode(), hashlib.sha256).digest()[:16]
    assert subject_keys({"em": [EM]}, PEPPER) == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]


def test_every_value_of_every_identifier() -> None:
    """Each identifier that names one person counts, every value of a list."""
    keys = subject_keys({"em": ["a", "b"], "ph": ["c"], "external_id": ["d"], "fbp": "fb.1.2.3"}, PEPPER)
    assert len(set(keys)) == 5
    assert all(re.fullmatch(r"[\w-]{22}", key, re.ASCII) for key in keys)


@pytest.mark.parametrize("field", ["fn", "ln", "ct", "zp", "country", "fbc", "client_ip_address", "client_user_agent"])
def test_what_many_share(field: str) -> None:
    """Names, places and clicks make no subject key: no withdrawal could name a person by them."""
    assert subject_keys({field: ["value"]}, PEPPER) == []


def test_fields_do_not_mix() -> None:
    """The same text as e-mail hash and as external id is two subjects."""
    assert subject_keys({"em": ["x"]}, PEPPER) != subject_keys({"external_id": ["x"]}, PEPPER)


@given(st.text(min_size=1), st.binary(min_size=8, max_size=64), st.binary(min_size=8, max_size=64))
def test_pepper_decides(value: str, pepper: bytes, other: bytes) -> None:
    """Under another pepper the same person is another key, and no key shows the value."""
    mine, theirs = (subject_keys({"fbp": value}, each.hex()) for each in (pepper, other))
    assert (mine == theirs) is (pepper.ljust(64, b"\0") == other.ljust(64, b"\0"))
    assert value not in mine
