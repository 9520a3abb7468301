"""The options of the commands that look into the queues, each declared once."""

from typing import Annotated

import typer

_WHICH = "Which letters (whatever is given must fit)"
LetterId = Annotated[
    str,
    typer.Argument(metavar="LETTER", help="Its id, or the first eight characters, from the list.", show_default=False),
]
LetterIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="LETTER", help="Ids, or their first eight characters, from the list.", show_default=False),
]
LetterDatasets = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset",
        metavar="ID",
        help="Of this dataset, once or several times.",
        rich_help_panel=_WHICH,
    ),
]
LetterSlugs = Annotated[
    list[str] | None,
    typer.Option(
        "--slug", metavar="SLUG", help="Given up for this reason, once or several times.", rich_help_panel=_WHICH
    ),
]
LetterEventNames = Annotated[
    list[str] | None,
    typer.Option(
        "--event-name",
        metavar="NAME",
        help="With an event of this name, once or several times.",
        rich_help_panel=_WHICH,
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Given up longer ago than that: 90s, 30m, 12h, 7d.", rich_help_panel=_WHICH),
]
NewerThan = Annotated[
    str | None, typer.Option(metavar="TIME", help="Given up since that long ago.", rich_help_panel=_WHICH)
]
MoveUnasked = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
MoveNothing = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
EventsPerSecond = Annotated[
    int,
    typer.Option("--rate", metavar="NUMBER", min=1, max=1_000, help="Redrive at most so many letters a second."),
]

TracedId = Annotated[
    str,
    typer.Argument(metavar="ID", help="The event's event_id, or the id of its order in the shop.", show_default=False),
]
