"""What the runtime itself needs to start: a handler that imports nothing."""


def handler(_event: object, _context: object) -> None:
    """Do nothing."""
