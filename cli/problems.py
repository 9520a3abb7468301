"""What goes wrong between the operator and AWS, each as a sentence that says what to do.

No sentence quotes what AWS or the operator wrote: error messages of AWS repeat parts of the request.
"""

from typing import Final
from urllib.parse import urlsplit

from botocore import exceptions as boto

MAKE_UP: Final = "Start the local stack with `make up`."
_SIGN_IN: Final = "Sign in (`aws configure` or `aws sso login`), or name a profile with --profile."
_NO_CREDENTIALS: Final = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.LoginError,
    boto.SSOError,
    boto.TokenRetrievalError,
)
_ACTIONS: Final = {
    "DescribeStacks": "cloudformation:DescribeStacks for the stack",
    "GetSecretValue": "secretsmanager:GetSecretValue for the stack's settings secret",
    "PutSecretValue": "secretsmanager:PutSecretValue for the stack's settings secret",
}
_TABLE_ACTIONS: Final = {
    "BatchGetItem": "dynamodb:BatchGetItem for the stack's DeliveryTable",
    "DescribeTable": "dynamodb:DescribeTable for the stack's DeliveryTable",
    "Query": "dynamodb:Query for the stack's ConsentTable",
    "Scan": "dynamodb:Scan for the stack's DeliveryTable",
    "TransactWriteItems": "dynamodb:PutItem and dynamodb:UpdateItem for the stack's ConsentTable",
    "UpdateItem": "dynamodb:UpdateItem for the stack's ConsentTable",
}
_QUEUE_ACTIONS: Final = {
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility for the stack's queues",
    "DeleteMessage": "sqs:DeleteMessage for the stack's DeadLetterQueue",
    "GetQueueAttributes": "sqs:GetQueueAttributes for the stack's queues",
    "ReceiveMessage": "sqs:ReceiveMessage for the stack's DeadLetterQueue and HoldQueue",
    "SendMessage": "sqs:SendMessage for the stack's EventQueue",
}


class Problem(Exception):
    """The command cannot go on; ``str()`` is a sentence that says why and what to do, without any secret."""


def explain(error: boto.BotoCoreError | boto.ClientError) -> str:
    """The sentence for an error of boto3."""
    return _refused(error) if isinstance(error, boto.ClientError) else _not_reached(error)


def code_of(error: boto.ClientError) -> str:
    """AWS's error code."""
    return error.response.get("Error", {}).get("Code", "")


def _refused(error: boto.ClientError) -> str:
    """AWS answered, but not with what was asked for."""
    code, operation = code_of(error), error.operation_name
    if code.startswith("AccessDenied"):
        action = (_ACTIONS | _TABLE_ACTIONS | _QUEUE_ACTIONS).get(operation, operation)
        return f"AWS refuses access. Ask your administrator for {action}."
    if code.startswith(("ExpiredToken", "RequestExpired")):
        return f"The AWS session is over. {_SIGN_IN}"
    if code.startswith(("InvalidClientToken", "UnrecognizedClient", "SignatureDoesNot", "InvalidSignature")):
        return f"AWS does not accept the credentials. {_SIGN_IN}"
    if code == "ResourceNotFoundException" and operation in _TABLE_ACTIONS:
        return "A table of the stack is gone. Restore it from its backup under the same name, or deploy a new stack."
    if operation in _QUEUE_ACTIONS and code.endswith("NonExistentQueue"):
        return "A queue of the stack is gone. Deploy it again (`make deploy`); what it held is lost."
    if code in {"ResourceNotFoundException", "InvalidRequestException"}:
        return (
            "The stack's settings secret is gone or marked for deletion. "
            "Take it back with `aws secretsmanager restore-secret`, or deploy a new stack."
        )
    return f"AWS answered {code} to {operation}. Try again; if it stays, look the code up in AWS's documentation."


def _not_reached(error: boto.BotoCoreError) -> str:
    """There is no answer from AWS, mostly because there was no question."""
    if isinstance(error, _NO_CREDENTIALS):
        return f"There are no AWS credentials to work with. {_SIGN_IN}"
    if isinstance(error, boto.NoRegionError):
        return "There is no AWS region to look in. Give --region (such as eu-central-1), or set AWS_DEFAULT_REGION."
    if isinstance(error, boto.ProfileNotFound):
        return "There is no such AWS profile. `aws configure list-profiles` lists yours."
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        host = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or "AWS"
        hint = MAKE_UP if host in {"127.0.0.1", "localhost"} else "Check the network and the region, then try again."
        return f"{host} does not answer. {hint}"
    return f"The AWS client failed ({type(error).__name__}). Check the AWS configuration (`aws configure list`)."
