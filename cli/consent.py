"""`sluice consent`: what consent signals say, what they would decide, and tokens that carry a decision."""

import sys
import textwrap
import time
from collections.abc import Iterator
from typing import IO, Final

import msgspec
import typer
from rich.text import Text

from cli import options
from cli.consent_decode import KINDS, decoded
from cli.consent_explain import as_json, decision_of
from cli.consent_question import WrongQuestion, read_question
from cli.consent_stack import export, show, withdraw
from cli.consent_token import secret, token
from cli.problems import Problem
from cli.screen import out
from sluice.consent.decide import Decision
from sluice.consent.reasons import meaning

_UTF8_MARK: Final = "\ufeff".encode()

app = typer.Typer(
    no_args_is_help=True,
    help="Say what would be decided and why, read consent strings, make tokens, answer for one person.",
)


@app.command()
def explain(file: options.Questions = None, *, as_json_lines: options.AsJsonDecisions = False) -> None:
    """Say what would be decided about an event's consent, and why. Needs no AWS and sends nothing.

    Each line of the input is a JSON object with whatever is known; every key may be left out:

    - `consent`: the signals, as a server puts them beside an event (`token`, `tcf`, `ac`, `gpp`, `usp`, `gcs`, `gcd`,
      `cookies`, `shopify`, `granted` with `at`, `region`, `text_version`)
    - `headers`: of the browser's request; `Sec-GPC`, `Cookie` and CloudFront's viewer country and region are read
    - `policy`: the dataset's `consent` settings; without it nothing is allowed
    - `country`, `state`: where the person is (`US`, `CA`); what contradicts it, or cannot be
      read, makes the place unknown
    - `dataset`, `consent_keys`: the dataset's id and its keys by id, to check a token with
    - `at`, `event_time`: the moments of decision and event, Unix seconds or ISO 8601 with a zone; now without them.
      `consent.at` is a whole number of Unix seconds, as the gateway takes it
    - `user_data`: the event's match keys. Without it nothing asks whether the person can be named lastingly. A token
      is compared with the person only with `subject_secret` too (`sluice consent secret`)
    - `public_ip`: whether the browser's public address goes along; without it what `user_data` says, else yes
    - `notes`: the order's `_capi_consent` attributes
    - `ledger`: what the consent ledger would hold (`granted_at`, `refused_at`, `expires_at`, `text_version`);
      without it an event that needs a grant there has none

    A denial is an answer. A line that cannot be read gets `{"error", "message"}`; then the exit status is 1.
    docs/behaviour.md explains every reason.

    Example: `sluice consent explain events/consent.jsonl`

    Example: `echo '{"policy": {}, "consent": {"granted": true}}' | sluice consent explain --json`
    """
    is_readable = sys.stdout.isatty() and not as_json_lines
    failed = False
    for number, line in enumerate(_lines(file or sys.stdin.buffer), 1):
        text = line.removeprefix(_UTF8_MARK)
        if text.strip():
            failed |= not _answer(text, number, is_readable=is_readable)
    if failed:
        raise typer.Exit(1)


@app.command()
def decode(kind: options.ConsentKind) -> None:
    """Say what consent strings mean, field by field. Each line of standard input is one string, as it was found.

    The answer to each is one JSON object a line: the fields by the standard's or the tool's own names, or
    `{"error": code}` for a string that cannot be read; then the exit status is 1. A consent tool's name reads the
    value of its main cookie. Such strings are about a person: keep the answers off logs.

    Example: `echo 1YNN | sluice consent decode --kind usp`

    Example: `sluice consent decode --kind tcf < tc-strings.txt`
    """
    if kind not in KINDS:
        raise typer.BadParameter(f"Choose one of {', '.join(KINDS)}.", param_hint="--kind")
    failed = False
    for line in _lines(sys.stdin.buffer):
        found = decoded(kind, line)
        failed |= found.is_error
        typer.echo(found.json)
    if failed:
        raise typer.Exit(1)


app.command()(token)
app.command()(secret)
app.command()(show)
app.command()(withdraw)
app.command()(export)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Each line as soon as it is there. Raises Problem when the input cannot be read."""
    try:
        yield from file
    except OSError as error:
        raise Problem(f"The input cannot be read: {error.strerror}.") from None


def _answer(text: bytes, number: int, *, is_readable: bool) -> bool:
    """Print the answer to one line; whether there is one."""
    try:
        decision = decision_of(read_question(text), int(time.time()))
    except WrongQuestion as wrong:
        shown = Text(f"Line {number}: {wrong.slug}, {wrong}\n")
        written = msgspec.json.encode({"error": wrong.slug, "message": str(wrong)})
        is_answered = False
    else:
        shown, written, is_answered = _readable(number, decision), as_json(decision), True
    if is_readable:
        out.print(shown)
    else:
        typer.echo(written)
    return is_answered


def _readable(number: int, decision: Decision) -> Text:
    """A decision for people: the outcome, the sentence of its reason, and what is kept as proof."""
    outcome = ("allowed", "bold green") if decision.allow else ("denied", "bold yellow")
    passage = Text.assemble(f"Line {number}: ", outcome, f"  {decision.reason}\n")
    passage.append(textwrap.indent(textwrap.fill(meaning(decision.reason), 76), "  ") + "\n")
    if decision.ldu:
        passage.append(f"  Limited Data Use: country {decision.ldu.country}, state {decision.ldu.state}\n")
    kept = {"Signal": decision.basis, "Policy version": decision.policy_version, "SHA-256": decision.evidence}
    passage.append("".join(f"  {name}: {value}\n" for name, value in kept.items() if value))
    return passage
