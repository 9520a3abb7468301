"""`sluice`: the operator's command line."""

from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from cli import audit, consent, dead, privacy, settings
from cli.check import check
from cli.problems import Problem, explain
from cli.proof import proof
from cli.screen import err
from cli.trace import trace
from sluice.errors import BadSettings


class Sentences(TyperGroup):
    """Ends a command that failed with one sentence and exit status 1, where Python would show a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps this type to itself
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Problem as problem:
            sentence = str(problem)
        except BadSettings as error:
            sentence = f"The settings are not valid. {error.at}"
        except (BotoCoreError, ClientError) as error:
            sentence = explain(error)
        err.print(f"Error: {sentence}")
        raise typer.Exit(1)


app = typer.Typer(
    cls=Sentences,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals hold secrets
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(check)
app.command()(proof)
app.command()(trace)
app.add_typer(settings.app, name="settings")
app.add_typer(consent.app, name="consent")
app.add_typer(audit.app, name="audit")
app.add_typer(privacy.app, name="privacy")
app.add_typer(dead.app, name="dead")


@app.callback()
def sluice() -> None:
    """Operate a Sluice gateway: a consent-first way to Meta's Conversions API in your own AWS account."""
