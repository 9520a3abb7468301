"""``make chaos``: bad days of Meta's, simulated in the size of the promises, with figures for docs/reliability.md.

The rooms' stories are real, the world is the one of ``tests/simulation``: a virtual clock, model queues. The seed is
fixed, so that every run gives the same figures. Writes nothing; with ``--write`` the table in the document.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.simulation.books import Balance
from tests.simulation.scenarios import Crowd, DeadToken, Outage, Poisoned, Told, crowd, dead_token, outage, poisoned

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
BEGIN: Final = "<!-- figures of make chaos -->"
END: Final = "<!-- end of the figures -->"
EVENTS: Final = 100_000
_TOKEN_EVENTS: Final = 50_000
_STUCK: Final = 50_000
Row = tuple[str, str, str]


def main() -> None:
    """Simulate, print, and write when asked to."""
    with Progress() as progress:
        rows = [*_figures(progress)]
    table = Table("day", "figure", "value")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(with_figures(DOCUMENT.read_text(), rows))


def with_figures(text: str, rows: list[Row]) -> str:
    """The document with another table between its markers."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    lines = ["| day | figure | value |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([head + BEGIN, "", *lines, "", END + tail])


def _figures(progress: Progress) -> Iterator[Row]:
    """Every row of the table, day by day."""

    def told(what: str, total: int) -> Told:
        task = progress.add_task(what, total=total)
        return lambda done: progress.update(task, completed=done)

    day = "24 h without Meta, resets before it took the events"
    yield from _of_outage(day, outage(EVENTS, tell=told(day, EVENTS)))
    day = "the same, half of the resets after it took them"
    yield from _of_outage(day, outage(EVENTS, takes_before_reset=0.5, tell=told(day, EVENTS)))
    day = "48 h with a dead token"
    yield from _of_token(day, dead_token(_TOKEN_EVENTS, tell=told(day, _TOKEN_EVENTS)))
    for bad in (1, 50):
        for named in (True, False):
            day = f"{bad} bad of 1000 in a request, {'' if named else 'not '}named by Meta"
            yield from _of_poison(day, poisoned(bad, named=named))
    day = f"{_STUCK:,} events of one dataset for which Meta hangs, beside a healthy one"
    yield from _of_crowd(day, crowd(_STUCK, "hangs", tell=told(day, _STUCK)))
    day = f"{_STUCK:,} events of one dataset whose limit is reached, beside a healthy one"
    yield from _of_crowd(day, crowd(_STUCK, "slows", tell=told(day, _STUCK)))


def _of_balance(day: str, found: Balance) -> Iterator[Row]:
    yield day, "accepted", f"{found.accepted:,}"
    yield "", "delivered", f"{found.delivered:,}"
    dead = ", ".join(f"{count:,} `{slug}`" for slug, count in sorted(found.dead.items()))
    yield "", "dead letters", dead or "0"
    yield "", "lost", f"{len(found.lost):,}"
    yield "", "still waiting", f"{found.waiting:,}"


def _of_outage(day: str, found: Outage) -> Iterator[Row]:
    again = found.balance.again
    yield from _of_balance(day, found.balance)
    yield "", "sent again under the same id: the sender died after Meta took it", f"{again['sender_died']:,}"
    yield "", "sent again under the same id: Meta's answer was lost", f"{again['answer_lost']:,}"
    yield "", "delivered twice for any other reason", f"{again['other']:,}"
    yield "", "sent again more than 48 h later, so counted twice", f"{found.balance.counted_twice:,}"
    yield "", "functions stopped in the middle", f"{found.deaths:,}"
    yield "", "requests to Meta, and probes", f"{found.requests:,}, {found.probes:,}"
    yield "", "most messages waiting", f"{found.peak:,}"
    yield "", "all that was accepted before its end was done", f"{_time(found.drained_after)} after it"


def _of_token(day: str, found: DeadToken) -> Iterator[Row]:
    yield from _of_balance(day, found.balance)
    yield "", "requests with events while it was known to be dead", f"{found.while_dead:,}"
    yield "", "probes", f"{found.probes:,}"
    yield "", "all delivered", f"{_time(found.delivered_after)} after the new token"


def _of_poison(day: str, found: Poisoned) -> Iterator[Row]:
    balance = found.balance
    yield day, "delivered, dead letters", f"{balance.delivered:,}, {balance.dead.total():,}"
    yield "", "requests, and the time they took", f"{found.requests:,}, {_time(found.seconds)}"


def _of_crowd(day: str, found: Crowd) -> Iterator[Row]:
    yield (
        day,
        "longest wait of the healthy one's events",
        f"{found.beside:.1f} s (without the others {found.alone:.1f} s)",
    )


def _time(seconds: float) -> str:
    """Seconds, or minutes where that reads better."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    main()
