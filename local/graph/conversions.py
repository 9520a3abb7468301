"""`POST /{version}/{dataset}/events`: what Meta answers, or the fault that was asked for."""

import re
import secrets
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from local.graph.answers import json_response
from local.graph.faults import Fault, FaultQueues
from local.graph.refusal import Refusal
from local.graph.request import EventsRequest, read_request
from local.graph.state import Outcome, State
from local.graph.validate import check
from local.graph.wire import Drip, Hang, Reset, Truncated

# This simulator's own bound, to protect its memory; Meta documents none.
BYTES_PER_REQUEST = 16 * 1024 * 1024
_VERSION = re.compile(r"v[0-9]+\.[0-9]+")
_TOO_LARGE = Refusal(message="Please reduce the amount of data and retry the request.", status=413, code=1)
_HTML = "<!DOCTYPE html><title>Error</title><h1>Sorry, something went wrong.</h1>"


class Conversions:
    """The events edge: judges requests by the clock it is given, which returns Unix seconds."""

    def __init__(self, state: State, faults: FaultQueues, clock: Callable[[], float]) -> None:
        self._state = state
        self._faults = faults
        self._clock = clock

    async def post_events(self, http: Request) -> Response:
        """Receives all events of a request or none, unless a fault is due."""
        try:
            body = await _read_body(http)
        except ClientDisconnect:
            return Response()
        now, dataset, number = self._clock(), http.path_params["dataset"], self._state.next_request()
        request = read_request(http.headers, http.query_params, body) if len(body) <= BYTES_PER_REQUEST else _TOO_LARGE
        fault = self._faults.take(dataset, now)
        refusal = self._refusal(http.path_params["version"], dataset, request, now)
        if fault and not fault.after_receiving:
            refusal = fault.refusal()
        events = len(request.encoded) if isinstance(request, EventsRequest) else 0
        if refusal is None and isinstance(request, EventsRequest):
            self._state.add_events(number, dataset, request, now)
        response, shown = _with_fault(fault, refusal, events) if fault else (_answer(refusal, events), refusal)
        self._state.add_outcome(
            Outcome(
                number=number,
                at=now,
                dataset=dataset,
                events=events,
                status=None if isinstance(response, Reset | Hang) else response.status_code,
                code=shown.code if shown else None,
                subcode=shown.subcode if shown else None,
                message=(shown.user_message or shown.message) if shown else None,
                fault=fault.kind if fault else None,
                bytes=len(body),
            )
        )
        return response

    def _refusal(self, version: str, dataset: str, request: EventsRequest | Refusal, now: float) -> Refusal | None:
        if not _VERSION.fullmatch(version):
            return Refusal(message="(#2500) Unknown path components", code=2500)
        if isinstance(request, Refusal):
            return request
        return self._no_access(dataset, request.access_token) or check(request.data, now)

    def _no_access(self, dataset: str, token: str) -> Refusal | None:
        registered = self._state.datasets.get(dataset)
        if registered and token in registered.access_tokens:
            return None
        if registered and not any(token in other.access_tokens for other in self._state.datasets.values()):
            return Refusal(message="Invalid OAuth access token.", status=401, code=190)
        return Refusal(message="Unsupported post request. Object missing, or no permission for it.", subcode=33)


async def _read_body(http: Request) -> bytes:
    """The body, or more than the bound's worth of a body that is too large."""
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > BYTES_PER_REQUEST:
            break
    return bytes(body)


def _answer(refusal: Refusal | None, events: int) -> Response:
    fbtrace_id = "A" + secrets.token_urlsafe(16)
    if refusal:
        return json_response(refusal.envelope(fbtrace_id), refusal.status)
    return json_response({"events_received": events, "messages": [], "fbtrace_id": fbtrace_id})


def _with_fault(fault: Fault, refusal: Refusal | None, events: int) -> tuple[Response, Refusal | None]:
    """What goes out under a fault, and the Graph error that can be read in it."""
    response, shown = _faulty(fault, refusal, events)
    response.headers.update(fault.headers)
    return response, shown


def _faulty(fault: Fault, refusal: Refusal | None, events: int) -> tuple[Response, Refusal | None]:
    match fault.kind:
        case "hang":
            return Hang(fault.seconds), None
        case "reset":
            return Reset(), None
        case "drip":
            return Drip(_answer(refusal, events), fault.seconds), refusal
        case "truncated":
            return Truncated(_answer(refusal, events)), refusal
        case "html":
            return Response(_HTML, fault.http_status(), media_type="text/html"), None
        case "empty":
            return Response(status_code=fault.http_status()), None
        case "status" | "error":
            return _answer(fault.refusal(), events), fault.refusal()
