"""How many events a second one process hands over to Meta, a thousand at a time: the sender, and Meta's SDK.

The sender claims each event in the delivery table, sends, and settles it there; the SDK only sends.
"""

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from benchmarks.accepting import Room, accept
from benchmarks.lambda_runtime import environment
from benchmarks.loopback import EVENTS_RECEIVED
from benchmarks.purchases import body, purchase, sdk_event
from sluice import wiring
from sluice.deliver import deliver
from sluice.delivery.parcel import Message
from tests.samples import DATASET

ROUNDS: Final = 15


class Sending(NamedTuple):
    """Events a second by the clock, and seconds of the process's own CPU time per event; medians."""

    per_second: float
    cpu_seconds: float


def measure(url: str) -> dict[str, Sending]:
    """``sluice``, ``sdk`` and ``sdk_building`` (which makes the objects, too) in turn, a process each."""
    sides = {"sluice": _sluice, "sdk": _sdk, "sdk_building": _sdk_building}
    spawn = multiprocessing.get_context("spawn")
    pipes = {name: spawn.Pipe() for name in sides}
    processes = [spawn.Process(target=_work, args=[pipes[name][1], sides[name], url], daemon=True) for name in sides]
    for process in processes:
        process.start()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for turn in range(ROUNDS + 1):
        for name, (pipe, _) in pipes.items():
            pipe.send("go")
            if not pipe.poll(60):
                raise SystemExit(f"{name} sent nothing for a minute")
            found = pipe.recv()
            if turn:  # the first turn opens connections
                times[name].append(found)
    for process in processes:
        process.terminate()
        process.join()
    medians = {name: map(statistics.median, zip(*found, strict=True)) for name, found in times.items()}
    return {name: Sending(EVENTS_RECEIVED / wall, cpu / EVENTS_RECEIVED) for name, (wall, cpu) in medians.items()}


def _work(parent: Connection, prepare: Callable[[str], Callable[[], bool]], url: str) -> None:
    """Send a batch whenever the parent says so; answer how long it took."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    send = prepare(url)
    while parent.recv():
        wall, cpu = time.perf_counter(), time.process_time()
        if not send():
            raise SystemExit("a batch did not go through")
        parent.send((time.perf_counter() - wall, time.process_time() - cpu))


def _sluice(url: str) -> Callable[[], bool]:
    """The sender room as it runs in Lambda, with the messages that ingest made of the events."""
    os.environ.update(environment(url))
    now = int(time.time())
    room = Room()
    accept(body([purchase(number, now) for number in range(EVENTS_RECEIVED)]), room.ingest(now))
    messages = [Message(f"message-{at}", f"receipt-{at}", text, now) for at, text in enumerate(room.messages)]
    sender = wiring.sender()

    def send() -> bool:
        returning = deliver(messages, sender, lambda: True)
        sender.telemetry.flush()
        return not returning

    return send


def _sdk(url: str) -> Callable[[], bool]:
    """``EventRequest.execute`` with objects made before."""
    _initialise_sdk(url)
    events = [sdk_event(purchase(number, int(time.time()))) for number in range(EVENTS_RECEIVED)]
    return lambda: bool(EventRequest(pixel_id=DATASET, events=events).execute().events_received == EVENTS_RECEIVED)


def _sdk_building(url: str) -> Callable[[], bool]:
    """``EventRequest.execute`` with objects made each time, as by a server that gets its events as dicts."""
    _initialise_sdk(url)
    given = [purchase(number, int(time.time())) for number in range(EVENTS_RECEIVED)]

    def send() -> bool:
        request = EventRequest(pixel_id=DATASET, events=[sdk_event(one) for one in given])
        return bool(request.execute().events_received == EVENTS_RECEIVED)

    return send


def _initialise_sdk(url: str) -> None:
    FacebookSession.GRAPH = url
    FacebookAdsApi.init(access_token="token-of-the-dataset", crash_log=False)  # noqa: S106 - a sample
