"""The GPP string (IAB Tech Lab, Global Privacy Platform): a header, then one section for each law, divided by ``~``.

Of the sections those of the United States are read here; the EU's TC string (section 2) is handed on as it is. What
cannot be read whole is malformed, and a section or version without a layout here is unknown, never a "no".
"""

from typing import Any, Final, NamedTuple

from sluice.consent import us_privacy
from sluice.consent.bits import Bits, Unreadable
from sluice.consent.gpp_sections import LAYOUTS, NOT_AMERICAN, US_NATIONAL_1, Field, Layout
from sluice.consent.malformed import Malformed
from sluice.consent.us_privacy import UsPrivacy

_MAX_CHARACTERS: Final = 8192
_MAX_SECTIONS: Final = 64
_MAX_FIBONACCI_BITS: Final = 18
"""Enough for numbers up to 4180; section ids end at 27 so far."""
_TC_STRING: Final = 2
_US_PRIVACY: Final = 6
_US_NATIONAL: Final = 7
_HEADER_TYPE: Final = 3
_HEADER_VERSION: Final = 1

_OPT_OUTS: Final = ("SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut", "Gpc")
_OPTED_OUT: Final = 1
_DID_NOT_OPT_OUT: Final = 2
_SENSITIVE: Final = ("KnownChildSensitiveDataConsents", "SensitiveDataProcessing")


class Section(NamedTuple):
    """A section of the United States: the standard's name for it, and its fields by the standard's names.

    An optional sub-section that is absent has its defaults, as in the standard's own library.
    """

    name: str
    fields: dict[str, int | list[int]]

    @property
    def opted_out(self) -> bool:
        """Whether the person objected to sale, sharing or targeted advertising, here or by Global Privacy Control."""
        return any(self.fields.get(name) == _OPTED_OUT for name in _OPT_OUTS)

    @property
    def known_child(self) -> bool:
        """Whether consent for a known child's data, or for any kind of sensitive data, is refused."""
        values = (self.fields.get(name, 0) for name in _SENSITIVE)
        return any(_OPTED_OUT in (value if isinstance(value, list) else [value]) for value in values)


class GppString(NamedTuple):
    """A GPP string: its section ids in order, the TC string of section 2 unread, and what is read of the others.

    ``sections``: those of the United States by id. ``us_privacy``: section 6. ``unknown``: the ids for which there is
    no layout here, or none for the version they have.
    """

    section_ids: tuple[int, ...]
    tc_string: str | None
    sections: dict[int, Section]
    us_privacy: UsPrivacy | None
    unknown: tuple[int, ...]

    @property
    def known_child(self) -> bool:
        """Whether any section refuses consent for a known child's data or for any kind of sensitive data."""
        return any(section.known_child for section in self.sections.values())


def us_opt_out(gpp: GppString) -> bool | None:
    """Whether the person opted out in any section; None when that cannot be told.

    It cannot without a section of the United States, nor while an unknown section may hold the opt-out.
    """
    answers = [section.opted_out for section in gpp.sections.values()]
    if gpp.us_privacy:
        answers.append(gpp.us_privacy.opted_out)
    if any(answers):
        return True
    return False if answers and not gpp.unknown else None


def described(gpp: GppString) -> dict[str, Any]:
    """What is read of the sections of the United States, by the standard's names for sections and fields."""
    found: dict[str, Any] = {}
    if gpp.us_privacy:
        names = ("Version", "Notice", "OptOutSale", "LspaCovered")
        found["uspv1"] = dict(zip(names, gpp.us_privacy, strict=True))
    return found | {section.name: section.fields for section in gpp.sections.values()}


def decode(text: str) -> GppString | Malformed:
    """The GPP string, or why it cannot be read. Takes any text; at most 8 KiB and 64 sections."""
    try:
        return _decode(text)
    except Unreadable as error:
        return Malformed(error.code)


def _decode(text: str) -> GppString:
    if len(text) > _MAX_CHARACTERS:
        raise Unreadable("too_long")
    header, *texts = text.split("~")
    section_ids = _section_ids(header)
    if len(section_ids) != len(texts):
        raise Unreadable("section_count")
    if not all(texts):
        raise Unreadable("empty_segment")
    by_id = dict(zip(section_ids, texts, strict=True))
    read = {section_id: _section(section_id, by_id[section_id]) for section_id in section_ids if section_id in LAYOUTS}
    sections = {section_id: section for section_id, section in read.items() if section}
    known = sections.keys() | NOT_AMERICAN | {_US_PRIVACY}
    return GppString(
        section_ids,
        by_id.get(_TC_STRING),
        sections,
        _us_privacy(by_id[_US_PRIVACY]) if _US_PRIVACY in by_id else None,
        tuple(section_id for section_id in section_ids if section_id not in known),
    )


def _section_ids(header: str) -> tuple[int, ...]:
    """The ids that the header lists: 12 bits say how many groups, each one id or the first and last of several.

    Ids are distances from the one before, so they only rise.
    """
    bits = Bits(header)
    if (bits.take(6), bits.take(6)) != (_HEADER_TYPE, _HEADER_VERSION):
        raise Unreadable("not_gpp")
    ids: list[int] = []
    last = 0
    for _ in range(bits.take(12)):
        is_range = bits.take(1)
        first = last + _fibonacci(bits)
        last = first + _fibonacci(bits) if is_range else first
        if len(ids) + last - first >= _MAX_SECTIONS:
            raise Unreadable("too_many_sections")
        ids.extend(range(first, last + 1))
    return tuple(ids)


def _fibonacci(bits: Bits) -> int:
    """A whole number from 1 in Fibonacci coding: the bits of 1, 2, 3, 5, 8 ... that it is the sum of, then a 1."""
    total, weight, following, previous = 0, 1, 2, 0
    for _ in range(_MAX_FIBONACCI_BITS):
        bit = bits.take(1)
        if bit and previous:
            return total
        total += bit * weight
        weight, following, previous = following, weight + following, bit
    raise Unreadable("section_id")


def _section(section_id: int, text: str) -> Section | None:
    """A section of the United States; None for a version that has no layout here."""
    layout = LAYOUTS[section_id]
    core, *more = text.split(".")
    bits = Bits(core)
    version = bits.take(6)
    if version not in layout.versions:
        return None
    if section_id == _US_NATIONAL and version == 1 and bits.remaining < layout.core_width:
        layout = US_NATIONAL_1
    fields = {layout.version_name: version} | _fields(bits, layout.core)
    return Section(layout.name, fields | _sub_section(more, layout))


def _sub_section(texts: list[str], layout: Layout) -> dict[str, int | list[int]]:
    """The fields of the one sub-section that may follow the core."""
    if not texts:
        return layout.absent
    if len(texts) > 1 or not layout.sub_section:
        raise Unreadable("sub_section")
    fields = _fields(Bits(texts[0]), layout.sub_section)
    if fields.get("GpcSegmentType", 1) != 1:
        raise Unreadable("sub_section")
    return fields


def _fields(bits: Bits, layout: tuple[Field, ...]) -> dict[str, int | list[int]]:
    """The fields of a layout, in order."""
    found: dict[str, int | list[int]] = {}
    for field in layout:
        if field.name == "Gpc":
            found[field.name] = bool(bits.take(1))
        elif field.size:
            found[field.name] = [_choice(bits) for _ in range(field.size)]
        else:
            found[field.name] = _choice(bits)
    return found


def _choice(bits: Bits) -> int:
    """Two bits: 0 not applicable, 1 yes or opted out, 2 no or did not opt out; the standard gives 3 no meaning."""
    value = bits.take(2)
    if value > _DID_NOT_OPT_OUT:
        raise Unreadable("undefined_value")
    return value


def _us_privacy(text: str) -> UsPrivacy:
    """Section 6, which is the US Privacy string unchanged."""
    found = us_privacy.decode(text)
    if isinstance(found, Malformed):
        raise Unreadable(found.code)
    return found
