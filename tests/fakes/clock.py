"""A clock that stands still until a test moves it."""

from dataclasses import dataclass

from tests.samples import NOW


@dataclass
class Clock:
    """Unix seconds, set by hand."""

    now: int = NOW

    def __call__(self) -> int:
        """The time it was set to."""
        return self.now
