"""What the sender function works with."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.consent.ports import ConsentStore
from sluice.delivery.ports import Breakers, Deliveries, Graph, Queues, Sightings
from sluice.settings import SettingsReader
from sluice.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Sender:
    """What the sender function works with.

    ``clock`` gives Unix seconds, ``chance`` a random number in [0, 1), ``owner`` a new id for each batch.
    """

    settings: SettingsReader
    graph: Graph
    deliveries: Deliveries
    breakers: Breakers
    sightings: Sightings
    consent: ConsentStore
    queues: Queues
    telemetry: Telemetry
    clock: Callable[[], int]
    chance: Callable[[], float]
    owner: Callable[[], str]
