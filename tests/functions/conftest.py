"""The functions as Lambda loads them, on the embedded AWS."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.emulator import REGION
from tests.fakes.hostile import Connection, Server, answer, serving
from tests.recorder import Call, recording
from tests.samples import ROOT, dataset_changed, with_source

ORIGIN = "https://shop.example.de"
CONSENT_KEY = "consent-key-of-the-example-shop"
DATASET_CHANGES = {
    "allowed_origins": [ORIGIN],
    "consent_keys": {"k1": CONSENT_KEY},
    "collect": {"cookie_domain": "example.de"},
}
"""What the settings say beside the samples' own."""


class Functions(NamedTuple):
    """The loaded functions, and what stands around them."""

    ingest: ModuleType
    sender: ModuleType
    steward: ModuleType
    meta: Server
    queue: Callable[[], list[dict[str, Any]]]
    """Takes every message from the event queue."""
    calls: list[Call]
    """What the functions asked AWS for, so far."""
    refusals: list[bytes]
    """What Meta answers to its next requests; it takes everything while there is nothing."""


def _load(name: str) -> ModuleType:
    """The module of a function."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _meta(refusals: list[bytes]) -> Callable[[Connection], None]:
    """A Meta that takes every event, unless it is told to refuse."""

    def script(connection: Connection) -> None:
        sent = json.loads(connection.request.partition(b"\r\n\r\n")[2])["data"]
        # As long as Meta's own.
        taken = {"events_received": len(sent), "messages": [], "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW"}
        connection.sock.sendall(refusals.pop(0) if refusals else answer(json.dumps(taken).encode()))

    return script


@pytest.fixture(scope="session")
def functions(emulator: str, aws: Callable[[str], Any]) -> Iterator[Functions]:
    """Every function with queues, tables and settings, its calls recorded; Meta is a loopback server."""
    sqs = aws("sqs")
    urls = [
        sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("functions-events", "functions-hold", "functions-dead")
    ]
    settings = with_source("cmp-consent", dataset_changed(**DATASET_CHANGES))
    secret = aws("secretsmanager").create_secret(Name="functions", SecretString=json.dumps(settings))
    aws("dynamodb").create_table(
        TableName="functions-deliveries",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws("dynamodb").create_table(
        TableName="functions-consent",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def take() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while batch := sqs.receive_message(QueueUrl=urls[0], MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages"
        ):
            found += batch
        return found

    refusals: list[bytes] = []
    with (
        serving(_meta(refusals)) as meta,
        recording(emulator) as recorder,
        pytest.MonkeyPatch.context() as environment,
    ):
        variables = {
            "AWS_ENDPOINT_URL": recorder.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "EVENT_QUEUE_URL": urls[0],
            "HOLD_QUEUE_URL": urls[1],
            "DEAD_LETTER_QUEUE_URL": urls[2],
            "DELIVERY_TABLE": "functions-deliveries",
            "CONSENT_TABLE": "functions-consent",
            "SETTINGS_SECRET_ARN": secret["ARN"],
            "GRAPH_API_URL": meta.url,
            "GRAPH_API_VERSION": "v26.0",
            "EVIDENCE_RETENTION_DAYS": "400",
        }
        for name, value in variables.items():
            environment.setenv(name, value)
        rooms = [_load(name) for name in ("ingest", "sender", "steward")]
        yield Functions(*rooms, meta, take, recorder.calls, refusals)
