"""Opt-outs by the law of the United States: what an event's signals say about them. Pure and total."""

from sluice.consent import gpp, us_privacy
from sluice.consent.malformed import Malformed
from sluice.consent.signals import Case, cookie, gpp_strings, strings
from sluice.event import Consent


def opted_out(case: Case) -> bool | None:
    """Whether the person opted out of sale, sharing or targeted advertising, or is known to be a child (US law).

    None when a signal is there that cannot be read: it may say so.
    """
    signals, given = case.signals, case.signals.given or Consent()
    said = (given.usp, given.gpp, given.cookies, signals.sec_gpc)
    if said == (None, None, None, None) and not case.readings:
        return False
    found: list[bool | None] = [us_privacy.gpc(signals.sec_gpc)]
    found += [reading.us_opt_out for reading in case.readings if reading.us_opt_out]
    for text in strings(given.usp, [cookie(given, "usprivacy")]):
        privacy = us_privacy.decode(text)
        found.append(None if isinstance(privacy, Malformed) else privacy.opted_out)
    found += [_opted_out_by_gpp(text) for text in gpp_strings(given, case.readings)]
    if any(found):
        return True
    return None if None in found else False


def _opted_out_by_gpp(text: str) -> bool | None:
    """Whether a GPP string says so; None when it cannot be read, or has a section that cannot."""
    string = gpp.decode(text)
    if isinstance(string, Malformed):
        return None
    if string.known_child or gpp.us_opt_out(string):
        return True
    return None if string.unknown else False
