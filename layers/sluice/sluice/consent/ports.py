"""What consent needs of the outside; ``sluice.outside`` has the real one, the tests have a fake of the same."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sluice.consent.cmp_api import CmpAnswer
from sluice.consent.ledger import Standing, Statement
from sluice.settings import CmpApi


class SubjectRecord(NamedTuple):
    """Everything that is kept under one subject key; ``statements`` by the time of the decision."""

    subject: str
    standing: Standing
    statements: list[Statement]


class ConsentStore(Protocol):
    """The consent ledger. A person of one site is nobody at another.

    Each method raises Unavailable ``consent_store_unavailable`` rather than do or tell a part.
    """

    def standings(self, site: str, keys: Sequence[str]) -> dict[str, Standing]:
        """What is known of subject keys now; those of which nothing is known are absent."""

    def record(self, site: str, keys: Sequence[str], statement: Statement) -> None:
        """Keep a statement under each subject key; to repeat it changes nothing."""

    def history(self, site: str, keys: Sequence[str]) -> list[SubjectRecord]:
        """All that is kept under subject keys, for a person's access request; keys without anything are absent."""


class CmpService(Protocol):
    """A consent tool's own service, asked while a request waits. It only knows logged-in persons."""

    def ask(self, persons: Sequence[str], config: CmpApi) -> dict[str, CmpAnswer]:
        """What the tool says about each distinct person now, by the shop's own (raw) user id.

        Takes at most 300 ms, however many there are, and never raises: what is not known in time is ``unknown`` for
        the reason ``cmp_unreachable``. An answer is at most 60 s old, so a withdrawal shows within that time.
        """
