"""TC strings for tests: a writer that follows the specification's table, and what properties draw from."""

from collections.abc import Iterable

import msgspec
from hypothesis import strategies as st

from sluice.consent.tcf import Ids, PublisherTc, Restriction, TcString

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOW = 1_795_262_400  # 2026-11-21T12:00:00Z
TODAY = 1_795_219_200  # 2026-11-21T00:00:00Z


def number(value: int, width: int) -> str:
    """``width`` bits."""
    return f"{value:0{width}b}" if width else ""


def text(bits: str) -> str:
    """Six bits to a character, padded with zeros."""
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def bit_field(max_id: int, members: Iterable[int]) -> Ids:
    """A set written as bits, id 1 leftmost."""
    return Ids(max_id, sum(1 << (max_id - member) for member in set(members)))


def entries(ids: Ids) -> str:
    """Number of entries, then each: a single id or a range."""
    written = number(len(ids.ranges), 12)
    for first, last in ids.ranges:
        written += number(first, 17) if first == last else "1" + number(first, 16) + number(last, 16)
    return written


def vendors(ids: Ids) -> str:
    """A vendor section."""
    if ids.ranges:
        return number(ids.max_id, 16) + "1" + entries(ids)
    return number(ids.max_id, 16) + "0" + number(ids.bits, ids.max_id)


def letters(pair: str) -> str:
    """Two letters of six bits."""
    return "".join(number(ord(letter) - ord("A"), 6) for letter in pair)


def core_bits(tc: TcString) -> str:
    """The core segment, field by field as in the specification's table."""
    written = number(tc.version, 6)
    written += number(tc.created_deciseconds, 36) + number(tc.last_updated_deciseconds, 36)
    written += number(tc.cmp_id, 12) + number(tc.cmp_version, 12) + number(tc.consent_screen, 6)
    written += letters(tc.consent_language) + number(tc.vendor_list_version, 12) + number(tc.tcf_policy_version, 6)
    written += number(tc.is_service_specific, 1) + number(tc.use_non_standard_texts, 1)
    written += number(tc.special_feature_opt_ins.bits, 12)
    written += number(tc.purposes_consent.bits, 24) + number(tc.purposes_li.bits, 24)
    written += number(tc.purpose_one_treatment, 1) + letters(tc.publisher_cc)
    written += vendors(tc.vendor_consents) + vendors(tc.vendor_li)
    written += number(len(tc.publisher_restrictions), 12)
    for purpose, restriction_type, restricted in tc.publisher_restrictions:
        written += number(purpose, 6) + number(restriction_type, 2) + entries(restricted)
    return written


def publisher_bits(publisher: PublisherTc) -> str:
    """The publisher segment."""
    custom = publisher.custom_purposes_consent.max_id
    written = number(3, 3) + number(publisher.purposes_consent.bits, 24) + number(publisher.purposes_li.bits, 24)
    written += number(custom, 6)
    return written + "".join(number(ids.bits, custom) for ids in publisher[2:])


def tc_string(tc: TcString) -> str:
    """The whole TC string, core first."""
    segments = [text(core_bits(tc))]
    if tc.disclosed_vendors is not None:
        segments.append(text(number(1, 3) + vendors(tc.disclosed_vendors)))
    if tc.publisher_tc is not None:
        segments.append(text(publisher_bits(tc.publisher_tc)))
    return ".".join(segments)


NO_IDS = Ids(0)
ALLOWED = TcString(
    version=2,
    created_deciseconds=TODAY * 10,
    last_updated_deciseconds=TODAY * 10,
    cmp_id=300,
    cmp_version=2,
    consent_screen=1,
    consent_language="EN",
    vendor_list_version=177,
    tcf_policy_version=5,
    is_service_specific=True,
    use_non_standard_texts=False,
    special_feature_opt_ins=Ids(12),
    purposes_consent=bit_field(24, [1, 3, 4, 7]),
    purposes_li=Ids(24),
    purpose_one_treatment=False,
    publisher_cc="DE",
    vendor_consents=bit_field(755, [755]),
    vendor_li=NO_IDS,
    publisher_restrictions=(),
    disclosed_vendors=bit_field(755, [755]),
    publisher_tc=PublisherTc(Ids(24), Ids(24), bit_field(3, [2]), Ids(3)),
)
"""Consent of today to purposes 1, 3, 4 and 7, vendor 755 and the publisher's custom purpose 2."""


def changed(**fields: object) -> TcString:
    """ALLOWED with other fields."""
    return msgspec.structs.replace(ALLOWED, **fields)


def _bit_fields(max_id: int) -> st.SearchStrategy[Ids]:
    return st.integers(0, (1 << max_id) - 1).map(lambda bits: Ids(max_id, bits))


@st.composite
def _ranges(draw: st.DrawFn, max_id: int = 0xFFFF, min_size: int = 0) -> Ids:
    pairs = draw(st.lists(st.tuples(st.integers(1, max_id), st.integers(1, max_id)), min_size=min_size, max_size=70))
    return Ids(max_id, ranges=tuple((min(pair), max(pair)) for pair in pairs))


_sections = st.integers(0, 900).flatmap(_bit_fields) | st.integers(1, 0xFFFF).flatmap(lambda last: _ranges(last, 1))
_publishers = st.integers(0, 63).flatmap(
    lambda custom: st.builds(PublisherTc, _bit_fields(24), _bit_fields(24), _bit_fields(custom), _bit_fields(custom))
)
_pairs = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
tc_values = st.builds(
    TcString,
    version=st.just(2),
    created_deciseconds=st.integers(0, 2**36 - 1),
    last_updated_deciseconds=st.integers(0, 2**36 - 1),
    cmp_id=st.integers(0, 4095),
    cmp_version=st.integers(0, 4095),
    consent_screen=st.integers(0, 63),
    consent_language=_pairs,
    vendor_list_version=st.integers(0, 4095),
    tcf_policy_version=st.integers(0, 63),
    is_service_specific=st.booleans(),
    use_non_standard_texts=st.booleans(),
    special_feature_opt_ins=_bit_fields(12),
    purposes_consent=_bit_fields(24),
    purposes_li=_bit_fields(24),
    purpose_one_treatment=st.booleans(),
    publisher_cc=_pairs,
    vendor_consents=_sections,
    vendor_li=_sections,
    publisher_restrictions=st.lists(
        st.builds(Restriction, st.integers(0, 63), st.integers(0, 3), _ranges()), max_size=6
    ).map(tuple),
    disclosed_vendors=st.none() | _sections,
    publisher_tc=st.none() | _publishers,
)
"""Any TC string that can be written, as its value."""
