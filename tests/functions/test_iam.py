"""Each role may do what its function does and nothing else: the calls of every branch beside the template's grants."""

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from sluice import wiring
from sluice.accept import accept_events, accept_webhook
from sluice.deliver import deliver
from sluice.delivery.breaker import DRAINED_AFTER_SECONDS
from sluice.delivery.parcel import Message
from sluice.record import record_consent, withdraw_consent
from sluice.tend import tend
from tests.fakes.hostile import answer
from tests.functions.conftest import Functions
from tests.recorder import Call
from tests.samples import (
    DATASET,
    OTHER_DATASET,
    consent_request,
    entry,
    file_request,
    graph_request,
    message,
    wire_event,
)
from tests.stack_template import read_template

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
"""Lambda writes what the functions print, with their roles."""
SERVICE_SIDE = {
    "IngestRole": {"IngestLogs": LOGS},
    # The event-source mapping polls with the sender's role: it receives, deletes, and looks how much there is.
    "SenderRole": {
        "EventQueue": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        "SenderLogs": LOGS,
    },
    "StewardRole": {"StewardLogs": LOGS},
}
"""What AWS itself does in a role's name."""
RESOURCES = {
    "functions-events": "EventQueue",
    "functions-hold": "HoldQueue",
    "functions-dead": "DeadLetterQueue",
    "functions-deliveries": "DeliveryTable",
    "functions-consent": "ConsentTable",
    "functions": "SettingsSecret",
}
"""Logical ids by the names that the resources have here."""
MANY_AT_ONCE = {"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"}
"""They need the permission of the single call (SQS's developer guide, "Amazon SQS API permissions")."""
STATEMENTS = {
    "INSERT": "PartiQLInsert",
    "UPDATE": "PartiQLUpdate",
    "SELECT": "PartiQLSelect",
    "DELETE": "PartiQLDelete",
}
Grants = dict[str, set[str]]


def needed(calls: Iterable[Call]) -> Grants:
    """The IAM actions of calls, by resource."""
    found: Grants = defaultdict(set)
    for call in calls:
        for action, name in _needed(call):
            found[RESOURCES[name]].add(action)
    return dict(found)


def _needed(call: Call) -> Iterator[tuple[str, str]]:
    """Actions and names of resources of one call."""
    service, _, operation = call.action.partition(":")
    match service, operation:
        case "sqs", _:
            single = operation.removesuffix("Batch") if operation in MANY_AT_ONCE else operation
            yield f"sqs:{single}", call.request["QueueUrl"].rpartition("/")[2]
        case "secretsmanager", _:
            yield call.action, re.sub(r"-\w{6}$", "", call.request["SecretId"].rpartition(":")[2])
        case "dynamodb", "BatchExecuteStatement":
            for each in call.request["Statements"]:
                verb, table = each["Statement"].partition(" ")[0], re.findall(r'"([^"]+)"', each["Statement"])[0]
                yield f"dynamodb:{STATEMENTS[verb]}", table
        case "dynamodb", "BatchGetItem":
            yield from ((call.action, table) for table in call.request["RequestItems"])
        case "dynamodb", "TransactWriteItems":
            for each in call.request["TransactItems"]:
                ((verb, item),) = each.items()
                yield f"dynamodb:{verb}Item", item["TableName"]
        case _:
            yield call.action, call.request["TableName"]


def allowed(role: str) -> Iterator[tuple[str, set[str], list[str]]]:
    """What the template allows a role: logical id, actions, and the partition keys they are for ("*": any)."""
    for policy in read_template()["Resources"][role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                (condition,) = statement.get("Condition", {"": {"dynamodb:LeadingKeys": ["*"]}}).values()
                keys = condition["dynamodb:LeadingKeys"]
                yield (
                    statement["Resource"]["Fn::GetAtt"][0],
                    {actions} if isinstance(actions, str) else {*actions},
                    keys,
                )


def granted(role: str) -> Grants:
    """What the template allows a role, by logical id."""
    found: Grants = defaultdict(set)
    for name, actions, _ in allowed(role):
        found[name] |= actions
    return dict(found)


def partition_keys(call: Call) -> Iterator[tuple[str, str]]:
    """Tables and partition keys of a call of DynamoDB that is no PartiQL and no transaction."""
    asked = call.request
    match call.action:
        case "dynamodb:BatchGetItem":
            yield from (
                (table, key["pk"]["S"]) for table, each in asked["RequestItems"].items() for key in each["Keys"]
            )
        case "dynamodb:PutItem":
            yield asked["TableName"], asked["Item"]["pk"]["S"]
        case "dynamodb:UpdateItem" | "dynamodb:DeleteItem":
            yield asked["TableName"], asked["Key"]["pk"]["S"]
        case "dynamodb:Query":
            yield asked["TableName"], asked["ExpressionAttributeValues"][":pk"]["S"]


def refusal(code: int, **more: object) -> bytes:
    """Meta's error."""
    error = {"message": "Refused", "code": code, "fbtrace_id": "trace", **more}
    return answer(json.dumps({"error": error}).encode(), "400 Bad Request")


@pytest.fixture(name="calls", scope="module")
def calls_of_every_branch(functions: Functions) -> dict[str, list[Call]]:
    """What each function asked for, by its role, on a journey with every kind of end."""
    ends = [0]
    start = len(functions.calls)
    for journey in (_ingest, _sender, _steward):
        journey(functions)
        ends.append(len(functions.calls) - start)
    functions.queue()
    privacy = functions.steward.ROOM.privacy
    for asked in privacy.open_requests():
        privacy.finish(asked.id, asked.received_at)
    slices = [functions.calls[start + first : start + last] for first, last in itertools.pairwise(ends)]
    return dict(zip(SERVICE_SIDE, slices, strict=True))


def _ingest(functions: Functions) -> None:
    """An event with consent, one that only the ledger can allow, a grant, a withdrawal, a request to erase."""
    room = wiring.ingest.__wrapped__()
    now = room.clock()
    sent = [wire_event(event_time=now, consent={"granted": True, "at": now}), wire_event(event_time=now, consent=None)]
    person = {"em": "iam@example.com"}
    assert accept_events(graph_request(*sent), "v26.0", DATASET, room).body["events_received"] == 1
    record_consent(consent_request(user_data=person, decision="grant", at=now), room)
    withdraw_consent(consent_request(user_data=person), room)
    assert accept_webhook(file_request("shopify-customers-redact"), "shopify-demo", room).body["recorded"] == 1
    assert functions.refusals == []


def _sender(functions: Functions) -> None:
    """An event that passes, and again; a message that is none, a refused event; a halt, and an event that is held."""
    room = wiring.sender.__wrapped__()
    now = room.clock()

    def send(dataset: str = DATASET, again: Message | None = None) -> Message:
        fresh = message(entry(dataset=dataset, deadline=now + 86_400), dataset=dataset, sent_at=now)
        deliver([again or fresh], room, lambda: True)
        return fresh

    send(again=send())
    deliver([Message("none", "receipt", "{", now)], room, lambda: True)
    functions.refusals.append(refusal(100, error_subcode=2_804_019))
    send()
    functions.refusals.append(refusal(190))
    send(OTHER_DATASET)
    send(OTHER_DATASET)
    assert room.breakers.read([OTHER_DATASET])[OTHER_DATASET].state == "open"


def _steward(functions: Functions) -> None:
    """A round that finds the halted dataset mended and moves what is held, one that closes it; then what waits."""
    room = wiring.steward.__wrapped__()
    now = room.clock()
    tend(room, lambda: True)
    assert functions.queue() != []
    tend(replace(room, clock=lambda: now + DRAINED_AFTER_SECONDS + 60), lambda: True)
    assert room.breakers.opened() == {}


@pytest.mark.parametrize("role", SERVICE_SIDE)
def test_a_role_may_do_exactly_what_its_function_does(calls: dict[str, list[Call]], role: str) -> None:
    """The actions allowed, each on one resource of the stack, are those of the calls and of what AWS does for it."""
    found, beside = needed(calls[role]), SERVICE_SIDE[role]
    assert granted(role) == {name: found.get(name, set()) | beside.get(name, set()) for name in {*found, *beside}}


@pytest.mark.parametrize("role", SERVICE_SIDE)
def test_no_call_is_outside_its_partitions(calls: dict[str, list[Call]], role: str) -> None:
    """Where a grant is for some partition keys of a table only, each call stays within them."""
    asked = {(RESOURCES[table], call.action, key) for call in calls[role] for table, key in partition_keys(call)}
    assert asked
    for name, action, key in asked:
        patterns = [keys for at, actions, keys in allowed(role) if at == name and action in actions]
        assert any(fnmatchcase(key, pattern) for keys in patterns for pattern in keys), (name, action)
