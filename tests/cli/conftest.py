"""A deployed gateway at a simulated AWS (moto, over loopback HTTP), and the command run against it."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from cli.main import app
from tests.cli.tables import TableStack
from tests.emulator import REGION
from tests.samples import PEPPER, SERVER_KEY, SHOPIFY_SECRET, TOKEN, document

INGEST_URL = "https://events.example.com"
NEW_TOKEN = "EAA-planted-token-0123456789"
NEW_SECRET = "planted-webhook-secret-0123456789"
PLANTED = (TOKEN, SERVER_KEY, SHOPIFY_SECRET, PEPPER, NEW_TOKEN, NEW_SECRET)
"""Every secret that a test stores or answers; none may be shown."""

Run = Callable[..., Result]


class Gateway:
    """A stack with its outputs and its secret, which has no value at first."""

    def __init__(self) -> None:
        self.secrets = boto3.client("secretsmanager")
        self.secret_id = self.secrets.create_secret(Name="settings")["ARN"]
        self.outputs = {
            "IngestUrl": INGEST_URL,
            "SettingsSecretArn": self.secret_id,
            "DeliveryTable": "deliveries",
            "ConsentTable": "consent",
            "EventQueueUrl": "https://sqs.example.com/1/events",
            "DeadLetterQueueUrl": "https://sqs.example.com/1/dead-letters",
        }
        self.deploy("sluice", self.outputs)

    def deploy(self, name: str, outputs: Mapping[str, str]) -> None:
        """Create a stack with these outputs."""
        template = {
            "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
            "Outputs": {key: {"Value": value} for key, value in outputs.items()},
        }
        boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))

    def store(self, text: str | None = None) -> None:
        """Put settings in: ``text``, or the sample document."""
        self.secrets.put_secret_value(SecretId=self.secret_id, SecretString=text or json.dumps(document()))

    @property
    def text(self) -> str | None:
        """The stored text; None while there is none."""
        try:
            return str(self.secrets.get_secret_value(SecretId=self.secret_id)["SecretString"])
        except self.secrets.exceptions.ResourceNotFoundException:
            return None

    @property
    def stored(self) -> dict[str, Any]:
        """The stored document."""
        return json.loads(self.text or "null")


@pytest.fixture(autouse=True)
def _operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operator with keys and a region, in a folder of their own, without anything of the machine's configuration."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def simulated_aws() -> Iterator[str]:
    """The address of the simulated AWS, one for the session."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def gateway(simulated_aws: str, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """A gateway that was just deployed, in an AWS account with nothing else."""
    with urllib3.PoolManager() as pool:
        pool.request("POST", f"{simulated_aws}/moto-api/reset")
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulated_aws)
    return Gateway()


@pytest.fixture
def tables(emulator: str, monkeypatch: pytest.MonkeyPatch) -> TableStack:
    """A stack with empty tables and the sample settings, which every command means."""
    stack = TableStack(emulator)
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    monkeypatch.setenv("SLUICE_STACK", stack.name)
    return stack


@pytest.fixture
def run(sluice: Run) -> Run:
    """``run("check", exit_code=1)`` runs `sluice settings check`."""
    return partial(sluice, "settings")


@pytest.fixture
def sluice() -> Run:
    """``sluice("proof", "event-1", exit_code=1)`` runs it; no output shows a secret unless ``reveals``."""

    def run_command(*arguments: str, typed: str = "", exit_code: int = 0, reveals: bool = False) -> Result:
        result = CliRunner().invoke(app, arguments, input=typed)
        assert result.exit_code == exit_code, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert reveals or not [secret for secret in PLANTED if secret in result.output]
        return result

    return run_command


@pytest.fixture
def local_stack(tmp_path: Path) -> Callable[[str, str], None]:
    """``local_stack(endpoint, secret)`` writes what `make up` leaves in the checkout that the command runs in."""

    def write(endpoint: str, secret: str) -> None:
        file = tmp_path / ".local" / "stack.json"
        file.parent.mkdir()
        stack = {
            "ingest_url": f"{endpoint}/gateway",
            "aws_endpoint_url": endpoint,
            "region": REGION,
            "settings_secret": secret,
            "settings_file": ".local/settings.json",
            "delivery_table": "deliveries",
            "consent_table": "consent",
            "event_queue_url": f"{endpoint}/1/events",
            "dead_letter_queue_url": f"{endpoint}/1/dead-letters",
            "graph_api_url": "http://127.0.0.1:1",
        }
        file.write_text(json.dumps(stack))

    return write


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``editor(program)`` makes a Python program the operator's editor; it finds the file's ``path``."""

    def choose(program: str) -> None:
        script = tmp_path / "editor.py"
        script.write_text(f"import json, os, pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{program}\n")
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")

    return choose
