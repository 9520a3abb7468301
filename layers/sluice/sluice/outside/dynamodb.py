"""DynamoDB, spoken directly: through boto3 its calls are nine tenths of what a send costs.

botocore still says where DynamoDB is and who we are. ``docs/decisions/0011-dynamodb-without-boto3.md`` has the figures.
"""

import hmac
import http.client
import threading
import time
import weakref
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

_ATTEMPTS: Final = 2
_TIMEOUT_SECONDS: Final = 3

Attribute = dict[str, Any]
"""DynamoDB's typed JSON of one value: ``{"S": "text"}``, ``{"N": "1"}``, ``{"L": [...]}``."""
_Answer = TypeVar("_Answer")


class Nothing(msgspec.Struct):
    """An answer of which nothing is read but that there is one."""


class DynamoDB:
    """The DynamoDB at ``endpoint_url``, over one connection that is kept; a call waits for the one before it.

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
        self._free = threading.Lock()

    def call(self, operation: str, request: object, answer: type[_Answer]) -> _Answer | None:
        """The answer to an operation of DynamoDB's API, read as the type ``answer``; None without one. Never raises.

        What fails is tried once more at once: the connection was closed while the function was frozen, or DynamoDB had
        a passing failure. So a request may meet its own first execution, also when None comes back.
        """
        body = msgspec.json.encode(request)
        with self._free:
            for _ in range(_ATTEMPTS):
                found = self._post(operation, body, answer)
                if found is not None:
                    return found
        return None

    def _post(self, operation: str, body: bytes, answer: type[_Answer]) -> _Answer | None:
        """The answer of one attempt."""
        try:
            headers = signed_headers(operation, body, self._host, self._region, self._credentials(), self._clock())
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
            self._connection.send(head.encode() + body)  # http.client's request() sends the body by itself
            with http.client.HTTPResponse(self._connection.sock, method="POST") as response:
                response.begin()
                content = response.read()
            if response.will_close:
                self._connection.close()
            return msgspec.json.decode(content, type=answer) if response.status == http.HTTPStatus.OK else None
        # RuntimeError: renewed credentials that are over already, and JSON that is too deep.
        except (BotoCoreError, http.client.HTTPException, OSError, ValueError, RuntimeError):
            self._connection.close()  # the next call opens it again
            return None


def signed_headers(  # noqa: PLR0913, PLR0917 - what, where, who, when
    operation: str, body: bytes, host: str, region: str, credentials: "ReadOnlyCredentials", now_seconds: int
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
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    request = "\n".join(["POST", "/", "", *lines, "", names, sha256(body).hexdigest()])
    scope = [stamp[:8], region, "dynamodb", "aws4_request"]
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), sha256(request.encode()).hexdigest()])
    signature = hmac.digest(_signing_key(credentials.secret_key, *scope), to_sign.encode(), "sha256").hex()
    credential = f"{credentials.access_key}/{'/'.join(scope)}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


@lru_cache(maxsize=1)
def _signing_key(secret_key: str, *scope: str) -> bytes:
    """The key of a day; that of the last call is kept."""
    key = f"AWS4{secret_key}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def to_attribute(value: object) -> Attribute:
    """JSON's values as DynamoDB writes them."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [to_attribute(each) for each in value]}
        case dict():
            return {"M": {name: to_attribute(each) for name, each in value.items()}}
    return {"S": value}


def to_plain(attribute: Attribute) -> object:
    """The value that ``to_attribute`` wrote."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "L":
            return [to_plain(each) for each in value]
        case "M":
            return {name: to_plain(each) for name, each in value.items()}
    return value
