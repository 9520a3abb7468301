"""DynamoDB's BatchExecuteStatement, spoken directly: through boto3 these calls are nine tenths of what a send costs.

botocore still says where DynamoDB is and who we are. ``docs/decisions/0011-dynamodb-without-boto3.md`` has the figures.
"""

import hmac
import http.client
import time
import weakref
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

MAX_STATEMENTS: Final = 25
"""DynamoDB takes no more in one batch."""
UNAVAILABLE: Final = "Unavailable"
"""The code of our own for a statement without an answer. It may have been carried out all the same."""
_ATTEMPTS: Final = 2
_TIMEOUT_SECONDS: Final = 3

Attribute = dict[str, Any]
"""DynamoDB's typed JSON of one value: ``{"S": "text"}``, ``{"N": "1"}``, ``{"L": [...]}``."""


class Statement(msgspec.Struct, rename="pascal", omit_defaults=True):
    """One statement and the values of its question marks."""

    statement: str
    parameters: list[Attribute]
    consistent_read: bool = False


class Error(msgspec.Struct, rename="pascal"):
    """Why a statement was not carried out. DynamoDB's message is not read: it may quote a value."""

    code: str


class Answer(msgspec.Struct, rename="pascal"):
    """What became of one statement; ``item`` is what a SELECT found."""

    error: Error | None = None
    item: dict[str, Attribute] | None = None


class _Batch(msgspec.Struct, rename="pascal"):
    statements: Sequence[Statement]


class _Answers(msgspec.Struct, rename="pascal"):
    responses: list[Answer]


_DECODER: Final = msgspec.json.Decoder(_Answers)


class PartiQL:
    """The DynamoDB at ``endpoint_url``, over one connection that is kept; for one thread.

    ``credentials`` gives those in force (a role's change while we run), ``clock`` Unix seconds.
    """

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        credentials: "Callable[[], ReadOnlyCredentials]",
        clock: Callable[[], int],
    ) -> None:
        url = urlsplit(endpoint_url)
        connection = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(url.netloc, timeout=_TIMEOUT_SECONDS)
        weakref.finalize(self, self._connection.close)
        self._host = url.netloc
        self._region = region
        self._credentials = credentials
        self._clock = clock

    def execute(self, statements: Sequence[Statement]) -> Sequence[Answer]:
        """The answer to each of up to 25 statements, in order. Never raises.

        What fails is tried once more at once: the connection was closed while the function was frozen, or DynamoDB had
        a passing failure. So a statement may meet its own first execution. After that each is UNAVAILABLE.
        """
        if not statements:
            return []
        body = msgspec.json.encode(_Batch(statements))
        for _ in range(_ATTEMPTS):
            answers = self._post(body)
            if len(answers) == len(statements):
                return answers
        return [Answer(Error(UNAVAILABLE))] * len(statements)

    def _post(self, body: bytes) -> Sequence[Answer]:
        """The answers of one call; none when it failed."""
        try:
            headers = signed_headers(body, self._host, self._region, self._credentials(), self._clock())
            self._connection.request("POST", "/", body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            return _DECODER.decode(answer).responses if response.status == http.HTTPStatus.OK else []
        # RuntimeError: renewed credentials that are over already, and JSON that is too deep.
        except (BotoCoreError, http.client.HTTPException, OSError, ValueError, RuntimeError):
            self._connection.close()  # the next call opens it again
            return []


def signed_headers(
    body: bytes, host: str, region: str, credentials: "ReadOnlyCredentials", now_seconds: int
) -> dict[str, str]:
    """The headers of a call with this body under Signature Version 4, the same as botocore's signer makes.

    That one works on e-mail headers and takes a quarter of a send. Source: AWS, "Create a signed AWS API request".
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_seconds))
    token = {"x-amz-security-token": credentials.token} if credentials.token else {}
    headers = {  # in alphabetical order, as they are signed
        "content-type": "application/x-amz-json-1.0",
        "host": host,
        "x-amz-date": stamp,
        **token,
        "x-amz-target": "DynamoDB_20120810.BatchExecuteStatement",
    }
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    request = "\n".join(["POST", "/", "", *lines, "", names, sha256(body).hexdigest()])
    scope = [stamp[:8], region, "dynamodb", "aws4_request"]
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"{credentials.access_key}/{'/'.join(scope)}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    return headers
