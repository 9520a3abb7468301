"""Whether a TC string is consent to send events to Meta: the rules beyond decoding.

Only consent counts, never legitimate interest. A TC string alone says nothing about Meta, which is not on the Global
Vendor List, so besides the purposes it takes evidence for Meta (``MetaVendor``).
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from sluice.consent.additional_consent import AcString
from sluice.consent.tcf import TcString
from sluice.policy import MetaVendor

_DAY_SECONDS: Final = 86_400
_FIRST_POLICY: Final = 4
"""TCF 2.2; later versions are never refused."""
_DISCLOSED_VENDORS_SINCE: Final = 1_772_323_200
"""2026-03-01T00:00:00Z: TCF 2.3 makes a string of that day or later without disclosed vendors invalid."""
_CONSENT_REQUIRED: Final = 1
"""The one type of publisher restriction that leaves consent as it is; 0, 2 and the undefined 3 take it away."""


class Refusal(NamedTuple):
    """Why a TC string does not allow: the reason code, and the numbers of the purposes that it is about, if any."""

    slug: str
    detail: str = ""


def refusal(  # noqa: PLR0913 - every fact that a rule reads, by name
    tc: TcString,
    ac: AcString | None,
    *,
    required_purposes: Collection[int],
    meta_vendor: MetaVendor,
    custom_vendors: Collection[str],
    max_age_days: int,
    now_seconds: int,
) -> Refusal | None:
    """The first rule that the string breaks, or None when it allows.

    ``ac``: the AC string that came beside it. ``custom_vendors``: the ids of the consent tool's own vendors that the
    person agreed to. Age counts from the last update.
    """
    if not tc.is_service_specific:
        return Refusal("tcf_not_service_specific")
    if tc.tcf_policy_version < _FIRST_POLICY:
        return Refusal("tcf_policy_old")
    newest = max(tc.created, tc.last_updated)
    if newest > now_seconds + _DAY_SECONDS:
        return Refusal("tcf_future")
    if tc.last_updated < now_seconds - max_age_days * _DAY_SECONDS:
        return Refusal("tcf_stale")
    if tc.disclosed_vendors is None and newest >= _DISCLOSED_VENDORS_SINCE:
        return Refusal("tcf_no_disclosed_vendors")
    missing = [purpose for purpose in required_purposes if purpose not in tc.purposes_consent]
    if missing:
        return Refusal("tcf_purpose_missing", ",".join(map(str, missing)))
    if not _covers_meta(tc, ac, meta_vendor, custom_vendors):
        return Refusal("meta_vendor_missing")
    return _restricted(tc, meta_vendor.vendor_id, required_purposes)


def _covers_meta(tc: TcString, ac: AcString | None, meta_vendor: MetaVendor, custom_vendors: Collection[str]) -> bool:
    """Whether one of the configured kinds of evidence is there."""
    return (
        (ac is not None and meta_vendor.ac_id in ac.consented)
        or meta_vendor.custom_vendor in custom_vendors
        or _vendor_consented(tc, meta_vendor.vendor_id)
        or (
            tc.publisher_tc is not None
            and meta_vendor.custom_purpose is not None
            and meta_vendor.custom_purpose in tc.publisher_tc.custom_purposes_consent
        )
    )


def _vendor_consented(tc: TcString, vendor_id: int | None) -> bool:
    """Whether the person agreed to the vendor and, where the string says who was disclosed, could see it."""
    if vendor_id is None or vendor_id not in tc.vendor_consents:
        return False
    return tc.disclosed_vendors is None or vendor_id in tc.disclosed_vendors


def _restricted(tc: TcString, vendor_id: int | None, required_purposes: Collection[int]) -> Refusal | None:
    """The first restriction under which the vendor may not rely on consent, as ``purpose/type``."""
    if vendor_id is None:
        return None
    for purpose, restriction_type, vendors in tc.publisher_restrictions:
        if restriction_type != _CONSENT_REQUIRED and purpose in required_purposes and vendor_id in vendors:
            return Refusal("publisher_restriction", f"{purpose}/{restriction_type}")
    return None
