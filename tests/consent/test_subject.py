"""Subject keys."""

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.subject import identifiers, subject_keys, subject_secrets
from tests.samples import DATASET, PEPPER, dataset_changed, document, settings

EM = hashlib.sha256(b"jo@example.com").hexdigest()
SECRET = hmac.new(bytes.fromhex(PEPPER), f"site:{DATASET}".encode(), hashlib.sha256).hexdigest()
OLD_PEPPER = "ffeeddccbbaa99887766554433221100"


def test_is_the_hmac_of_the_identifier() -> None:
    """A subject key is the first half of the HMAC-SHA-256 of kind and value, in URL-safe base64."""
    digest = hmac.new(bytes.fromhex(SECRET), f"em:{EM}".encode(), hashlib.sha256).digest()[:16]
    assert subject_keys([("em", EM)], [SECRET]) == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]


def test_every_value_of_every_identifier() -> None:
    """Each match key that names one person counts, every value of a list."""
    named = identifiers({"em": ["a", "b"], "ph": ["c"], "external_id": ["d"], "fbp": "fb.1.2.3"})
    keys = subject_keys(named, [SECRET])
    assert len(set(keys)) == 5
    assert all(re.fullmatch(r"[\w-]{22}", key, re.ASCII) for key in keys)


@pytest.mark.parametrize("field", ["fn", "ln", "ct", "zp", "country", "fbc", "client_ip_address", "client_user_agent"])
def test_what_many_share(field: str) -> None:
    """Names, places and clicks name nobody: no withdrawal could name a person by them."""
    assert identifiers({field: ["value"]}) == []


def test_kinds_do_not_mix() -> None:
    """The same text as e-mail hash and as external id is two subjects."""
    assert subject_keys([("em", "x")], [SECRET]) != subject_keys([("external_id", "x")], [SECRET])


def test_a_secret_of_each_pepper() -> None:
    """A site's secrets are made of the pepper and, so that nobody is lost, of those before it."""
    rotated = settings(document(pepper=OLD_PEPPER, previous_peppers=[PEPPER]))
    assert subject_secrets(settings(), DATASET) == [SECRET]
    assert subject_secrets(rotated, DATASET)[1:] == [SECRET]
    assert len(subject_keys([("em", EM), ("ph", "x")], subject_secrets(rotated, DATASET))) == 4


def test_datasets_of_a_site_know_the_same_person() -> None:
    """Datasets of one site have one secret, others have another, so no shop can name a stranger's visitors."""
    other = next(dataset for dataset in document()["datasets"] if dataset != DATASET)
    alone = settings()
    assert subject_secrets(alone, DATASET) != subject_secrets(alone, other)
    assert subject_secrets(settings(dataset_changed(site=other)), DATASET) == subject_secrets(alone, other)


@given(st.text(min_size=1), st.binary(min_size=8, max_size=64), st.binary(min_size=8, max_size=64))
def test_the_secret_decides(value: str, secret: bytes, other: bytes) -> None:
    """Under another secret the same person is another key, and no key shows the value."""
    mine, theirs = (subject_keys([("fbp", value)], [each.hex()]) for each in (secret, other))
    assert (mine == theirs) is (secret.ljust(64, b"\0") == other.ljust(64, b"\0"))
    assert value not in mine
