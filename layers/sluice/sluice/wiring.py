"""The one place that knows everybody: each room's collaborators, built once per instance."""

import os
import random
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from sluice.environment import IngestEnvironment, SenderEnvironment, StewardEnvironment, read_environment
from sluice.outside.consent_store import ConsentTable
from sluice.outside.dynamodb import DynamoDB
from sluice.outside.privacy_requests import PrivacyRequestTable
from sluice.outside.queues import EventQueue, SenderQueues
from sluice.outside.secrets import SettingsStore
from sluice.sources import KINDS
from sluice.telemetry import Telemetry

if TYPE_CHECKING:
    from sluice.ingest import Ingest
    from sluice.outside.adobe_keys import AdobeKeys
    from sluice.outside.cmp_api import Didomi
    from sluice.sender import Sender
    from sluice.steward import Steward

# boto3 waits 60 s to connect and 60 s to read, longer than a room lives.
# AWS checks the parameters again.
_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=2,
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
    return SettingsStore(lambda: _client("secretsmanager"), secret_arn, KINDS, telemetry, _now)


@cache
def _dynamodb() -> DynamoDB:
    """DynamoDB where boto3 finds it, with boto3's credentials. Raises ValueError when there are none."""
    meta, credentials = _client("dynamodb").meta, _session().get_credentials()
    if credentials is None:
        raise ValueError("no AWS credentials")
    return DynamoDB(meta.endpoint_url, meta.region_name, credentials.get_frozen_credentials, _now)


def _consent(table: str, evidence_retention_days: int) -> ConsentTable:
    return ConsentTable(_dynamodb, lambda: _client("dynamodb"), table, evidence_retention_days)


def _privacy(table: str) -> PrivacyRequestTable:
    return PrivacyRequestTable(lambda: _client("dynamodb"), table)


@cache
def _didomi() -> "Didomi":
    from sluice.outside.cmp_api import Didomi

    return Didomi(_now)


@cache
def _adobe_keys() -> "AdobeKeys":
    from sluice.outside.adobe_keys import AdobeKeys

    return AdobeKeys(_now)


def _public_key(path: str) -> bytes | None:
    return _adobe_keys().find(path)


@cache
def ingest() -> "Ingest":
    """The ingest room. Raises ValueError when its environment is incomplete."""
    from sluice.ingest import Ingest

    environment = read_environment(IngestEnvironment, os.environ)
    telemetry = Telemetry("ingest")
    settings = _settings(environment.settings_secret_arn, telemetry)
    consent = _consent(environment.consent_table, environment.evidence_retention_days)
    queue = EventQueue(_client("sqs"), environment.event_queue_url)
    privacy = _privacy(environment.consent_table)
    return Ingest(settings, queue, consent, privacy, _didomi, _public_key, telemetry, _now, random.random)


@cache
def sender() -> "Sender":
    """The sender room. Raises ValueError when its environment is incomplete."""
    from sluice.outside.breakers import BreakerTable
    from sluice.outside.deliveries import DeliveryTable
    from sluice.outside.meta import Meta
    from sluice.outside.partiql import PartiQL
    from sluice.outside.sightings import SightingTable
    from sluice.sender import Sender

    environment = read_environment(SenderEnvironment, os.environ)
    telemetry = Telemetry("sender")
    return Sender(
        settings=_settings(environment.settings_secret_arn, telemetry),
        graph=Meta(environment.graph_api_url, environment.graph_api_version),
        consent=_consent(environment.consent_table, environment.evidence_retention_days),
        deliveries=DeliveryTable(PartiQL(_dynamodb()), environment.delivery_table, environment.evidence_retention_days),
        breakers=BreakerTable(_dynamodb(), environment.delivery_table),
        sightings=SightingTable(_dynamodb(), environment.delivery_table),
        queues=SenderQueues(
            _client("sqs"), environment.event_queue_url, environment.hold_queue_url, environment.dead_letter_queue_url
        ),
        telemetry=telemetry,
        clock=_now,
        chance=random.random,
        owner=lambda: uuid.uuid4().hex,
    )


@cache
def steward() -> "Steward":
    """The steward room. Raises ValueError when its environment is incomplete."""
    from sluice.outside.breakers import BreakerTable
    from sluice.outside.meta import Meta
    from sluice.outside.queues import HoldQueue
    from sluice.outside.sightings import SightingTable
    from sluice.steward import Steward

    environment = read_environment(StewardEnvironment, os.environ)
    telemetry = Telemetry("steward")
    return Steward(
        settings=_settings(environment.settings_secret_arn, telemetry),
        graph=Meta(environment.graph_api_url, environment.graph_api_version),
        graph_version=environment.graph_api_version,
        breakers=BreakerTable(_dynamodb(), environment.delivery_table),
        sightings=SightingTable(_dynamodb(), environment.delivery_table),
        hold=HoldQueue(_client("sqs"), environment.event_queue_url, environment.hold_queue_url),
        privacy=_privacy(environment.consent_table),
        telemetry=telemetry,
        clock=_now,
    )
