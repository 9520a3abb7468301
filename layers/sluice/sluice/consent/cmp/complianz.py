"""Complianz (WordPress): one cookie for each category, ``cmplz_marketing`` = ``allow`` or ``deny``.

The plugin's own helper says yes as long as nothing was decided; the cookie does not. ``cmplz_banner-status`` is
``dismissed`` once the visitor answered. Networks of sites use the prefix ``cmplz_rt_``.
"""

from collections.abc import Mapping
from typing import Final

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, NO_ACT, CmpReading, Verdict, values, word_verdict, worst
from sluice.consent.cmp.text import percent_decoded, text

_PREFIXES: Final = ("cmplz_", "cmplz_rt_")


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What Complianz says; None when it left no marketing cookie. Under two prefixes both must agree."""
    wanted = options.complianz.prefix
    prefixes = _PREFIXES if wanted is None else (wanted.removesuffix("_") + "_",)
    found = [prefix for prefix in prefixes if f"{prefix}marketing" in cookies]
    if not found:
        return None
    return CmpReading(
        "complianz",
        *worst(_verdict(cookies, prefix) for prefix in found),
        raw=values(cookies, *(prefix + name for prefix in found for name in ("marketing", "banner-status"))),
        consent_id=text(percent_decoded(cookies.get(f"{found[0]}id", ""))),
        text_version=text(percent_decoded(cookies.get(f"{found[0]}policy_id", ""))),
    )


def describe(value: str) -> dict[str, object] | None:
    """The word of ``cmplz_marketing``; None when it is none of the plugin's."""
    word = percent_decoded(value)
    return {"marketing": word} if word in {"allow", "deny", ""} else None


def _verdict(cookies: Mapping[str, str], prefix: str) -> Verdict:
    """What the cookies with the prefix say; under an open banner a yes is the plugin's, not a person's."""
    verdict = word_verdict(percent_decoded(cookies[f"{prefix}marketing"]))
    answered = cookies.get(f"{prefix}banner-status", "dismissed") == "dismissed"
    return NO_ACT if verdict == ALLOW and not answered else verdict
