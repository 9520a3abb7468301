"""What a reading carries beside its verdict: time, record, text version, strings of other formats."""

from typing import Any
from urllib.parse import quote

import pytest

from sluice.consent.cmp import described, read_customer_privacy
from sluice.consent.malformed import Malformed
from tests.consent.cmp.samples import (
    ALLOW,
    ALLOWING,
    AT,
    COOKIEBOT,
    COOKIEYES,
    DENIED,
    DIDOMI,
    KLARO,
    NO_ACT,
    ONETRUST,
    UNPARSABLE,
    VANILLA,
    compact,
    reading,
    token,
)


@pytest.mark.parametrize(
    ("tool", "at", "consent_id", "text_version"),
    [
        ("onetrust", AT, "3f2b0a52", None),
        ("cookiebot", AT, "Rm4fk9D+eC/w==", None),
        ("usercentrics", AT, "c0ffee", "3.1.4"),
        ("didomi", AT, "1889099c", None),
        ("consentmanager", None, None, None),
        ("klaro", None, None, None),
        ("borlabs", None, "wzlxoy59-rj2wkzg9", "7"),
        ("complianz", None, None, None),
        ("wp_consent_api", None, None, None),
        ("cookieyes", None, "UFJHbXhT", None),
        ("vanilla_cookieconsent", AT, "0b4a3d6e", "3"),
    ],
)
def test_proof(tool: str, at: int | None, consent_id: str | None, text_version: str | None) -> None:
    """A reading has the time, record id and text version that the tool keeps, and the cookies as they came."""
    found = reading(ALLOWING[tool], tool)
    assert (found.at, found.consent_id, found.text_version) == (at, consent_id, text_version)
    assert found.raw == "\n".join(ALLOWING[tool].values())


def test_proof_in_other_cookies() -> None:
    """Record ids and text versions that stand in cookies of their own are found there."""
    complianz = reading({"cmplz_marketing": "allow", "cmplz_policy_id": "42", "cmplz_id": "91093"}, "complianz")
    assert (complianz.consent_id, complianz.text_version) == ("91093", "42")
    assert reading({"__cmpcvc": "_s7_", "__cmpiuid": "a1"}, "consentmanager").consent_id == "a1"
    cookieyes = COOKIEYES + ",lastRenewedDate:1728636632000"
    assert reading({"cookieyes-consent": cookieyes}, "cookieyes").text_version is None  # a time, no version
    earlier = {"categories": ["marketing"], "revision": 3, "consent_uuid": "u", "consent_date": "2026-11-21T09:00:00Z"}
    found = reading({"cc_cookie": compact(earlier)}, "vanilla_cookieconsent")
    assert (found.at, found.consent_id) == (AT, "u")


def test_nobody_has_no_record() -> None:
    """A placeholder is no record id, and a time that is none is no time."""
    assert reading({"borlabs-cookie": '{"consents":{},"uid":"anonymous"}'}, "borlabs").consent_id is None
    assert reading({"CookieConsent": "-1"}, "cookiebot").consent_id is None
    for utc in ("-5", "999999999999999"):
        cookie = COOKIEBOT.replace("1795251600389", utc)
        assert reading({"CookieConsent": cookie}, "cookiebot").at is None
    late = compact({**VANILLA, "lastConsentTimestamp": 7})
    assert reading({"cc_cookie": late}, "vanilla_cookieconsent").at is None


def test_strings_of_other_formats() -> None:
    """TC, AC and GPP strings that a tool keeps in cookies of its own are handed on as they are."""
    onetrust = reading(
        {"eupubconsent-v2": "CQabc", "OTAdditionalConsentString": "1%7E43.89", "OTGPPConsent": "DBAA~x"}, "onetrust"
    )
    assert (onetrust.says, onetrust.tc_string, onetrust.ac_string, onetrust.gpp) == (
        "unknown", "CQabc", "1~43.89", "DBAA~x",
    )  # fmt: skip
    cookiebot = reading({"CookieConsent": COOKIEBOT.replace("}", ",iab2:'CQabc',gpp:'DBAA~x'}")}, "cookiebot")
    assert (cookiebot.tc_string, cookiebot.gpp) == ("CQabc", "DBAA~x")
    assert reading({"didomi_dcs": "x", "euconsent-v2": "CQabc"}, "didomi").tc_string == "CQabc"
    two = {"__cmpconsent1": "CQabc", "__cmpconsentx2": "CQabc"}
    assert reading(two, "consentmanager").tc_string == "CQabc"
    assert reading({**two, "__cmpconsents3": "CQxyz"}, "consentmanager").tc_string is None


def test_custom_vendors() -> None:
    """Vendors agreed to are named by the tool's ids: those that every list has, without the refused."""
    lists = {"__cmpcvcu1": "__s23_s7_c12_U__", "__cmpcvcx2": "__s7_c12_s9__"}
    assert reading(lists, "consentmanager").custom_vendors == {"s7", "c12"}
    both = {"vendors": {"enabled": ["google", "c:a"], "disabled": ["c:a"]}}
    assert reading({"didomi_token": token(both)}, "didomi").custom_vendors == {"google"}
    assert reading({"didomi_token": token(both), "didomi_dcs": "x"}, "didomi").custom_vendors == frozenset()


@pytest.mark.parametrize("flag", ["isGpcEnabled", "browserGpcFlag"])
def test_us_opt_out(flag: str) -> None:
    """OneTrust's note of Global Privacy Control is an opt-out; that there was none says nothing."""
    signalled = ONETRUST.replace(f"{flag}=0", f"{flag}=1")
    assert reading({**ALLOWING["onetrust"], "OptanonConsent": signalled}, "onetrust").us_opt_out is True
    assert reading(ALLOWING["onetrust"], "onetrust").us_opt_out is None


@pytest.mark.parametrize(
    ("privacy", "expected", "us_opt_out"),
    [
        ({"marketing": "yes", "analytics": "no", "preferences": "", "sale_of_data": ""}, ALLOW, None),
        ({"marketing": "yes", "sale_of_data": "yes"}, ALLOW, False),
        ({"marketing": True, "sale_of_data": False}, ALLOW, True),
        ({"marketing": "true"}, ALLOW, None),
        ({"marketing": "yes", "marketingAllowed": True, "saleOfDataAllowed": True}, ALLOW, False),
        ({"currentVisitorConsent": {"marketing": "yes"}, "marketingAllowed": True}, ALLOW, None),
        ({"marketing": "no"}, DENIED, None),
        ({"marketing": False, "marketingAllowed": True}, DENIED, None),
        ({"marketing": "yes", "marketingAllowed": False}, DENIED, None),
        ({"marketing": ""}, NO_ACT, None),
        ({"marketing": "", "marketingAllowed": True}, NO_ACT, None),
        ({"marketingAllowed": True, "saleOfDataAllowed": False}, NO_ACT, True),
        ({"marketingAllowed": False}, NO_ACT, None),
        ({"saleOfDataAllowed": True, "sale_of_data": "no"}, NO_ACT, True),
        ({"analytics": "yes"}, NO_ACT, None),
        ({"marketing": "no", "currentVisitorConsent": {"marketing": "yes"}}, UNPARSABLE, None),
        ({"marketing": "YES"}, UNPARSABLE, None),
        ({"marketing": 1}, UNPARSABLE, None),
        ({"marketing": ["yes"]}, UNPARSABLE, None),
        ({"marketing": "yes", "currentVisitorConsent": "yes"}, UNPARSABLE, None),
        ({"consent": "yes"}, UNPARSABLE, None),
        ({}, UNPARSABLE, None),
        ("yes", UNPARSABLE, None),
        (None, UNPARSABLE, None),
    ],
)
def test_shopify(privacy: object, expected: tuple[str, str], us_opt_out: bool | None) -> None:
    """Shopify allows with the visitor's own yes to marketing; what a region permits by default allows nothing."""
    found = read_customer_privacy(privacy)
    assert (found.says, found.reason, found.us_opt_out) == (*expected, us_opt_out)


def test_shopify_evidence() -> None:
    """The evidence for Shopify is the known fields in one order, however the object came."""
    one = read_customer_privacy({"marketing": "yes", "analytics": "no", "shop": "example"})
    other = read_customer_privacy({"currentVisitorConsent": {"analytics": False, "marketing": True}})
    assert one.raw == other.raw == '{"analytics":false,"marketing":true}'


@pytest.mark.parametrize(
    ("tool", "value", "expected"),
    [
        ("onetrust", "groups=C0001%3A1%2CC0004%3A0&hosts=", {"groups": {"C0001": True, "C0004": False}, "hosts": ""}),
        ("cookiebot", "{stamp:'x',marketing:true,ver:1}", {"stamp": "x", "marketing": True, "ver": 1}),
        ("cookiebot", "-1", {"stamp": "-1"}),
        ("usercentrics", '{"services":[]}', {"services": []}),
        ("didomi", token(DIDOMI), DIDOMI),
        ("consentmanager", "__s7_s23_U__", {"ids": ["s23", "s7"]}),
        ("klaro", quote(compact(KLARO)), KLARO),
        ("borlabs", '{"consents":{}}', {"consents": {}}),
        ("complianz", "allow", {"marketing": "allow"}),
        ("wp_consent_api", "", {"marketing": ""}),
        ("cookieyes", "action:yes,other:no", {"action": "yes", "other": "no"}),
        ("vanilla_cookieconsent", '{"revision":1}', {"revision": 1}),
        ("shopify", '{"marketing":"","saleOfDataAllowed":true}', {"marketing": None, "saleOfDataAllowed": True}),
        ("onetrust", "groups", Malformed("bad_form")),
        ("consentmanager", "s7,s8", Malformed("bad_form")),
        ("complianz", "yes", Malformed("bad_form")),
        ("wp_consent_api", "yes", Malformed("bad_form")),
        ("shopify", "{}", Malformed("bad_form")),
        ("cookiebot", "{" * 9000, Malformed("too_long")),
        ("sourcepoint", "x", Malformed("unknown_tool")),
    ],
)
def test_described(tool: str, value: str, expected: Any) -> None:
    """A cookie is shown field by field in the tool's own names, or with the code of what is wrong with it."""
    assert described(tool, value) == expected
