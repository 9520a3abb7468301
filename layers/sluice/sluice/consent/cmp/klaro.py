"""Klaro: a cookie with JSON, service → true or false. It is written when the visitor saves; it records no time."""

from collections.abc import Mapping

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp.reading import ALLOW, DENIED, NO_ACT, UNPARSABLE, CmpReading, Verdict
from sluice.consent.cmp.text import json_object


def read(cookies: Mapping[str, str], options: CmpOptions) -> CmpReading | None:
    """What Klaro says; None when it left no cookie. The cookie's name is the site's choice."""
    value = cookies.get(options.klaro.cookie)
    return None if value is None else CmpReading("klaro", *_verdict(value, options.klaro.service), raw=value)


describe = json_object


def _verdict(value: str, service: str | None) -> Verdict:
    """What the JSON says about the service."""
    services = json_object(value)
    if services is None:
        return UNPARSABLE if value else NO_ACT
    if service is None or service not in services:
        return NO_ACT
    return {True: ALLOW, False: DENIED}[services[service]] if isinstance(services[service], bool) else UNPARSABLE
