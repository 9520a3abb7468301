"""How Meta's own browser code reads the same values: the second candidate of six fields.

Written from what Meta's Parameter Builder library (1.3.2) answers, which is documented to prepare values as the browser
pixel does; that the pixel hashes exactly alike is our inference. Each rule answers an empty text where the library has
no value, or one that must not be sent.
"""

import unicodedata

from sluice.match_keys.rule import Known

# What JavaScript calls white space; str.isspace() of Python says otherwise of U+001C to U+001F, U+0085 and U+FEFF.
_WHITE_SPACE = "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"  # noqa: E501
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ASCII = {code: code for code in range(128)}
"""``str.translate`` keeps what is missing in a table too, but finds it faster."""
_NO_WHITE_SPACE = _ASCII | dict.fromkeys(map(ord, _WHITE_SPACE))
_LETTERS_OF_NAMES = _NO_WHITE_SPACE | dict.fromkeys(map(ord, _PUNCTUATION))


def name(text: str, _known: Known) -> str:
    """A first or last name in lower case without white space and ASCII punctuation; typographic marks stay."""
    return _composed(text).translate(_LETTERS_OF_NAMES).lower()


_NOT_OF_CITIES = bytes(code for code in range(128) if not chr(code).isalnum())
_NOT_OF_STATES = bytes(code for code in range(128) if not chr(code).islower())


def city(text: str, _known: Known) -> str:
    """A city's ASCII letters and digits in lower case: accented letters are lost. None when a digit comes first."""
    kept = _composed(text).encode("ascii", "ignore").translate(None, _NOT_OF_CITIES).decode().lower()
    return "" if kept[:1].isdigit() else kept


# In the order in which they are looked for inside longer text.
_STATE_CODES = {
    "ontario": "on", "quebec": "qc", "britishcolumbia": "bc", "alberta": "ab", "saskatchewan": "sk", "manitoba": "mb",
    "novascotia": "ns", "newbrunswick": "nb", "princeedwardisland": "pe", "newfoundlandandlabrador": "nl",
    "yukon": "yt", "northwestterritories": "nt", "nunavut": "nu",
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
    "connecticut": "ct", "delaware": "de", "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id",
    "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la",
    "maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi", "minnesota": "mn", "mississippi": "ms",
    "missouri": "mo", "montana": "mt", "nebraska": "ne", "nevada": "nv", "newhampshire": "nh", "newjersey": "nj",
    "newmexico": "nm", "newyork": "ny", "northcarolina": "nc", "northdakota": "nd", "ohio": "oh", "oklahoma": "ok",
    "oregon": "or", "pennsylvania": "pa", "rhodeisland": "ri", "southcarolina": "sc", "southdakota": "sd",
    "tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa",
    "westvirginia": "wv", "wisconsin": "wi", "wyoming": "wy",
}  # fmt: skip
_SHORTEST_STATE = 4


def state(text: str, _known: Known) -> str:
    """The code of a state of the US or Canada whose English name is, or is in, the text; else its first two letters.

    Letters are ASCII only, and the person's country makes no difference.
    """
    letters = _composed(text).lower().encode("ascii", "ignore").translate(None, _NOT_OF_STATES).decode()
    code = _STATE_CODES.get(letters)
    if not code and len(letters) > _SHORTEST_STATE:
        code = _STATE_CODES.get(next(filter(letters.__contains__, _STATE_CODES), ""))
    return code or letters[:2]


def postcode(text: str, known: Known) -> str:
    """A postcode in lower case, inner spaces kept, cut at its first dash, at least two characters.

    None where that cuts a code outside the US (or in a country that is not known): ``00-950`` would become ``00``,
    the same for a whole region.
    """
    code, dash, _ = _composed(text).lower().partition("-")
    if dash and known.country != "us":
        return ""
    code = code.strip(_WHITE_SPACE)
    return code if len(code) > 1 else ""


def external_id(text: str, _known: Known) -> str:
    """The sender's id in lower case without white space."""
    return _composed(text).translate(_NO_WHITE_SPACE).lower()


def _composed(text: str) -> str:
    """``text`` in NFC.

    The library leaves Unicode as typed, and browsers type NFC: so a text that came decomposed from elsewhere gets the
    digest that its visitor's browser made.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)
