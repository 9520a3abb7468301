"""The baseline: what any Python function that puts something into a queue imports and builds, and nothing else."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

SQS = boto3.client("sqs")
LOGGER = Logger(service="bare")
APP = APIGatewayHttpResolver()


@APP.post("/<version>/<dataset>/events")
def queue(version: str, dataset: str) -> dict[str, int]:  # noqa: ARG001 - named by the route
    """Put the body into the queue as it is."""
    body = APP.current_event.body or ""
    SQS.send_message(QueueUrl=os.environ["EVENT_QUEUE_URL"], MessageBody=body, MessageGroupId=dataset)
    return {"events_received": 1}


@APP.post("/<version>/<dataset>/nothing")
def nothing(version: str, dataset: str) -> dict[str, int]:  # noqa: ARG001 - named by the route
    """Resolve the route only."""
    return {"events_received": 0}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's context has no type
    """Resolve a route."""
    return APP.resolve(event, context)
