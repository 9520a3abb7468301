"""The template starts the functions that exist, with the variables they read, and logs nothing it should not."""

import ast
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sluice import environment as rooms


def test_every_handler_exists(root: Path, functions: dict[str, dict[str, Any]]) -> None:
    """Each function's folder has the module that its Handler names, and the module defines the function."""
    for function in functions.values():
        module, name = function["Handler"].split(".")
        tree = ast.parse((root / function["CodeUri"] / f"{module}.py").read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_function_folder_is_deployed(root: Path, functions: dict[str, dict[str, Any]]) -> None:
    """No folder under functions/ is forgotten by the template."""
    folders = {path.relative_to(root).as_posix() for path in (root / "functions").iterdir()}
    assert {function["CodeUri"] for function in functions.values()} == folders


@pytest.mark.parametrize(
    ("function", "environment"),
    [
        ("IngestFunction", rooms.IngestEnvironment),
        ("SenderFunction", rooms.SenderEnvironment),
        ("StewardFunction", rooms.StewardEnvironment),
    ],
)
def test_variables_are_those_that_the_code_reads(
    functions: dict[str, dict[str, Any]], function: str, environment: type
) -> None:
    """A variable is in the template exactly if the function's environment type has a field of that name."""
    given = {name for name in functions[function]["Environment"]["Variables"] if not name.startswith("POWERTOOLS_")}
    assert given == {field.name.upper() for field in dataclasses.fields(environment)}


def test_the_event_is_never_logged(text: str) -> None:
    """Powertools would write the whole event, people's data included, if its switch were set."""
    assert "POWERTOOLS_LOGGER_LOG_EVENT" not in text
    assert "POWERTOOLS_DEV" not in text


def test_no_concurrency_is_reserved(text: str) -> None:
    """A new account may have ten concurrent executions in all: reserving any could make the deployment fail."""
    assert "ReservedConcurrentExecutions" not in text
    assert "ProvisionedConcurrency" not in text


def test_every_function_logs_to_a_group_that_exists_before_it(
    resources: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    """Each function names a log group of the stack by reference, and that group forgets after the days asked for."""
    for function in functions.values():
        group = resources[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["Type"] == "AWS::Logs::LogGroup"
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_door_waits_as_long_as_ingest_may_take(
    resources: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    """API Gateway gives up neither before the function does nor after."""
    limit = resources["IngestIntegration"]["Properties"]["TimeoutInMillis"]
    assert limit == functions["IngestFunction"]["Timeout"] * 1000


def test_routes_are_the_public_contract(resources: dict[str, Any]) -> None:
    """The API has exactly the documented routes, and everything else reaches our own 404."""
    routes = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Route"]
    assert {route["RouteKey"] for route in routes} == {
        "POST /collect/{dataset}",
        "OPTIONS /collect/{dataset}",
        "POST /consent",
        "OPTIONS /consent/withdraw",
        "POST /consent/withdraw",
        "GET /health",
        "GET /webhooks/{source}",
        "POST /webhooks/{source}",
        "POST /{version}/{dataset}/events",
        "$default",
    }
    assert all(route["Target"] == {"Fn::Sub": "integrations/${IngestIntegration}"} for route in routes)


def test_the_api_keeps_the_address_that_aws_gave_it(resources: dict[str, Any]) -> None:
    """Senders that use the first address keep working when a domain name is added."""
    assert resources["HttpApi"]["Properties"]["DisableExecuteApiEndpoint"] is False


def test_a_round_of_the_steward_that_failed_is_not_made_up_for(functions: dict[str, dict[str, Any]]) -> None:
    """The next minute has a round of its own: after an outage none that was missed comes beside it."""
    steward = functions["StewardFunction"]
    assert steward["EventInvokeConfig"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    (event,) = steward["Events"].values()
    assert event["Properties"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
