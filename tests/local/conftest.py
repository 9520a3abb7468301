"""The whole stack: the real template on the embedded AWS, the Graph simulator, and samples through the doors."""

from collections.abc import Iterator

import pytest

from local import stack as local_stack
from tests.local.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running stack: the one of ``make up`` if there is one, else one that ends with the tests."""
    was_up = local_stack.is_up()
    values = local_stack.up(print)
    yield Stack(values)
    if not was_up:
        local_stack.down(print)
