"""The breakers in memory."""

from collections.abc import Collection

from sluice.delivery.breaker import CLOSED, Breaker
from sluice.errors import Unavailable


class FakeBreakers:
    """``kept`` by dataset. ``down``: does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, Breaker] = {}
        self.down = False
        self.writes = 0

    def read(self, datasets: Collection[str]) -> dict[str, Breaker]:
        """Those that were written."""
        if self.down:
            raise Unavailable("delivery_table_unavailable")
        return {name: self.kept[name] for name in datasets if name in self.kept}

    def opened(self) -> dict[str, Breaker]:
        """Those that are not closed."""
        return {name: breaker for name, breaker in self.read(self.kept).items() if breaker.state != "closed"}

    def write(self, dataset: str, breaker: Breaker) -> None:
        """Keep it, unless another one changed its state since."""
        if not self.down and self.kept.get(dataset, CLOSED).since <= breaker.since:
            self.kept[dataset] = breaker
            self.writes += 1

    def close(self, dataset: str) -> None:
        """Forget it, unless it is open."""
        if not self.down and self.kept.get(dataset, CLOSED).state != "open":
            self.kept.pop(dataset, None)
