"""Where the person is, and what follows: opt-in or not, and Limited Data Use for a state of the United States."""

import re
from typing import Final, Literal, NamedTuple

from sluice.event.values import LduState

_FORM: Final = re.compile(r"([a-z]{2})(?:-([a-z0-9]{1,3}))?", re.IGNORECASE | re.ASCII)
_UNITED_STATES: Final = "US"

_CODES: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
"""ISO 3166-1 alpha-2, and XK, which networks use for Kosovo. No other code is a place, so ``XX`` is not one."""
_COUNTRIES: Final = frozenset(_CODES.split())

_EUROPEAN_UNION: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_PARTS_OF_IT: Final = "AX GF GP MF MQ RE YT"
"""Where the Union's law applies under a country code of its own (TFEU Art. 355: outermost regions, Åland)."""
_REST_OF_THE_EEA: Final = "IS LI NO"
OPT_IN: Final = frozenset(f"{_EUROPEAN_UNION} {_PARTS_OF_IT} {_REST_OF_THE_EEA} GB CH".split())
"""Countries where advertising needs the person's consent beforehand."""

_LDU_STATES: Final[dict[str, LduState]] = {
    "CA": 1000, "CO": 1001, "CT": 1002, "FL": 1003, "OR": 1004, "TX": 1005, "MT": 1006, "DE": 1007, "NE": 1008,
    "NH": 1009, "NJ": 1010,
    "MN": 1011,  # since 2025-06-02
    "MD": 1012,  # since 2025-09-09
    "RI": 1013,  # since 2025-11-17
}  # fmt: skip
"""The states that Limited Data Use covers (Meta's "data processing options" page, as of 2026-02-13)."""
_LDU_UNITED_STATES: Final = 1


class Region(NamedTuple):
    """A country (ISO 3166-1 alpha-2) and, in the United States, the state where known (ISO 3166-2 without ``US-``)."""

    country: str
    state: str | None


class Ldu(NamedTuple):
    """Meta's three data processing options, in the order of their fields; country and state 0 let Meta locate."""

    options: list[Literal["LDU"]]
    country: Literal[0, 1]
    state: LduState


def parse(text: str) -> Region | None:
    """The region that a code such as ``DE``, ``US``, ``US-CA`` or ``DE-BY`` names; None when it names none.

    Case does not matter, ``UK`` is ``GB``, a part of any other country than the United States is left out. A state
    that does not exist is kept: it has no code for Limited Data Use. Takes any text.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    country = match[1].upper()
    country = "GB" if country == "UK" else country
    if country not in _COUNTRIES:
        return None
    return Region(country, match[2].upper() if match[2] and country == _UNITED_STATES else None)


def located(trusted: Region | None, stated: Region | None, *, vouched: bool) -> Region | None:
    """Where the person is, of two statements; None, which is strict, when they contradict each other.

    ``stated``: by whoever sent the event; unless it is ``vouched`` for, it can only make the other one stricter.
    """
    if trusted is None:
        return stated if vouched else None
    if stated is None or stated.country == trusted.country:
        return trusted if trusted.state or not vouched else stated or trusted
    return None


def is_opt_in(country: str | None) -> bool:
    """Whether consent is needed beforehand in a country as ``parse`` gives it; yes where the country is unknown."""
    return country is None or country in OPT_IN


def limited_data_use(state: str | None, *, public_ip: bool) -> Ldu | None:
    """The Limited Data Use that an opt-out in the United States asks for; None when it means that nothing is sent.

    ``state``: as ``parse`` gives it. When it is not known, Meta finds it from the client's address, so only with
    ``public_ip``. A state that Limited Data Use does not cover leaves no other way than not to send.
    """
    if state is None:
        return Ldu(["LDU"], 0, 0) if public_ip else None
    code = _LDU_STATES.get(state)
    return Ldu(["LDU"], _LDU_UNITED_STATES, code) if code else None
