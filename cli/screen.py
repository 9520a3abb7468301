"""The operator's terminal: text as it is, never read as markup, never broken inside an address or a command."""

from typing import Final

from rich.console import Console

out: Final = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
"""What was asked for."""
err: Final = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, stderr=True)
"""Why it could not be had."""
