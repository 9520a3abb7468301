"""Every reason that a decision can have, with its meaning."""

from typing import Final

REASONS: Final = {
    "ok_token": "A signed token holds the person's consent.",
    "ok_ledger": "The consent ledger holds the person's consent.",
    "ok_cmp_api": "The consent tool's own service confirmed the person's consent.",
    "ok_tcf": "The TC string holds the purposes, and there is evidence that it covers Meta.",
    "ok_cookie": "The consent tool's cookie shows that the person agreed, by an act of their own.",
    "ok_gcd": "Google Consent Mode says that the person granted what Meta needs.",
    "ok_note": "The order carries the storefront's record of the person's consent.",
    "ok_flag": "An authenticated server vouched for the person's consent.",
    "ok_us": "The person is in the United States and has not opted out (mode `us_opt_out`).",
    "ok_us_ldu": "The person opted out, or may have: sent under Limited Data Use.",
    "ok_region": "The person is where the policy (mode `custom`) asks for no opt-in, and has not refused.",
    "policy_missing": "The dataset has no consent policy.",
    "no_signal": "The event came without any sign of consent.",
    "unknown_region_no_signal": "Nothing says where the person is, and there is no sign of consent.",
    "denied": "The person refused, or the record says that nothing was decided.",
    "signal_conflict": "Several signals of one event contradict each other.",
    "signal_not_accepted": "The policy does not take this kind of signal as consent (`accepted_signals`).",
    "no_subject_key": "Nothing in the event identifies the person lastingly, so the consent could never be withdrawn.",
    "consent_in_future": "The decision is dated in the future.",
    "consent_after_event": "The decision was made after the event.",
    "consent_expired": "The decision is older than the policy accepts (`max_consent_age_days`).",
    "text_outdated": "The person agreed to a text before `min_text_version`, or to one that is not named.",
    "withdrawn": "The person refused or withdrew, and has not agreed anew since.",
    "ledger_missing": "The policy asks for a grant in the consent ledger (`ledger_required`), and there is none.",
    "flag_not_permitted": "The dataset's policy does not accept a plain flag (`allow_boolean_flag`).",
    "flag_without_time": "A plain flag needs `at`, the time of the person's decision.",
    "note_unreadable": "The order's `_capi_consent` attribute does not follow the convention.",
    "token_malformed": "The consent token does not have the form `v1.<payload>.<mac>`, or lacks a claim.",
    "token_bad_mac": "No consent key of the dataset signed the token.",
    "token_expired": "The token is not in force (`iat`, `exp`).",
    "token_wrong_pixel": "The token is for another dataset (`aud`).",
    "token_wrong_subject": "The token is about another person than the event (`sub`).",
    "token_purpose_missing": "The token does not name every purpose that the policy asks for (`pur`).",
    "tcf_malformed": "The TC string cannot be read; the code behind the colon says why.",
    "tcf_not_service_specific": "The TC string is not specific to the site.",
    "tcf_policy_old": "The TC string follows a TCF policy before version 4 (TCF 2.2).",
    "tcf_future": "The TC string is dated more than a day ahead.",
    "tcf_stale": "The TC string is older than the policy accepts (`max_consent_age_days`).",
    "tcf_no_disclosed_vendors": "A TC string made since 2026-03-01 must say which vendors were disclosed (TCF 2.3).",
    "tcf_purpose_missing": "The person did not agree to every purpose that the policy asks for (`required_purposes`).",
    "meta_vendor_missing": "Nothing shows that the TC string covers Meta (`require_meta_vendor`).",
    "publisher_restriction": "The publisher does not let the vendor rely on consent for a purpose that is needed.",
    "cookie_unparsable": "The consent tool's cookie cannot be read.",
    "cookie_no_user_act": "The consent tool's cookie shows no act of the person: a default is no consent.",
    "gcd_default_only": "Google Consent Mode says granted by default, without an act of the person.",
    "cmp_unreachable": "The consent tool's own service did not answer in time, or not readably.",
    "us_opt_out_drop": "The person opted out, and the policy or the circumstances leave no way but not to send.",
    "us_opt_out_unsupported_state": "The person opted out in a state that Limited Data Use does not cover.",
}
"""A reason may have a detail behind a colon (``tcf_malformed:truncated``)."""
BY_LEDGER: Final = "consent_denied"
"""What a caller is told in place of a reason that was read from the ledger: nobody learns about a person."""


def meaning(reason: str) -> str:
    """The meaning of a reason, with or without a detail behind its colon."""
    return REASONS[reason.partition(":")[0]]
