"""The rules by which a TC string allows."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent import additional_consent
from sluice.consent.additional_consent import AcString, Providers
from sluice.consent.malformed import Malformed
from sluice.consent.tcf import Ids, PublisherTc, Restriction, TcString, decode
from sluice.consent.tcf_gate import Refusal, refusal
from sluice.policy import MetaVendor
from tests.consent.tc_strings import ALLOWED, NOW, bit_field, changed, tc_string, tc_values

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
META_CONSENTED = AcString(2, Providers("89."), Providers(""))
META_SHOWN = AcString(2, Providers("890."), Providers("89."))
BY_AC = MetaVendor()
BY_VENDOR = MetaVendor(ac_id=None, vendor_id=755)
BY_CUSTOM_VENDOR = MetaVendor(ac_id=None, custom_vendor="s7")
BY_CUSTOM_PURPOSE = MetaVendor(ac_id=None, custom_purpose=2)
DAY = 86_400
MARCH = 1_772_323_200  # 2026-03-01T00:00:00Z

OUR_SLUGS = {
    "purpose_missing": "tcf_purpose_missing",
    "stale": "tcf_stale",
    "future_dated": "tcf_future",
    "vendor_not_consented": "meta_vendor_missing",
    "publisher_restriction": "publisher_restriction",
}
POLICIES: dict[str, dict[str, Any]] = {
    "no_vendor_check": {},
    "as_vendor_755": {"meta_vendor": BY_VENDOR},
    "measurement_only_p1_p7": {"required_purposes": (1, 7)},
}


def judged(tc: TcString | Malformed, ac: AcString | None = META_CONSENTED, **policy: Any) -> Refusal | None:
    """The gate's answer at NOW under the usual policy, except for what a test sets."""
    assert isinstance(tc, TcString)
    usual: dict[str, Any] = {"required_purposes": (1, 3, 4, 7), "meta_vendor": BY_AC, "custom_vendors": ()}
    return refusal(tc, ac, **(usual | {"max_age_days": 395, "now_seconds": NOW} | policy))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("row", VECTORS["tc"], ids=lambda row: row["name"])
def test_public_vectors(row: dict[str, Any], policy: str) -> None:
    """Reason and detail under three policies."""
    ac = additional_consent.decode("2~89~dv.")
    assert isinstance(ac, AcString)
    word, _, detail = row["gate"][policy].partition(":")
    expected = None if word == "allow" else Refusal(OUR_SLUGS[word], detail)
    assert judged(decode(row["tc_string"]), ac, **POLICIES[policy]) == expected


@pytest.mark.parametrize("row", VECTORS["tc_malformed"], ids=lambda row: row["name"])
def test_malformed_vectors(row: dict[str, Any]) -> None:
    """A string that cannot be read never reaches the gate; the one of them that can be read is judged."""
    tc = decode(row["tc_string"])
    allowed = isinstance(tc, TcString) and judged(tc) is None
    assert allowed == (row["gate"] == "allow")


def at(created: int, last_updated: int | None = None, **fields: object) -> TcString:
    """ALLOWED with other times, in Unix seconds."""
    updated = created if last_updated is None else last_updated
    return changed(created_deciseconds=created * 10, last_updated_deciseconds=updated * 10, **fields)


@pytest.mark.parametrize(
    ("tc", "slug"),
    [
        (ALLOWED, None),
        (changed(is_service_specific=False), "tcf_not_service_specific"),
        (changed(tcf_policy_version=3), "tcf_policy_old"),
        (changed(tcf_policy_version=4), None),
        (changed(tcf_policy_version=6), None),
        (at(NOW + DAY), None),
        (at(NOW + DAY + 1), "tcf_future"),
        (at(NOW + DAY + 1, NOW), "tcf_future"),
        (at(NOW, NOW + DAY + 1), "tcf_future"),
        (at(NOW - 395 * DAY), None),
        (at(NOW - 395 * DAY - 1), "tcf_stale"),
        (at(NOW - 395 * DAY - 1, NOW), None),
        (at(NOW, NOW - 395 * DAY - 1), "tcf_stale"),
        (at(MARCH, disclosed_vendors=None), "tcf_no_disclosed_vendors"),
        (at(MARCH - 1, disclosed_vendors=None), None),
        (at(MARCH - 1, MARCH, disclosed_vendors=None), "tcf_no_disclosed_vendors"),
    ],
)
def test_validity(tc: TcString, slug: str | None) -> None:
    """A string counts for one site, under policy 4 or later, neither future nor stale, with disclosed vendors."""
    answer = judged(tc)
    assert (answer.slug if answer else None) == slug


BROKEN: dict[str, dict[str, object]] = {
    "tcf_not_service_specific": {"is_service_specific": False},
    "tcf_policy_old": {"tcf_policy_version": 3},
    "tcf_stale": {"created_deciseconds": 0, "last_updated_deciseconds": 0},
    "tcf_purpose_missing": {"purposes_consent": Ids(24)},
    "meta_vendor_missing": {"vendor_consents": Ids(0)},
    "publisher_restriction": {"publisher_restrictions": (Restriction(3, 0, Ids(0xFFFF, ranges=((755, 755),))),)},
}


@pytest.mark.parametrize("first", range(len(BROKEN)))
def test_the_first_broken_rule_is_named(first: int) -> None:
    """Of several broken rules the earliest in the order is the reason."""
    slugs = list(BROKEN)[first:]
    fields = {name: value for slug in slugs for name, value in BROKEN[slug].items()}
    answer = judged(changed(**fields), meta_vendor=BY_VENDOR)
    assert answer is not None
    assert answer.slug == slugs[0]


@pytest.mark.parametrize(
    ("consented", "required", "detail"),
    [
        ([1, 3, 4, 7], (1, 3, 4, 7), None),
        (range(1, 25), (1, 3, 4, 7), None),
        ([1, 3, 7], (1, 3, 4, 7), "4"),
        ([3, 4], (1, 3, 4, 7), "1,7"),
        ([], (7,), "7"),
        ([], (), None),
        (range(1, 25), (25,), "25"),
    ],
)
def test_purposes(consented: list[int], required: tuple[int, ...], detail: str | None) -> None:
    """Every required purpose is consented, or the missing ones are named; legitimate interest does not count."""
    tc = changed(purposes_consent=bit_field(24, consented), purposes_li=bit_field(24, range(1, 25)))
    expected = None if detail is None else Refusal("tcf_purpose_missing", detail)
    assert judged(tc, required_purposes=required) == expected


MISSING = Refusal("meta_vendor_missing")
NO_VENDOR = changed(vendor_consents=Ids(755), vendor_li=bit_field(755, [755]))
NO_CUSTOM = changed(publisher_tc=PublisherTc(bit_field(24, [2]), Ids(24), bit_field(3, [3]), bit_field(3, [2])))


@pytest.mark.parametrize(
    ("meta_vendor", "tc", "ac", "custom_vendors", "answer"),
    [
        (BY_AC, ALLOWED, META_CONSENTED, (), None),
        (BY_AC, ALLOWED, META_SHOWN, (), MISSING),
        (BY_AC, ALLOWED, None, (), MISSING),
        (BY_VENDOR, ALLOWED, None, (), None),
        (BY_VENDOR, NO_VENDOR, META_CONSENTED, (), MISSING),
        (BY_VENDOR, changed(disclosed_vendors=bit_field(755, [25])), None, (), MISSING),
        (BY_VENDOR, at(MARCH - 1, disclosed_vendors=None), None, (), None),
        (BY_VENDOR, changed(vendor_consents=Ids(900, ranges=((750, 760),))), None, (), None),
        (BY_CUSTOM_VENDOR, ALLOWED, None, {"s7"}, None),
        (BY_CUSTOM_VENDOR, ALLOWED, META_CONSENTED, {"s77"}, MISSING),
        (BY_CUSTOM_VENDOR, ALLOWED, None, (), MISSING),
        (BY_CUSTOM_PURPOSE, ALLOWED, None, (), None),
        (BY_CUSTOM_PURPOSE, NO_CUSTOM, META_CONSENTED, (), MISSING),
        (BY_CUSTOM_PURPOSE, changed(publisher_tc=None), None, (), MISSING),
        (MetaVendor(ac_id=None), ALLOWED, META_CONSENTED, {"s7"}, MISSING),
        (MetaVendor(vendor_id=755), ALLOWED, META_SHOWN, (), None),
        (MetaVendor(vendor_id=755), NO_VENDOR, META_CONSENTED, (), None),
        (MetaVendor(vendor_id=755), NO_VENDOR, META_SHOWN, (), MISSING),
        (MetaVendor(custom_vendor="s7", custom_purpose=2), NO_CUSTOM, None, {"s7"}, None),
    ],
)
def test_evidence_for_meta(
    meta_vendor: MetaVendor, tc: TcString, ac: AcString | None, custom_vendors: Any, answer: Refusal | None
) -> None:
    """Any one of the configured kinds is enough; a kind that is not configured never is."""
    assert judged(tc, ac, meta_vendor=meta_vendor, custom_vendors=custom_vendors) == answer


@pytest.mark.parametrize(
    ("purpose", "restriction_type", "vendors", "detail"),
    [
        (4, 0, (755, 755), "4/0"),
        (4, 1, (755, 755), None),
        (4, 2, (755, 755), "4/2"),
        (4, 3, (755, 755), "4/3"),
        (1, 0, (1, 0xFFFF), "1/0"),
        (2, 0, (755, 755), None),
        (4, 0, (1, 754), None),
        (4, 0, (756, 0xFFFF), None),
    ],
)
def test_restrictions(purpose: int, restriction_type: int, vendors: tuple[int, int], detail: str | None) -> None:
    """A restriction of the vendor on a required purpose refuses whatever else allows, unless it asks for consent."""
    tc = changed(publisher_restrictions=(Restriction(purpose, restriction_type, Ids(0xFFFF, ranges=(vendors,))),))
    expected = None if detail is None else Refusal("publisher_restriction", detail)
    assert judged(tc, None, meta_vendor=BY_VENDOR) == expected
    assert judged(tc, META_CONSENTED, meta_vendor=MetaVendor(vendor_id=755)) == expected
    assert judged(tc, META_CONSENTED) is None


KINDS = [BY_AC, BY_VENDOR, BY_CUSTOM_VENDOR, BY_CUSTOM_PURPOSE]


def allows(tc: TcString | Malformed, meta_vendor: MetaVendor) -> bool:
    """Whether the gate allows, every other evidence given."""
    return isinstance(tc, TcString) and judged(tc, meta_vendor=meta_vendor, custom_vendors={"s7"}) is None


@pytest.mark.parametrize("meta_vendor", KINDS)
def test_prefixes_of_an_allowed_string(meta_vendor: MetaVendor) -> None:
    """Cut off before the end of its last needed segment a string that allows does not allow."""
    written = tc_string(ALLOWED)
    assert allows(decode(written), meta_vendor)
    core_and_vendors = written.rindex(".")
    assert not any(allows(decode(written[:end]), meta_vendor) for end in range(core_and_vendors - 1))


BEHIND_THE_FIXED_FIELDS = [
    "vendor_consents",
    "vendor_li",
    "publisher_restrictions",
    "disclosed_vendors",
    "publisher_tc",
]


@given(tc_values, st.sets(st.sampled_from(BEHIND_THE_FIXED_FIELDS)), st.sampled_from(KINDS), st.data())
def test_no_prefix_allows_more(drawn: TcString, others: set[str], meta_vendor: MetaVendor, data: st.DataObject) -> None:
    """No prefix of a string of TCF 2.3's time allows what the whole string does not."""
    written = tc_string(changed(**{name: getattr(drawn, name) for name in others}))
    prefix = written[: data.draw(st.integers(0, len(written)))]
    assert allows(decode(written), meta_vendor) or not allows(decode(prefix), meta_vendor)


@given(tc_values, st.sampled_from(KINDS), st.integers(0, 2**33))
def test_an_allowed_string_has_every_required_purpose(tc: TcString, meta_vendor: MetaVendor, now: int) -> None:
    """Whatever a string says, it allows only with consent to every required purpose."""
    if judged(tc, meta_vendor=meta_vendor, now_seconds=now, custom_vendors={"s7"}) is None:
        assert all(purpose in tc.purposes_consent for purpose in (1, 3, 4, 7))
