"""What every door of the ingest function works with, and whose request it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sluice.consent.ports import CmpService, ConsentStore
from sluice.errors import Rejected
from sluice.privacy import PrivacyRequests
from sluice.settings import Dataset, SettingsDocument, SettingsReader
from sluice.sources.authentication import is_one_of
from sluice.telemetry import Telemetry

_T = TypeVar("_T")


class Queue(Protocol):
    """Where accepted events wait for the sender."""

    def send(self, dataset: str, messages: Sequence[str]) -> None:
        """Store the messages durably. Raises Unavailable ``queue_unavailable`` unless every one is stored."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What the ingest function works with.

    ``cmp`` is asked for when it is needed. ``public_key``: as in ``Check``. ``clock`` gives Unix seconds,
    ``chance`` a number from 0 to below 1.
    """

    settings: SettingsReader
    queue: Queue
    consent: ConsentStore
    privacy: PrivacyRequests
    cmp: Callable[[], CmpService]
    public_key: Callable[[str], bytes | None]
    telemetry: Telemetry
    clock: Callable[[], int]
    chance: Callable[[], float]


def with_fresh_settings(ingest: Ingest, check: Callable[[SettingsDocument], _T]) -> tuple[SettingsDocument, _T]:
    """Run a check on the settings; when it refuses, once more on settings read afresh (a key may just have changed)."""
    document = ingest.settings.document()
    try:
        return document, check(document)
    except Rejected:
        document = ingest.settings.reread()
        return document, check(document)


def keyed_dataset(settings: SettingsDocument, dataset_id: str, given: str) -> Dataset:
    """The dataset, when the key is one of its server keys."""
    dataset = settings.datasets.get(dataset_id)
    if dataset is None:
        raise Rejected("unknown_dataset")
    if not is_one_of(given, dataset.server_keys):
        raise Rejected("bad_server_key")
    return dataset
