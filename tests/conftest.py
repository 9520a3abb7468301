"""Wires what several folders use: the embedded AWS and the rooms furnished with fakes."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.emulator import client, running_emulator
from tests.fakes.rooms import Gateway, IngestRoom, SenderRoom, StewardRoom

settings.register_profile("default", deadline=None)  # machines are noisy: no timing is an assertion


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running embedded AWS, one for the session."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def aws(emulator: str) -> Callable[[str], Any]:
    """Makes clients of the embedded AWS: ``aws("sqs")``."""
    return lambda service: client(service, emulator)


@pytest.fixture(scope="session")
def silent_aws() -> Callable[[str], Any]:
    """Makes clients of an AWS that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return lambda service: client(service, f"http://127.0.0.1:{port}")


@pytest.fixture
def ingest() -> IngestRoom:
    """``ingest.post(event)``; then look into ``ingest.queued`` and ``ingest.telemetry``."""
    return IngestRoom()


@pytest.fixture
def sender() -> SenderRoom:
    """``sender.deliver(message)``; then look into ``sender.graph.received``, ``sender.dead``, ``sender.wait_of``."""
    return SenderRoom()


@pytest.fixture
def steward() -> StewardRoom:
    """``steward.tend()`` after filling ``steward.privacy``; then look into ``steward.telemetry``."""
    return StewardRoom()


@pytest.fixture
def gateway() -> Gateway:
    """``gateway.ingest.post(event)``, ``gateway.deliver()``; then look into ``gateway.outcome(event_id)``."""
    return Gateway()
