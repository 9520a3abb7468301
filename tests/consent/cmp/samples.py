"""Cookies of visitors who agreed, one jar for each tool, and what the site says of its tool. All ids are invented."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp import CmpReading, read

AT: Final = 1_795_251_600
"""2026-11-21T09:00:00Z."""
ONETRUST: Final = (
    "isGpcEnabled=0&datestamp=Sat+Nov+21+2026+10%3A00%3A05+GMT%2B0100&version=202603.1.0&browserGpcFlag=0"
    "&isIABGlobal=false&hosts=&consentId=3f2b0a52&interactionCount=1&isAnonUser=1&landingPath=NotLandingPage"
    "&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A1%2CV2STACK42%3A0&genVendors=V2%3A1%2C&AwaitingReconsent=false"
)
COOKIEBOT: Final = (
    "{stamp:'Rm4fk9D+eC/w==',necessary:true,preferences:false,statistics:false,marketing:true,"
    "method:'explicit',ver:2,utc:1795251600389,region:'de'}"
)
USERCENTRICS: Final = {
    "controllerId": "c0ffee",
    "settingsId": "Xy12",
    "version": "3.1.4",
    "updatedAt": 1795251600000,
    "services": [
        {"id": "BJz7qNsdj-7", "status": False, "type": "explicit"},
        {"id": "meta-template", "status": True, "type": "explicit"},
    ],
}
DIDOMI: Final = {
    "user_id": "1889099c",
    "created": "2026-11-20T08:00:00.000Z",
    "updated": "2026-11-21T09:00:00.131Z",
    "vendors": {"enabled": ["google", "c:facebook-AbC"], "disabled": ["c:hotjar"]},
    "purposes": {"enabled": ["ads-Xy"]},
    "version": 2,
}
KLARO: Final = {"matomo": False, "meta": True}
BORLABS: Final = {
    "consents": {"essential": ["borlabs-cookie"], "marketing": ["facebook-pixel"]},
    "domainPath": "shop.example.com/",
    "expires": "Sun, 21 Nov 2027 09:00:00 GMT",
    "uid": "wzlxoy59-rj2wkzg9",
    "v3": True,
    "version": 7,
}
COOKIEYES: Final = (
    "consentid:UFJHbXhT,consent:yes,action:yes,necessary:yes,functional:no,analytics:no,performance:no,"
    "advertisement:yes,other:no"
)
VANILLA: Final = {
    "categories": ["necessary", "marketing"],
    "revision": 3,
    "data": None,
    "consentTimestamp": "2026-11-20T08:00:00.000Z",
    "consentId": "0b4a3d6e",
    "services": {"marketing": ["meta"]},
    "lastConsentTimestamp": "2026-11-21T09:00:00.000Z",
    "expirationTime": 1811148000000,
}


def compact(value: Any) -> str:
    """The JSON as JavaScript writes it."""
    return json.dumps(value, separators=(",", ":"))


def token(value: Any) -> str:
    """The JSON in base64, as Didomi keeps it."""
    return b64encode(compact(value).encode()).decode()


def jar(tool: str, value: str) -> dict[str, str]:
    """The tool's cookies with this value in the cookie that decides."""
    return {**ALLOWING[tool], next(iter(ALLOWING[tool])): value}


def reading(cookies: Mapping[str, str], tool: str, **options: Any) -> CmpReading:
    """The one reading of a jar with one tool's cookies; ``options`` change those of ``OPTIONS``."""
    said = {**OPTIONS.get(tool, {}), **options}
    (found,) = read(cookies, msgspec.convert({tool: said} if said else {}, CmpOptions))
    assert found.tool == tool
    return found


def verdict(cookies: Mapping[str, str], tool: str, **options: Any) -> tuple[str, str]:
    """What the jar says, and why."""
    found = reading(cookies, tool, **options)
    return found.says, found.reason


ALLOWING: Final[dict[str, dict[str, str]]] = {
    "onetrust": {"OptanonConsent": ONETRUST, "OptanonAlertBoxClosed": "2026-11-21T09:00:00.000Z"},
    "cookiebot": {"CookieConsent": quote(COOKIEBOT)},
    "usercentrics": {"usercentrics": quote(compact(USERCENTRICS))},
    "didomi": {"didomi_token": token(DIDOMI)},
    "consentmanager": {"__cmpcvcu6055": "__s23_s7_U__"},
    "klaro": {"klaro": quote(compact(KLARO))},
    "borlabs": {"borlabs-cookie": quote(compact(BORLABS))},
    "complianz": {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed"},
    "wp_consent_api": {"wp_consent_marketing": "allow"},
    "cookieyes": {"cookieyes-consent": COOKIEYES},
    "vanilla_cookieconsent": {"cc_cookie": quote(compact(VANILLA))},
}
"""Tool → its cookies; the first is the one that decides."""
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "usercentrics": {"service": "meta-template"},
    "didomi": {"vendor": "c:facebook-AbC", "purposes": ["ads-Xy"]},
    "klaro": {"service": "meta"},
    "vanilla_cookieconsent": {"revision": 3},
}
"""Tool → its options, where the defaults are not enough."""
ALLOW: Final = ("allow", "")
DENIED: Final = ("deny", "denied")
NO_ACT: Final = ("unknown", "cookie_no_user_act")
UNPARSABLE: Final = ("unknown", "cookie_unparsable")
OUTDATED: Final = ("unknown", "text_outdated")
