"""What the ingest function would do with one event, asked of its own code."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from cli.check_items import Item
from cli.check_meanings import of_problem, of_warning
from sluice.accept import Taken, take_item
from sluice.consent.decide import Decision
from sluice.consent.reasons import meaning as meaning_of
from sluice.envelope import Entry
from sluice.judge import Terms
from sluice.match_keys import Explained, explain
from sluice.rules import EventWarning, Problem, read_event
from sluice.settings import Dataset
from sluice.sources.graph import json_of

DATASET: Final = "000000"
"""The dataset that nobody has: a token for a real one is not for it."""
_SECRET: Final = "00" * 32
"""Subject keys made with it are never shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of one event.

    ``refused``: Meta would not take it, and ``problems`` say why. ``denied``: consent is missing, and ``decision`` says
    why. ``sent``: the JSON that Meta would get, as the envelope holds it; None unless the event is accepted.
    """

    outcome: Literal["accepted", "denied", "refused"]
    problems: list[Problem]
    warnings: list[EventWarning]
    decision: Decision | None
    sent: msgspec.Raw | None
    match_keys: list[Explained]

    @property
    def reason(self) -> str | None:
        """The slug that the gateway's ``messages`` would hold; None for an accepted event."""
        if self.problems:
            return self.problems[0].slug
        return self.decision.reason if self.decision and not self.decision.allow else None


def answer(item: Item, dataset: Dataset, now_seconds: int) -> Answer:
    """What the Conversions API door of this dataset does with the item at this moment."""
    if item.refused:
        return Answer("refused", [Problem(item.refused, "data")], [], None, None, [])
    taken = Taken(Terms(DATASET, dataset, [_SECRET], now_seconds))
    judged = take_item(item.json, 0, taken)
    sent = [msgspec.json.decode(entry, type=Entry).event for entry in taken.entries.values()]
    return Answer(
        "refused" if taken.invalid else "accepted" if sent else "denied",
        taken.invalid.get(0, []),
        judged.warnings if judged else [],
        judged.decision if judged else None,
        sent[0] if sent else None,
        _match_keys(item, dataset, now_seconds),
    )


def _match_keys(item: Item, dataset: Dataset, now_seconds: int) -> list[Explained]:
    """The match keys one by one, from the event as it came: judging it has replaced its values."""
    event = read_event(json_of(item.json)).event
    if event is None:
        return []
    return explain(
        event.user_data,
        default_country=dataset.default_country,
        now_seconds=now_seconds,
        candidates=dataset.match_keys,
    )


def as_json(answer: Answer, index: int, line: int | None, *, with_values: bool) -> bytes:
    """One line of JSON with the same keys for every event. ``with_values``: the text behind each match key too."""
    decision = answer.decision
    return msgspec.json.encode(
        {
            "index": index,
            "line": line,
            "outcome": answer.outcome,
            "reason": answer.reason,
            "problems": [_remark(*problem, of_problem(problem.slug)) for problem in answer.problems],
            "warnings": [_remark(*warning, of_warning(warning.slug)) for warning in answer.warnings],
            "consent": decision
            and {
                "allow": decision.allow,
                "reason": decision.reason,
                "meaning": meaning_of(decision.reason),
                "basis": decision.basis,
                "at": decision.consent_at,
            },
            "event": answer.sent,
            "match_keys": [_match_key(key, with_values=with_values) for key in answer.match_keys],
        }
    )


def _remark(slug: str, path: str, sentences: str) -> dict[str, str]:
    return {"slug": slug, "path": path, "meaning": sentences}


def _match_key(key: Explained, *, with_values: bool) -> dict[str, Any]:
    """A key that is not hashed has no digest: it would be the value."""
    shown = {
        "field": key.field,
        "rule": key.rule,
        "reason": key.reason,
        "digest": None if key.rule == "verbatim" else key.value,
    }
    return {**shown, "normalised": key.normalised} if with_values else shown
