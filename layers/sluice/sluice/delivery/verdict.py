"""What Meta's answer means for the events of a request. Pure and total: any status, any bytes, one verdict.

Decided by the error's code and subcode, never by the status alone: Meta throttles with 400 and words its messages in
the token owner's language. Sources: Meta's error reference and rate-limiting pages; subcodes as observed.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sluice.delivery.codes import code_of


class Reply(NamedTuple):
    """A complete answer of Meta's: status, body bytes, and the headers that count (``usage``, ``versions``).

    ``latency_ms``: how long the request took.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    latency_ms: int = 0


class NoReply(NamedTuple):
    """There was no complete answer; ``slug`` says how it failed. ``was_sent``: Meta may have the events after all.

    ``latency_ms``: how long the request took.
    """

    slug: str
    was_sent: bool = True
    latency_ms: int = 0


class Delivered(NamedTuple):
    """Meta has the events. ``received``: how many it says."""

    received: int
    fbtrace_id: str
    slug: str = "delivered"


class Retry(NamedTuple):
    """Try again later under the same event ids. ``maybe_received``: Meta may have the events all the same."""

    slug: str
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str = ""
    maybe_received: bool = False


class Refused(NamedTuple):
    """An event is at fault. ``event_index``: which one, when Meta names it."""

    slug: str
    code: int
    subcode: int | None
    event_index: int | None
    fbtrace_id: str


class Halt(NamedTuple):
    """No event is at fault: token, permission or dataset id. Nothing of this dataset can be sent until mended."""

    slug: str
    code: int
    subcode: int | None
    fbtrace_id: str


Verdict = Delivered | Retry | Refused | Halt

_TOKEN_CODE: Final = 190
_REFUSED: Final = 300
"""From this status on Meta, or a proxy before it, says that it did not take the request."""
_TOO_LARGE: Final = 2**63
"""No code is as large; DynamoDB and SQS would refuse it."""
_TRACE: Final = re.compile(r"[!-~]{1,64}")
_INDEX: Final = re.compile(r"\[\s*'?data'?\s*\]\s*\[(\d{1,4})\]")


def judge(answer: Reply | NoReply) -> Verdict:
    """The verdict on a request, for all of its events."""
    if isinstance(answer, NoReply):
        return Retry(answer.slug, maybe_received=answer.was_sent)
    body = _decoded(answer.body)
    if not isinstance(body, dict):
        return Retry("meta_unreadable_answer", maybe_received=answer.status < _REFUSED)
    received = body.get("events_received")
    trace = _text(body.get("fbtrace_id"))
    if answer.status == 200 and isinstance(received, int) and not isinstance(received, bool):
        return Delivered(received, trace)
    error = body.get("error")
    code = _number(error.get("code")) if isinstance(error, dict) else None
    if not isinstance(error, dict) or code is None:
        return Retry("meta_unreadable_answer", maybe_received=answer.status < _REFUSED)
    return _judge_error(error, code)


def _decoded(body: bytes) -> object:
    """JSON, also with half a surrogate pair in it, as where a text of the sender's was cut; None for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _judge_error(error: dict[str, Any], code: int) -> Verdict:
    """The verdict on Meta's error envelope."""
    subcode = _number(error.get("error_subcode"))
    trace = _text(error.get("fbtrace_id"))
    found = code_of(code, subcode)
    if found.fault == "dataset":
        return Halt("meta_refuses_token" if code == _TOKEN_CODE else "meta_refuses_dataset", code, subcode, trace)
    if error.get("is_transient") is True or found.fault == "meta":
        return Retry("meta_busy" if found.is_limit else "meta_failed", code, subcode, trace)
    place = _INDEX.search(f"{error.get('error_user_msg')} {error.get('message')}")
    return Refused("meta_refused_event", code, subcode, int(place[1]) if place else None, trace)


def _number(value: object) -> int | None:
    """A code that can be stored."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE:
        return value
    return None


def _text(value: object) -> str:
    """An id of Meta's, cut to a length that no log minds; nothing after a character that no queue takes."""
    found = _TRACE.match(value) if isinstance(value, str) else None
    return found[0] if found else ""
