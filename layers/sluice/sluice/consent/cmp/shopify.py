"""Shopify: the state of the Customer Privacy API, which a theme or a web pixel passes on as an object.

Since September 2025 no cookie that a server could read holds it. Two shapes, also mixed in one object:

- ``currentVisitorConsent()``, flat or under that name: ``{"marketing": "yes" | "no" | "", …, "sale_of_data": …}``.
  "" is undecided. Some shops were seen with true and false.
- ``init.customerPrivacy`` of a web pixel: ``{"marketingAllowed": true, …, "saleOfDataAllowed": true}``. Outside the
  regions where the shop asks, ``marketingAllowed`` is true without anybody's act, so it allows nothing by itself.
"""

import json
from typing import Final

from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import json_object

_NESTED: Final = "currentVisitorConsent"
_FIELDS: Final = frozenset(
    {
        "analytics",
        "marketing",
        "preferences",
        "sale_of_data",
        "analyticsProcessingAllowed",
        "marketingAllowed",
        "preferencesProcessingAllowed",
        "saleOfDataAllowed",
    }
)
_WORDS: Final = {"yes": True, "true": True, "no": False, "false": False, "": None}


def read_customer_privacy(privacy: object) -> CmpReading:
    """What Shopify's object says, whatever it is. ``raw`` is its known fields as JSON with sorted names."""
    said = _said(privacy)
    if not said:
        return CmpReading("shopify", *UNPARSABLE, raw="")
    sale = {said.get("saleOfDataAllowed"), said.get("sale_of_data")} - {None}
    return CmpReading(
        "shopify",
        *_verdict(said),
        raw=json.dumps(said, sort_keys=True, separators=(",", ":")),
        us_opt_out=False in sale if sale else None,
    )


def describe(value: str) -> dict[str, bool | None] | None:
    """The known fields of the object in a JSON text as true, false or null (undecided); None when it has none."""
    return _said(json_object(value)) or None


def _verdict(said: dict[str, bool | None]) -> Verdict:
    """What the fields say about marketing; a yes under ``marketingAllowed: false`` is none."""
    marketing = said.get("marketing")
    if marketing is None:
        return NO_ACT
    return ALLOW if marketing and said.get("marketingAllowed") is not False else DENIED


def _said(privacy: object) -> dict[str, bool | None] | None:
    """The known fields as yes, no or undecided; None when it is no object, or one says something else or two things."""
    if not isinstance(privacy, dict):
        return None
    nested = privacy.get(_NESTED, {})
    if not isinstance(nested, dict):
        return None
    said: dict[str, bool | None] = {}
    for name, value in (*privacy.items(), *nested.items()):
        if name not in _FIELDS:
            continue
        if not isinstance(value, str | bool) or (isinstance(value, str) and value not in _WORDS):
            return None
        state = value if isinstance(value, bool) else _WORDS[value]
        if said.setdefault(name, state) != state:
            return None
    return said
