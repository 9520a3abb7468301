"""Meta's rules for one event, so that no event of ours makes Meta refuse the 999 others of its request.

``reading`` takes an event in and ``fields`` names all that is wrong with its shape; ``content`` and ``messaging`` judge
what it says; ``advice`` is what could be better; ``meanings`` explains every slug. Pure: values in, problems out.
Sources: Meta's "server event parameters", "custom data parameters", "business messaging" and "best practices" pages,
and the error subcodes (2804xxx) that the Conversions API answers with.
"""

from sluice.rules.advice import warnings
from sluice.rules.content import MAX_AHEAD_SECONDS, clamp_event_time, problems
from sluice.rules.currencies import CURRENCIES
from sluice.rules.meanings import MAX_NAMED, MEANINGS, WARNINGS, EventWarning, Explanation, Problem
from sluice.rules.reading import Reading, read_event

__all__ = [
    "CURRENCIES",
    "MAX_AHEAD_SECONDS",
    "MAX_NAMED",
    "MEANINGS",
    "WARNINGS",
    "EventWarning",
    "Explanation",
    "Problem",
    "Reading",
    "clamp_event_time",
    "problems",
    "read_event",
    "warnings",
]
