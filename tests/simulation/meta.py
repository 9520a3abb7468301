"""Meta on its bad days: what the events edge takes, refuses, loses, and how long it lets one wait."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal, NamedTuple

from sluice.delivery.verdict import NoReply, Reply
from sluice.settings import Secret
from tests.fakes.graph import Events, error, refuses, takes_all

Mood = Literal[
    "takes", "fails", "resets", "takes_and_resets", "hangs", "takes_and_hangs", "is_busy", "slows", "is_away"
]
NORMAL_SECONDS: Final = 0.3
HANGING_SECONDS: Final = 10.0
"""The sender's deadline: no answer takes longer."""


@dataclass
class Run:
    """One invocation of a function. ``died``: it was stopped before its end."""

    died: bool = False


class Take(NamedTuple):
    """Meta took an event. ``heard``: the answer reached the sender that asked."""

    at: float
    run: Run
    heard: bool


@dataclass
class Meta:
    """The events edge. ``spend`` lets seconds pass for whoever asks, ``now`` tells the time, ``run`` who asks.

    ``moods`` by dataset, and ``chances`` of moods for a dataset without one. ``tokens``: the good one by dataset; any
    where none is named. ``poison``: event ids that it refuses, and whether it says which one it was.
    ``taken``: each time that it took an event, by id. ``requests`` and ``probes``: how many, by dataset.
    """

    spend: Callable[[float], None]
    now: Callable[[], float]
    run: Callable[[], Run]
    seed: int = 0
    moods: dict[str, Mood] = field(default_factory=dict)
    chances: dict[Mood, float] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    poison: dict[str, bool] = field(default_factory=dict)
    taken: dict[str, list[Take]] = field(default_factory=lambda: defaultdict(list))
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    probes: Counter[str] = field(default_factory=Counter)
    largest: int = 0

    def post_events(self, dataset: str, token: Secret, body: bytes) -> Reply | NoReply:
        """Answer a request, or do not."""
        events: Events = json.loads(body)["data"]
        is_probe = events == [{}]
        (self.probes if is_probe else self.requests)[dataset] += 1
        self.largest = max(self.largest, len(events))
        mood = self.moods.get(dataset) or self._mood(dataset)
        self.spend(HANGING_SECONDS if mood.endswith("hangs") else NORMAL_SECONDS)
        if mood == "is_away":
            return NoReply("meta_unreachable", was_sent=False)
        if mood == "fails":
            return Reply(503, b"<html>Service Unavailable</html>")
        if mood in {"resets", "hangs"}:
            return NoReply("meta_timeout" if mood == "hangs" else "meta_broken_answer")
        if self.tokens.get(dataset, token.reveal()) != token.reveal():
            return error(190)
        if mood == "is_busy":
            return error(4, status=400)
        if is_probe:
            return error(100, error_subcode=2804019, error_user_msg="$['data'][0]: a key is missing")
        return self._take(events, mood)

    def _take(self, events: Events, mood: Mood) -> Reply | NoReply:
        """Refuse the whole request for one bad event, or take all of it, whether the answer arrives or not."""
        bad = next((event["event_id"] for event in events if event["event_id"] in self.poison), None)
        if bad is not None:
            return refuses([bad], naming=self.poison[bad])(events)
        heard = mood not in {"takes_and_resets", "takes_and_hangs"}
        for event in events:
            self.taken[event["event_id"]].append(Take(self.now(), self.run(), heard))
            self.bodies[event["event_id"]] = event
        if not heard:
            return NoReply("meta_timeout" if mood == "takes_and_hangs" else "meta_broken_answer")
        usage = {"x-app-usage": json.dumps({"call_count": 100})} if mood == "slows" else {}
        return takes_all(events)._replace(headers=usage)

    def _mood(self, dataset: str) -> Mood:
        """By chance. Each dataset has its own: several are asked at once, in no certain order."""
        if not self.chances:
            return "takes"
        chance = Random(f"{self.seed} {dataset} {self.requests[dataset]} {self.probes[dataset]}").random()
        for mood, share in self.chances.items():
            chance -= share
            if chance < 0:
                return mood
        return "takes"
