"""The operator's terminal: text as it is, never read as markup, never broken inside an address or a command."""

import json
from typing import Final

from rich.console import Console

out: Final = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
"""What was asked for."""
err: Final = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, stderr=True)
"""Why it could not be had."""


def printable(text: str) -> str:
    """The text as no terminal mistakes it for a command, in the characters that the output has."""
    seen = "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)
    return seen.encode(out.encoding, "backslashreplace").decode(out.encoding)
