"""The person that a command is about: from what they are known by to their subject keys, as the doors find them."""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Final

import typer

from cli.documents import checked
from cli.problems import Problem
from cli.stack import Stack
from sluice.errors import Rejected
from sluice.settings import Dataset, SettingsDocument
from sluice.statements import name_person
from sluice.told import Told

_ASKED: Final = {
    "em": "E-mail address, or its SHA-256",
    "ph": "Telephone number with its country code, or the SHA-256 of its digits",
    "external_id": "The shop's own id of the person",
    "fbp": "Value of the _fbp cookie",
    "cmp_consent_id": "The consent tool's id of the person",
    "checkout_token": "The shop's token of a checkout",
}
"""What names a person, in the words of the doors, and how it is asked for."""


@dataclasses.dataclass(frozen=True)
class Person:
    """One person of one site. ``named_by``: what they were named by, without a value. ``subjects``: subject keys."""

    dataset_id: str
    dataset: Dataset
    named_by: list[str]
    subjects: list[str]

    @property
    def site(self) -> str:
        """The site that the ledger knows them at."""
        return self.dataset.site or self.dataset_id


def settings_of(stack: Stack) -> SettingsDocument:
    """The settings in force. Raises Problem when there are none, BadSettings for invalid ones."""
    text = stack.read().text
    if not text:
        raise Problem("The stack has no settings yet. Run `sluice settings init`.")
    return checked(text)


def identify(document: SettingsDocument, dataset: str | None, given: Mapping[str, str | None], now: int) -> Person:
    """The person that the options name, ``-`` asked for. ``given``: by the doors' words, None where not given.

    Every value must count: a withdrawal that silently names less than was given would leave something behind.
    Raises Problem, which quotes none.
    """
    dataset_id = _dataset(document, dataset)
    values = {name: _asked(name) if value == "-" else value for name, value in given.items() if value is not None}
    if not values:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in _ASKED)
        raise Problem(f"Say who it is about: {options}. With - for a value it is asked for.")
    subjects: list[str] = []
    for name, value in values.items():
        try:
            subjects += name_person(_told(name, value.strip()), dataset_id, document, now).subjects
        except Rejected:
            raise Problem(
                f"--{name.replace('_', '-')} holds nothing that an event could have named the person by. "
                f"Expected: {_ASKED[name].lower()}."
            ) from None
    return Person(dataset_id, document.datasets[dataset_id], [*values], [*dict.fromkeys(subjects)])


def _dataset(document: SettingsDocument, given: str | None) -> str:
    """The dataset meant. Raises Problem when that is not clear."""
    datasets = document.datasets
    if given is None and len(datasets) == 1:
        return next(iter(datasets))
    if given in datasets:
        return given
    known = ", ".join(f"{dataset_id} ({dataset.name})" for dataset_id, dataset in datasets.items())
    raise Problem(f"Say with --dataset which one is meant: {known}." if known else "The settings have no dataset.")


def _asked(name: str) -> str:
    """The operator's answer; the question goes where it does not mix with what a program reads."""
    try:
        return str(typer.prompt(_ASKED[name], err=True))
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise Problem(f"The input ended before --{name.replace('_', '-')} was answered.") from None


def _told(name: str, value: str) -> Told:
    """One identifier as a door is told it."""
    match name:
        case "cmp_consent_id":
            return Told(cmp_consent_id=value)
        case "checkout_token":
            return Told(checkout_token=value)
    return Told(user_data={name: value})
