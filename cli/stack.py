"""The deployed stack, found by its CloudFormation outputs: the secret that holds its settings, and its tables."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from cli.problems import MAKE_UP, Problem, code_of
from sluice.outside.dynamodb import DynamoDB

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

LOCAL_STACK_FILE: Final = Path(".local") / "stack.json"
_LARGEST_SECRET_BYTES: Final = 65_536
"""AWS's quota for the value of a secret."""
_CONFIG: Final = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2})
_PATIENT: Final = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 6}))
"""To read a table takes an hour, and one refusal of that hour must not end it."""
_OUTPUTS: Final = (
    "IngestUrl",
    "SettingsSecretArn",
    "DeliveryTable",
    "ConsentTable",
    "EventQueueUrl",
    "DeadLetterQueueUrl",
)
_RETENTION_DAYS: Final = 400
"""The template's default of EvidenceRetentionDays."""


@dataclasses.dataclass(frozen=True)
class Stored:
    """A version of the secret. ``text`` is empty and ``version`` may be None while it has no value."""

    text: str = dataclasses.field(repr=False)
    version: str | None


@dataclasses.dataclass(frozen=True)
class Queues:
    """The addresses of the queues, and ``client``, which makes what speaks to them.

    ``hold`` is None for a stack that was deployed before it had one.
    """

    client: "Callable[[], SQSClient]" = dataclasses.field(repr=False)
    event: str
    dead_letter: str
    hold: str | None = None


@dataclasses.dataclass(frozen=True)
class Stack:
    """One deployed gateway. ``ingest_url`` has no slash at the end; ``domain_target`` is the CNAME of its own domain.

    ``dynamodb`` makes a client for the two tables, ``direct_dynamodb`` what the functions read them with.
    ``evidence_retention_days``: how long they keep what they hold.
    ``overwritten_by``: the file that `make up` writes over the secret of the local stack.
    """

    name: str
    ingest_url: str
    secret_id: str
    delivery_table: str
    consent_table: str
    client: "SecretsManagerClient" = dataclasses.field(repr=False)
    dynamodb: "Callable[[], DynamoDBClient]" = dataclasses.field(repr=False)
    direct_dynamodb: Callable[[], DynamoDB] = dataclasses.field(repr=False)
    queues: Queues
    evidence_retention_days: int = _RETENTION_DAYS
    domain_target: str | None = None
    overwritten_by: str | None = None

    def read(self) -> Stored:
        """The settings as they are stored."""
        try:
            answer = self.client.get_secret_value(SecretId=self.secret_id)
        except ClientError as error:
            # AWS answers so while the secret has no value; a secret that is gone is found out when writing to it.
            if code_of(error) == "ResourceNotFoundException":
                return Stored("", None)
            raise
        return Stored(answer.get("SecretString", ""), answer.get("VersionId"))

    def write(self, text: str, over: Stored) -> None:
        """Store ``text`` in place of the version it was made from. Raises Problem when that is no longer the latest."""
        if len(text.encode()) > _LARGEST_SECRET_BYTES:
            raise Problem("Nothing was written: the settings are larger than the 64 KiB that a secret can hold.")
        if self.read().version != over.version:
            raise Problem("Nothing was written: somebody else changed the settings meanwhile. Start again from theirs.")
        self.client.put_secret_value(SecretId=self.secret_id, SecretString=text)


def choose(name: str, region: str | None, profile: str | None, *, local: bool) -> Stack:
    """The stack that the options of a command mean. Raises Problem, BotoCoreError or ClientError."""
    return find_local() if local else find(name, region, profile)


def find(name: str, region: str | None, profile: str | None) -> Stack:
    """The stack ``name`` in the operator's AWS account. Raises Problem, BotoCoreError or ClientError."""
    session = boto3.Session(profile_name=profile, region_name=region)
    client = session.client("cloudformation", config=_CONFIG)
    try:
        description = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) != "ValidationError":  # AWS's code for a stack that does not exist
            raise
        raise Problem(
            f"There is no stack {name} in {client.meta.region_name}. Deploy it (`make deploy`), "
            "or say which one you mean with --stack, --region and --profile."
        ) from None
    outputs = _outputs(description)
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in description.get("Parameters", [])}
    return Stack(
        name=name,
        ingest_url=outputs["IngestUrl"].rstrip("/"),
        secret_id=outputs["SettingsSecretArn"],
        delivery_table=outputs["DeliveryTable"],
        consent_table=outputs["ConsentTable"],
        client=session.client("secretsmanager", config=_CONFIG),
        dynamodb=partial(session.client, "dynamodb", config=_PATIENT),
        direct_dynamodb=partial(_direct, session, None),
        queues=Queues(
            client=partial(session.client, "sqs", config=_PATIENT),
            event=outputs["EventQueueUrl"],
            dead_letter=outputs["DeadLetterQueueUrl"],
            hold=outputs.get("HoldQueueUrl"),
        ),
        evidence_retention_days=int(parameters.get("EvidenceRetentionDays", _RETENTION_DAYS)),
        domain_target=outputs.get("CustomDomainTarget"),
    )


def _outputs(description: "StackTypeDef") -> Mapping[str, str]:
    """The stack's outputs by name, with those that are needed."""
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
    if missing := [name for name in _OUTPUTS if name not in outputs]:
        raise Problem(
            f"The stack {description['StackName']} ({description['StackStatus']}) has no outputs "
            f"{', '.join(missing)}: it is not a Sluice gateway, or its deployment has not gone through. "
            "Deploy it (`make deploy`), or name another with --stack."
        )
    return outputs


class _LocalStack(msgspec.Struct):
    """What is needed of ``.local/stack.json``."""

    ingest_url: str
    aws_endpoint_url: str
    region: str
    settings_secret: str
    settings_file: str
    delivery_table: str
    consent_table: str
    event_queue_url: str
    dead_letter_queue_url: str
    hold_queue_url: str | None = None


def find_local() -> Stack:
    """The stack of `make up` in the checkout that holds the working directory. Raises Problem."""
    here = Path.cwd()
    path = next((file for folder in (here, *here.parents) if (file := folder / LOCAL_STACK_FILE).is_file()), None)
    if path is None:
        raise Problem(f"There is no {LOCAL_STACK_FILE} here or above: run this inside the checkout. {MAKE_UP}")
    try:
        local = msgspec.json.decode(path.read_bytes(), type=_LocalStack)
    except msgspec.DecodeError:
        raise Problem(f"{LOCAL_STACK_FILE} is not what `make up` writes. Run `make down` and `make up`.") from None
    session = boto3.Session("test", "test", region_name=local.region)  # the emulator asks for keys and checks none
    return Stack(
        name="of `make up`",
        ingest_url=local.ingest_url,
        secret_id=local.settings_secret,
        delivery_table=local.delivery_table,
        consent_table=local.consent_table,
        client=session.client("secretsmanager", endpoint_url=local.aws_endpoint_url, config=_CONFIG),
        dynamodb=partial(session.client, "dynamodb", endpoint_url=local.aws_endpoint_url, config=_PATIENT),
        direct_dynamodb=partial(_direct, session, local.aws_endpoint_url),
        queues=Queues(
            client=partial(session.client, "sqs", endpoint_url=local.aws_endpoint_url, config=_PATIENT),
            event=local.event_queue_url,
            dead_letter=local.dead_letter_queue_url,
            hold=local.hold_queue_url,
        ),
        overwritten_by=local.settings_file,
    )


def _direct(session: boto3.Session, endpoint_url: str | None) -> DynamoDB:
    """DynamoDB as the functions speak to it. Raises NoCredentialsError."""
    meta, credentials = session.client("dynamodb", endpoint_url=endpoint_url).meta, session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    return DynamoDB(meta.endpoint_url, meta.region_name, credentials.get_frozen_credentials, lambda: int(time.time()))
