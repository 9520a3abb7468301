"""What an operator says about the site's consent tool: which of its groups, services or vendors stands for Meta.

Consent tools let each site name these things, so a reader has to be told. A tool without an entry here has one fixed
format. Where a name is needed and none is given, the tool's cookie proves nothing.
"""

from typing import Annotated

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
"""An id or a cookie's name, as the consent tool shows it."""


class OneTrust(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``group``: the cookie group that Meta is in; OneTrust's template calls targeting C0004, sites rename it."""

    group: Name = "C0004"


class Usercentrics(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``service``: the template id of the service for Meta."""

    service: Name | None = None


class Didomi(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``vendor``: Meta's id, ``c:facebook-`` and a part of the account's own. ``purposes``: all needed beside it."""

    vendor: Name | None = None
    purposes: tuple[Name, ...] = ()


class Consentmanager(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``vendor``: Meta's id. ``purpose``: a purpose needed beside it; None asks for the vendor alone."""

    vendor: Name = "s7"
    purpose: Name | None = None


class Klaro(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``service``: the name of the service for Meta. ``cookie``: Klaro's ``storageName``."""

    service: Name | None = None
    cookie: Name = "klaro"


class Borlabs(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``service``: the id of the service for Meta in the group ``marketing``; None: one of the tool's own templates."""

    service: Name | None = None


class Complianz(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``prefix``: what the cookies' names begin with; None reads ``cmplz_`` and ``cmplz_rt_``."""

    prefix: Name | None = None


class WpConsentApi(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``prefix``: what the cookies' names begin with (the filter ``wp_consent_cookie_prefix``)."""

    prefix: Name = "wp_consent"


class VanillaCookieconsent(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``category``: the one that Meta is in. ``revision``: of the text now shown; None accepts every revision."""

    category: Name = "marketing"
    revision: int | None = None


class CmpOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The consent tools of a site, each with what its cookies cannot say themselves."""

    onetrust: OneTrust = OneTrust()
    usercentrics: Usercentrics = Usercentrics()
    didomi: Didomi = Didomi()
    consentmanager: Consentmanager = Consentmanager()
    klaro: Klaro = Klaro()
    borlabs: Borlabs = Borlabs()
    complianz: Complianz = Complianz()
    wp_consent_api: WpConsentApi = WpConsentApi()
    vanilla_cookieconsent: VanillaCookieconsent = VanillaCookieconsent()
