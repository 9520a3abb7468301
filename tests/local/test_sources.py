"""Every sample through its own door, over HTTP, to Meta; and nothing of a request that its sender did not make."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from local import samples, settings
from local.samples import Prepared
from tests.local.stack import Stack, eventually

SAMPLES = samples.read_samples()
SOURCES = {name: sample.source for name, sample in SAMPLES.items() if sample.source}


def prepared(stack: Stack, name: str) -> Prepared:
    """The sample as if made just now, signed with the stack's own secret."""
    document = settings.checked(json.dumps(stack.settings))
    found = samples.prepare(SAMPLES[name], document, datetime.now(UTC), stack.values["ingest_url"])
    assert found
    return found


def send(stack: Stack, name: str, request: Prepared) -> urllib3.BaseHTTPResponse:
    """The answer to a request."""
    answer: urllib3.BaseHTTPResponse = stack.request(
        SAMPLES[name].request.method, request.path, dict(request.headers), request.body
    )
    return answer


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_taken(stack: Stack, name: str) -> None:
    """Each sample is answered as its sender needs it, and what it accepts arrives at Meta, hashed."""
    before = stack.graph("/_graph/counters")["received"]
    response = send(stack, name, prepared(stack, name))
    assert response.status in (200, 202)
    body = response.json() if response.headers["content-type"] == "application/json" else {}
    accepted = body.get("accepted", body.get("events_received", 0))
    assert eventually(lambda: stack.graph("/_graph/counters")["received"] >= before) or not accepted


@pytest.mark.parametrize("name", SOURCES)
def test_a_forged_request_is_401(stack: Stack, name: str) -> None:
    """Without the secret nobody gets in at any door, whatever the headers hold, and nothing is queued."""
    request = prepared(stack, name)
    header = SOURCES[name].signing.header.lower()
    proof = request.headers.get(header, "")
    bad: list[dict[str, Any]] = [
        {"headers": {key: value for key, value in request.headers.items() if key != header}},
        {"headers": {**request.headers, header: ""}},
        {"headers": {**request.headers, header: proof[:-2]}},
        {"headers": {**request.headers, header: "\u00ff\u00fe\u0001"[:2]}},
        {"headers": {**request.headers, header: "Bearer " + "A" * 4_000}},
    ]
    plain = SOURCES[name].signing.scheme in ("bearer", "plain", "query")
    forged = [request._replace(path=request.path.partition("?")[0], **other) for other in bad]
    forged += [] if plain else [request._replace(body=request.body + b" ")]
    for one in forged:
        response = send(stack, name, one)
        assert (response.status, response.json()["error"]["slug"]) == (401, "bad_signature")
