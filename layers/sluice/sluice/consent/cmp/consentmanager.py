"""consentmanager: cookies with the ids agreed to, between underscores: ``__s23_s7_s1052__``.

``__cmpcvc`` lists custom vendors, ``__cmpcpc`` custom purposes; behind that stands the scope of the decision (``u``,
``x`` or ``s``) with the id of account, CMP or scope, so several can be present. Then all of them must agree. What is
not listed was not agreed to. ``__cmpconsent…`` holds the TC string. The packed form ``__cmpccc…`` is not read.
"""

import re
from collections.abc import Mapping
from typing import Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict, values, worst
from sluice.consent.cmp.text import MAX_CHARACTERS, percent_decoded, text

_COOKIE: Final = re.compile(r"__cmp(cvc|cpc|consent)[a-z]{0,2}\d{0,12}", re.ASCII)
_LIST: Final = re.compile(r"\w*", re.ASCII)
_NO_ID: Final = frozenset({"", "U"})
"""``U`` stands behind the ids of visitors who agreed and of visitors who did not: it is no vendor."""


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What consentmanager says; None when it left no cookie. ``consent_id`` is ``__cmpiuid``."""
    found: dict[str, list[str]] = {"cvc": [], "cpc": [], "consent": []}
    for name in sorted(cookies):
        if match := _COOKIE.fullmatch(name):
            found[match[1]].append(name)
    if not any(found.values()):
        return None
    vendors = [cookies[name] for name in found["cvc"]]
    purposes = [cookies[name] for name in found["cpc"]]
    wanted = options.consentmanager
    verdicts = [worst(_listed(value, wanted.vendor) for value in vendors)]
    if wanted.purpose is not None:
        verdicts.append(worst(_listed(value, wanted.purpose) for value in purposes))
    tc_strings = {cookies[name] for name in found["consent"]}
    return CmpReading(
        "consentmanager",
        *worst(verdicts),
        raw=values(cookies, *found["cvc"], *found["cpc"]),
        consent_id=text(percent_decoded(cookies.get("__cmpiuid", ""))),
        custom_vendors=frozenset.intersection(*map(_ids, vendors)) if vendors else frozenset(),
        tc_string=text(percent_decoded(tc_strings.pop())) if len(tc_strings) == 1 else None,
    )


def describe(value: str) -> dict[str, object] | None:
    """The ids of one list, sorted; None when it cannot be read."""
    return {"ids": sorted(_ids(value))} if _is_list(value) else None


def _listed(value: str, name: str) -> Verdict:
    """Whether the list names the id. One that ends within an id is not known to be whole, so it refuses nothing."""
    if not value:
        return NO_ACT
    if not _is_list(value):
        return UNPARSABLE
    if name in _ids(value):
        return ALLOW
    return DENIED if value.endswith("_") else UNPARSABLE


def _ids(value: str) -> frozenset[str]:
    """The ids that an underscore follows (``s7`` at the very end may be the rest of ``s77``); none if unreadable."""
    return frozenset(value.split("_")[:-1]) - _NO_ID if _is_list(value) else frozenset()


def _is_list(value: str) -> bool:
    """Whether it holds nothing but letters, digits and underscores, none of which is ever percent-encoded."""
    return len(value) <= MAX_CHARACTERS and _LIST.fullmatch(value) is not None
