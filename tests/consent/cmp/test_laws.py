"""What holds for every text in every cookie."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.cmp_options import CmpOptions
from sluice.consent.cmp import TOOLS, described, read, read_customer_privacy
from sluice.consent.malformed import Malformed
from tests.consent.cmp.samples import ALLOWING, OPTIONS, jar, verdict
from tests.strategies import any_text, json_values

COOKIES = [name for cookies in ALLOWING.values() for name in cookies]
NAMES = [*COOKIES, "didomi_dcs", "__cmpcvc", "__cmpcpcx1", "__cmpconsent1", "eupubconsent-v2", "cmplz_rt_marketing"]
SITE = msgspec.convert(OPTIONS, CmpOptions)
pieces = st.sampled_from([
    "{", "}", "'", '"', ":", ",", "&", "=", "_", "%", "%25", "[", "]", "true", "yes", "allow", "explicit", "groups",
    "C0004", "marketing", "stamp", "s7", "meta", "categories", "action", "advertisement", "consent", "-1", "0", "1",
])  # fmt: skip
values = any_text | st.lists(pieces).map("".join) | st.sampled_from([v for c in ALLOWING.values() for v in c.values()])
REASONS = {
    "allow": {""},
    "deny": {"denied"},
    "unknown": {"cookie_unparsable", "cookie_no_user_act", "text_outdated"},
}


@given(st.dictionaries(st.sampled_from(NAMES) | any_text, values, max_size=6))
def test_total(cookies: Mapping[str, str]) -> None:
    """Every jar is read without an error: one reading a tool, in the order of the tools, with a reason that fits."""
    readings = read(cookies, SITE)
    order = [TOOLS.index(reading.tool) for reading in readings]
    assert order == sorted(set(order))
    assert all(reading.reason in REASONS[reading.says] for reading in readings)


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=3))
def test_no_text(cookies: Mapping[str, str]) -> None:
    """What is no text is no cookie."""
    assert read(cookies, SITE) == read({name: value for name, value in cookies.items() if type(value) is str}, SITE)


@given(st.sampled_from(TOOLS), values)
def test_described_is_total(tool: str, value: str) -> None:
    """Every text can be described, if only as malformed."""
    assert isinstance(described(tool, value), dict | Malformed)


@given(json_values | st.dictionaries(st.sampled_from(["marketing", "currentVisitorConsent"]), json_values))
def test_customer_privacy_is_total(privacy: object) -> None:
    """Every JSON value is read as Shopify's object."""
    found = read_customer_privacy(privacy)
    assert found.reason in REASONS[found.says]


@pytest.mark.parametrize("tool", ALLOWING)
def test_no_prefix_allows(tool: str) -> None:
    """A value that lost its end never allows, unless what is left is a whole statement with the yes in it."""
    whole = next(iter(ALLOWING[tool].values()))
    allowing = [end for end in range(len(whole)) if verdict(jar(tool, whole[:end]), tool)[0] == "allow"]
    if tool == "didomi":
        assert all(set(whole[end:]) == {"="} for end in allowing)  # the padding of base64 says nothing
    else:
        yes = {"onetrust": "C0004%3A1", "consentmanager": "_s7_", "cookieyes": "advertisement:yes"}
        assert all(yes.get(tool, whole) in whole[:end] for end in allowing)


@pytest.mark.parametrize("tool", ALLOWING)
def test_no_suffix_allows(tool: str) -> None:
    """A value that lost its beginning never allows, unless what is left is a whole statement."""
    whole = next(iter(ALLOWING[tool].values()))
    for start in range(1, len(whole)):
        rest = verdict(jar(tool, whole[start:]), tool)
        assert rest[0] != "allow" or tool in {"onetrust", "consentmanager", "cookieyes"}


@given(st.data())
def test_one_changed_character(data: st.DataObject) -> None:
    """A refusal never turns into an agreement by a character that is missing, doubled or changed to a percent sign."""
    refusals = {
        "cookiebot": "{stamp:'x',necessary:true,marketing:false,method:'explicit'}",
        "klaro": '{"meta":false}',
        "consentmanager": "__s23_s77_s1052_",
        "wp_consent_api": "deny",
        "cookieyes": "consent:yes,action:yes,advertisement:no",
        "onetrust": "interactionCount=1&groups=C0001%3A1%2CC0004%3A0",
    }
    tool = data.draw(st.sampled_from(sorted(refusals)))
    value = refusals[tool]
    at = data.draw(st.integers(0, len(value) - 1))
    change = data.draw(st.sampled_from(["", value[at] * 2, "%"]))
    changed = value[:at] + change + value[at + 1 :]
    assert verdict(jar(tool, changed), tool)[0] != "allow" or changed == "__s23_s7_s1052_"


@pytest.mark.parametrize("tool", ALLOWING)
def test_encoded_or_decoded(tool: str) -> None:
    """A value reads alike as it stood in the Cookie header and as a framework decoded it."""
    value = unquote(next(iter(ALLOWING[tool].values())))
    assert verdict(jar(tool, value), tool) == ("allow", "")
    if tool not in {"onetrust", "consentmanager"}:  # the first encodes each value, the second needs no encoding
        assert verdict(jar(tool, quote(value, safe="")), tool) == ("allow", "")
