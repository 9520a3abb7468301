"""When test codes were first seen, in memory."""


class FakeSightings:
    """``kept`` by dataset and code. ``down``: does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, int]] = {}
        self.down = False
        self.asked = 0

    def first_seen(self, dataset: str, code: str, now_seconds: int) -> int | None:
        """Then, or now."""
        self.asked += 1
        return None if self.down else self.kept.setdefault(dataset, {}).setdefault(code, now_seconds)

    def forget(self, dataset: str) -> None:
        """Forget its codes."""
        if not self.down:
            self.kept.pop(dataset, None)
