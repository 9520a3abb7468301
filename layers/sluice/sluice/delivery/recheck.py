"""Whether queued events may still be sent, by what the consent ledger holds now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, get_args

from sluice.consent.decide import Decision
from sluice.consent.ledger import Asked, Standing, is_too_old, standing_of, stopped_by
from sluice.consent.ports import ConsentStore
from sluice.delivery.parcel import Parcel, State
from sluice.policy import Basis, ConsentPolicy

_SIGNALS: Final = frozenset(get_args(Basis))
"""What a person's consent can show in; the other bases are places where none is needed."""


def look_up(parcels: Iterable[Parcel], ledger: ConsentStore) -> dict[str, Standing]:
    """What the ledger knows of each subject key, at the site whose secret made it.

    Raises Unavailable unless every key was read.
    """
    subjects: dict[str, list[str]] = defaultdict(list)
    for parcel in parcels:
        subjects[parcel.envelope.site or parcel.envelope.dataset] += parcel.entry.subjects
    standings: dict[str, Standing] = {}
    for site, keys in subjects.items():
        standings |= ledger.standings(site, keys)
    return standings


def recheck(
    parcels: Iterable[Parcel], standings: Mapping[str, Standing], policy: ConsentPolicy | None, now_seconds: int
) -> None:
    """Take out the events that the ledger stops, or whose consent does not suffice any more, under the policy now.

    ``standings``: what is known of each subject key.
    """
    for parcel in parcels:
        entry, decision = parcel.entry, parcel.entry.decision
        stopped: str | None = "policy_missing"
        if policy:
            asked = Asked.under(policy, entry.event_time, decision.basis, decision.consent_at)
            known = standing_of(standings[subject] for subject in entry.subjects if subject in standings)
            stopped = stopped_by(known, asked, now_seconds) or _refused_now(decision, policy, now_seconds)
        if stopped:
            parcel.state, parcel.slug = State.WITHDRAWN, stopped


def _refused_now(decision: Decision, policy: ConsentPolicy, now_seconds: int) -> str | None:
    """Why the policy in force now does not take what let an event in; None when it does.

    A grant of the ledger is judged with what the ledger holds now, not by the time of the decision.
    """
    if decision.basis not in _SIGNALS:
        return "no_signal" if policy.mode == "strict" else None
    if decision.basis == "flag" and not policy.allow_boolean_flag:
        return "flag_not_permitted"
    if decision.basis not in policy.accepted_signals:
        return "signal_not_accepted"
    at, days = decision.consent_at, policy.max_consent_age_days
    too_old = decision.basis != "ledger" and at is not None and is_too_old(at, days, now_seconds)
    return "consent_expired" if too_old else None
