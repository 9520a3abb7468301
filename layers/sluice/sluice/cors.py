"""Which pages may call the doors that browsers use, and the question that a browser asks beforehand."""

from typing import Final

from sluice.door import Answer, cors_headers, is_allowed_origin
from sluice.errors import Rejected
from sluice.ingest import Ingest, with_fresh_settings
from sluice.settings import Dataset, SettingsDocument
from sluice.sources.request import Request

_PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "7200",  # two hours, the most that Chromium keeps an answer
}


def allowed_dataset(settings: SettingsDocument, dataset_id: str, request: Request) -> Dataset:
    """The dataset, when the request comes from a page that it allows. Raises Rejected for any other.

    A request without an Origin is no browser's: browsers send one with every POST (Fetch standard).
    """
    dataset = settings.datasets.get(dataset_id)
    if dataset is None:
        raise Rejected("unknown_dataset")
    if not is_allowed_origin(request.headers.get("origin", ""), dataset.allowed_origins):
        raise Rejected("bad_origin")
    return dataset


def preflight(request: Request, dataset_id: str | None, ingest: Ingest) -> Answer:
    """``OPTIONS`` of a browser's door: whether the page may send JSON as such. Raises Rejected as ``allowed_dataset``.

    ``dataset_id``: None where only the body names the dataset; then a page that any dataset allows may.
    """

    def check(settings: SettingsDocument) -> None:
        if dataset_id is not None:
            allowed_dataset(settings, dataset_id, request)
            return
        listed = [origin for dataset in settings.datasets.values() for origin in dataset.allowed_origins]
        if not is_allowed_origin(request.headers.get("origin", ""), listed):
            raise Rejected("bad_origin")

    with_fresh_settings(ingest, check)
    return Answer(204, {}, {**cors_headers(request.headers["origin"]), **_PREFLIGHT})
