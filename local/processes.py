"""Background programs of the local stack: start them detached, know them again, stop only them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

STOP_SECONDS: Final = 10


def is_running(pid_file: Path) -> bool:
    """Whether the program that ``start`` noted in the file still runs."""
    return _living(pid_file) is not None


def start(command: Sequence[str], pid_file: Path, environment: Mapping[str, str]) -> None:
    """Start a program that outlives this one; its output goes beside the pid file, ending in ``.log``."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with pid_file.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**clean_environment(), **environment},
            start_new_session=True,
        )
    pid_file.write_text(f"{process.pid} {psutil.Process(process.pid).create_time()}")


def clean_environment() -> dict[str, str]:
    """This program's environment without what points at a real AWS account or another emulator."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def stop(pid_file: Path) -> bool:
    """End the program and its children, politely first; whether there was one to end."""
    process = _living(pid_file)
    if process is None:
        pid_file.unlink(missing_ok=True)
        return False
    family = [process, *process.children(recursive=True)]
    process.terminate()
    psutil.wait_procs([process], timeout=STOP_SECONDS)
    _, alive = psutil.wait_procs(family, timeout=1)
    for survivor in alive:
        survivor.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    pid_file.unlink()  # last: a stop that was interrupted can be repeated
    return True


def _living(pid_file: Path) -> psutil.Process | None:
    """The noted process, if it is still the same one: a pid may have been given to another program meanwhile."""
    try:
        pid, created = pid_file.read_text().split()
        process = psutil.Process(int(pid))
        is_same = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return process if is_same and str(process.create_time()) == created else None
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
