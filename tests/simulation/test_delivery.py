"""Any history of events, bad days of Meta's and AWS's, deaths and withdrawals: each accepted event has one known end.

The rooms' stories are the real ones. What must be true is looked up after each step where it can be seen: in the
queues, among the dead letters and at Meta, never in what the rooms say of themselves.
"""

from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sluice.delivery.breaker import CLOSED
from sluice.delivery.parcel import Message, State
from tests.samples import DATASET, NOW, OTHER_DATASET, TOKEN, consent_request
from tests.simulation.books import balance, keys_in
from tests.simulation.meta import Mood
from tests.simulation.scenarios import purchase
from tests.simulation.world import World

MINUTE, HOUR = 60, 3_600
SETTLED = {State.DELIVERED, State.WITHDRAWN, State.DEAD}
REASONS = {"meta_refused_event", "expired", "outcome_unknown"}
PERSONS = ["a@example.com", "b@example.com", "c@example.com"]
MOST_MESSAGES = 30
SERVICES = ["deliveries", "breakers", "ledger", "queues", "hold"]
CHANGES = [*get_args(Mood), "takes", *["poison", "poison named", "dead token", "new token"] * 2]
calls = st.integers(0, 12)
backs = st.integers(1, 3)
downs = st.none() | st.sampled_from([*SERVICES, "queues"])
datasets = st.sampled_from([DATASET, DATASET, OTHER_DATASET])


class Delivery(RuleBasedStateMachine):
    """Two datasets: for the first one Meta has every mood, for the other one it is always well."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(DATASET, OTHER_DATASET)
        self.world.events.disordered = 0.3
        self.world.meta.moods[OTHER_DATASET] = "takes"
        self.posted: list[tuple[str, list[dict[str, Any]]]] = []
        self.events = self.tokens = 0
        self.all_is_well = True
        self.interruptions = 0

    @initialize()
    def begin(self) -> None:
        """Something is on its way from the start."""
        self.accept(DATASET, PERSONS[:2])
        self.accept(OTHER_DATASET, PERSONS[2:])

    @rule(dataset=datasets, persons=st.lists(st.sampled_from(PERSONS), min_size=1, max_size=5))
    def accept(self, dataset: str, persons: list[str]) -> None:
        """A server posts events."""
        events = [
            {**purchase(f"event-{number}", self.world.time), "user_data": {"em": person}}
            for number, person in enumerate(persons, self.events)
        ]
        self.events += len(events)
        self.posted.append((dataset, events))
        assert self.world.accept(*events, dataset=dataset) == len(events)

    @rule(change=st.sampled_from(CHANGES), back=backs)
    def meta_changes(self, change: Any, back: int) -> None:
        """How Meta answers from now on: it finds fault with the next events, or the token, or it has another mood."""
        if change == "dead token":
            self.tokens += 1
            self.world.meta.tokens[DATASET] = f"{TOKEN}-{self.tokens}"
        elif change == "new token":
            self.somebody_stores_the_new_token()
        elif change.startswith("poison"):
            for number in range(self.events, self.events + back):
                self.world.meta.poison[f"event-{number}"] = change == "poison named"
        else:
            self.world.meta.moods[DATASET] = change

    @rule(what=downs)
    def aws_changes(self, what: str | None) -> None:
        """One of AWS's services does not answer, or none is left that does not."""
        for name in SERVICES:
            self.service(name).down = name == what
        self.all_is_well = what is None

    @rule(person=st.sampled_from(PERSONS))
    def withdraw(self, person: str) -> None:
        """A person takes consent back at both sites, if the ledger answers."""
        if not self.world.gateway.consent.down:
            for dataset in (DATASET, OTHER_DATASET):
                self.world.gateway.ingest.withdraw(consent_request(user_data={"em": person}, dataset=dataset))

    @rule(dataset=datasets, back=backs, bad=st.booleans(), copies=st.booleans(), down=downs)
    def poll(self, dataset: str, back: int, bad: bool, copies: bool, down: str | None) -> None:
        """One batch, with something new and perhaps bad, something posted once more, perhaps copies.

        What the healthy dataset has in it is done afterwards, whatever the other one's fate.
        """
        if bad:
            self.world.meta.poison[f"event-{self.events}"] = copies
        self.accept(dataset, PERSONS[:back])
        dataset, events = self.some_post(back)
        self.world.accept(*events, dataset=dataset)
        if copies:
            self.copy()
        self.aws_changes(down)
        batch = self.world.poll()
        assert self.is_done(batch)

    @rule()
    def poll_in_vain(self) -> None:
        """A batch is received, and Lambda throttles."""
        self.world.throttled = lambda: True
        self.world.poll()
        self.world.throttled = lambda: False

    @rule(at=calls, what=st.sampled_from(["die", "die", "poll", "copies", "tend", "withdraw", "token", "die twice"]))
    def poll_and_meanwhile(self, at: int, what: str) -> None:
        """Somewhere in a batch the sender dies, or another one works on copies, or somebody does something."""
        self.interruptions += 1
        happens: dict[str, Any] = {
            "die": None,
            "poll": self.world.poll,
            "copies": lambda: (self.copy(), self.world.poll()),
            "tend": self.world.tend,
            "withdraw": lambda: self.withdraw(PERSONS[0]),
            "token": self.somebody_stores_the_new_token,
            "die twice": lambda: (self.copy(), self.world.poll(3)),
        }
        self.accept(DATASET, PERSONS[:1])
        self.world.poll(at, happens[what])

    @rule(at=st.none() | calls)
    def the_steward_does_a_round(self, at: int | None) -> None:
        """Perhaps not to its end."""
        self.world.tend(at)

    @rule(seconds=st.sampled_from([1, 11, MINUTE, 2 * MINUTE, 6 * MINUTE, HOUR]))
    def nobody_works(self, seconds: int) -> None:
        """Time passes, and no function runs."""
        self.world.time += seconds

    @rule(
        seconds=st.sampled_from([10, 3 * MINUTE, 10 * MINUTE, 2 * HOUR, 30 * HOUR]),
        deaths=st.lists(st.none() | calls, max_size=8),
    )
    def time_passes(self, seconds: int, deaths: list[int | None]) -> None:
        """Everybody is at work; some of the first invocations end before their time."""
        self.interruptions += len(deaths)
        self.world.dies = lambda: deaths.pop() if deaths else None
        self.world.run_until(self.world.time + seconds)
        self.world.dies = lambda: None

    @invariant()
    def nothing_is_lost(self) -> None:
        """Accepted is delivered, withdrawn, dead with a reason, and waiting; each is where it is said to be."""
        found = balance(self.world)
        assert found.is_even, found
        assert found.dead.keys() <= REASONS
        assert found.again["other"] == 0
        assert found.counted_twice == 0

    @invariant()
    def meta_has_what_was_accepted(self) -> None:
        """Nothing else, and each event as it was queued, under its first id."""
        accepted = {event.event_id: event.event for event in self.world.accepted.values()}
        for event_id, event in self.world.meta.bodies.items():
            assert event == accepted[event_id]

    @invariant()
    def what_is_tried_is_tried_seldom(self) -> None:
        """SQS never has to give up a message, and no event is tried more often than a message can come back.

        That is each seven minutes where nothing answers that could say when.
        """
        hours = (self.world.time - NOW) / HOUR
        for item in self.world.gateway.sender.deliveries.items.values():
            assert item.attempts <= 10 + 11 * hours + self.interruptions
        for queue in (self.world.events, self.world.held):
            assert not queue.redriven
            assert not queue.dropped

    @invariant()
    def the_healthy_dataset_is_not_halted(self) -> None:
        """What Meta says of one dataset never closes the way of another."""
        assert self.world.gateway.sender.breakers.kept.get(OTHER_DATASET, CLOSED).state == "closed"

    def teardown(self) -> None:
        """When all is mended, everything has its end before long."""
        self.aws_changes(None)
        self.world.meta.moods[DATASET] = "takes"
        self.somebody_stores_the_new_token()
        self.world.meta.poison.clear()
        before = self.world.time
        assert self.world.run_until_quiet(6 * HOUR), self.world.time - before
        self.nothing_is_lost()
        found = balance(self.world)
        assert found.waiting == 0
        assert self.world.gateway.sender.breakers.kept.keys() <= {DATASET}

    def is_done(self, batch: list[Message]) -> bool:
        """Whether nothing of the healthy dataset in a batch waits for a reason of the other one's."""
        if not self.all_is_well or self.interruptions:
            return True
        items = self.world.gateway.sender.deliveries.items
        keys = [key for message in batch for key in keys_in(message.body)]
        ours = [key for key in keys if self.world.accepted[key].dataset == OTHER_DATASET]
        return all(items[key].state in SETTLED for key in ours)

    def somebody_stores_the_new_token(self) -> None:
        """The token that Meta takes is in the settings."""
        if self.tokens:
            self.world.change_settings(DATASET, access_token=self.world.meta.tokens[DATASET])

    def copy(self) -> None:
        """Let SQS hand out every message once more, as long as there are not too many for a test."""
        if len(self.world.events) < MOST_MESSAGES:
            self.world.events.copy_all()

    def some_post(self, back: int) -> tuple[str, list[dict[str, Any]]]:
        """One of the last requests: its dataset and its events."""
        return self.posted[-min(back, len(self.posted))]

    def service(self, what: str) -> Any:
        """A part of the world that can be down."""
        world = self.world
        parts: dict[str, Any] = {
            "deliveries": world.gateway.sender.deliveries,
            "breakers": world.gateway.sender.breakers,
            "ledger": world.gateway.consent,
            "queues": world.queues,
            "hold": world.hold,
        }
        return parts[what]


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
