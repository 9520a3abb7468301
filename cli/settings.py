"""`sluice settings`: write the settings of a gateway, change them, check them, look at them."""

import json
import sys
from collections.abc import Iterable

import typer
from rich.table import Column, Table

from cli import options
from cli.dialogue import Given, ask
from cli.documents import changes, checked, indented, masked
from cli.editing import edit_until_valid
from cli.problems import Problem
from cli.screen import out
from cli.shops import with_answers
from cli.stack import Stack, Stored, choose
from sluice.errors import BadSettings
from sluice.settings import SettingsDocument, weaknesses

_EMPTY = "The stack has no settings yet, so its gateway answers 503 to everyone. Run `sluice settings init`."

app = typer.Typer(
    no_args_is_help=True, help="Write, change, check and show the settings: datasets, sources and their secrets."
)


@app.command()
def init(  # noqa: PLR0913 - each option of a command is a parameter
    *,
    shop_domain: options.ShopDomain = None,
    dataset: options.DatasetId = None,
    name: options.DatasetName = None,
    country: options.Country = None,
    pixel: options.Pixel = None,
    purchase_topic: options.PurchaseTopic = None,
    source: options.SourceName = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Connect a dataset and its shop: ask a few questions, write the settings, say which addresses to use.

    Run it after `make deploy`, and again for each further one: it adds to the settings and replaces nothing.
    It knows Shopify; with an empty shop domain it makes the dataset, and `sluice settings edit` adds other systems.
    Secrets are asked for without showing them, or read from SLUICE_TOKEN and SLUICE_WEBHOOK_SECRET.

    Example: `sluice settings init --shop-domain example-outdoor.myshopify.com --dataset 1234567890123456`
    """
    gateway = choose(stack, region, profile, local=local)
    stored = gateway.read()
    existing = _existing(stored.text)
    given = Given(shop_domain, dataset, name, country, pixel, purchase_topic, source, suggested=yes)
    answers = ask(given, existing, f"{gateway.ingest_url}/webhooks/")
    text = with_answers(stored.text, answers)
    out.print("These are the settings, with every secret masked:")
    out.print_json(data=masked(checked(text)), ensure_ascii=False)
    if dry_run:
        out.print("Nothing was written (--dry-run).")
        return
    _write(gateway, text, stored, yes=yes)
    _print_addresses(gateway, [answers.shop.source] if answers.shop else [], [answers.dataset])
    if not answers.shop:
        out.print("Add what sends to it with `sluice settings edit`; docs/sources has a page for each system.")


@app.command()
def edit(
    *,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Change the settings in your editor; only a valid document is written, after showing what changes.

    Opens $VISUAL or $EDITOR. The file holds the real secrets; it is yours alone and removed afterwards.

    Example: `EDITOR=nano sluice settings edit`
    """
    gateway = choose(stack, region, profile, local=local)
    stored = gateway.read()
    if not stored.text:
        raise Problem(_EMPTY)
    try:
        before = checked(stored.text)
    except BadSettings as error:
        before = None
        out.print(f"The stored settings are not valid. {error.at}")
    edited = edit_until_valid(indented(stored.text))
    lines = changes(before, edited[1]) if edited else []
    if not (edited and lines):
        out.print("Nothing changed, nothing was written.")
        return
    out.print("\n".join(lines))
    _write(gateway, edited[0], stored, yes=False)


@app.command()
def check(
    file: options.File = None,
    *,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Say whether settings are valid, and what is weak about them. The exit status is 1 when they are not valid.

    Example: `sluice settings check`, or `sluice settings check settings.json` for a file
    """
    text = file.read() if file else choose(stack, region, profile, local=local).read().text
    if not file and not text:
        raise Problem(_EMPTY)
    document = checked(text)
    _print_tables(document)
    for weakness in weaknesses(document):
        out.print(f"Warning: {weakness}")
    out.print("The settings are valid.")


@app.command()
def show(  # noqa: PLR0913 - as for init
    *,
    reveal: options.Reveal = False,
    as_json: options.AsJson = False,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Show the settings and where senders send, with every secret masked.

    Example: `sluice settings show`, or `sluice settings show --reveal` for the real document with its server keys
    """
    gateway = choose(stack, region, profile, local=local)
    text = gateway.read().text
    if not text:
        raise Problem(_EMPTY)
    if reveal:
        if sys.stdout.isatty() and not typer.confirm("Show every secret on this screen?", err=True):
            raise Problem("Nothing was shown.")
        typer.echo(text.rstrip("\n"))
        return
    document = checked(text)
    if as_json:
        typer.echo(json.dumps(masked(document), indent=2, ensure_ascii=False))
        return
    out.print_json(data=masked(document), ensure_ascii=False)
    _print_addresses(gateway, document.sources, document.datasets)


def _existing(text: str) -> SettingsDocument | None:
    """The document to add to; None when there is none. Raises Problem for one that is not valid."""
    if not text:
        return None
    try:
        document = checked(text)
    except BadSettings as error:
        raise Problem(
            f"The stored settings are not valid. {error.at} Mend them first: `sluice settings edit`"
        ) from None
    out.print("The stack has settings already. What is new is added to them; nothing there is changed.")
    return document


def _write(gateway: Stack, text: str, stored: Stored, *, yes: bool) -> None:
    """Write what the operator has seen, once they agree, and say when it takes effect."""
    if not (yes or typer.confirm(f"Write this to the stack {gateway.name}?", default=True)):
        raise Problem("Nothing was written.")
    gateway.write(text, over=stored)
    out.print("Written. Running functions keep what they have read for up to five minutes.")
    if gateway.overwritten_by:
        out.print(f"The next `make up` puts {gateway.overwritten_by} back; change that file to keep what you wrote.")


def _print_addresses(gateway: Stack, sources: Iterable[str], datasets: Iterable[str]) -> None:
    """Where shops and servers send, and what they need for it."""
    for slug in sources:
        out.print(f"Webhook address of {slug}:  {gateway.ingest_url}/webhooks/{slug}")
    for dataset_id in datasets:
        out.print(f"Conversions API of {dataset_id}:  {gateway.ingest_url}/v26.0/{dataset_id}/events")
    out.print("Servers send a server key of the dataset in place of Meta's token: `sluice settings show --reveal`")
    if gateway.domain_target:
        out.print(f"Your own domain must point (CNAME) to {gateway.domain_target}")


def _print_tables(document: SettingsDocument) -> None:
    """Datasets and sources, a row each."""
    datasets = Table(Column("Dataset", no_wrap=True), "Name", "Country", "Server keys", "Test code", title="Datasets")
    for dataset_id, dataset in document.datasets.items():
        keys = str(len(dataset.server_keys))
        datasets.add_row(dataset_id, dataset.name, dataset.default_country or "-", keys, dataset.test_event_code or "-")
    sources = Table(Column("Source", no_wrap=True), "Kind", Column("Dataset", no_wrap=True), "Secrets", title="Sources")
    for slug, source in document.sources.items():
        sources.add_row(slug, source.kind, source.dataset, str(len(source.secrets)))
    out.print(datasets, soft_wrap=False)
    out.print(sources, soft_wrap=False)
