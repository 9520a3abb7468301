"""What the steward function works with."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.delivery.ports import Breakers, Graph, Hold, Sightings
from sluice.privacy import PrivacyRequests
from sluice.settings import SettingsReader
from sluice.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Steward:
    """What the steward function works with. ``graph_version``: the one that ``graph`` asks. ``clock``: Unix seconds."""

    settings: SettingsReader
    graph: Graph
    graph_version: str
    breakers: Breakers
    sightings: Sightings
    hold: Hold
    privacy: PrivacyRequests
    telemetry: Telemetry
    clock: Callable[[], int]
