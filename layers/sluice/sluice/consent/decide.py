"""The one decision: may this event be sent? Default deny; unknown is no. Pure, no clock of its own."""

import hashlib
from functools import lru_cache
from typing import Final

import msgspec

from sluice.consent import regions
from sluice.consent.ledger import Asked, Standing, stopped_by
from sluice.consent.regions import Ldu
from sluice.consent.signals import Case, Said, hear
from sluice.consent.us_opt_out import opted_out
from sluice.policy import ConsentPolicy

_ASKED: Final = frozenset({"ledger", "cmp_api"})
"""What is asked only when the signals decide nothing."""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """Allow or deny, and the proof of why: reason code, basis (the kind of signal), policy version, evidence.

    ``decided_at``: when the gateway decided. ``consent_at``: when the person did. ``evidence``: SHA-256 of the raw
    signal, so that the sender of the signal can show it was this one; the signal itself is never stored.
    ``ldu``: the processing options that Meta must be given. ``undecided``: the signals decided nothing, so the ledger
    or the consent tool's service still could. ``by_ledger``: what the ledger holds made it a no.
    """

    allow: bool
    reason: str
    basis: str
    policy_version: str
    decided_at: int
    consent_at: int | None = None
    evidence: str | None = None
    ldu: Ldu | None = None
    undecided: bool = False
    by_ledger: bool = False


def no_policy(now_seconds: int) -> Decision:
    """The decision for a dataset without a policy."""
    return Decision(allow=False, reason="policy_missing", basis="none", policy_version="", decided_at=now_seconds)


def decide(case: Case, standing: Standing | None = None) -> Decision:
    """Judge the signals of one event under the dataset's policy at a moment.

    ``standing``: what the ledger holds of the person, once it was read; it is asked only when the signals decide
    nothing (``undecided``).
    """
    heard = hear(case)
    allowed = next((said for said in heard if said.verdict == "allow"), None)
    denied = next((said for said in heard if said.verdict == "deny"), None)
    opt_out = opted_out(case)
    opt_in = _needs_opt_in(case.policy, case.country)
    if opt_in and opt_out:
        denied = denied or Said("us", "deny", "denied")
    if denied:
        return _decision(case, denied._replace(reason="signal_conflict" if allowed else denied.reason), allow=False)
    if not opt_in:
        return _without_opt_in(case, allowed, opt_out=opt_out)
    if allowed:
        nameless = case.subjects is not None and not case.subjects
        reason = "no_subject_key" if nameless else f"ok_{allowed.basis}"
        return _decision(case, allowed._replace(reason=reason), allow=not nameless)
    return _by_ledger(case, _first_reason(heard, case), standing)


def _needs_opt_in(policy: ConsentPolicy, country: str | None) -> bool:
    """Whether a person there has to agree first; nobody's policy changes that where the law asks for it."""
    if policy.mode == "strict" or regions.is_opt_in(country):
        return True
    if policy.mode == "us_opt_out":
        return country != "US"
    return country in policy.regions_strict


def _without_opt_in(case: Case, allowed: Said | None, *, opt_out: bool | None) -> Decision:
    """Where a person opts out: an opt-out, or a signal that may be one, limits what Meta may do, or stops the event."""
    if opt_out is False:
        said = allowed._replace(reason=f"ok_{allowed.basis}") if allowed else None
        return _decision(case, said or Said("region", "allow", "ok_us" if case.country == "US" else "ok_region"))
    if case.policy.mode == "custom" or case.policy.us_opt_out_action == "drop":
        return _decision(case, Said("us", "deny", "us_opt_out_drop"), allow=False)
    ldu = regions.limited_data_use(case.state, public_ip=case.public_ip)
    if ldu is None:
        reason = "us_opt_out_unsupported_state" if case.state else "us_opt_out_drop"
        return _decision(case, Said("us", "deny", reason), allow=False)
    return _decision(case, Said("us", "allow", "ok_us_ldu"), ldu=ldu)


def _first_reason(heard: list[Said], case: Case) -> Said:
    """Why no signal counted, by the highest that gave a reason."""
    silent = "no_signal" if case.policy.mode == "strict" or case.country else "unknown_region_no_signal"
    return next((said for said in heard if said.reason != "no_signal"), Said("none", "unknown", silent))


def _by_ledger(case: Case, said: Said, standing: Standing | None) -> Decision:
    """No signal decides: only a grant in the ledger can still allow, and what it holds may be a refusal."""
    if standing is None:
        nameless = case.subjects is not None and not case.subjects
        askable = not nameless and not _ASKED.isdisjoint(case.policy.accepted_signals)
        return _decision(case, said, allow=False, undecided=askable)
    stopped = stopped_by(standing, Asked.under(case.policy, case.event_time, "ledger", None), case.now_seconds)
    if stopped is None and "ledger" in case.policy.accepted_signals:
        return _decision(case, Said("ledger", "allow", "ok_ledger", standing.granted_at))
    if stopped in {None, "ledger_missing"}:
        return _decision(case, said, allow=False)
    return _decision(case, Said("ledger", "deny", stopped), allow=False, by_ledger=True)


def _decision(  # noqa: PLR0913 - what a decision says
    case: Case,
    said: Said,
    *,
    allow: bool = True,
    ldu: Ldu | None = None,
    undecided: bool = False,
    by_ledger: bool = False,
) -> Decision:
    """The decision that a signal leads to."""
    return Decision(
        allow=allow,
        reason=said.reason,
        basis=said.basis,
        policy_version=policy_version(case.policy),
        decided_at=case.now_seconds,
        consent_at=said.at,
        evidence=hashlib.sha256(said.evidence.encode(errors="surrogatepass")).hexdigest() if said.evidence else None,
        ldu=ldu,
        undecided=undecided,
        by_ledger=by_ledger,
    )


@lru_cache(maxsize=256)
def policy_version(policy: ConsentPolicy) -> str:
    """The first 12 hex digits of the SHA-256 of the policy: another rule, another version."""
    return hashlib.sha256(msgspec.json.encode(policy, order="deterministic")).hexdigest()[:12]
