"""The one place that knows everybody: each room's collaborators, built once per instance."""

import os
import random
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from sluice.outside.consent_store import ConsentTable
from sluice.outside.dynamodb import DynamoDB
from sluice.outside.queues import EventQueue, SenderQueues
from sluice.outside.secrets import SettingsStore
from sluice.settings import IngestEnvironment, SenderEnvironment, read_environment
from sluice.sources import KINDS
from sluice.telemetry import Telemetry

if TYPE_CHECKING:
    from sluice.accept import Ingest
    from sluice.deliver import Sender
    from sluice.outside.cmp_api import Didomi

# boto3 waits 60 s to connect and 60 s to read, longer than a room lives.
# AWS checks the parameters again.
_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"total_max_attempts": 3, "mode": "standard"},
    parameter_validation=False,
)


def _now() -> int:
    return int(time.time())


@cache
def _session() -> boto3.Session:
    return boto3.Session()


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - boto3 types its clients by the literal name
    return _session().client(service, config=_CONFIG)  # type: ignore[call-overload]


def _settings(secret_arn: str, telemetry: Telemetry) -> SettingsStore:
    option_types = {kind: registered.options for kind, registered in KINDS.items()}
    return SettingsStore(lambda: _client("secretsmanager"), secret_arn, option_types, telemetry, _now)


@cache
def _dynamodb() -> DynamoDB:
    """DynamoDB where boto3 finds it, with boto3's credentials. Raises ValueError when there are none."""
    meta, credentials = _client("dynamodb").meta, _session().get_credentials()
    if credentials is None:
        raise ValueError("no AWS credentials")
    return DynamoDB(meta.endpoint_url, meta.region_name, credentials.get_frozen_credentials, _now)


def _consent(table: str, evidence_retention_days: int) -> ConsentTable:
    return ConsentTable(_dynamodb, lambda: _client("dynamodb"), table, evidence_retention_days)


@cache
def _didomi() -> "Didomi":
    from sluice.outside.cmp_api import Didomi

    return Didomi(_now)


@cache
def ingest() -> "Ingest":
    """The ingest room. Raises ValueError when its environment is incomplete."""
    from sluice.accept import Ingest

    environment = read_environment(IngestEnvironment, os.environ)
    telemetry = Telemetry("ingest")
    settings = _settings(environment.settings_secret_arn, telemetry)
    consent = _consent(environment.consent_table, environment.evidence_retention_days)
    queue = EventQueue(_client("sqs"), environment.event_queue_url)
    return Ingest(settings, queue, consent, _didomi, telemetry, _now)


@cache
def sender() -> "Sender":
    """The sender room. Raises ValueError when its environment is incomplete."""
    from sluice.deliver import Sender
    from sluice.outside.deliveries import DeliveryTable
    from sluice.outside.meta import Meta
    from sluice.outside.partiql import PartiQL

    environment = read_environment(SenderEnvironment, os.environ)
    telemetry = Telemetry("sender")
    return Sender(
        settings=_settings(environment.settings_secret_arn, telemetry),
        graph=Meta(environment.graph_api_url, environment.graph_api_version),
        consent=_consent(environment.consent_table, environment.evidence_retention_days),
        deliveries=DeliveryTable(PartiQL(_dynamodb()), environment.delivery_table, environment.evidence_retention_days),
        queues=SenderQueues(_client("sqs"), environment.event_queue_url, environment.dead_letter_queue_url),
        telemetry=telemetry,
        clock=_now,
        chance=random.random,
        owner=lambda: uuid.uuid4().hex,
    )
