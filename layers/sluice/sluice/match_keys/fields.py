"""Which rules each field of Meta's ``user_data`` has, and what its values may look like."""

from dataclasses import dataclass

from sluice.match_keys import browser, contact, person, pixel, place
from sluice.match_keys.rule import Rule


@dataclass(frozen=True, slots=True)
class Field:
    """How one key of ``user_data`` is read."""

    rule: Rule
    """What Meta's documents ask for."""
    pixel: Rule | None = None
    """What Meta's browser code does instead, for fields where the two can differ."""
    hashed: bool = True
    numbers: bool = False
    """An integer is read as its digits; never a float, which may have lost some."""
    opaque: bool = False
    """Any text is an id, so 32 hexadecimal characters are no MD5 digest."""
    trim: bool = True
    longest: int = 1024
    """Characters; longer text is refused before any rule sees it."""


_ID = Field(browser.verbatim, hashed=False, numbers=True, trim=False)
FIELDS = {
    "em": Field(contact.email),
    "ph": Field(contact.phone, numbers=True),
    "fn": Field(person.name, pixel.name),
    "ln": Field(person.name, pixel.name),
    "ge": Field(person.gender),
    "db": Field(person.birth_date, numbers=True),
    "ct": Field(place.city, pixel.city),
    "st": Field(place.state, pixel.state),
    "zp": Field(place.postcode, pixel.postcode, numbers=True),
    "country": Field(place.country),
    "external_id": Field(person.external_id, pixel.external_id, numbers=True, opaque=True),
    "client_ip_address": Field(browser.ip, hashed=False),
    "client_user_agent": Field(browser.user_agent, hashed=False, trim=False, longest=8192),
    "fbc": Field(browser.fbc, hashed=False),
    "fbp": Field(browser.fbp, hashed=False),
    "madid": Field(browser.advertising_id, hashed=False),
    "lead_id": Field(browser.lead_id, hashed=False, numbers=True),
    "fb_login_id": Field(browser.login_id, hashed=False, numbers=True),
    "subscription_id": _ID,
    "anon_id": _ID,
    "page_id": _ID,
    "page_scoped_user_id": _ID,
    "ctwa_clid": _ID,
    "ig_account_id": _ID,
    "ig_sid": _ID,
    "whatsapp_business_account_id": _ID,
}
"""Meta's names, in the order of its documents."""
