"""The systems that send webhooks, one module each, and the registry of their kinds."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from sluice.sources.request import Kind

_NAMES: Final = (
    "cmp",
    "gtm_server",
    "hubspot",
    "json",
    "magento",
    "rudderstack",
    "salesforce",
    "segment",
    "shopify",
    "standard",
    "stripe",
    "tealium",
    "woocommerce",
)


class _Kinds(Mapping[str, Kind]):
    """Imports a kind's module when it is asked for: a gateway uses few of them, and each costs its start some time."""

    def __getitem__(self, name: str) -> Kind:
        if name not in _NAMES:
            raise KeyError(name)
        kind: Kind = import_module(f"{__name__}.{name}").KIND
        return kind

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


KINDS: Final[Mapping[str, Kind]] = _Kinds()
"""Every kind that a source of the settings may name."""
