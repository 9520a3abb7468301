"""What an operator accepts as consent for a dataset."""

from typing import Annotated, Literal

import msgspec

from sluice.cmp_options import CmpOptions

Basis = Literal["token", "ledger", "cmp_api", "tcf", "cookie", "gcd", "note", "flag"]
"""The kinds of signal that can allow an event, highest rank first."""
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
MatchKey = Literal[
    "em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id", "client_ip_address",
    "client_user_agent", "fbc", "fbp", "madid", "lead_id", "fb_login_id", "subscription_id", "anon_id", "page_id",
    "page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid", "whatsapp_business_account_id",
]  # fmt: skip
"""Meta's names of the match keys: a wrong one would keep back what it should let pass."""
_Purpose = Annotated[int, msgspec.Meta(ge=1, le=24)]


class MetaVendor(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What shows that a TC string's consent covers Meta, which is not on the Global Vendor List. Any one is enough.

    ``ac_id``: Meta's number in Google's list of ad technology providers. ``vendor_id``: for the day that Meta joins
    the Global Vendor List. ``custom_vendor``: Meta's id as a vendor of the site's own consent tool.
    ``custom_purpose``: number of a purpose of the publisher's own, in the TC string's publisher segment.
    """

    ac_id: int | None = 89
    vendor_id: int | None = None
    custom_vendor: str | None = None
    custom_purpose: int | None = None


class ConsentPolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True, cache_hash=True):
    """What counts as consent for a dataset. A dataset without a policy sends nothing.

    ``mode`` strict: nothing is sent without an opt-in, wherever the visitor is. us_opt_out: as strict, but a visitor in
    the United States is asked to opt out instead. custom: opt-in in the EEA, the UK, Switzerland, unknown regions and
    ``regions_strict``; elsewhere an event passes unless the person refused.
    ``required_purposes``: of the TCF and of tokens. ``accepted_signals``: the kinds that may allow; without it all but
    ``gcd``. ``flag`` needs ``allow_boolean_flag``, too: an authenticated server may vouch for the person.
    ``require_meta_vendor``: what shows that a TC string covers Meta. ``max_consent_age_days``: an older opt-in is none.
    ``min_text_version``: of the text that the person agreed to; an opt-in that names no version is then none.
    ``us_opt_out_action`` ldu: an opt-out sends under Limited Data Use where Meta knows the state; drop: never.
    ``ledger_required``: an event needs a grant in the consent ledger, whatever came with it.
    ``user_data_fields``: the match keys that may leave; all without it. ``cookies``: how consent tools are set up.
    """

    mode: Literal["strict", "us_opt_out", "custom"] = "strict"
    required_purposes: Annotated[tuple[_Purpose, ...], msgspec.Meta(min_length=1)] = (1, 3, 4, 7)
    accepted_signals: tuple[Basis, ...] = ("token", "ledger", "cmp_api", "tcf", "cookie", "note", "flag")
    require_meta_vendor: MetaVendor = MetaVendor()
    max_consent_age_days: Annotated[int, msgspec.Meta(ge=1, le=395)] = 395
    min_text_version: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    us_opt_out_action: Literal["ldu", "drop"] = "ldu"
    allow_boolean_flag: bool = False
    regions_strict: tuple[Country, ...] = ()
    ledger_required: bool = False
    user_data_fields: tuple[MatchKey, ...] | None = None
    cookies: CmpOptions = CmpOptions()
