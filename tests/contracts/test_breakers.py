"""What the breakers promise, the fake and DynamoDB alike."""

import pytest

from sluice.delivery.breaker import Breaker
from sluice.delivery.ports import Breakers
from sluice.errors import Unavailable
from sluice.outside.breakers import BreakerTable
from tests.emulator import dynamodb, new_delivery_table
from tests.fakes.breakers import FakeBreakers
from tests.fakes.hostile import Connection, answer, serving
from tests.samples import NOW

OPEN = Breaker("open", "meta_refuses_token", NOW)
DRAINING = Breaker("draining", "", NOW)
FAILING = Breaker(failures=2, paused_until=NOW + 60)


@pytest.fixture(params=["fake", "dynamodb"])
def breakers(request: pytest.FixtureRequest) -> Breakers:
    """Breakers of either kind; none is known yet."""
    if request.param == "fake":
        return FakeBreakers()
    return BreakerTable(*new_delivery_table(request.getfixturevalue("aws")("dynamodb")))


@pytest.fixture(params=["fake", "dynamodb"])
def silent(request: pytest.FixtureRequest) -> Breakers:
    """Breakers of either kind that do not answer."""
    if request.param == "fake":
        fake = FakeBreakers()
        fake.down = True
        return fake
    client = request.getfixturevalue("silent_aws")("dynamodb")
    return BreakerTable(dynamodb(client.meta.endpoint_url), "breakers")


@pytest.mark.parametrize("breaker", [OPEN, DRAINING, FAILING])
def test_what_is_written_is_read(breakers: Breakers, breaker: Breaker) -> None:
    """Each field comes back, and only of the datasets that were asked for."""
    breakers.write("10001", breaker)
    breakers.write("10002", OPEN)
    assert breakers.read(["10001", "10003", "10001"]) == {"10001": breaker}


def test_nothing_is_known_at_first(breakers: Breakers) -> None:
    """A dataset that never failed has no breaker."""
    assert breakers.read(["10001"]) == {}
    assert breakers.read([]) == {}
    assert breakers.opened() == {}


def test_many_at_once(breakers: Breakers) -> None:
    """However many there are, all are read."""
    names = [str(10_000 + number) for number in range(150)]
    for name in names:
        breakers.write(name, FAILING)
    assert breakers.read(names) == dict.fromkeys(names, FAILING)


def test_the_steward_finds_what_is_not_closed(breakers: Breakers) -> None:
    """Open and draining ones are found without knowing their datasets; one that only counts failures is not."""
    for name, breaker in (("10001", OPEN), ("10002", DRAINING), ("10003", FAILING)):
        breakers.write(name, breaker)
    assert breakers.opened() == {"10001": OPEN, "10002": DRAINING}


@pytest.mark.parametrize("opened", [OPEN, DRAINING])
def test_a_count_of_failures_closes_nothing(breakers: Breakers, opened: Breaker) -> None:
    """A sender that read it closed, and writes late, does not close what was opened meanwhile."""
    breakers.write("10001", opened)
    breakers.write("10001", FAILING)
    assert breakers.read(["10001"]) == {"10001": opened}


def test_what_was_opened_meanwhile_does_not_drain(breakers: Breakers) -> None:
    """A sender that read it draining, and writes its count of failures late, lets nothing out."""
    opened = Breaker("open", "meta_refuses_token", NOW + 1)
    breakers.write("10001", opened)
    breakers.write("10001", Breaker("draining", "", NOW, failures=1))
    assert breakers.read(["10001"]) == {"10001": opened}
    breakers.write("10001", Breaker("draining", "", NOW + 60))
    assert breakers.read(["10001"]) == {"10001": Breaker("draining", "", NOW + 60)}


def test_what_was_opened_meanwhile_is_not_closed(breakers: Breakers) -> None:
    """The steward that closes a drained one may have read it a while ago."""
    breakers.write("10001", DRAINING)
    breakers.write("10001", OPEN)
    breakers.close("10001")
    assert breakers.opened() == {"10001": OPEN}


def test_what_cannot_be_named_is_not_opened() -> None:
    """An open one that the steward cannot find would stay open, so it is left to the next request to open it."""

    def script(connection: Connection) -> None:
        is_naming = b"DynamoDB_20120810.UpdateItem" in connection.request
        connection.sock.sendall(answer(b"{}", "500 Internal Server Error" if is_naming else "200 OK"))

    with serving(script) as server:
        BreakerTable(dynamodb(server.url), "breakers").write("10001", OPEN)
        assert not any(b"DynamoDB_20120810.PutItem" in request for request in server.requests)


def test_closed_for_good(breakers: Breakers) -> None:
    """A closed one is forgotten, and opens again like a new one."""
    breakers.write("10001", DRAINING)
    breakers.close("10001")
    assert (breakers.read(["10001"]), breakers.opened()) == ({}, {})
    breakers.write("10001", FAILING)
    breakers.write("10001", OPEN)
    assert breakers.opened() == {"10001": OPEN}


def test_without_an_answer(silent: Breakers) -> None:
    """Nobody takes no answer for closed; what cannot be written now is found out again by the next request."""
    for read in (lambda: silent.read(["10001"]), silent.opened):
        with pytest.raises(Unavailable, match="delivery_table_unavailable"):
            read()
    silent.write("10001", OPEN)
    silent.close("10001")
