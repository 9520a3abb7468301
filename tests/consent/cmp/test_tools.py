"""Every tool's cookie in every state: agreed, refused, undecided, implied, broken, encoded twice, with other ids."""

from typing import Any
from urllib.parse import quote, unquote

import pytest

from sluice.consent.cmp import TOOLS
from tests.consent.cmp.samples import (
    ALLOW,
    ALLOWING,
    BORLABS,
    COOKIEBOT,
    COOKIEYES,
    DENIED,
    DIDOMI,
    KLARO,
    NO_ACT,
    ONETRUST,
    OUTDATED,
    UNPARSABLE,
    USERCENTRICS,
    VANILLA,
    compact,
    jar,
    token,
    verdict,
)

META = USERCENTRICS["services"][1]


def usercentrics(**change: Any) -> str:
    """The state with one thing changed in Meta's service."""
    return compact({**USERCENTRICS, "services": [{**META, **change}]})


def test_tools() -> None:
    """Every tool but Shopify leaves cookies, and every one that does has a sample below."""
    assert set(TOOLS) == {*ALLOWING, "shopify"}


@pytest.mark.parametrize("tool", ALLOWING)
def test_twice_truncated_empty_long(tool: str) -> None:
    """A value encoded a second time, cut off in the middle, empty or too long never allows."""
    name, value = next(iter(ALLOWING[tool].items()))
    assert verdict(ALLOWING[tool], tool) == ALLOW
    twice = quote(quote(unquote(value), safe=""), safe="")
    assert verdict(jar(tool, twice), tool)[0] == ("allow" if twice == value else "unknown")
    assert verdict(jar(tool, value[: len(value) // 2]), tool)[0] != "allow"
    assert verdict(jar(tool, ""), tool)[0] == "unknown"
    assert verdict({**ALLOWING[tool], name: "x" * 8193}, tool) == UNPARSABLE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ONETRUST, ALLOW),
        (ONETRUST.replace("%3A", ":").replace("%2C", ",").replace("+", " "), ALLOW),
        (ONETRUST.replace("+", "%20"), ALLOW),
        (ONETRUST.replace("&AwaitingReconsent=false", ""), ALLOW),
        (ONETRUST.replace("NotLandingPage", "https%3A%2F%2Fshop.example.com%2F%3Fgroups%3Dx%26groups%3Dy"), ALLOW),
        (ONETRUST.replace("C0004%3A1", "C0004%3A0"), DENIED),
        (ONETRUST.replace("interactionCount=1", "interactionCount=0"), NO_ACT),
        (ONETRUST.replace("interactionCount=1&", ""), NO_ACT),
        (ONETRUST.replace("interactionCount=1", "interactionCount=x"), NO_ACT),
        (ONETRUST.replace("interactionCount=1", "interactionCount=" + "9" * 5000), NO_ACT),
        (ONETRUST.replace("AwaitingReconsent=false", "AwaitingReconsent=true"), OUTDATED),
        (ONETRUST.replace("C0004", "4"), NO_ACT),
        (ONETRUST.replace("C0004%3A1", "C00044%3A1"), NO_ACT),
        (ONETRUST.replace("C0004%3A1", "C0004%3Atrue"), UNPARSABLE),
        (ONETRUST.replace("C0004%3A1", "C0004%3A1%2CC0004%3A0"), UNPARSABLE),
        (ONETRUST.replace("groups=", "groups=C0004%3A1&groups="), UNPARSABLE),
        (ONETRUST.replace("NotLandingPage", "https://shop.example.com/?a=b&interactionCount=9"), UNPARSABLE),
        (ONETRUST.replace("%3A1", "%253A1"), UNPARSABLE),
        (ONETRUST.replace("3f2b0a52", "%FF"), UNPARSABLE),
        (quote(ONETRUST, safe=""), UNPARSABLE),
        (ONETRUST.split("&groups")[0], UNPARSABLE),
        ("groups=C0004:1", NO_ACT),
        ("landingPath=NotLandingPage&datestamp=x&version=3.6.15&groups=1%3A1%2C4%3A1", NO_ACT),
        ("{}", UNPARSABLE),
    ],
)
def test_onetrust(value: str, expected: tuple[str, str]) -> None:
    """OneTrust allows with the group at 1, a closed banner, an interaction, and no new question open."""
    assert verdict(jar("onetrust", value), "onetrust") == expected


@pytest.mark.parametrize("closed", [None, "", "true", "2026-11-21", "2026-11-21T09:00:00.000"])
def test_onetrust_without_closed_banner(closed: str | None) -> None:
    """Groups at 1 or 0 without the time at which the banner was closed are the site's default."""
    other = {} if closed is None else {"OptanonAlertBoxClosed": closed}
    assert verdict({"OptanonConsent": ONETRUST, **other}, "onetrust") == NO_ACT
    assert verdict({"OptanonConsent": ONETRUST.replace("C0004%3A1", "C0004%3A0"), **other}, "onetrust") == NO_ACT


def test_onetrust_group_of_the_site() -> None:
    """A site's own group id is asked for as a whole."""
    own = {**ALLOWING["onetrust"], "OptanonConsent": ONETRUST.replace("C0004", "4")}
    assert verdict(own, "onetrust", group="4") == ALLOW
    assert verdict(own, "onetrust", group="C0002") == DENIED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (COOKIEBOT, ALLOW),
        (quote(COOKIEBOT, safe="{}:+/="), ALLOW),
        (quote(COOKIEBOT, safe=""), ALLOW),
        (COOKIEBOT.replace(",", ", ").replace(":t", ": t").replace("{", "{ ").replace("}", " }"), ALLOW),
        (COOKIEBOT.replace("'", '"'), ALLOW),
        (COOKIEBOT.replace("}", ",iab2:'CQabc',gacm:'1~'}"), ALLOW),
        (COOKIEBOT.replace("marketing:true", "marketing:false"), DENIED),
        (COOKIEBOT.replace("marketing:true", "marketing:false").replace("method:'explicit',", ""), DENIED),
        (COOKIEBOT.replace("explicit", "implied"), NO_ACT),
        (COOKIEBOT.replace("explicit", "implied").replace("marketing:true", "marketing:false"), NO_ACT),
        (COOKIEBOT.replace("explicit", "Explicit"), NO_ACT),
        (COOKIEBOT.replace("method:'explicit',", ""), NO_ACT),
        (COOKIEBOT.replace("Rm4fk9D+eC/w==", "-1"), NO_ACT),
        (COOKIEBOT.replace("'Rm4fk9D+eC/w=='", "-1"), NO_ACT),
        (COOKIEBOT.replace("Rm4fk9D+eC/w==", "0"), NO_ACT),
        (COOKIEBOT.replace("Rm4fk9D+eC/w==", ""), NO_ACT),
        (COOKIEBOT.replace("stamp:'Rm4fk9D+eC/w==',", ""), NO_ACT),
        ("{necessary:true,preferences:false,statistics:false,marketing:false}", NO_ACT),
        ("-1", NO_ACT),
        ("0", NO_ACT),
        ("", NO_ACT),
        ("1", UNPARSABLE),
        ("true", UNPARSABLE),
        ("{}", UNPARSABLE),
        ("%2D1", NO_ACT),
        (COOKIEBOT.replace("marketing:true,", ""), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "marketing:'true'"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "marketing:1"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "marketing:false,marketing:true"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "marketing:true||false"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "x:'marketing:true'"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "Marketing:true"), UNPARSABLE),
        (COOKIEBOT.replace("marketing:true", "marketing:true,"), UNPARSABLE),
        (COOKIEBOT.replace("region:'de'", "region:'d\\'e'"), UNPARSABLE),
        (COOKIEBOT + "}", UNPARSABLE),
        (COOKIEBOT[:-1], UNPARSABLE),
        (COOKIEBOT.replace("utc:1795251600389", "utc:{a:1}"), UNPARSABLE),
        (quote(quote(COOKIEBOT)), UNPARSABLE),
        (quote(COOKIEBOT) + "%ff", UNPARSABLE),
        (COOKIEBOT.replace("1795251600389", "9" * 5000), UNPARSABLE),
    ],
)
def test_cookiebot(value: str, expected: tuple[str, str]) -> None:
    """Cookiebot allows with marketing:true under an explicit answer with a stamp; the literal is read to the letter."""
    assert verdict(jar("cookiebot", value), "cookiebot") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (compact(USERCENTRICS), ALLOW),
        (usercentrics(type="EXPLICIT"), ALLOW),
        (usercentrics(status=False), DENIED),
        (usercentrics(type="implicit"), NO_ACT),
        (usercentrics(type="IMPLICIT", status=False), NO_ACT),
        (usercentrics(id="meta-template-2"), NO_ACT),
        ('{"services":[]}', NO_ACT),
        (usercentrics(status="true"), UNPARSABLE),
        (usercentrics(status=1), UNPARSABLE),
        (usercentrics(type=None), UNPARSABLE),
        (compact({**USERCENTRICS, "services": [META, META]}), UNPARSABLE),
        (compact({**USERCENTRICS, "services": {"meta-template": META}}), UNPARSABLE),
        (compact({**USERCENTRICS, "services": ["meta-template"]}), UNPARSABLE),
        (compact([USERCENTRICS]), UNPARSABLE),
        (compact(USERCENTRICS)[:-1], UNPARSABLE),
        (quote(quote(compact(USERCENTRICS))), UNPARSABLE),
        ("{}", UNPARSABLE),
    ],
)
def test_usercentrics(value: str, expected: tuple[str, str]) -> None:
    """Usercentrics allows with the service's status true by an explicit act."""
    assert verdict(jar("usercentrics", value), "usercentrics") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (token(DIDOMI), ALLOW),
        (token(DIDOMI).rstrip("="), ALLOW),
        (quote(token(DIDOMI), safe=""), ALLOW),
        (token(DIDOMI).replace("+", "-").replace("/", "_"), ALLOW),
        (token({**DIDOMI, "vendors": {"disabled": ["c:facebook-AbC"]}}), DENIED),
        (token({**DIDOMI, "vendors": {"enabled": ["c:facebook-AbC"], "disabled": ["c:facebook-AbC"]}}), DENIED),
        (token({**DIDOMI, "purposes": {"disabled": ["ads-Xy"]}}), DENIED),
        (token({**DIDOMI, "purposes": {"enabled": ["ads"]}}), NO_ACT),
        (token({**DIDOMI, "vendors": {"enabled": ["c:facebook-AbCd", "facebook"]}}), NO_ACT),
        (token({"user_id": "1", "created": "x", "updated": "x", "version": None}), NO_ACT),
        (token({**DIDOMI, "vendors": {"enabled": []}, "vendors_li": {"enabled": ["c:facebook-AbC"]}}), NO_ACT),
        (token({**DIDOMI, "vendors": {"enabled": "c:facebook-AbC"}}), UNPARSABLE),
        (token({**DIDOMI, "vendors": ["c:facebook-AbC"]}), UNPARSABLE),
        (token({**DIDOMI, "vendors": {"enabled": ["c:facebook-AbC", 1]}}), UNPARSABLE),
        (token({**DIDOMI, "purposes": None}), UNPARSABLE),
        (token([DIDOMI]), UNPARSABLE),
        (token(DIDOMI)[:-8], UNPARSABLE),
        (token(token(DIDOMI)), UNPARSABLE),
        (quote(quote(token(DIDOMI) + "=", safe=""), safe=""), UNPARSABLE),
        (compact(DIDOMI), UNPARSABLE),
        ("accepted", UNPARSABLE),
        ("", UNPARSABLE),
    ],
)
def test_didomi(value: str, expected: tuple[str, str]) -> None:
    """Didomi allows with vendor and purposes agreed to and none of them refused; legitimate interest is no consent."""
    assert verdict(jar("didomi", value), "didomi") == expected


def test_didomi_packed() -> None:
    """The packed cookie is not readable, and nobody knows whether a token beside it still holds."""
    assert verdict({"didomi_dcs": "CACgAA"}, "didomi") == UNPARSABLE
    assert verdict({**ALLOWING["didomi"], "didomi_dcs": "CACgAA"}, "didomi") == UNPARSABLE
    assert verdict(
        {**jar("didomi", token({"vendors": {"disabled": ["v"]}})), "didomi_dcs": "C"}, "didomi", vendor="v"
    ) == (DENIED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("__s23_s7_U__", ALLOW),
        ("_s7_", ALLOW),
        ("s23_s7_s1052", ALLOW),
        ("__s23_s77_s1052_", DENIED),
        ("__s23_c7_s17__", DENIED),
        ("__S7__", DENIED),
        ("____", DENIED),
        ("__U__", DENIED),
        ("", NO_ACT),
        ("s7", UNPARSABLE),
        ("__s23_s7", UNPARSABLE),
        ("U", UNPARSABLE),
        ("__s23,s7__", UNPARSABLE),
        ("__s23%5Fs7__", UNPARSABLE),
        ('["s7"]', UNPARSABLE),
        ("_s7_\n", UNPARSABLE),
        ("_s7_é_", UNPARSABLE),
    ],
)
@pytest.mark.parametrize("name", ["__cmpcvc", "__cmpcvcu6055", "__cmpcvcx11319", "__cmpcvcs12"])
def test_consentmanager(name: str, value: str, expected: tuple[str, str]) -> None:
    """Only a whole id in the list allows, under whichever scope; what may be cut off proves nothing."""
    assert verdict({name: value}, "consentmanager") == expected


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        ({"__cmpcvc": "__s7__", "__cmpcpc": "__51_c52__"}, ALLOW),
        ({"__cmpcvc": "__s7__", "__cmpcpcu6055": "__c52__"}, ALLOW),
        ({"__cmpcvc": "__s7__", "__cmpcpc": "__51_c5__"}, DENIED),
        ({"__cmpcvc": "__s7__", "__cmpcpc": "__c52__", "__cmpcpcx9": "____"}, DENIED),
        ({"__cmpcvc": "__s23__", "__cmpcpc": "__c52__"}, DENIED),
        ({"__cmpcvc": "__s7__", "__cmpcvcx9": "__s23__", "__cmpcpc": "__c52__"}, DENIED),
        ({"__cmpcvc": "__s7__"}, NO_ACT),
        ({"__cmpcpc": "__c52__"}, NO_ACT),
        ({"__cmpconsent6055": "CQabc"}, NO_ACT),
    ],
)
def test_consentmanager_purpose(cookies: dict[str, str], expected: tuple[str, str]) -> None:
    """A purpose that is asked for must be listed too, and every scope's list must agree."""
    assert verdict(cookies, "consentmanager", purpose="c52") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (compact(KLARO), ALLOW),
        (quote(compact(KLARO), safe="{}:"), ALLOW),
        ('{"meta":false}', DENIED),
        ('{"matomo":true}', NO_ACT),
        ('{"Meta":true,"metapixel":true}', NO_ACT),
        ("{}", NO_ACT),
        ("", NO_ACT),
        ('{"meta":"true"}', UNPARSABLE),
        ('{"meta":1}', UNPARSABLE),
        ('{"meta":null}', UNPARSABLE),
        ('{"meta":false,"meta":true}', UNPARSABLE),
        ('["meta"]', UNPARSABLE),
        ("true", UNPARSABLE),
        ('{"matomo":false,"meta":true', UNPARSABLE),
        (quote(quote(compact(KLARO))), UNPARSABLE),
        ('{"a":' * 1500 + "1" + "}" * 1500, UNPARSABLE),
        ('{"a":' + "9" * 5000 + ',"meta":true}', UNPARSABLE),
    ],
)
def test_klaro(value: str, expected: tuple[str, str]) -> None:
    """Klaro allows with the configured service at JSON true."""
    assert verdict(jar("klaro", value), "klaro") == expected


def test_klaro_options() -> None:
    """Klaro's cookie has the name that the site gave it; without a service nothing is allowed."""
    assert verdict({"consent": compact(KLARO)}, "klaro", cookie="consent") == ALLOW
    assert verdict(ALLOWING["klaro"], "klaro", service=None) == NO_ACT
    assert verdict(ALLOWING["usercentrics"], "usercentrics", service=None) == NO_ACT
    assert verdict(ALLOWING["didomi"], "didomi", vendor=None) == NO_ACT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (compact(BORLABS), ALLOW),
        (compact({**BORLABS, "version": "2", "uid": "anonymous"}), ALLOW),
        (compact({**BORLABS, "consents": {"essential": ["borlabs-cookie"]}}), DENIED),
        (compact({**BORLABS, "consents": {"marketing": []}}), DENIED),
        (compact({**BORLABS, "consents": {"marketing": ["facebook-pixel-2"]}}), DENIED),
        (compact({**BORLABS, "consents": {"marketing": ["meta-pixel"]}}), ALLOW),
        (compact({**BORLABS, "consents": {"external-media": ["facebook-pixel"]}}), DENIED),
        (compact({**BORLABS, "consents": {"marketing": "facebook-pixel"}}), UNPARSABLE),
        (compact({**BORLABS, "consents": {"marketing": {"facebook-pixel": True}}}), UNPARSABLE),
        (compact({**BORLABS, "consents": ["marketing"]}), UNPARSABLE),
        (compact({"marketing": ["facebook-pixel"]}), UNPARSABLE),
        (compact(BORLABS)[:-1], UNPARSABLE),
        (quote(quote(compact(BORLABS))), UNPARSABLE),
        ("{}", UNPARSABLE),
        ("", NO_ACT),
    ],
)
def test_borlabs(value: str, expected: tuple[str, str]) -> None:
    """Borlabs Cookie allows with the service in the group marketing."""
    assert verdict(jar("borlabs", value), "borlabs") == expected


@pytest.mark.parametrize("tool", ["complianz", "wp_consent_api"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("allow", ALLOW),
        ("%61llow", ALLOW),
        ("deny", DENIED),
        ("", NO_ACT),
        ("Allow", UNPARSABLE),
        ("allowed", UNPARSABLE),
        ("allow ", UNPARSABLE),
        ("allo", UNPARSABLE),
        ("true", UNPARSABLE),
        ("1", UNPARSABLE),
        ('{"marketing":"allow"}', UNPARSABLE),
        ("%2561llow", UNPARSABLE),
        ("%ff", UNPARSABLE),
        ("?", UNPARSABLE),
    ],
)
def test_words(tool: str, value: str, expected: tuple[str, str]) -> None:
    """The WordPress tools say allow, deny, or nothing; every other word proves nothing."""
    assert verdict(jar(tool, value), tool) == expected


@pytest.mark.parametrize(
    ("cookies", "prefix", "expected"),
    [
        ({"cmplz_rt_marketing": "allow"}, None, ALLOW),
        ({"cmplz_rt_marketing": "deny", "cmplz_marketing": "allow"}, None, DENIED),
        ({"cmplz_rt_marketing": "", "cmplz_marketing": "allow"}, None, NO_ACT),
        ({"shop_marketing": "allow", "cmplz_marketing": "deny"}, "shop_", ALLOW),
        ({"shop_marketing": "allow"}, "shop", ALLOW),
        ({"cmplz_marketing": "allow", "cmplz_banner-status": "show"}, None, NO_ACT),
        ({"cmplz_marketing": "deny", "cmplz_banner-status": "show"}, None, DENIED),
        ({"cmplz_marketing": "allow"}, None, ALLOW),
    ],
)
def test_complianz(cookies: dict[str, str], prefix: str | None, expected: tuple[str, str]) -> None:
    """Complianz reads the site's prefix; two prefixes must agree, and under an open banner nobody agreed."""
    assert verdict(cookies, "complianz", prefix=prefix) == expected


@pytest.mark.parametrize("prefix", ["shop_consent", "shop_consent_"])
def test_wp_consent_api_prefix(prefix: str) -> None:
    """The WP Consent API's prefix may be written with or without its last underscore."""
    assert verdict({"shop_consent_marketing": "allow"}, "wp_consent_api", prefix=prefix) == ALLOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (COOKIEYES, ALLOW),
        (quote(COOKIEYES, safe=""), ALLOW),
        (COOKIEYES + ",lastRenewedDate:1728636632000", ALLOW),
        (COOKIEYES.replace("advertisement:yes", "advertisement:no"), DENIED),
        (COOKIEYES.replace("consent:yes", "consent:no"), DENIED),
        (COOKIEYES.replace("action:yes", "action:"), NO_ACT),
        (COOKIEYES.replace("action:yes", "action:no"), NO_ACT),
        (COOKIEYES.replace("advertisement:yes", "advertisement:"), NO_ACT),
        (COOKIEYES.replace(":yes", ":").replace(":no", ":"), NO_ACT),
        ("", NO_ACT),
        (COOKIEYES.replace("advertisement:yes,", ""), UNPARSABLE),
        (COOKIEYES.replace("advertisement:yes", "advertisements:yes"), UNPARSABLE),
        (COOKIEYES.replace("advertisement:yes", "advertisement:true"), UNPARSABLE),
        (COOKIEYES.replace("advertisement:yes", "advertisement:no,advertisement:yes"), UNPARSABLE),
        (COOKIEYES.replace("other:no", "other:y"), UNPARSABLE),
        (COOKIEYES.replace("other:no", "othe"), UNPARSABLE),
        (COOKIEYES + ",", UNPARSABLE),
        (quote(quote(COOKIEYES, safe=""), safe=""), UNPARSABLE),
        ("yes", UNPARSABLE),
        ('{"advertisement":"yes"}', UNPARSABLE),
    ],
)
def test_cookieyes(value: str, expected: tuple[str, str]) -> None:
    """CookieYes allows with action, consent and advertisement all yes."""
    assert verdict(jar("cookieyes", value), "cookieyes") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (compact(VANILLA), ALLOW),
        (compact({**VANILLA, "categories": ["marketing"]}), ALLOW),
        (compact({**VANILLA, "categories": ["necessary"]}), DENIED),
        (compact({**VANILLA, "categories": []}), DENIED),
        (compact({**VANILLA, "categories": ["necessary"], "revision": 2}), DENIED),
        (compact({**VANILLA, "categories": ["marketing2", "Marketing"]}), DENIED),
        (compact({**VANILLA, "revision": 2}), OUTDATED),
        (compact({**VANILLA, "revision": 4}), OUTDATED),
        (compact({**VANILLA, "revision": "3"}), OUTDATED),
        (compact({**VANILLA, "revision": None}), OUTDATED),
        (compact({**VANILLA, "categories": "marketing"}), UNPARSABLE),
        (compact({**VANILLA, "categories": {"marketing": True}}), UNPARSABLE),
        (compact({**VANILLA, "categories": ["marketing", 1]}), UNPARSABLE),
        (compact({"level": ["marketing"]}), UNPARSABLE),
        (compact(VANILLA)[:-1], UNPARSABLE),
        (quote(quote(compact(VANILLA))), UNPARSABLE),
        ("[]", UNPARSABLE),
        ("", NO_ACT),
    ],
)
def test_vanilla_cookieconsent(value: str, expected: tuple[str, str]) -> None:
    """vanilla-cookieconsent allows with the category listed under the revision of the text now shown."""
    assert verdict(jar("vanilla_cookieconsent", value), "vanilla_cookieconsent") == expected


def test_vanilla_cookieconsent_revision() -> None:
    """Who does not ask for a revision gets any; true is not revision 1."""
    other = compact({**VANILLA, "revision": True})
    assert verdict({"cc_cookie": other}, "vanilla_cookieconsent", revision=None) == ALLOW
    assert verdict({"cc_cookie": other}, "vanilla_cookieconsent", revision=1) == OUTDATED
