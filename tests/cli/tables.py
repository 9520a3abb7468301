"""A deployed stack at the embedded AWS with its tables and queues, and what doors and sender write into them."""

import itertools
import json
from typing import Any

from botocore.credentials import ReadOnlyCredentials
from msgspec.structs import replace

from sluice.consent.ledger import Statement
from sluice.delivery.parcel import Parcel
from sluice.envelope import Entry
from sluice.event import delivery_key
from sluice.outside.breakers import BreakerTable
from sluice.outside.consent_store import ConsentTable
from sluice.outside.deliveries import DeliveryTable
from sluice.outside.dynamodb import DynamoDB
from sluice.outside.partiql import PartiQL
from sluice.outside.queues import SenderQueues
from sluice.statements import name_person
from sluice.told import Told
from tests.emulator import REGION, client
from tests.samples import ALLOWED, DATASET, NOW, document, entry, head, settings

RETENTION_DAYS = 1000
DAY = 86_400
PERSON = {"em": "jo.sample@example.com", "ph": "+49 171 1234567", "external_id": "customer-4711"}
"""Whom most tests are about."""

_numbers = itertools.count()


def _table(*keys: str) -> dict[str, Any]:
    """A table as the template has it."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "KeySchema": [
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        },
    }


_TEMPLATE = {
    "Parameters": {"EvidenceRetentionDays": {"Type": "Number", "Default": RETENTION_DAYS}},
    "Resources": {
        "DeliveryTable": _table("pk"),
        "ConsentTable": _table("pk", "sk"),
        **{name: {"Type": "AWS::SQS::Queue"} for name in ("EventQueue", "HoldQueue", "DeadLetterQueue")},
        "SettingsSecret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "Settings"}},
    },
    "Outputs": {
        "IngestUrl": {"Value": "https://events.example.com"},
        "SettingsSecretArn": {"Value": {"Fn::GetAtt": ["SettingsSecret", "Id"]}},
        "DeliveryTable": {"Value": {"Ref": "DeliveryTable"}},
        "ConsentTable": {"Value": {"Ref": "ConsentTable"}},
        **{
            f"{name}Url": {"Value": {"Fn::GetAtt": [name, "QueueUrl"]}}
            for name in ("EventQueue", "HoldQueue", "DeadLetterQueue")
        },
    },
}


class TableStack:
    """``deliveries``, ``breakers``, ``consent`` and ``queues`` are tables and queues as doors and sender know them."""

    def __init__(self, url: str) -> None:
        self.name = f"tables-{next(_numbers)}"
        self.url = url
        self.dynamodb = client("dynamodb", url)
        cloudformation = client("cloudformation", url)
        cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(_TEMPLATE))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=self.name)
        stack = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.table = self.outputs["DeliveryTable"]
        credentials = ReadOnlyCredentials("test", "test", None)
        direct = DynamoDB(url, REGION, lambda: credentials, lambda: NOW)
        self.deliveries = DeliveryTable(PartiQL(direct), self.table, RETENTION_DAYS)
        self.breakers = BreakerTable(direct, self.table)
        self.consent = ConsentTable(lambda: direct, lambda: self.dynamodb, self.outputs["ConsentTable"], RETENTION_DAYS)
        self.sqs = client("sqs", url)
        self.event_queue, self.hold_queue, self.dead_letter_queue = (
            self.outputs[f"{name}Url"] for name in ("EventQueue", "HoldQueue", "DeadLetterQueue")
        )
        self.queues = SenderQueues(self.sqs, self.event_queue, self.hold_queue, self.dead_letter_queue)
        self.store()

    def store(self, whole: dict[str, Any] | None = None) -> None:
        """Put settings in: ``whole``, or the sample with one dataset."""
        text = json.dumps(whole or settings_of_one())
        secrets = client("secretsmanager", self.url)
        secrets.put_secret_value(SecretId=self.outputs["SettingsSecretArn"], SecretString=text)

    def state(self, statement: Statement, **person: str) -> None:
        """Record what a person said, as a door of the sample settings does it."""
        self.consent.record(DATASET, subjects(**person), statement)

    def claim(self, *entries: Entry, source: str = "events") -> list[Parcel]:
        """Claim events as a sender does."""
        claimed = [Parcel("message", head(source), each) for each in entries]
        self.deliveries.claim(claimed, "owner", NOW)
        return claimed

    def settle(self, *parcels: Parcel) -> None:
        """Write what became of claimed events, a minute later."""
        assert not self.deliveries.settle(parcels, "owner", NOW + 60)


def settings_of_one(**changes: Any) -> dict[str, Any]:
    """The sample settings with one dataset only."""
    whole = document(**changes)
    whole["datasets"] = {DATASET: whole["datasets"][DATASET]}
    return whole


def subjects(told: Told | None = None, **person: str) -> list[str]:
    """The subject keys of a person, as the doors find them."""
    return [*name_person(told or Told(user_data=person), DATASET, settings(), NOW).subjects]


def grant(at: int = NOW - DAY, days: int = 36_500) -> Statement:
    """A person agreed."""
    return Statement("grant", at, at, at + days * DAY, "server", "ab" * 32, "request-1")


def event_of(event_id: str, keys: list[str], *, name: str = "PageView", decided_at: int = NOW) -> Entry:
    """An event of the person with these subject keys."""
    key, decision = delivery_key(DATASET, name, event_id), replace(ALLOWED, decided_at=decided_at)
    return replace(entry(event_id), key=key, name=name, subjects=keys, decision=decision)
