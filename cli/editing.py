"""The operator's own editor, on a file that nobody else can read and that is gone afterwards."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import typer

from cli.documents import checked
from cli.problems import Problem
from cli.screen import out
from sluice.errors import BadSettings
from sluice.settings import SettingsDocument


def edit_until_valid(stored: str) -> tuple[str, SettingsDocument] | None:
    """The text that the operator made of ``stored`` and the document it holds; None when nothing was changed.

    Shows what is not valid and offers to go back to it. Raises Problem when the operator gives up.
    """
    text = stored
    while True:
        text = _in_editor(text)
        if text == stored:
            return None
        try:
            return text, checked(text)
        except BadSettings as error:
            out.print(f"This is not valid yet. {error.at}")
        if not typer.confirm("Edit again?", default=True):
            raise Problem("Nothing was written, and the edited text is discarded.")


def _in_editor(text: str) -> str:
    """What the editor leaves of ``text``. Raises Problem when there is no editor or it fails."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    # A folder of its own, mode 0700: what an editor puts beside the file, such as a backup, goes with it.
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        path = Path(folder) / "settings.json"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        try:
            status = subprocess.run([*shlex.split(editor), path], check=False).returncode  # noqa: S603 - the operator's choice
        except (OSError, ValueError):
            raise Problem("The editor did not start. Set EDITOR to one that is installed, such as nano.") from None
        if status:
            raise Problem(f"Nothing was written: the editor ended with status {status}.")
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise Problem("Nothing was written: the editor left no UTF-8 text. Save the file as UTF-8.") from None
