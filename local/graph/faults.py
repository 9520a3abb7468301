"""Faults to show instead of, or after, doing the right thing: a queue per dataset, worked off in order."""

from collections import deque
from typing import Annotated, Literal

import msgspec

from local.graph.refusal import Refusal

Kind = Literal["status", "error", "hang", "reset", "drip", "html", "empty", "truncated"]
_STATUS = {"error": 400, "html": 502, "empty": 200}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How to misbehave, how often, and whether the events are received first.

    `status`: a passing server error (500, code 2, transient); `error`: a Graph error (400, code 1); for both, status,
    code, subcode and transience can be given. `html`: a page of a proxy (502). `empty`: no body (200).
    `hang`: no answer for `seconds`, then the connection closes. `reset`: TCP reset without an answer.
    `drip`: the answer, byte by byte, spread over `seconds`. `truncated`: half of the answer, then the end.
    `drip` and `truncated` show the true answer with `after_receiving`, else the same error as `status`.

    It holds for `count` requests (1 unless told) or `for_seconds` from when its turn comes.
    `after_receiving`: the request is judged and its events are kept before the fault is shown.
    """

    kind: Kind
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool | None = None
    headers: dict[str, str] = {}
    seconds: Annotated[float, msgspec.Meta(ge=0, le=600)] = 30
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    for_seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    after_receiving: bool = False

    def __post_init__(self) -> None:
        if self.count is not None and self.for_seconds is not None:
            raise ValueError("give count or for_seconds, not both")

    def http_status(self) -> int:
        """The status of this fault's own answer."""
        return self.status or _STATUS.get(self.kind, 500)

    def refusal(self) -> Refusal:
        """The Graph error this fault shows."""
        passing = self.kind != "error"
        return Refusal(
            message="Service temporarily unavailable" if passing else "An error was asked for",
            status=self.http_status(),
            code=self.code if self.code is not None else (2 if passing else 1),
            subcode=self.error_subcode,
            is_transient=passing if self.is_transient is None else self.is_transient,
        )


class _Waiting:
    """A queued fault and what is left of it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.count or 1
        self.until: float | None = None

    def begin(self, at: float) -> None:
        """Starts the time of a fault that is limited by time."""
        if self.fault.for_seconds is not None:
            self.until = at + self.fault.for_seconds


class FaultQueues:
    """The faults that wait, by dataset. Times are Unix seconds."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[_Waiting]] = {}

    def add(self, dataset: str, fault: Fault, now: float) -> None:
        """Queues a fault; its time starts now when it is the first."""
        queue = self._queues.setdefault(dataset, deque())
        queue.append(_Waiting(fault))
        if len(queue) == 1:
            queue[0].begin(now)

    def clear(self, dataset: str) -> None:
        """Forgets the faults of a dataset."""
        self._queues.pop(dataset, None)

    def take(self, dataset: str, now: float) -> Fault | None:
        """The fault for a request that arrives now, or None; uses up one of its count."""
        queue = self._queues.get(dataset, deque())
        while queue:
            first = queue[0]
            if first.until is None:
                first.left -= 1
                if first.left == 0:
                    self._next(queue, now)
                return first.fault
            if now < first.until:
                return first.fault
            self._next(queue, first.until)
        return None

    @staticmethod
    def _next(queue: deque[_Waiting], at: float) -> None:
        queue.popleft()
        if queue:
            queue[0].begin(at)
