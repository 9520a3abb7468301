"""Bad days, at any size: the tests run them small, ``make chaos`` in the size of the promises."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Final, NamedTuple

from tests.samples import DATASET, NOW, OTHER_DATASET
from tests.simulation.books import Balance, balance
from tests.simulation.meta import Mood
from tests.simulation.world import World

HOUR: Final = 3_600
SEED: Final = 20_261_122
_LONGEST_DRAIN_SECONDS: Final = 48 * HOUR
Told = Callable[[int], None]
"""Is told how many events have been accepted so far."""


class Outage(NamedTuple):
    """``drained_after``: seconds from the end of the outage until all that was accepted before was done.

    ``peak``: most messages that waited. ``requests``: to Meta, with events; ``probes``: without.
    """

    balance: Balance
    drained_after: float
    peak: int
    requests: int
    probes: int
    deaths: int


class DeadToken(NamedTuple):
    """``while_dead``: requests with events, once it was known. ``delivered_after``: seconds from the new token on."""

    balance: Balance
    while_dead: int
    probes: int
    delivered_after: float


class Poisoned(NamedTuple):
    """``seconds``: until each event had its end."""

    balance: Balance
    requests: int
    seconds: float


class Crowd(NamedTuple):
    """Longest waits of the healthy dataset's events in seconds, without and beside the stuck dataset."""

    alone: float
    beside: float
    stuck: int


def purchase(event_id: str, at: float) -> dict[str, Any]:
    """A purchase that a server vouches for, made a minute ago."""
    return {
        "event_name": "Purchase",
        "event_time": int(at) - 60,
        "event_id": event_id,
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {"em": f"{event_id}@example.com", "client_user_agent": "Mozilla/5.0"},
        "custom_data": {"value": 12.5, "currency": "EUR"},
        "consent": {"granted": True, "at": int(at) - HOUR},
    }


def outage(events: int, *, takes_before_reset: float = 0.0, tell: Told = lambda _: None) -> Outage:
    """28 hours of events, one a request; from hour 1 to hour 25 Meta is away.

    At all times a tenth of the requests fails, a twentieth is reset (of these ``takes_before_reset`` only after Meta
    took the events), one event in a hundred is poison. SQS copies one message in a thousand; of 200
    invocations one dies somewhere, of 100 batches one is received in vain.
    """
    world = World(DATASET, seed=SEED)
    dice = Random(SEED)
    resets = 0.05
    bad: dict[Mood, float] = {
        "fails": 0.1,
        "resets": resets * (1 - takes_before_reset),
        "takes_and_resets": resets * takes_before_reset,
    }
    away: dict[Mood, float] = {"is_away": 0.4, "fails": 0.3, "hangs": 0.3}
    world.events.copied, world.events.disordered = 0.001, 0.1
    world.dies = lambda: dice.randrange(8) if dice.random() < 0.005 else None
    world.throttled = lambda: dice.random() < 0.01
    world.meta.chances = bad
    begins, ends = NOW + HOUR, NOW + 25 * HOUR
    changes = [(begins, away), (ends, bad)]
    for number in range(events):
        at = NOW + 28 * HOUR * number / events
        while changes and changes[0][0] <= at:
            world.run_until(changes[0][0])
            world.meta.chances = changes.pop(0)[1]
        world.run_until(at)
        event_id = f"order-{number}"
        if dice.random() < 0.01:
            world.meta.poison[event_id] = dice.random() < 0.5
        world.accept(purchase(event_id, at))
        tell(number + 1)
    world.run_until_quiet(_LONGEST_DRAIN_SECONDS)
    before = [event.event_id for event in world.accepted.values() if event.at <= ends]
    done = [at for event_id in before for at in _done_at(world, event_id)]
    requests, probes = world.meta.requests.total(), world.meta.probes.total()
    return Outage(balance(world), max(done) - ends, world.peak, requests, probes, world.deaths)


def dead_token(events: int, *, tell: Told = lambda _: None) -> DeadToken:
    """49 hours of events; after the first one Meta refuses the token, until at the end somebody stores a new one."""
    world = World(DATASET, seed=SEED)
    opened_at = 0
    for number in range(events):
        at = NOW + 49 * HOUR * number / events
        if at > NOW + HOUR and not world.meta.tokens:
            world.meta.tokens[DATASET] = "new-token"
        world.run_until(at)
        if not opened_at and world.gateway.sender.breakers.kept:
            opened_at = world.meta.requests.total()
        world.accept(purchase(f"order-{number}", at))
        tell(number + 1)
    world.run_until(NOW + 49 * HOUR)
    while_dead, probes = world.meta.requests.total() - opened_at, world.meta.probes.total()
    world.change_settings(DATASET, access_token="new-token")
    renewed_at = world.time
    world.run_until_quiet(_LONGEST_DRAIN_SECONDS)
    last = max(takes[0].at for takes in world.meta.taken.values())
    return DeadToken(balance(world), while_dead, probes, last - renewed_at)


def poisoned(bad: int, of: int = 1_000, *, named: bool = False) -> Poisoned:
    """One request with so many bad events, of which Meta does not say which they are unless ``named``."""
    world = World(DATASET, seed=SEED)
    events = [purchase(f"order-{number}", world.time) for number in range(of)]
    for number in Random(SEED).sample(range(of), bad):
        world.meta.poison[f"order-{number}"] = named
    world.accept(*events)
    world.run_until_quiet(_LONGEST_DRAIN_SECONDS)
    return Poisoned(balance(world), world.meta.requests.total(), max(_all_done(world)) - NOW)


def crowd(stuck: int, mood: Mood, *, tell: Told = lambda _: None) -> Crowd:
    """Half an hour, each ten seconds an event of a healthy dataset; beside it Meta is bad for ``stuck`` others."""
    return Crowd(_longest_wait(0, mood, tell), _longest_wait(stuck, mood, tell), stuck)


def _longest_wait(stuck: int, mood: Mood, tell: Told) -> float:
    world = World(DATASET, OTHER_DATASET, seed=SEED)
    world.meta.moods[DATASET] = mood
    for number in range(stuck):
        world.accept(purchase(f"stuck-{number}", world.time))
        tell(number + 1)
    for number in range(180):
        world.run_until(NOW + 10 * number)
        world.accept(purchase(f"healthy-{number}", world.time), dataset=OTHER_DATASET)
    world.run_until(NOW + HOUR)
    healthy = [event for event in world.accepted.values() if event.dataset == OTHER_DATASET]
    return max(world.meta.taken[event.event_id][0].at - event.at for event in healthy)


def _all_done(world: World) -> Iterable[float]:
    return (at for event in world.accepted.values() for at in _done_at(world, event.event_id))


def _done_at(world: World, event_id: str) -> list[float]:
    """When Meta took an event for the last time; nothing for one that it never took."""
    return [take.at for take in world.meta.taken.get(event_id, [])[-1:]]
