"""Turns the raw ``user_data`` of an event into the match keys that Meta takes: clean, hashed, nothing else.

One rule per field, in ``contact``, ``person``, ``place`` and ``browser``, and a second in ``pixel`` where Meta's
browser code differs from Meta's documents; ``fields`` says which. Pure and total: any JSON value in any field gives an
answer, and a bad value costs only itself.
"""

from collections.abc import Mapping

from msgspec import Struct

from sluice.match_keys.reading import Explained, explain
from sluice.match_keys.rule import Candidates, Reason

__all__ = ["Candidates", "Dropped", "Explained", "MatchKeys", "Reason", "explain", "to_match_keys"]


class Dropped(Struct, frozen=True):
    """Why something of a field is missing from the match keys; says nothing about its value."""

    field: str
    """Name of the field, or ``user_data`` for a key that does not look like the name of a field."""
    reason: Reason


class MatchKeys(Struct, frozen=True):
    """What Meta may match a person by, in its own field names."""

    keys: dict[str, str | list[str]]
    """Hashed fields as lists of digests (64 lower-case hexadecimal characters, at most ten), others as text."""
    dropped: tuple[Dropped, ...]
    """Each field and reason once, in the order met."""
    rewritten: tuple[str, ...]
    """Fields sent with other letters or digits than came (``Reason.REWRITTEN``), each once, in the order met."""

    def __repr__(self) -> str:
        """Without anything personal."""
        return f"MatchKeys(dropped={self.dropped!r}, rewritten={self.rewritten!r})"


def to_match_keys(
    user_data: Mapping[str, object],
    *,
    default_country: str | None,
    now_seconds: int,
    candidates: Candidates = "both",
) -> MatchKeys:
    """Every value of ``user_data`` as Meta matches it, or the reason why it is left out.

    Args:
        user_data: Meta's field names with raw or hashed values, each one value or a list of them.
        default_country: alpha-2 code of the shop's country, for events that name none; None to guess nothing.
        now_seconds: Unix time, against which birthdays and cookies are checked.
        candidates: which rules a field with two of them is read by. Both: where they differ, two digests are sent,
            the documented first. Pixel: the documented one only where the other has no value.
    """
    keys: dict[str, str | list[str]] = {}
    digests: dict[str, list[str]] = {}
    dropped: dict[Dropped, None] = {}  # a set that keeps its order, as the next one
    rewritten: dict[str, None] = {}
    explained = explain(user_data, default_country=default_country, now_seconds=now_seconds, candidates=candidates)
    for each in explained:
        name, value = each.field, each.value
        if value is None:
            if each.reason:
                dropped[Dropped(name, each.reason)] = None
            continue
        if each.reason:
            rewritten[name] = None
        if each.rule == "verbatim":
            keys[name] = value
        elif name in digests:
            digests[name].append(value)
        else:
            keys[name] = digests[name] = [value]
    return MatchKeys(keys, tuple(dropped), tuple(rewritten))
