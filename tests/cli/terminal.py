"""`sluice` at a real terminal: a pseudo-terminal that shows what a person would see."""

import os
import pty
import subprocess
import sys
from typing import Self

from tests.samples import ROOT


class Terminal:
    """Runs a command of a group; ``shown`` is all that was on the screen so far, what was typed included."""

    def __init__(self, *arguments: str, group: str = "settings") -> None:
        self.shown = ""
        self._screen, program_side = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from cli.main import app; app()", group, *arguments],
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'sluice'}", "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(program_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    def answer(self, question: str, text: str) -> None:
        """Wait until the screen ends with ``question``, then type ``text``."""
        while not self.shown.endswith(question):
            assert self._read(), self.shown
        os.write(self._screen, f"{text}\n".encode())

    def status(self) -> int:
        """Read to the end; the exit status."""
        while self._read():
            pass
        return self._process.wait(timeout=20)

    def _read(self) -> bool:
        """Read what is there, waiting for the first of it; False at the end."""
        try:
            received = os.read(self._screen, 4096)
        except OSError:  # Linux's way to say that the program has closed its side
            return False
        self.shown += received.decode()
        return bool(received)
