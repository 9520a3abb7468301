"""What the memory of test codes promises, the fake and DynamoDB alike."""

import pytest

from sluice.delivery.ports import Sightings
from sluice.outside.sightings import SightingTable
from tests.emulator import dynamodb, new_delivery_table
from tests.fakes.sightings import FakeSightings
from tests.samples import NOW


@pytest.fixture(params=["fake", "dynamodb"])
def sightings(request: pytest.FixtureRequest) -> Sightings:
    """A memory of either kind that has seen nothing."""
    if request.param == "fake":
        return FakeSightings()
    return SightingTable(*new_delivery_table(request.getfixturevalue("aws")("dynamodb")))


@pytest.fixture(params=["fake", "dynamodb"])
def silent(request: pytest.FixtureRequest) -> Sightings:
    """A memory of either kind that does not answer."""
    if request.param == "fake":
        fake = FakeSightings()
        fake.down = True
        return fake
    client = request.getfixturevalue("silent_aws")("dynamodb")
    return SightingTable(dynamodb(client.meta.endpoint_url), "sightings")


def test_the_first_time_stays(sightings: Sightings) -> None:
    """Whenever a code is seen again, it is known since when."""
    assert [sightings.first_seen("10001", "TEST1", NOW + later) for later in (0, 1, 90_000)] == [NOW] * 3


def test_each_code_of_each_dataset_by_itself(sightings: Sightings) -> None:
    """Another code begins anew, another dataset's does too, and a code that returns is still known."""
    sightings.first_seen("10001", "TEST1", NOW)
    assert sightings.first_seen("10001", "TEST2", NOW + 1) == NOW + 1
    assert sightings.first_seen("10002", "TEST1", NOW + 2) == NOW + 2
    assert sightings.first_seen("10001", "TEST1", NOW + 3) == NOW


def test_forgotten(sightings: Sightings) -> None:
    """All codes of a dataset begin anew, nobody else's, and there need not be any."""
    for dataset in ("10001", "10002"):
        sightings.first_seen(dataset, "TEST1", NOW)
    sightings.forget("10001")
    sightings.forget("10003")
    assert sightings.first_seen("10001", "TEST1", NOW + 5) == NOW + 5
    assert sightings.first_seen("10002", "TEST1", NOW + 5) == NOW


@pytest.mark.parametrize("code", ["", "7", "a code with spaces, ü and #", "x" * 10_000])
def test_any_code(sightings: Sightings, code: str) -> None:
    """A code is whatever the settings hold."""
    assert [sightings.first_seen("10001", code, NOW + later) for later in (0, 1)] == [NOW, NOW]


def test_without_an_answer(silent: Sightings) -> None:
    """Nobody knows then, and nothing is raised."""
    assert silent.first_seen("10001", "TEST1", NOW) is None
    silent.forget("10001")
