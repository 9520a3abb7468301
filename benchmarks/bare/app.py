"""The baseline: what any Python function that puts something into a queue imports and builds, and nothing else."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

SQS = boto3.client("sqs")
LOGGER = Logger(service="bare")
APP = APIGatewayHttpResolver()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's context has no type
    """Resolve a route."""
    return APP.resolve(event, context)
