"""`/_graph/…`: how tests and the local stack set the simulator up and see what it received. Answers hold no token."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.graph.answers import json_response
from local.graph.faults import Fault, FaultQueues
from local.graph.state import KEPT_EVENTS, Dataset, State


class Control:
    """The control interface over what was received and the faults that wait."""

    def __init__(self, state: State, faults: FaultQueues, clock: Callable[[], float]) -> None:
        self._state = state
        self._faults = faults
        self._clock = clock

    def routes(self) -> list[Route]:
        """Every path below `/_graph`."""
        return [
            Route("/_graph/health", self.get_health, methods=["GET"]),
            Route("/_graph/datasets/{dataset}", self.put_dataset, methods=["PUT"]),
            Route("/_graph/datasets/{dataset}", self.delete_dataset, methods=["DELETE"]),
            Route("/_graph/datasets/{dataset}/faults", self.post_fault, methods=["POST"]),
            Route("/_graph/datasets/{dataset}/faults", self.delete_faults, methods=["DELETE"]),
            Route("/_graph/events", self.get_events, methods=["GET"]),
            Route("/_graph/events", self.delete_events, methods=["DELETE"]),
            Route("/_graph/requests", self.get_requests, methods=["GET"]),
            Route("/_graph/counters", self.get_counters, methods=["GET"]),
        ]

    async def get_health(self, _http: Request) -> Response:
        """200 as soon as requests are answered."""
        return json_response({"status": "ok"})

    async def put_dataset(self, http: Request) -> Response:
        """Registers a dataset with its tokens, or replaces it."""
        try:
            dataset = msgspec.json.decode(await http.body(), type=Dataset)
        except msgspec.DecodeError as error:
            return json_response({"error": str(error)}, 400)
        self._state.datasets[http.path_params["dataset"]] = dataset
        return Response(status_code=204)

    async def delete_dataset(self, http: Request) -> Response:
        """Makes a dataset unknown; what it received stays."""
        self._state.datasets.pop(http.path_params["dataset"], None)
        return Response(status_code=204)

    async def post_fault(self, http: Request) -> Response:
        """Queues a fault for a dataset."""
        try:
            fault = msgspec.json.decode(await http.body(), type=Fault)
        except msgspec.DecodeError as error:
            return json_response({"error": str(error)}, 400)
        self._faults.add(http.path_params["dataset"], fault, self._clock())
        return Response(status_code=204)

    async def delete_faults(self, http: Request) -> Response:
        """Forgets the faults of a dataset."""
        self._faults.clear(http.path_params["dataset"])
        return Response(status_code=204)

    async def get_events(self, http: Request) -> Response:
        """The newest events first: `dataset` and `limit` narrow them down."""
        dataset = http.query_params.get("dataset")
        return json_response({"events": self._state.events(dataset, _limit(http))})

    async def delete_events(self, _http: Request) -> Response:
        """Forgets everything received: events, requests, counters and ids seen."""
        self._state.forget()
        return Response(status_code=204)

    async def get_requests(self, http: Request) -> Response:
        """The newest requests first: `errors=true` and `limit` narrow them down."""
        only_errors = http.query_params.get("errors") == "true"
        return json_response({"requests": self._state.requests(_limit(http), only_errors=only_errors)})

    async def get_counters(self, _http: Request) -> Response:
        """Exact totals, also of what is no longer kept."""
        return json_response(self._state.counters)


def _limit(http: Request) -> int:
    """Everything that is kept, unless told otherwise."""
    limit = http.query_params.get("limit", "")
    return min(int(limit), KEPT_EVENTS) if limit.isascii() and limit.isdecimal() and len(limit) < 10 else KEPT_EVENTS
