"""Whether a dead letter may go back to the event queue: its age, and the consent ledger, asked as the sender does."""

from collections.abc import Sequence
from typing import Final

from cli.letters import Letter
from sluice.consent.ports import ConsentStore
from sluice.delivery.parcel import Parcel
from sluice.delivery.recheck import look_up, recheck
from sluice.settings import SettingsDocument

_ROOM_SECONDS: Final = 120
"""An event that goes back still has to pass the queue and the way to Meta."""
_UNKNOWN: Final = "outcome_unknown"
_NO_DATASET: Final = "unknown_dataset"


def why_not(
    letters: Sequence[Letter], document: SettingsDocument, ledger: ConsentStore, now_seconds: int
) -> dict[str, str]:
    """Why letters must stay, by their ids; those that may go back are absent.

    A letter of several events may go when one of them may: the sender looks at each again. Raises Unavailable unless
    the ledger told of every person.
    """
    parcels = {
        letter.id: [Parcel(letter.id, letter.envelope, entry) for entry in letter.entries]
        for letter in letters
        if letter.envelope and letter.slug != _UNKNOWN
    }
    standings = look_up([parcel for group in parcels.values() for parcel in group], ledger)
    reasons = {letter.id: letter.slug if letter.envelope else "undecodable_envelope" for letter in letters}
    for letter_id, group in parcels.items():
        dataset = document.datasets.get(group[0].envelope.dataset)
        if dataset:
            recheck(group, standings, dataset.consent, now_seconds)
        stopped = [_too_old(parcel, now_seconds) or (parcel.slug if dataset else _NO_DATASET) for parcel in group]
        if all(stopped):
            reasons[letter_id] = stopped[0]
        else:
            del reasons[letter_id]
    return reasons


def _too_old(parcel: Parcel, now_seconds: int) -> str:
    return "expired" if parcel.entry.deadline < now_seconds + _ROOM_SECONDS else ""
