"""WP Consent API (WordPress): one cookie for each category, ``wp_consent_marketing`` = ``allow`` or ``deny``.

``wp_has_consent`` says yes where the site set no consent type; without the cookie nothing is said here.
"""

from collections.abc import Mapping

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import CmpReading, word_verdict
from sluice.consent.cmp.text import percent_decoded


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What the API's cookie says; None when there is none."""
    value = cookies.get(options.wp_consent_api.prefix.removesuffix("_") + "_marketing")
    return None if value is None else CmpReading("wp_consent_api", *word_verdict(percent_decoded(value)), raw=value)


def describe(value: str) -> dict[str, object] | None:
    """The word of ``wp_consent_marketing``; None when it is none of the API's."""
    word = percent_decoded(value)
    return {"marketing": word} if word in {"allow", "deny", ""} else None
