"""What holds for every kind of source, shown with the samples of ``events/``: a new sample is tested without a line."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.samples import SampleSource
from sluice.errors import Rejected
from sluice.match_keys import to_match_keys
from sluice.settings import Secret, Source
from sluice.sources import KINDS
from sluice.sources.ignored import IGNORED
from sluice.sources.request import Check, Request
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, ROOT, SAMPLES, file_request, with_source
from tests.strategies import any_text, json_values

SOURCES = {name: sample.source for name, sample in SAMPLES.items() if sample.source}
SHOWN = ("bearer", "plain", "query")
"""Schemes that show the secret instead of signing with it."""
TIMED = ("stripe", "standard_webhooks", "hubspot")
"""Schemes that sign the time, too."""
every_sample = pytest.mark.parametrize("name", SOURCES)
signed_sample = pytest.mark.parametrize(
    "name", [n for n, source in SOURCES.items() if source.signing.scheme not in SHOWN]
)
json_sample = pytest.mark.parametrize("name", [n for n in SOURCES if SAMPLES[n].request.body.startswith(("{", "["))])
timed_sample = pytest.mark.parametrize("name", [n for n, source in SOURCES.items() if source.signing.scheme in TIMED])


def options(source: SampleSource) -> msgspec.Struct:
    """The source's options, read as the settings are."""
    return msgspec.convert(source.options, KINDS[source.kind].options)


def authenticate(name: str, request: Request, secrets: list[str] | None = None, now: int = NOW) -> None:
    """Check the request as its door does."""
    source = SOURCES[name]
    known = [Secret(secret) for secret in ([source.secret] if secrets is None else secrets)]
    KINDS[source.kind].authenticate(request, Check(known, options(source), now))


def refused(name: str, request: Request, secrets: list[str] | None = None, now: int = NOW) -> None:
    """Check that the request is refused."""
    with pytest.raises(Rejected) as refusal:
        authenticate(name, request, secrets, now)
    assert refusal.value.slug == "bad_signature"


def with_proof(name: str, proof: str) -> Request:
    """The sample with another text where its proof stands."""
    request, signing = file_request(name), SOURCES[name].signing
    if signing.scheme == "query":
        return request._replace(query={signing.header: proof})
    return request._replace(headers={**request.headers, signing.header.lower(): proof})


@every_sample
def test_the_sample_is_its_sender_s(name: str) -> None:
    """The proof fits under any of the source's secrets, old and new, and however the header's name was written."""
    authenticate(name, file_request(name))
    authenticate(name, file_request(name), ["one-that-was-before", SOURCES[name].secret])


@signed_sample
@pytest.mark.parametrize("share", [0, 0.3, 0.7, 1])
def test_a_changed_byte_is_refused(name: str, share: float) -> None:
    """One other byte anywhere, and nothing of the body is read."""
    body = file_request(name).body
    at = int(share * (len(body) - 1))
    refused(name, file_request(name)._replace(body=body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]))


@every_sample
@pytest.mark.parametrize("secrets", [[], [""], ["", ""], ["another-secret-0123456789"]])
def test_another_secret_is_refused(name: str, secrets: list[str]) -> None:
    """Under another secret, an empty one or none at all, the sample is refused."""
    refused(name, file_request(name), secrets)


@every_sample
def test_an_empty_secret_lets_nobody_in(name: str) -> None:
    """What anybody can compute under an empty secret proves nothing, and neither does an empty proof."""
    body = file_request(name).body
    for digest in ("sha1", "sha256"):
        signature = hmac.digest(b"", body, digest)
        for proof in (signature.hex(), base64.b64encode(signature).decode(), "", "Bearer ", "Basic Og=="):
            refused(name, with_proof(name, proof), [""])


@every_sample
def test_a_missing_proof_is_refused(name: str) -> None:
    """Without its headers a request is nobody's."""
    refused(name, file_request(name)._replace(headers={}, query={}))


@signed_sample
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_another_algorithm_is_refused(name: str, algorithm: str) -> None:
    """A digest of another kind, keyed or not, is no proof."""
    source, body = SOURCES[name], file_request(name).body
    keyed = [] if algorithm in source.signing.scheme else [hmac.digest(source.secret.encode(), body, algorithm)]
    for digest in (*keyed, hashlib.new(algorithm, body).digest()):
        for proof in (digest.hex(), base64.b64encode(digest).decode(), f"{algorithm}={digest.hex()}"):
            refused(name, with_proof(name, proof))


@timed_sample
@pytest.mark.parametrize("late", [-301, 301, 86_400, -(10**9)])
def test_a_replay_is_refused(name: str, late: int) -> None:
    """Where the time is signed, a request from more than five minutes ago, or ahead, is refused."""
    refused(name, file_request(name), now=NOW + late)


@every_sample
@given(proof=any_text | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_proof_is_answered(name: str, proof: str) -> None:
    """Whatever bytes stand in the header, the answer is no."""
    refused(name, with_proof(name, proof))


@every_sample
@given(
    headers=st.dictionaries(st.sampled_from(["authorization", "webhook-id", "x-shopify-topic"]) | any_text, any_text)
)
def test_any_headers_are_answered(name: str, headers: dict[str, str]) -> None:
    """A request of any other headers is refused, and is not a failure of ours."""
    refused(name, file_request(name)._replace(headers=headers, query={}))


@every_sample
@given(body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=300))
def test_any_body_is_answered(name: str, body: bytes) -> None:
    """Whatever a sender signs, it is mapped, ignored for a known reason, or refused with a slug."""
    sample, source = file_request(name), SOURCES[name]
    configured = Source(source.kind, DATASET, [Secret(source.secret)], options(source))
    try:
        mapped = KINDS[source.kind].to_arrivals(sample._replace(body=body), "shop", configured, NOW)
    except Rejected:
        return
    assert set(mapped.ignored) <= IGNORED.keys()
    for arrival in mapped.arrivals:
        to_match_keys(arrival.event.user_data, default_country=None, now_seconds=NOW)


OTHER_VALUES = (None, True, 0, -1, 1.5, 10**400, "", "x", [], [None], {}, {"a": []})


def changed(value: Any) -> Iterator[Any]:
    """The value with another one in each of its places in turn."""
    yield from OTHER_VALUES
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: other} for other in changed(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in changed(inner))


@json_sample
def test_any_value_may_be_another(name: str) -> None:
    """A body of the right shape, but for one value that is missing or of another type, is answered too."""
    sample, source = file_request(name), SOURCES[name]
    body = json.loads(sample.body)
    configured = Source(source.kind, DATASET, [Secret(source.secret)], options(source))
    for other in changed(body):
        with suppress(Rejected):
            KINDS[source.kind].to_arrivals(sample._replace(body=json.dumps(other).encode()), "shop", configured, NOW)


@every_sample
def test_the_sample_becomes_something(name: str) -> None:
    """Through the whole door, each sample is an event, a decision for the ledger, or nothing for a reason."""
    ingest = IngestRoom()
    ingest.configure(with_source(name))
    ingest.clock.now = NOW
    assert ingest.webhook(file_request(name), SAMPLES[name].slug).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_sample_and_a_page(kind: str) -> None:
    """A source is one module, at least one sample, and one page: ``docs/sources/adding.md``."""
    assert kind in {source.kind for source in SOURCES.values()}
    assert (ROOT / "docs" / "sources" / f"{kind}.md").is_file()


def test_every_module_of_a_kind_is_registered() -> None:
    """A module that has a KIND and is not in the registry would be dead."""
    folder = ROOT / "layers" / "sluice" / "sluice" / "sources"
    assert {path.stem for path in folder.glob("*.py") if "\nKIND: Final" in path.read_text()} == set(KINDS)
