"""What Meta's answer means for the events of a request. Pure and total: any status, any bytes, one verdict.

Decided by the error's code and subcode, never by the status alone: Meta throttles with 400 and words its messages in
the token owner's language. Sources: Meta's error reference and rate-limiting pages; subcodes as observed.
"""

import re
from typing import Any, Final, NamedTuple

import msgspec


class Reply(NamedTuple):
    """A complete answer of Meta's: status and body bytes."""

    status: int
    body: bytes


class NoReply(NamedTuple):
    """There was no complete answer; ``slug`` says how it failed. Meta may have the events all the same."""

    slug: str


class Delivered(NamedTuple):
    """Meta has the events. ``received``: how many it says."""

    received: int
    fbtrace_id: str


class Retry(NamedTuple):
    """Try again later under the same event ids."""

    slug: str
    code: int | None = None
    subcode: int | None = None
    fbtrace_id: str = ""


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

_REFUSAL_CODES: Final = frozenset({100})
"""Only an invalid parameter can be an event's fault. A code that nobody knows is tried again, never given up for."""
_BUSY_CODES: Final = frozenset({1, 2, 4, 17, 32, 341, 613, 5000, 21009, *range(80_000, 80_100)})
_HALT_CODES: Final = frozenset({3, 5, 10, 102, 104, 190, 294, 368, 803, 2635, *range(200, 300)})
_HALT_SUBCODES_OF_100: Final = frozenset({33, 34, 38})
_BAD_REQUEST_IN_DISGUISE: Final = 99
_INDEX: Final = re.compile(r"\[\s*'?data'?\s*\]\s*\[(\d{1,4})\]")


def judge(answer: Reply | NoReply) -> Verdict:
    """The verdict on a request, for all of its events."""
    if isinstance(answer, NoReply):
        return Retry(answer.slug)
    try:
        body = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Retry("meta_unreadable_answer")
    received = body.get("events_received")
    trace = _text(body.get("fbtrace_id"))
    if answer.status == 200 and isinstance(received, int) and not isinstance(received, bool):
        return Delivered(received, trace)
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, int) or isinstance(code, bool):
        return Retry("meta_unreadable_answer")
    return _judge_error(error, code)


def _judge_error(error: dict[str, Any], code: int) -> Verdict:
    """The verdict on Meta's error envelope."""
    subcode = error.get("error_subcode")
    subcode = subcode if isinstance(subcode, int) else None
    trace = _text(error.get("fbtrace_id"))
    if code in _HALT_CODES or (code == 100 and subcode in _HALT_SUBCODES_OF_100):
        return Halt("meta_refuses_token" if code == 190 else "meta_refuses_dataset", code, subcode, trace)
    if error.get("is_transient") is True or (code not in _REFUSAL_CODES and subcode != _BAD_REQUEST_IN_DISGUISE):
        return Retry("meta_busy" if code in _BUSY_CODES else "meta_failed", code, subcode, trace)
    place = _INDEX.search(f"{error.get('error_user_msg')} {error.get('message')}")
    return Refused("meta_refused_event", code, subcode, int(place[1]) if place else None, trace)


def _text(value: object) -> str:
    """An id of Meta's, cut to a length that no log minds."""
    return value[:64] if isinstance(value, str) else ""
