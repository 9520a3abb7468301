"""What a deployment and a broken settings document do to a running stack."""

from collections.abc import Iterator

import pytest

from local.stack import restart_functions, sam_deploy
from tests.local.stack import Stack, eventually, purchase


@pytest.fixture
def stored_settings(stack: Stack) -> Iterator[str]:
    """The settings as they are in the secret; they are there again after the test, and functions read them."""
    client = stack.client("secretsmanager")
    text: str = client.get_secret_value(SecretId=stack.values["settings_secret"])["SecretString"]
    yield text
    client.put_secret_value(SecretId=stack.values["settings_secret"], SecretString=text)
    eventually(lambda: stack.post_events(purchase()).status == 200)


def test_a_deployment_with_another_parameter_leaves_settings_and_evidence(stack: Stack, stored_settings: str) -> None:
    """`sam deploy` changes what was asked for, and neither the secret nor the delivery items."""
    stack.post_events(event := purchase())
    eventually(lambda: stack.received(event["event_id"]))
    eventually(lambda: stack.waiting_messages() == 0)
    before = sorted(item["pk"]["S"] for item in stack.items())
    graph = f"GraphApiUrl={stack.values['graph_api_url']}"
    sam_deploy(stack.values["aws_endpoint_url"], graph, "LogRetentionDays=7")
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=stack.values["log_groups"][0])["logGroups"]
    assert groups[0]["retentionInDays"] == 7
    sam_deploy(stack.values["aws_endpoint_url"], graph, "LogRetentionDays=30")
    secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.values["settings_secret"])
    assert secret["SecretString"] == stored_settings
    assert sorted(item["pk"]["S"] for item in stack.items()) == before


@pytest.mark.usefixtures("stored_settings")
def test_without_valid_settings_senders_are_asked_to_try_again(stack: Stack) -> None:
    """A new instance that finds no valid document answers 503 and raises the metric that the alarm looks at."""
    client = stack.client("secretsmanager")
    client.put_secret_value(SecretId=stack.values["settings_secret"], SecretString='{"datasets": {}, "typo": 1}')
    restart_functions(stack.values["aws_endpoint_url"])
    assert stack.post_events(purchase()).status == 200, "the document before it is still good"
    eventually(lambda: stack.waiting_messages() == 0)
    client.put_secret_value(SecretId=stack.values["settings_secret"], SecretString='{"typo": 1}')
    restart_functions(stack.values["aws_endpoint_url"])
    response = stack.post_events(purchase())
    assert (response.status, response.json()["error"]["slug"]) == (503, "settings_missing")
    assert eventually(lambda: '"settings_invalid":[1.0]' in stack.logs())
