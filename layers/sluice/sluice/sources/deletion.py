"""What it means that a system deletes a person for privacy's sake. Pure."""

from sluice.match_keys import to_match_keys
from sluice.privacy import PrivacyAsked
from sluice.sources.payload import moment
from sluice.sources.request import Mapped
from sluice.told import Told


def deletion(external_id: str, told_at: str | None, now_seconds: int) -> Mapped:
    """An erasure for somebody to answer, and a withdrawal: nothing that still waits for the person may be sent.

    Args:
        external_id: all that names the person. One that is no match key can take nothing back.
        told_at: when it was deleted, as the system wrote it: a repeated webhook says the same.
        now_seconds: Unix time.
    """
    person = {"external_id": external_id}
    asked = PrivacyAsked("erasure", f"{external_id} {told_at}", person)
    if not to_match_keys(person, default_country=None, now_seconds=now_seconds).keys:
        return Mapped(privacy=[asked])
    return Mapped(told=[Told(user_data=person, decision="withdraw", at=moment(told_at))], privacy=[asked])
