"""The systems that send webhooks, one module each, and the registry of their kinds."""

from typing import Final

from sluice.sources import cmp, shopify
from sluice.sources.request import Kind

KINDS: Final[dict[str, Kind]] = {
    "cmp": cmp.KIND,
    "shopify": shopify.KIND,
}
"""Every kind that a source of the settings may name."""
