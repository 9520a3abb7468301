"""The questions of `sluice settings init`: about a dataset, and the shop at Shopify whose orders go to it, if any."""

import dataclasses
import os
import sys
from collections.abc import Callable, Collection
from typing import Final

import typer

from cli import answers
from cli.problems import Problem
from cli.screen import out
from sluice.settings import Secret, SettingsDocument

_PIXEL_TOPIC: Final = "orders/create"
_WHY_PIXEL_TOPIC: Final = (
    f"Then the Purchase is {_PIXEL_TOPIC}: the pixel reports an order at the checkout, and Meta sees pixel and webhook "
    "as one event for 48 hours only, while orders/paid may come days later. Let the pixel send the checkout token "
    "as eventID."
)


@dataclasses.dataclass(frozen=True)
class Given:
    """The answers that the options gave, None where none was given. ``suggested``: suggestions are good enough."""

    shop_domain: str | None
    dataset: str | None
    name: str | None
    country: str | None
    pixel: bool | None
    purchase_topic: str | None
    source: str | None
    suggested: bool


@dataclasses.dataclass(frozen=True)
class NewDataset:
    """What is known of a dataset that the settings do not have yet."""

    name: str
    access_token: Secret
    default_country: str | None


@dataclasses.dataclass(frozen=True)
class Shop:
    """What is known of a shop at Shopify. ``source``: its name in the settings."""

    domain: str
    pixel: bool
    purchase_topic: str
    source: str
    webhook_secret: Secret


@dataclasses.dataclass(frozen=True)
class Answers:
    """Every answer. ``new_dataset``: None when the settings have it already. ``shop``: None without one at Shopify."""

    dataset: str
    new_dataset: NewDataset | None
    shop: Shop | None


@dataclasses.dataclass(frozen=True)
class _Question:
    """``option``: what answers it without asking, an option or, for a secret, an environment variable."""

    text: str
    option: str
    rule: Callable[[str], str]
    is_secret: bool = False


_SHOP_DOMAIN: Final = _Question(
    "The shop's name at Shopify (….myshopify.com; empty for another system)", "--shop-domain", answers.shop_domain
)
_DATASET: Final = _Question("Dataset id at Meta (digits)", "--dataset", answers.dataset_id)
_NAME: Final = _Question("Name for the dataset, for you to read", "--name", answers.name)
_TOKEN: Final = _Question("Meta access token of the dataset (not shown)", "SLUICE_TOKEN", answers.token, is_secret=True)
_COUNTRY: Final = _Question(
    "Country of telephone numbers without a country code (DE, AT, ...; empty for none)", "--country", answers.country
)
_TOPIC: Final = _Question("Which topic is the Purchase", "--purchase-topic", answers.topic)
_SOURCE: Final = _Question("Name of the source, the end of its webhook address", "--source", answers.source)
_WEBHOOK_SECRET: Final = _Question(
    "Secret that signs the webhook (not shown)", "SLUICE_WEBHOOK_SECRET", answers.webhook_secret, is_secret=True
)


def ask(given: Given, existing: SettingsDocument | None, webhooks_url: str) -> Answers:
    """Ask for what ``given`` leaves open. ``webhooks_url`` ends with a slash.

    Raises Problem for a given answer that is wrong, when the input ends before the answers are complete, and when there
    is nothing to add.
    """
    domain = _ask(_SHOP_DOMAIN, given.shop_domain, "")
    label = domain.partition(".")[0]
    dataset = _ask(_DATASET, given.dataset)
    new_dataset = None
    if not (existing and dataset in existing.datasets):
        new_dataset = _ask_for_dataset(given, suggestion=label.replace("-", " ").title() or None)
    elif domain:
        out.print("The settings have this dataset already; it stays as it is and gets one more source.")
    else:
        raise Problem("The settings have this dataset already. `sluice settings edit` adds a source of another system.")
    return Answers(dataset, new_dataset, _ask_for_shop(domain, given, existing, webhooks_url) if domain else None)


def _ask_for_shop(domain: str, given: Given, existing: SettingsDocument | None, webhooks_url: str) -> Shop:
    """The questions about a shop at Shopify."""
    label = domain.partition(".")[0]
    pixel = given.pixel
    if pixel is None:
        pixel = not given.suggested and typer.confirm("Does a browser pixel report the same orders?")
    purchase_topic = _purchase_topic(given, pixel=pixel)
    taken = existing.sources.keys() if existing else ()
    source = _ask(_free(taken), given.source, None if label in taken else label, is_enough=given.suggested)
    out.print(
        "\nIn Shopify's admin, Settings > Notifications > Webhooks, create a webhook for "
        f"{'Order creation' if purchase_topic == _PIXEL_TOPIC else 'Order payment'} in JSON to\n"
        f"  {webhooks_url}{source}\n"
        "and copy the secret that the page says webhooks are signed with "
        "(of a webhook that an app makes, it is the app's client secret).\n"
    )
    webhook_secret = _ask(_WEBHOOK_SECRET, os.environ.get(_WEBHOOK_SECRET.option) or None)
    return Shop(domain, pixel, purchase_topic, source, Secret(webhook_secret))


def _ask_for_dataset(given: Given, suggestion: str | None) -> NewDataset:
    """The questions about a dataset that is new to the settings."""
    name = _ask(_NAME, given.name, suggestion, is_enough=given.suggested)
    token = _ask(_TOKEN, os.environ.get(_TOKEN.option) or None)
    country = _ask(_COUNTRY, given.country, "", is_enough=given.suggested)
    return NewDataset(name, Secret(token), country or None)


def _purchase_topic(given: Given, *, pixel: bool) -> str:
    """The one topic that comes early enough for a pixel, or the operator's choice."""
    if not pixel:
        return _ask(_TOPIC, given.purchase_topic, "orders/paid", is_enough=given.suggested)
    if given.purchase_topic not in {None, _PIXEL_TOPIC}:
        raise Problem(f"--purchase-topic does not go with --pixel. {_WHY_PIXEL_TOPIC}")
    out.print(_WHY_PIXEL_TOPIC)
    return _PIXEL_TOPIC


def _free(taken: Collection[str]) -> _Question:
    """The question for a source's name that is not ``taken``."""

    def rule(text: str) -> str:
        """As for any source, but free."""
        if text in taken:
            raise answers.WrongAnswer("The settings have a source of this name. Choose another, such as my-shop-2.")
        return answers.source(text)

    return dataclasses.replace(_SOURCE, rule=rule)


def _ask(question: _Question, given: str | None, suggestion: str | None = None, *, is_enough: bool = False) -> str:
    """A good answer: the given one; the suggestion if that ``is_enough``; else asked for until it is good."""
    if given is None and is_enough:
        given = suggestion
    if given is not None:
        try:
            return question.rule(given.strip())
        except answers.WrongAnswer as wrong:
            raise Problem(f"{question.option}: {wrong}") from None
    while True:
        try:
            text = typer.prompt(
                question.text, default=suggestion, show_default=bool(suggestion), hide_input=question.is_secret
            )
            return question.rule(text.strip())
        except answers.WrongAnswer as wrong:
            out.print(f"  {wrong}")
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            raise Problem(f"The input ended at: {question.text}. Answer it, or give {question.option}.") from None
