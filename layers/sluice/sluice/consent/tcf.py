"""IAB Europe's TC string (TCF 2.x): a strict decoder.

Layout: IAB Tech Lab, "Consent string and vendor list formats v2". It reads all of core, disclosed vendors and
publisher segment or nothing: a string that ends early or promises what it does not hold is malformed. Vendor lists
stay as they were written (bit field or ranges) and are never expanded, so a string cannot cost more than its length.
"""

from typing import Final, NamedTuple

import msgspec

from sluice.consent.bits import Bits, Unreadable
from sluice.consent.malformed import Malformed

MAX_CHARACTERS: Final = 8192
"""Real strings stay below 2 KB."""
MAX_SEGMENTS: Final = 4
_MAX_VENDOR_ID: Final = 0xFFFF
_PURPOSES: Final = 24
_SPECIAL_FEATURES: Final = 12
_RANGE_BITS: Final = 33
_IS_A_RANGE: Final = 1 << 32
_RANGES_AT_ONCE: Final = 32
_CORE_WIDTHS: Final = (36, 36, 12, 12, 6, 12, 12, 6, 1, 1, 12, 24, 24, 1, 12)
"""Bits of the fixed fields behind the version, in their order."""
_CORE_BITS: Final = sum(_CORE_WIDTHS)
_CORE_FIELDS: Final = tuple(
    (_CORE_BITS - sum(_CORE_WIDTHS[: index + 1]), (1 << width) - 1) for index, width in enumerate(_CORE_WIDTHS)
)


class Ids(msgspec.Struct, frozen=True, gc=False):
    """A set of ids from 1 to ``max_id``: ``bits``, the leftmost of which is id 1, or ``ranges`` of (first, last)."""

    max_id: int
    bits: int = 0
    ranges: tuple[tuple[int, int], ...] = ()

    def __contains__(self, number: int) -> bool:
        for first, last in self.ranges:
            if first <= number <= last:
                return True
        return 0 < number <= self.max_id and self.bits >> (self.max_id - number) & 1 == 1


class Restriction(NamedTuple):
    """What the publisher demands of some vendors for one purpose.

    ``restriction_type``: 0 purpose forbidden, 1 consent required, 2 legitimate interest required, 3 undefined.
    """

    purpose_id: int
    restriction_type: int
    vendors: Ids


class PublisherTc(NamedTuple):
    """What the person allowed the publisher itself, for the standard purposes and for purposes of its own."""

    purposes_consent: Ids
    purposes_li: Ids
    custom_purposes_consent: Ids
    custom_purposes_li: Ids


class TcString(msgspec.Struct, frozen=True, kw_only=True):
    """All that a TC string says; names and numbers as in the specification.

    ``disclosed_vendors`` and ``publisher_tc`` are None when the string has no such segment.
    """

    version: int
    created_deciseconds: int
    last_updated_deciseconds: int
    cmp_id: int
    cmp_version: int
    consent_screen: int
    consent_language: str
    vendor_list_version: int
    tcf_policy_version: int
    is_service_specific: bool
    use_non_standard_texts: bool
    special_feature_opt_ins: Ids
    purposes_consent: Ids
    purposes_li: Ids
    purpose_one_treatment: bool
    publisher_cc: str
    vendor_consents: Ids
    vendor_li: Ids
    publisher_restrictions: tuple[Restriction, ...]
    disclosed_vendors: Ids | None
    publisher_tc: PublisherTc | None

    @property
    def created(self) -> int:
        """Unix seconds."""
        return self.created_deciseconds // 10

    @property
    def last_updated(self) -> int:
        """Unix seconds."""
        return self.last_updated_deciseconds // 10


def decode(text: str) -> TcString | Malformed:
    """The TC string, whole, or why it cannot be read; any text has an answer.

    Codes: ``too_long``, ``too_many_segments``, ``empty_segment``, ``duplicate_segment``, ``bad_character``,
    ``bad_version``, ``bad_letter``, ``bad_range``, ``truncated``. Whether what it says is enough decides ``tcf_gate``.
    """
    if len(text) > MAX_CHARACTERS:
        return Malformed("too_long")
    core, *others = text.split(".", MAX_SEGMENTS)
    if len(others) >= MAX_SEGMENTS:
        return Malformed("too_many_segments")
    try:
        return _core(Bits(core), *_other_segments(others))
    except Unreadable as error:
        return Malformed(error.code)


def _other_segments(texts: list[str]) -> tuple[Ids | None, PublisherTc | None]:
    """Disclosed vendors (type 1) and publisher segment (type 3), in any order; other types say nothing today."""
    disclosed: Ids | None = None
    publisher: PublisherTc | None = None
    for text in texts:
        bits = Bits(text)
        kind = bits.take(3)
        if (kind == 1 and disclosed is not None) or (kind == 3 and publisher is not None):
            raise Unreadable("duplicate_segment")
        if kind == 1:
            disclosed = _vendors(bits)
        elif kind == 3:
            publisher = _publisher_tc(bits)
    return disclosed, publisher


def _core(bits: Bits, disclosed: Ids | None, publisher: PublisherTc | None) -> TcString:
    """The core segment, with what the other segments said."""
    version = bits.take(6)
    if version != 2:
        raise Unreadable("bad_version")
    fixed = bits.take(_CORE_BITS)
    values = [fixed >> below & mask for below, mask in _CORE_FIELDS]
    return TcString(
        version=version,
        created_deciseconds=values[0],
        last_updated_deciseconds=values[1],
        cmp_id=values[2],
        cmp_version=values[3],
        consent_screen=values[4],
        consent_language=_letters(values[5]),
        vendor_list_version=values[6],
        tcf_policy_version=values[7],
        is_service_specific=values[8] == 1,
        use_non_standard_texts=values[9] == 1,
        special_feature_opt_ins=Ids(_SPECIAL_FEATURES, values[10]),
        purposes_consent=Ids(_PURPOSES, values[11]),
        purposes_li=Ids(_PURPOSES, values[12]),
        purpose_one_treatment=values[13] == 1,
        publisher_cc=_letters(values[14]),
        vendor_consents=_vendors(bits),
        vendor_li=_vendors(bits),
        publisher_restrictions=_restrictions(bits),
        disclosed_vendors=disclosed,
        publisher_tc=publisher,
    )


def _letters(value: int) -> str:
    """Two letters of six bits each, A is 0."""
    first, second = value >> 6, value & 63
    if first > 25 or second > 25:
        raise Unreadable("bad_letter")
    return chr(65 + first) + chr(65 + second)


def _vendors(bits: Bits) -> Ids:
    """A vendor section: the highest id, then a bit for each or ranges."""
    head = bits.take(17)
    max_id = head >> 1
    if head & 1:
        return Ids(max_id, ranges=_ranges(bits, bits.take(12), max_id))
    return Ids(max_id, bits.take(max_id))


def _restrictions(bits: Bits) -> tuple[Restriction, ...]:
    """The publisher restrictions. They name no highest vendor id of their own."""
    found = []
    for _ in range(bits.take(12)):
        head = bits.take(20)
        ranges = _ranges(bits, head & 0xFFF, _MAX_VENDOR_ID)
        found.append(Restriction(head >> 14, head >> 12 & 3, Ids(_MAX_VENDOR_ID, ranges=ranges)))
    return tuple(found)


def _ranges(bits: Bits, count: int, max_id: int) -> tuple[tuple[int, int], ...]:
    """Vendor ranges: one bit, then one id (0) or the first and the last (1).

    Some dozen are taken from the reader at once and the bits that were not theirs given back: several times as fast as
    a ``take`` for each number, and numbers stay short however many entries a string promises.
    """
    found = []
    while count:
        together = min(count, _RANGES_AT_ONCE)
        left = min(together * _RANGE_BITS, bits.remaining)
        window = bits.take(left) << _RANGE_BITS
        for _ in range(together):
            entry = window >> left
            first = entry >> 16 & 0xFFFF
            if entry & _IS_A_RANGE:
                last = entry & 0xFFFF
                left -= _RANGE_BITS
            else:
                last = first
                left -= 17
            if left < 0:
                raise Unreadable("truncated")
            if not 1 <= first <= last <= max_id:
                raise Unreadable("bad_range")
            found.append((first, last))
        bits.position -= left
        count -= together
    return tuple(found)


def _publisher_tc(bits: Bits) -> PublisherTc:
    """The publisher segment: 24 bits each for consent and legitimate interest, then the same for custom purposes."""
    consent, interest = Ids(_PURPOSES, bits.take(_PURPOSES)), Ids(_PURPOSES, bits.take(_PURPOSES))
    custom = bits.take(6)
    return PublisherTc(consent, interest, Ids(custom, bits.take(custom)), Ids(custom, bits.take(custom)))
