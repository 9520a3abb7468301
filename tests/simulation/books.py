"""The books: what became of every accepted event, and whether each claim about it is true at Meta and in the queues."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from sluice.delivery.parcel import State
from sluice.envelope import decode
from tests.simulation.world import World

_DEDUPLICATED_SECONDS = 48 * 3_600
"""Meta drops a second event of the same id for so long."""


@dataclass
class Balance:
    """How many events were accepted, and where they are now. ``dead`` by reason.

    ``lost``: ids of those that are nowhere, or are not where their item says. ``again``: how often Meta took an event
    once more, by cause: its sender died, Meta's answer was lost, or anything else. ``counted_twice``: of those, the
    ones that came too late for Meta to drop.
    """

    accepted: int
    delivered: int = 0
    withdrawn: int = 0
    waiting: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)
    counted_twice: int = 0

    @property
    def is_even(self) -> bool:
        """Accepted is delivered, withdrawn, dead and waiting together, and nothing is lost."""
        return not self.lost and self.accepted == self.delivered + self.withdrawn + self.dead.total() + self.waiting


@lru_cache(maxsize=100_000)
def keys_in(body: str) -> tuple[str, ...]:
    """The delivery keys in a message."""
    return tuple(entry.key for entry in decode(body).entries)


def balance(world: World) -> Balance:
    """Look for every accepted event where its item says that it is: at Meta, among the dead letters, in a queue."""
    found = Balance(len(world.accepted))
    queued = {key for queue in (world.events, world.held) for body in queue.bodies() for key in keys_in(body)}
    letters = {keys_in(letter.body): str(letter.reasons["slug"]) for letter in world.queues.letters}
    for key, event in world.accepted.items():
        item = world.gateway.sender.deliveries.items.get(key)
        state = item.state if item else None
        if state is State.DELIVERED and event.event_id in world.meta.taken:
            found.delivered += 1
        elif state is State.WITHDRAWN:
            found.withdrawn += 1
        elif state is State.DEAD and (key,) in letters:
            found.dead[letters[key,]] += 1
        elif state in {State.CLAIMED, State.WAITING, None} and key in queued:
            found.waiting += 1
        else:
            found.lost.append(event.event_id)
    _look_for_seconds(world, found)
    return found


def _look_for_seconds(world: World, found: Balance) -> None:
    """Say why Meta took an event again: the answer to what it took before was never written down."""
    for takes in world.meta.taken.values():
        for take in takes[:-1]:
            cause = "sender_died" if take.run.died else "other" if take.heard else "answer_lost"
            found.again[cause] += 1
        found.counted_twice += takes[-1].at - takes[0].at > _DEDUPLICATED_SECONDS
