"""The ingest room of a shop whose pages send beacons."""

import pytest

from tests.collect.beacons import shop
from tests.fakes.rooms import IngestRoom


@pytest.fixture
def room() -> IngestRoom:
    """``room.collect(beacon(page_event()))``; then look into ``room.queue.envelopes``."""
    room = IngestRoom()
    room.configure(shop())
    return room
