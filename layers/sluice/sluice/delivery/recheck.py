"""Whether queued events may still be sent, by what the consent ledger holds now. Pure."""

from collections.abc import Iterable, Mapping

from sluice.consent.ledger import Asked, Standing, standing_of, stopped_by
from sluice.delivery.parcel import Parcel, State
from sluice.policy import ConsentPolicy


def recheck(
    parcels: Iterable[Parcel], standings: Mapping[str, Standing], policy: ConsentPolicy | None, now_seconds: int
) -> None:
    """Take out the events that the ledger stops under the policy in force now.

    ``standings``: what is known of each subject key.
    """
    for parcel in parcels:
        entry, decision = parcel.entry, parcel.entry.decision
        stopped: str | None = "policy_missing"
        if policy:
            required, least_version = policy.ledger_required, policy.min_text_version
            asked = Asked(entry.event_time, decision.basis, decision.consent_at, required, least_version)
            known = standing_of(standings[subject] for subject in entry.subjects if subject in standings)
            stopped = stopped_by(known, asked, now_seconds)
        if stopped:
            parcel.state, parcel.slug = State.WITHDRAWN, stopped
