"""City, state, postcode and country."""

import re
from functools import cache

from sluice.match_keys.countries import ALPHA_2
from sluice.match_keys.hashing import already_hashed, sha256
from sluice.match_keys.rule import Known, Reason, RefusedError
from sluice.match_keys.text import fold, squeeze


def city(text: str, _known: Known) -> str:
    """A city in lower case, its letters only; other scripts and accents stay, postcodes beside it go."""
    return squeeze(text, digits=False)


# Folded names, in English and, for Canada, also in French.
_STATE_NAMES = """
    alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co connecticut:ct delaware:de florida:fl
    districtofcolumbia:dc washingtondc:dc georgia:ga hawaii:hi idaho:id illinois:il indiana:in iowa:ia kansas:ks
    kentucky:ky louisiana:la maine:me maryland:md massachusetts:ma michigan:mi minnesota:mn mississippi:ms missouri:mo
    montana:mt nebraska:ne nevada:nv newhampshire:nh newjersey:nj newmexico:nm newyork:ny northcarolina:nc
    northdakota:nd ohio:oh oklahoma:ok oregon:or pennsylvania:pa rhodeisland:ri southcarolina:sc southdakota:sd
    tennessee:tn texas:tx utah:ut vermont:vt virginia:va washington:wa westvirginia:wv wisconsin:wi wyoming:wy
    americansamoa:as guam:gu northernmarianaislands:mp puertorico:pr usvirginislands:vi virginislands:vi
    alberta:ab britishcolumbia:bc colombiebritannique:bc manitoba:mb newbrunswick:nb nouveaubrunswick:nb
    newfoundlandandlabrador:nl newfoundlandlabrador:nl newfoundland:nl terreneuveetlabrador:nl terreneuve:nl
    novascotia:ns nouvelleecosse:ns northwestterritories:nt territoiresdunordouest:nt nunavut:nu ontario:on
    princeedwardisland:pe ileduprinceedouard:pe quebec:qc saskatchewan:sk yukon:yt yukonterritory:yt
    territoireduyukon:yt
"""
_STATE_CODES = dict(entry.split(":") for entry in _STATE_NAMES.split())
_MAPPED_COUNTRIES = ("us", "ca", None)
_SUBDIVISION = re.compile(r"([A-Za-z]{2})(?:-(?:[A-Za-z0-9]{1,3}$)?| (?=[A-Za-z]{2}$))")


def state(text: str, known: Known) -> str:
    """The two-letter code of a state of the US or Canada; elsewhere the state's letters in lower case, as sent.

    A country before it is cut: the person's own always (``DE-Bayern``), any other from an ISO 3166-2 code (``DE-BY``).
    Before a code a blank will do (``us ca``), where that is the person's country or none is known.
    When the country is not known, a name of a US or Canadian state is taken for that state.
    """
    if match := _SUBDIVISION.match(text):
        prefix, is_code = match[1].lower(), match.end() > len("XX-")
        is_default = text[2] == " " and known.country is None and prefix in _MAPPED_COUNTRIES
        if prefix == known.country or is_default or (is_code and prefix in ALPHA_2):
            text = text[len("XX-") :]
    letters = squeeze(text, digits=False)
    return _STATE_CODES.get(fold(letters), letters) if known.country in _MAPPED_COUNTRIES else letters


# Postcodes are often written after the sign that cars carry; here where that is not the country's alpha-2 code.
_CAR_SIGNS = {
    "at": "a", "ba": "bih", "be": "b", "de": "d", "ee": "est", "es": "e", "fi": "fin", "fr": "f", "hu": "h",
    "it": "i", "jp": "j", "kr": "rok", "li": "fl", "lu": "l", "me": "mne", "mk": "nmk", "no": "n", "pt": "p",
    "rs": "srb", "ru": "rus", "se": "s", "si": "slo", "sm": "rsm", "us": "usa", "va": "v", "xk": "rks",
}  # fmt: skip
_LETTERS_FIRST = frozenset((
    "ad", "ai", "ar", "az", "bb", "bm", "bn", "ca", "fk", "gb", "gg", "gi", "gs", "ht", "ie", "im", "io", "je", "kn",
    "ky", "lc", "lv", "ms", "mt", "pn", "sh", "so", "sz", "tc", "vc", "vg", "ws",
))  # fmt: skip
"""Countries whose own postcodes begin with letters, or with their code, which is then part of them (``AD500``)."""
_SIGN = re.compile(r"([a-z]{1,3})[\s-]*(?=[0-9])")


def postcode(text: str, known: Known) -> str:
    """A postcode in lower case, its letters and digits only; of a US ZIP+4 code the first five.

    A country before it (``D-10115``) is cut where that is the person's country, unless postcodes there begin with
    letters (``AD500``). At least two characters.
    """
    lowered = text.lower()
    sign = _SIGN.match(lowered)
    country = known.country
    if sign and country and country not in _LETTERS_FIRST and sign[1] in (country, _CAR_SIGNS.get(country)):
        lowered = lowered[sign.end() :]
    code = squeeze(lowered, digits=True)
    if len(code) == 1:
        raise RefusedError(Reason.MALFORMED)
    return code[:5] if country == "us" else code


@cache
def _codes_by_digest() -> dict[str, str]:
    return {sha256(code): code for code in ALPHA_2.values()}


def country_code(text: str) -> str | None:
    """The alpha-2 code, in lower case, of a country given by code, by name in ten languages, or by its digest.

    None when there is no such country.
    """
    if code := ALPHA_2.get(text.lower()):
        return code
    digest = already_hashed(text)
    return _codes_by_digest().get(digest) if digest else ALPHA_2.get(fold(text))


def country(text: str, _known: Known) -> str:
    """The alpha-2 code of a country, in lower case; ``UK`` and its parts are ``gb``."""
    code = country_code(text)
    if not code:
        raise RefusedError(Reason.UNKNOWN_VALUE)
    return code
