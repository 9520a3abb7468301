"""Nobody gets more rights than needed, no credential passes through the stack, and logs identify nobody."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.outside.privacy_requests import PARTITION


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement of a role's own policies."""
    for policy in role["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("name", ["SenderRole", "StewardRole"])
def test_no_delivery_may_be_written_as_an_item(resources: dict[str, Any], name: str) -> None:
    """Deliveries are claimed and settled by PartiQL alone; the item calls reach breakers and sightings of codes."""
    for statement in statements(resources[name]):
        if (
            statement["Resource"] == {"Fn::GetAtt": ["DeliveryTable", "Arn"]}
            and "dynamodb:PutItem" in statement["Action"]
        ):
            keys = ["breaker*", "test-code*"]
            assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}


def test_every_role_is_a_function_s_and_has_no_star(
    resources: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    """Only the functions have roles, without managed policies and without a star in an action or a resource."""
    roles = {name for name, resource in resources.items() if resource["Type"].startswith("AWS::IAM::")}
    assert roles == {function["Role"]["Fn::GetAtt"][0] for function in functions.values()}
    for name in roles:
        assert "ManagedPolicyArns" not in resources[name]["Properties"]
        for statement in statements(resources[name]):
            assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
            assert not {"NotAction", "NotResource"} & set(statement)


def test_no_select_may_read_the_whole_table(resources: dict[str, Any]) -> None:
    """A PartiQL SELECT without its key is denied, since it would read and bill every item."""
    denied = [s for s in statements(resources["SenderRole"]) if s["Effect"] == "Deny"]
    assert denied == [
        {
            "Effect": "Deny",
            "Action": "dynamodb:PartiQLSelect",
            "Resource": {"Fn::GetAtt": ["DeliveryTable", "Arn"]},
            "Condition": {"Bool": {"dynamodb:FullTableScan": "true"}},
        }
    ]


def test_the_steward_reads_nobody_s_consent(resources: dict[str, Any]) -> None:
    """Of the consent table it may query only the partition of the privacy requests."""
    (query,) = [s for s in statements(resources["StewardRole"]) if s["Action"] == "dynamodb:Query"]
    assert query["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PARTITION]}}


def test_the_access_log_names_neither_people_nor_what_they_sent(resources: dict[str, Any]) -> None:
    """The access log is one JSON object of these six facts: no address, path, query, header or body."""
    written = json.loads(resources["HttpStage"]["Properties"]["AccessLogSettings"]["Format"])
    assert written == {
        name: f"$context.{name}"
        for name in ("routeKey", "status", "requestId", "responseLatency", "integrationErrorMessage", "protocol")
    }


def test_parameters_are_few_optional_and_never_credentials(template: dict[str, Any]) -> None:
    """At most eight parameters, each with a default and a description, none hidden or named like a secret."""
    parameters = template["Parameters"]
    assert len(parameters) <= 8
    for name, parameter in parameters.items():
        assert {"Default", "Description"} <= set(parameter), name
        assert "NoEcho" not in parameter, name
        assert not re.search("token|secret|password|key|pepper|credential", name, re.IGNORECASE), name


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        (
            "GraphApiUrl",
            ["https://graph.facebook.com", "http://127.0.0.1:8080", "http://localhost:9", "https://example.com:444"],
            ["http://example.com", "https://graph.facebook.com/", "http://127.0.0.1.example.com", "graph.facebook.com"],
        ),
        ("GraphApiVersion", ["v26.0", "v3.1"], ["26.0", "v26", "v26.0/me", "v26.0\n", ""]),
        ("CustomDomainName", ["", "events.example.com"], ["Example.com", "https://example.com", "example", "-a.de"]),
        (
            "CertificateArn",
            ["", "arn:aws:acm:eu-central-1:123456789012:certificate/0a-1b"],
            ["arn:aws:iam::123456789012:role/x", "certificate"],
        ),
        ("AlarmEmail", ["", "ops@example.com"], ["ops", "a@b c", "@"]),
    ],
)
def test_a_parameter_refuses_what_cannot_work(
    template: dict[str, Any], name: str, accepted: list[str], refused: list[str]
) -> None:
    """CloudFormation turns a mistyped value away before it changes anything."""
    pattern = re.compile(template["Parameters"][name]["AllowedPattern"])
    assert [value for value in accepted if not pattern.fullmatch(value)] == []
    assert [value for value in refused if pattern.fullmatch(value)] == []
    assert pattern.fullmatch(template["Parameters"][name]["Default"])


def test_state_outlives_the_stack_and_has_no_fixed_name(resources: dict[str, Any]) -> None:
    """Tables and secret stay when the stack goes, and a second stack in the account does not collide with them."""
    state = {"AWS::DynamoDB::Table": "TableName", "AWS::SecretsManager::Secret": "Name"}
    found = [resource for resource in resources.values() if resource["Type"] in state]
    assert len(found) == 3
    for resource in found:
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
        assert state[resource["Type"]] not in resource["Properties"]


def test_no_resource_that_logs_or_queues_has_a_fixed_name(resources: dict[str, Any]) -> None:
    """Queues, log groups, roles and functions are named by CloudFormation, so two stacks fit in one account."""
    names = {"QueueName", "LogGroupName", "RoleName", "FunctionName", "TopicName", "AlarmName", "LayerName"}
    for resource in resources.values():
        if resource["Type"] not in {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"}:
            assert not names & set(resource.get("Properties", {}))


def test_no_schedule_has_a_fixed_name(functions: dict[str, dict[str, Any]]) -> None:
    """SAM would name a schedule after the function, and so alike in every stack."""
    schedules = [event for function in functions.values() for event in function.get("Events", {}).values()]
    assert [event["Type"] for event in schedules] == ["ScheduleV2"]
    assert all(event["Properties"]["OmitName"] is True for event in schedules)


def test_the_secret_is_created_without_a_value(resources: dict[str, Any]) -> None:
    """Neither a deployment nor a template ever holds or invents the settings."""
    assert set(resources["SettingsSecret"]["Properties"]) == {"Description"}


@pytest.mark.parametrize(
    ("name", "key", "leaves_at"),
    [("DeliveryTable", {"pk": "HASH"}, "expires_at"), ("ConsentTable", {"pk": "HASH", "sk": "RANGE"}, "kept_until")],
)
def test_a_table_forgets_and_can_be_restored(
    resources: dict[str, Any], name: str, key: dict[str, str], leaves_at: str
) -> None:
    """Items leave by a time of their own, and a point in the last days can be restored."""
    table = resources[name]["Properties"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": leaves_at, "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert {part["AttributeName"]: part["KeyType"] for part in table["KeySchema"]} == key
    assert table["BillingMode"] == "PAY_PER_REQUEST"
