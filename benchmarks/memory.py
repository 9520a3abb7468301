"""The sender's memory over 100,000 events: the same at the end as after the first tenth, or something is kept."""

import multiprocessing
import os
import resource
import sys
import time
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from benchmarks.accepting import Room, accept
from benchmarks.lambda_runtime import environment
from benchmarks.loopback import EVENTS_RECEIVED
from benchmarks.purchases import body, purchase
from sluice import wiring
from sluice.deliver import deliver
from sluice.delivery.parcel import Message

BATCHES: Final = 100


class Memory(NamedTuple):
    """Peak resident memory in MB: after a tenth of the events, and after all."""

    tenth: float
    all: float


def measure(url: str) -> Memory:
    """100 batches of 1000 different events through one sender, in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_work, args=[there, url], daemon=True)
    process.start()
    if not here.poll(300):
        raise SystemExit("the sender took longer than five minutes")
    found = Memory(*here.recv())
    process.join()
    return found


def _work(parent: Connection, url: str) -> None:
    """Deliver, and tell the two peaks. The events of a batch are made by ingest just before."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    os.environ.update(environment(url))
    sender, now = wiring.sender(), int(time.time())
    peaks = []
    for batch in range(BATCHES):
        room = Room()
        numbers = range(batch * EVENTS_RECEIVED, (batch + 1) * EVENTS_RECEIVED)
        accept(body([purchase(number, now) for number in numbers]), room.ingest(now))
        messages = [Message(f"message-{at}", f"receipt-{at}", text, now) for at, text in enumerate(room.messages)]
        if deliver(messages, sender, lambda: True):
            raise SystemExit("a batch did not go through")
        sender.telemetry.flush()
        if batch in {BATCHES // 10 - 1, BATCHES - 1}:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024)
    parent.send(peaks)
