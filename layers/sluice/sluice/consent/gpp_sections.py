"""The layouts of the GPP string's sections of the United States.

Names, order and widths are those of IAB Tech Lab's Global Privacy Platform, compared with its library
(``@iabgpp/cmpapi`` 3.2.0) field by field. The version takes six bits, ``Gpc`` one, every other field two.
"""

from collections.abc import Container
from typing import Final, NamedTuple

NOT_AMERICAN: Final = frozenset({1, 2, 3, 4, 5})
"""TCF v1, TCF v2, the header's own id, signal integrity, Canada: sections that say nothing about the United States."""


class Field(NamedTuple):
    """A field by the standard's name. ``size``: how many values a list has; 0 for a single value."""

    name: str
    size: int


class Layout(NamedTuple):
    """How a section is laid out.

    ``versions``: those with this layout. ``core`` follows the version; ``sub_section`` may follow the core, and
    ``absent`` is what its fields are when it does not.
    """

    name: str
    version_name: str
    versions: Container[int]
    core: tuple[Field, ...]
    sub_section: tuple[Field, ...]
    absent: dict[str, int | list[int]]

    @property
    def core_width(self) -> int:
        """The bits of the core without the version."""
        return sum(2 * (field.size or 1) for field in self.core)


def _fields(text: str) -> tuple[Field, ...]:
    """Fields as the table writes them: names, ``*n`` behind a list of n."""
    pairs = (word.partition("*") for word in text.split())
    return tuple(Field(name, int(size or 0)) for name, _, size in pairs)


_GPC: Final = "GpcSegmentType Gpc"
_NOTICES: Final = "SaleOptOutNotice TargetedAdvertisingOptOutNotice"
_OPT_OUTS: Final = "SaleOptOut TargetedAdvertisingOptOut"
_SENSITIVE: Final = "SensitiveDataProcessing"
_CHILD: Final = "KnownChildSensitiveDataConsents"
_MORE: Final = "AdditionalDataProcessingConsent"
_MSPA: Final = "MspaCoveredTransaction MspaOptOutOptionMode MspaServiceProviderMode"


_MSPA_VERSIONS: Final = range(24)
"""The sections of 2025 begin with the version of the MSPA, the industry's contract, instead of their own.

Their published specification puts a header before the core, which begins with the section's id, 24 to 27. The library
neither writes nor reads one. A section that has one counts as unknown, for its fields stand elsewhere.
"""


def _layout(
    name: str,
    core: str,
    sub_section: str = _GPC,
    *,
    version_name: str = "Version",
    versions: Container[int] = (1,),
) -> Layout:
    fields = _fields(sub_section)
    absent: dict[str, int | list[int]] = {field.name: [0] * field.size for field in fields}
    if sub_section == _GPC:
        absent = {"GpcSegmentType": 1, "Gpc": False}
    return Layout(name, version_name, versions, _fields(core), fields, absent)


def _layout_of_2025(name: str, core: str, sub_section: str) -> Layout:
    core = f"MspaCoveredTransaction MspaMode {_LATER} {_OPT_OUTS} {core}"
    return _layout(name, core, sub_section, version_name="MspaVersion", versions=_MSPA_VERSIONS)


_FIRST: Final = f"SharingNotice {_NOTICES}"
_LATER: Final = f"ProcessingNotice {_NOTICES}"
_NATIONAL: Final = (
    "SharingNotice SaleOptOutNotice SharingOptOutNotice TargetedAdvertisingOptOutNotice "
    "SensitiveDataProcessingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut TargetedAdvertisingOptOut"
)
_CALIFORNIA: Final = "SaleOptOutNotice SharingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut"

US_NATIONAL_1: Final = _layout("usnat", f"{_NATIONAL} {_SENSITIVE}*12 {_CHILD}*2 PersonalDataConsents {_MSPA}")
"""The national section as it was first; for a while its version stayed 1 when lists had grown already."""

LAYOUTS: Final = {
    7: _layout("usnat", f"{_NATIONAL} {_SENSITIVE}*16 {_CHILD}*3 PersonalDataConsents {_MSPA}", versions=(1, 2)),
    8: _layout("usca", f"{_CALIFORNIA} {_SENSITIVE}*9 {_CHILD}*2 PersonalDataConsents {_MSPA}"),
    9: _layout("usva", f"{_FIRST} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MSPA}", sub_section=""),
    10: _layout("usco", f"{_FIRST} {_OPT_OUTS} {_SENSITIVE}*7 {_CHILD} {_MSPA}"),
    11: _layout(
        "usut",
        f"{_FIRST} SensitiveDataProcessingOptOutNotice {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MSPA}",
        sub_section="",
    ),
    12: _layout("usct", f"{_FIRST} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD}*3 {_MSPA}"),
    13: _layout("usfl", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD}*3 {_MORE} {_MSPA}", sub_section=""),
    14: _layout("usmt", f"{_FIRST} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD}*3 {_MORE} {_MSPA}"),
    15: _layout("usor", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*11 {_CHILD}*3 {_MORE} {_MSPA}"),
    16: _layout("ustx", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MORE} {_MSPA}"),
    17: _layout("usde", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*9 {_CHILD}*5 {_MORE} {_MSPA}"),
    18: _layout("usia", f"{_LATER} SensitiveDataOptOutNotice {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MSPA}"),
    19: _layout("usne", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MORE} {_MSPA}"),
    20: _layout("usnh", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD}*3 {_MORE} {_MSPA}"),
    21: _layout("usnj", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*10 {_CHILD}*5 {_MORE} {_MSPA}"),
    22: _layout("ustn", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MORE} {_MSPA}"),
    23: _layout("usmn", f"{_LATER} {_OPT_OUTS} {_SENSITIVE}*8 {_CHILD} {_MORE} {_MSPA}"),
    24: _layout_of_2025("usmd", _MORE, _GPC),
    25: _layout_of_2025("usin", f"{_CHILD} {_MORE}", f"{_SENSITIVE}*8"),
    26: _layout_of_2025("usky", f"{_CHILD} {_MORE}", f"{_SENSITIVE}*8"),
    27: _layout_of_2025("usri", f"{_CHILD} {_MORE}", f"{_SENSITIVE}*8"),
}
"""The layout of each section by its id."""
