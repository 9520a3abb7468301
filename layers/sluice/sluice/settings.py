"""What the operator decides: the settings document, one secret.

It is one JSON text in Secrets Manager with the datasets, the sources and the pepper.
Unknown keys are errors, so that a typing mistake cannot switch a rule off; later versions add optional keys only.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec

from sluice.cmp_options import Name
from sluice.collect_options import Collect, can_allow, host_of
from sluice.errors import BadSettings
from sluice.policy import ConsentPolicy

DATASET_ID: Final = re.compile(r"\d{5,20}", re.ASCII)
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){8,64}")
_MIN_SECRET_CHARACTERS: Final = 16
_MIN_PEPPER_DIGITS: Final = 32


class Secret:
    """A value that never shows itself: ``repr`` and ``str`` are ``***``. Read it with ``reveal()``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value. Call it only where it is used, never to keep it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    __hash__ = None  # type: ignore[assignment]


class CmpApi(msgspec.Struct, forbid_unknown_fields=True):
    """The consent tool's own service, asked about logged-in persons whose events bring no decision.

    ``kind`` fixes the host. ``organization_id``: the account at Didomi. ``key``, ``secret``: a private API key's two
    halves. ``vendor``: Meta's id in the account; ``purposes``: all needed beside it.
    """

    kind: Literal["didomi"]
    organization_id: Name
    key: Secret
    secret: Secret
    vendor: Name
    purposes: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]


class Dataset(msgspec.Struct, forbid_unknown_fields=True):
    """One dataset at Meta (the former pixel): its token, who may send to it, and its consent policy.

    ``default_country``: ISO 3166-1 alpha-2, read for telephone numbers without a country code when the event names
    no country. ``site``: the controller whose visitors consent; the dataset itself when absent. ``match_keys``: hash by
    Meta's documentation, by what its browser code does, or both where they differ. ``test_event_code``: sent beside
    every event for the 24 hours after it was first seen. ``accept_test_event_code``: whether a request may bring one of
    its own. ``consent``: without it nothing is sent. ``consent_keys``: key id → secret, which sign consent tokens.
    ``cmp_api``: the consent tool's service; without it none is asked. ``collect``: what the pages of
    ``allowed_origins`` may report.
    """

    name: str
    access_token: Secret
    server_keys: list[Secret]
    allowed_origins: list[str]
    default_country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    test_event_code: str | None = None
    consent: ConsentPolicy | None = None
    site: str | None = None
    match_keys: Literal["both", "documented", "pixel"] = "both"
    accept_test_event_code: bool = False
    consent_keys: dict[str, Secret] = {}
    cmp_api: CmpApi | None = None
    collect: Collect = Collect()


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """A configured sender of webhooks: its kind, the dataset it feeds, and the secrets it signs with.

    ``options`` belong to the kind and are checked by it; after ``parse_settings`` they are the kind's own type.
    """

    kind: str
    dataset: str
    secrets: list[Secret]
    options: Any = msgspec.field(default_factory=dict)


class SettingsDocument(msgspec.Struct, forbid_unknown_fields=True):
    """The whole document. ``pepper`` (hex) keys every subject key; ``previous_peppers`` are still read."""

    datasets: dict[str, Dataset]
    sources: dict[str, Source]
    pepper: Secret
    previous_peppers: list[Secret] = []


class SettingsReader(Protocol):
    """Where the settings come from."""

    def document(self) -> SettingsDocument:
        """The settings in force. Raises Unavailable ``settings_missing``."""

    def reread(self) -> SettingsDocument:
        """The settings, read afresh unless that was done a moment ago."""


class HasOptions(Protocol):
    """What the settings need to know of a kind of source: the type of its options."""

    @property
    def options(self) -> type[msgspec.Struct]:
        """The type."""


def parse_settings(text: bytes | str, kinds: Mapping[str, HasOptions]) -> SettingsDocument:
    """Read and check a settings document. ``kinds``: every kind of source, by name.

    Raises BadSettings, whose ``at`` names the place and the rule that is broken and never quotes a value.
    """
    try:
        document = msgspec.json.decode(text, type=SettingsDocument, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise BadSettings(_without_values(str(error))) from None
    except (ValueError, RecursionError):
        raise BadSettings("the document is not JSON") from None
    _check_datasets(document)
    _check_sources(document, kinds)
    for pepper in (document.pepper, *document.previous_peppers):
        if not _HEX.fullmatch(pepper.reveal()):
            raise BadSettings("pepper: 16 to 128 hex digits expected")
    return document


def _check_datasets(document: SettingsDocument) -> None:
    """The rules for datasets that a type cannot say."""
    for dataset_id, dataset in document.datasets.items():
        if not DATASET_ID.fullmatch(dataset_id):
            raise BadSettings("datasets: each key is a dataset id of 5 to 20 digits")
        collect, hosts = dataset.collect, map(host_of, dataset.allowed_origins)
        if collect.cookie_domain and not any(map(collect.shares_cookies, hosts)):
            raise BadSettings(f"datasets.{dataset_id}.collect.cookie_domain: none of the allowed_origins is below it")


def _check_sources(document: SettingsDocument, kinds: Mapping[str, HasOptions]) -> None:
    """The rules for sources that a type cannot say; turns their options into the kind's own type."""
    for slug, source in document.sources.items():
        if not SLUG.fullmatch(slug):
            raise BadSettings("sources: each key is a slug of lower-case letters, digits, - and _")
        if source.kind not in kinds:
            raise BadSettings(f"sources.{slug}.kind: known kinds are {', '.join(sorted(kinds))}")
        if source.dataset not in document.datasets:
            raise BadSettings(f"sources.{slug}.dataset: not one of the datasets")
        try:
            source.options = msgspec.convert(source.options, kinds[source.kind].options)
        except msgspec.ValidationError as error:
            raise BadSettings(f"sources.{slug}.options: {_without_values(str(error))}") from None


def weaknesses(document: SettingsDocument) -> list[str]:
    """What a valid document should not be deployed with, a sentence each. An empty secret opens no door."""
    found = []
    for dataset_id, dataset in document.datasets.items():
        if not dataset.access_token.reveal():
            found.append(f"datasets.{dataset_id}.access_token is empty: Meta will refuse every event.")
        if any(len(key.reveal()) < _MIN_SECRET_CHARACTERS for key in dataset.server_keys):
            found.append(f"datasets.{dataset_id}.server_keys: a key is shorter than 16 characters and can be guessed.")
        if any(len(key.reveal()) < _MIN_SECRET_CHARACTERS for key in dataset.consent_keys.values()):
            found.append(f"datasets.{dataset_id}.consent_keys: a key is shorter than 16 characters and can be guessed.")
        found += [
            f"datasets.{dataset_id}.allowed_origins[{at}] allows nobody: write it as browsers do, such as "
            "https://shop.example.com, or https://*.example.com for all below it."
            for at, origin in enumerate(dataset.allowed_origins)
            if not can_allow(origin)
        ]
    for slug, source in document.sources.items():
        if not any(secret.reveal() for secret in source.secrets):
            found.append(f"sources.{slug}.secrets holds no secret: every webhook will be answered 401.")
    if len(document.pepper.reveal()) < _MIN_PEPPER_DIGITS:
        found.append("pepper is shorter than 32 hex digits: subject keys could be guessed.")
    return found


def _secret(expected: type, value: object) -> object:
    """Build the one type of the document that JSON does not know."""
    if expected is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError("Expected `str`")  # msgspec adds the place


def _without_values(message: str) -> str:
    """A msgspec message without the value it may quote (``Invalid enum value 'x' - at `$.kind` ``)."""
    rule, _, place = message.partition(" - at ")
    return f"{place or 'the document'}: {'a value that is not allowed' if 'value' in rule else rule}"
