"""The embedded AWS (MiniStack), one process for the tests that need it."""

import itertools
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

from sluice.outside.dynamodb import DynamoDB
from tests.samples import NOW, ROOT

REGION = "eu-central-1"
_tables = (f"deliveries-{number}" for number in itertools.count())
PROGRAM = ROOT / ".local" / "env" / "emulator" / "bin" / "ministack"


@contextmanager
def running_emulator(folder: Path) -> Iterator[str]:
    """The emulator's address while the block runs; it keeps its files in ``folder`` and nothing after its end."""
    assert PROGRAM.exists(), "no embedded AWS: run the tests with `make test`"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM], env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    until_up = urllib3.Retry(total=400, connect=400, backoff_factor=0.05, backoff_max=0.1)
    try:
        with urllib3.PoolManager() as pool:
            pool.request("GET", f"{url}/_ministack/health", retries=until_up)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def client(service: str, url: str) -> Any:
    """A boto3 client of the emulator (or of nothing, at a closed port): one attempt, no patience."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
    )


def dynamodb(url: str) -> DynamoDB:
    """Our own client of the emulator's DynamoDB, or of a server that plays one."""
    credentials = ReadOnlyCredentials("EXAMPLEKEY", "sample-secret", "sample-session-token")
    return DynamoDB(url, REGION, lambda: credentials, lambda: NOW)


def new_delivery_table(client: Any) -> tuple[DynamoDB, str]:
    """An empty table with the delivery table's key, made with a boto3 client: our own client of it, and its name."""
    table = next(_tables)
    client.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb(client.meta.endpoint_url), table
