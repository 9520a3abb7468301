"""Files that hold what is known of people: the owner's alone, and whole or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cli.problems import Problem


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file of mode 0600 that appears at ``path`` when the block has ended well; else nothing of it is left.

    Raises Problem when there is one already, unless ``replace``, and when the folder or the disk does not take it.
    """
    if path.exists() and not replace:
        raise Problem("Nothing was written: the file is there already. Name another, or replace it with --force.")
    beside: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=".sluice-", dir=path.parent)  # mode 0600
        beside = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise Problem(f"Nothing was written: the file cannot be made ({error.strerror}).") from None
    finally:
        if beside:
            beside.unlink(missing_ok=True)
