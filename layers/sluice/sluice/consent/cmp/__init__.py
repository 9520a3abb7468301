"""Consent tools (CMPs): what their cookies say about Meta. Strict opt-in: only a person's own act allows.

One module for each tool. Sources: the tools' developer pages and, where they are open, their source code. ``unknown``
counts as no wherever consent is needed first.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp import (
    borlabs,
    complianz,
    consentmanager,
    cookiebot,
    cookieyes,
    didomi,
    klaro,
    onetrust,
    shopify,
    usercentrics,
    vanilla_cookieconsent,
    wp_consent_api,
)
from sluice.consent.cmp.reading import CmpReading
from sluice.consent.cmp.shopify import read_customer_privacy
from sluice.consent.cmp.text import MAX_CHARACTERS
from sluice.consent.malformed import Malformed

__all__ = ["TOOLS", "CmpReading", "described", "read", "read_customer_privacy"]


class _Tool(Protocol):
    def describe(self, value: str, /) -> Mapping[str, Any] | None: ...


class _CookieTool(_Tool, Protocol):
    def read(self, cookies: Mapping[str, str], options: CmpOptions, /) -> CmpReading | None: ...


_COOKIE_TOOLS: Final[Mapping[str, _CookieTool]] = {
    "onetrust": onetrust,
    "cookiebot": cookiebot,
    "usercentrics": usercentrics,
    "didomi": didomi,
    "consentmanager": consentmanager,
    "klaro": klaro,
    "borlabs": borlabs,
    "complianz": complianz,
    "wp_consent_api": wp_consent_api,
    "cookieyes": cookieyes,
    "vanilla_cookieconsent": vanilla_cookieconsent,
}
_DESCRIBED: Final[Mapping[str, _Tool]] = {**_COOKIE_TOOLS, "shopify": shopify}
TOOLS: Final = tuple(_DESCRIBED)
"""The names of all tools."""


def read(cookies: Mapping[str, str], options: CmpOptions) -> list[CmpReading]:
    """What every consent tool says that left cookies, in the order of ``TOOLS``.

    ``cookies``: name → value, percent-encoded as in a Cookie header or already decoded. Total: a value that cannot be
    read (or has more than 8192 characters) is ``unknown`` with ``cookie_unparsable``, and a value that is no text is
    taken for absent. Not read here: cookies that belong to no tool (``euconsent-v2``, ``usprivacy``,
    ``addtl_consent``), and Shopify's object (``read_customer_privacy``).
    """
    jar = {name: value for name, value in cookies.items() if isinstance(name, str) and isinstance(value, str)}
    readings = (tool.read(jar, options) for tool in _COOKIE_TOOLS.values())
    return [reading for reading in readings if reading is not None]


def described(tool: str, value: str) -> dict[str, Any] | Malformed:
    """The value of a tool's main cookie (Shopify: its object as JSON) for people, field by field in the tool's names.

    Codes: ``unknown_tool``, ``too_long``, ``bad_form``. It may hold ids of a person: for a screen, not for a log.
    """
    if tool not in _DESCRIBED:
        return Malformed("unknown_tool")
    if len(value) > MAX_CHARACTERS:
        return Malformed("too_long")
    found = _DESCRIBED[tool].describe(value)
    return Malformed("bad_form") if found is None else dict(found)
