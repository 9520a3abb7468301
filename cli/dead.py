"""`sluice dead`: the events that were given up: see why, send them again, or let them go."""

import json

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from cli import options, queue_options
from cli.dead_letters import check_id, chosen, counted, look_through, reading_of, table_of, tell_unread
from cli.dead_moves import drop, redrive
from cli.letters import Filter, Letter, as_json, meaning
from cli.problems import Problem
from cli.screen import out, printable
from cli.stack import choose

app = typer.Typer(no_args_is_help=True, help="See which events were given up and why; redrive or drop them.")
app.command()(redrive)
app.command()(drop)


@app.command("list")
def list_letters(  # noqa: PLR0913 - each option of a command is a parameter
    *,
    dataset: queue_options.LetterDatasets = None,
    slug: queue_options.LetterSlugs = None,
    event_name: queue_options.LetterEventNames = None,
    older_than: queue_options.OlderThan = None,
    newer_than: queue_options.NewerThan = None,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """List the dead letters, those given up first before others.

    To look is to take each message and to give it back, so two such commands at once see a part each; what is missing
    is said. Nothing of a person is shown.

    Example: `sluice dead list`

    Example: `sluice dead list --slug expired --newer-than 1d --json`
    """
    which = chosen(None, dataset, slug, event_name, older_than, newer_than)
    gateway = choose(stack, region, profile, local=local)
    with reading_of(gateway) as reading:
        letters = look_through(reading, which)
    tell_unread(reading)
    if as_json_document:
        document = {"letters": [as_json(letter) for letter in letters], "about_unread": reading.unread}
        typer.echo(json.dumps(document, indent=2))
        return
    if not letters:
        out.print("There are no dead letters that fit.")
        return
    out.print(table_of(letters), soft_wrap=False)
    out.print(
        f"{len(letters)}: {counted(letter.slug for letter in letters)}. More about one: `sluice dead show` with it."
    )


@app.command()
def show(  # noqa: PLR0913 - each option of a command is a parameter
    letter_id: queue_options.LetterId,
    *,
    as_json_document: options.AsJsonDocument = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Show one dead letter: which event, why it was given up, what to do.

    Example: `sluice dead show 0f2b6a91`
    """
    check_id(letter_id)
    gateway = choose(stack, region, profile, local=local)
    with reading_of(gateway) as reading:
        found = look_through(reading, Filter(ids=(letter_id,)))
    if not found:
        tell_unread(reading)
        raise Problem("There is no such dead letter (any more). `sluice dead list` shows those that there are.")
    if as_json_document:
        typer.echo(json.dumps({**as_json(found[0]), "meaning": meaning(found[0])}, indent=2))
        return
    out.print(_facts(found[0]), soft_wrap=False)


def _facts(letter: Letter) -> Table:
    """One letter, a row a fact."""
    shown = as_json(letter)
    table = Table("", Column(overflow="fold"), title=f"Dead letter {letter.id}", title_justify="left", box=SIMPLE)
    table.show_header = False
    attempts = shown.get("attempts", "an unknown number of")
    table.add_row("Given up", f"{shown['given_up_at']}, after {attempts} attempt{'' if attempts == 1 else 's'}")
    codes = [f"{name} {shown[name]}" for name in ("code", "subcode") if name in shown]
    table.add_row("Reason", f"{' '.join([letter.slug, *codes])}\n{meaning(letter)}")
    table.add_row("Meta's fbtrace_id", str(shown.get("fbtrace_id", "-")))
    if letter.envelope:
        table.add_row("Dataset", f"{shown['dataset']}, from {shown['source']} on {shown['accepted_at']}")
    for event in shown.get("events", ()):
        table.add_row("Event", printable(f"{event['event_name']}, event_id {event['event_id'] or '-'}"))
        table.add_row("", f"{event['event_time']}; Meta takes it until {event['meta_takes_it_until']}")
        table.add_row("", f"Decision {event['reason']} on {event['decided_at']}")
        table.add_row("", f"Delivery key {event['delivery_key']}")
    table.add_row("Size", f"{shown['bytes']} bytes")
    table.add_row("Kept until", shown["kept_until"])
    return table
