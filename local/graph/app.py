"""The simulator as an ASGI app: Meta's events edge, the control interface and the page."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.graph.control import Control
from local.graph.conversions import Conversions
from local.graph.faults import FaultQueues
from local.graph.state import State

_PAGE = Path(__file__).parent / "page"


def create_app(clock: Callable[[], float]) -> Starlette:
    """An empty simulator. `clock` returns Unix seconds and decides what is old, repeated and over.

    Needs `wire.create_server` around it for the faults `hang`, `reset` and `truncated`.
    """
    state, faults = State(), FaultQueues()
    return Starlette(
        routes=[
            *Control(state, faults, clock).routes(),
            Route("/{version}/{dataset}/events", Conversions(state, faults, clock).post_events, methods=["POST"]),
            Mount("/", StaticFiles(directory=_PAGE, html=True)),
        ]
    )
