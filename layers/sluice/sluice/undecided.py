"""Events whose signals decide nothing: the consent ledger, then the consent tool's own service. One look each."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sluice.consent.cmp_api import UNREACHABLE
from sluice.consent.decide import Decision
from sluice.consent.ledger import standing_of
from sluice.consent.ports import CmpService, ConsentStore
from sluice.consent.signals import Case
from sluice.event import Arrival
from sluice.judge import Judged, Terms, conclude


class Undecided(NamedTuple):
    """One such event. ``person``: the shop's own id of the person, raw, if there is a service to ask about it."""

    arrival: Arrival
    judged: Judged
    case: Case
    person: str | None


def person_of(arrival: Arrival, terms: Terms) -> str | None:
    """The shop's own id of the person, if the dataset has a consent tool's service to ask about it."""
    given = arrival.event.user_data.get("external_id") if terms.dataset.cmp_api else None
    first = given[0] if isinstance(given, list) and given else given
    return str(first) if isinstance(first, str | int) and not isinstance(first, bool) and first else None


def ask(
    waiting: Mapping[int, Undecided], terms: Terms, ledger: ConsentStore, service: Callable[[], CmpService]
) -> dict[int, Decision]:
    """The decision about each event, by its position.

    Raises Unavailable when the ledger does not answer: without it nobody knows whether they may be sent. A service that
    does not answer leaves its persons undecided, which is no; it is not asked about whom the ledger knows.
    """
    subjects = {subject for each in waiting.values() for subject in each.judged.subjects}
    standings = ledger.standings(terms.dataset.site or terms.dataset_id, sorted(subjects))
    known = {
        position: standing_of(standings[subject] for subject in each.judged.subjects if subject in standings)
        for position, each in waiting.items()
    }
    decisions = {position: conclude(each.judged, each.case, known[position]) for position, each in waiting.items()}
    left = {
        position: each.person
        for position, each in waiting.items()
        if each.person and not decisions[position].allow and not decisions[position].by_ledger
    }
    if terms.dataset.cmp_api and left:
        answers = service().ask(list(dict.fromkeys(left.values())), terms.dataset.cmp_api)
        for position, person in left.items():
            each = waiting[position]
            case = each.case._replace(answer=answers.get(person, UNREACHABLE))
            decisions[position] = conclude(each.judged, case, known[position])
    return decisions
