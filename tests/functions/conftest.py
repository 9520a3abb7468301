"""The functions as Lambda loads them, on the embedded AWS."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.emulator import REGION
from tests.fakes.hostile import Connection, Server, answer, serving
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


def _load(name: str) -> ModuleType:
    """The module of a function."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _takes_all(connection: Connection) -> None:
    """Meta takes the one event of each request."""
    connection.sock.sendall(answer(json.dumps({"events_received": 1, "fbtrace_id": "trace"}).encode()))


@pytest.fixture(scope="session")
def functions(emulator: str, aws: Callable[[str], Any]) -> Iterator[Functions]:
    """Every function with queues, tables and settings; Meta is a loopback server that takes everything."""
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

    with serving(_takes_all) as meta, pytest.MonkeyPatch.context() as environment:
        variables = {
            "AWS_ENDPOINT_URL": emulator,
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
        yield Functions(_load("ingest"), _load("sender"), _load("steward"), meta, take)
