"""``python -m local up|down|run``: called by the Makefile, which installs what it needs first."""

import argparse
import signal
import sys
import time
from typing import Any

from rich.console import Console

from local import demo, stack
from sluice.errors import BadSettings


def main() -> int:
    """Run one verb; the exit status."""
    parser = argparse.ArgumentParser(prog="local", description=__doc__)
    parser.add_argument("verb", choices=["up", "down", "run"])
    verb = parser.parse_args().verb
    console = Console(highlight=False)
    try:
        if verb == "down":
            stack.down(console.print)
        else:
            _up_or_run(console, stay=verb == "run")
    except stack.UpError as error:
        console.print(f"[red]Not up:[/] {error}", soft_wrap=True)
        return 1
    except BadSettings as error:
        console.print(f"[red]Not up:[/] the settings are invalid at {error.at}", soft_wrap=True)
        return 1
    return 0


def _up_or_run(console: Console, *, stay: bool) -> None:
    """Bring the stack up; with ``stay`` send the samples and hold it until interrupted."""
    was_up = stack.is_up()
    for wanted in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs with SIGINT ignored
        signal.signal(wanted, signal.default_int_handler)
    try:
        values = _up(console)
        if stay:
            _show(console, values)
    except KeyboardInterrupt:
        console.print()
    else:
        return
    if not was_up:
        for again in (signal.SIGINT, signal.SIGTERM):
            signal.signal(again, signal.SIG_IGN)  # a second Ctrl-C must not leave half a stack running
        stack.down(console.print)


def _up(console: Console) -> dict[str, Any]:
    """Bring the stack up with its progress shown; the values of ``.local/stack.json``."""
    started = time.monotonic()
    with console.status("Looking at what is there") as status:

        def say(step: str) -> None:
            console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {step}")
            status.update(step)

        values = stack.up(say)
    console.print(
        f"Up after {time.monotonic() - started:.1f} s. Events arrive at {values['ingest_url']}", soft_wrap=True
    )
    console.print(f"Everything else is in {stack.STACK_FILE.relative_to(stack.ROOT)}; `make down` stops it.")
    return values


def _show(console: Console, values: dict[str, Any]) -> None:
    """Send the samples, show what became of them, and wait to be interrupted."""
    with console.status("Sending the samples"):
        table = demo.send_samples(values)
    console.print(table)
    if values["events_page_url"]:
        console.print(f"Events page: [bold]{values['events_page_url']}[/]  (Ctrl-C stops the stack)")
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
