"""Any history of decisions, events, failures and deliveries: nothing is sent that the person's decisions do not allow.

What is allowed is written down here a second time, from the rules and not from the code: every statement is kept, and
each event of each request to Meta is judged by all of them at the moment of the request.
"""

from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sluice.consent.subject import subject_keys, subject_secrets
from sluice.consent.token import Claims, mint
from sluice.delivery.parcel import State
from sluice.delivery.verdict import NoReply, Reply
from sluice.errors import Rejected
from sluice.match_keys import to_match_keys
from sluice.settings import Secret
from tests.fakes.graph import Events, error, takes_all
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, OTHER_DATASET, consent_request, dataset_changed, ids_in, wire_event
from tests.samples import settings as checked

DAY = 86_400
KEY = "consent-key-of-the-example-shop"
LATE = 300
"""A consent may be dated so many seconds after the event, unless the person ever refused."""
SETTLED = {State.DELIVERED, State.WITHDRAWN, State.DEAD}
Basis = Literal["token", "flag", "ledger"]


class Said(NamedTuple):
    """One recorded decision: the names that it stands under, and when it was made."""

    names: frozenset[str]
    allows: bool
    at: int


class Sent(NamedTuple):
    """One accepted event: its names, its time, and the signal that let it in with the time of that."""

    names: frozenset[str]
    at: int
    basis: Basis
    consent_at: int


people = st.sampled_from(
    [
        {"em": "a@example.com"},
        {"external_id": "1"},
        {"em": "a@example.com", "external_id": "1"},
        {"em": ["a@example.com", "b@example.com"]},
    ]
)
waits = st.integers(0, 3) | st.sampled_from([60, 299, 301]) | st.just(DAY)
ages = st.integers(0, 3) | st.sampled_from([299, 301, 900])
skews = st.integers(-3, 3) | st.sampled_from([-600, -301, -299, 60, 61])
"""How far a clock of the shop is from ours: mostly seconds, so that things happen at the same moment."""


def names_of(person: dict[str, Any]) -> frozenset[str]:
    """What the person is called by."""
    values = [value if isinstance(value, list) else [value] for value in person.values()]
    return frozenset(name for several in values for name in several)


class Histories(RuleBasedStateMachine):
    """A shop, its visitors, Meta, and the gateway between them."""

    def __init__(self) -> None:
        super().__init__()
        self.gateway = Gateway()
        self.gateway.sender.graph.script = self.meta
        self.said: list[Said] = []
        self.told: list[tuple[str, Any]] = []
        self.sent: dict[str, Sent] = {}
        self.answers: list[str] = []
        self.meanwhile: dict[str, Any] | None = None
        self.required = self.ever_required = False

    @initialize()
    def configure(self) -> None:
        """Consent lasts a day, so that it ends within a history."""
        policy = {
            "mode": "strict",
            "allow_boolean_flag": True,
            "max_consent_age_days": 1,
            "ledger_required": self.required,
        }
        self.gateway.configure(dataset_changed(consent=policy, consent_keys={"k1": KEY}))

    @property
    def now(self) -> int:
        """The one clock of all."""
        return self.gateway.clock.now

    @rule(seconds=waits)
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.gateway.clock.now += seconds

    @rule(required=st.booleans())
    def other_policy(self, required: bool) -> None:
        """The operator asks for a grant in the ledger, or no longer."""
        self.required = required
        self.ever_required |= required
        self.configure()

    @rule(person=people, skew=skews)
    def agrees(self, person: dict[str, Any], skew: int) -> None:
        """A server records a grant, by its own clock."""
        self.tell("tell", person, allows=True, at=self.now + skew, decision="grant")

    @rule(person=people, skew=st.none() | skews, decision=st.sampled_from(["deny", "withdraw"]))
    def refuses(self, person: dict[str, Any], skew: int | None, decision: str) -> None:
        """A server records a refusal or a withdrawal, by its own clock or by ours."""
        dated = {} if skew is None else {"at": self.now + skew}
        door = "withdraw" if decision == "withdraw" else "tell"
        self.tell(door, person, allows=False, **dated, **({} if door == "withdraw" else {"decision": decision}))

    @rule(person=people, skew=skews, decision=st.sampled_from(["grant", "deny"]))
    def shows_a_token(self, person: dict[str, Any], skew: int, decision: Any) -> None:
        """The holder of a token has it recorded."""
        at = self.now + skew
        token = self.token(person, at, decision)
        self.tell("tell", person, allows=decision == "grant", at=at, body={"token": token})

    @rule(person=people)
    def withdraws_by_a_token(self, person: dict[str, Any]) -> None:
        """The holder of a token takes consent back."""
        self.tell("withdraw", person, allows=False, body={"token": self.token(person, self.now - DAY, "grant")})

    @rule(person=people)
    def withdraws_at_another_site(self, person: dict[str, Any]) -> None:
        """What is said at another site concerns this one not."""
        self.gateway.ingest.withdraw(consent_request(user_data=person, dataset=OTHER_DATASET))

    @rule(back=st.integers(1, 3))
    def repeats(self, back: int) -> None:
        """The shop tells once more what it told before, as it was dated then; that is nothing new."""
        if len(self.told) >= back:
            door, request = self.told[-back]
            getattr(self.gateway.ingest, door)(request)

    @rule(person=people, age=ages, skew=skews, basis=st.sampled_from(["token", "flag", "ledger"]))
    def acts(self, person: dict[str, Any], age: int, skew: int, basis: Basis) -> None:
        """A visitor does something; the shop reports it with one signal, or with none."""
        event_id, at, consent_at = f"event-{len(self.sent)}", self.now - age, self.now - age + skew
        consent: dict[Basis, Any] = {
            "token": {"token": self.token(person, consent_at, "grant")},
            "flag": {"granted": True, "at": consent_at},
            "ledger": None,
        }
        event = wire_event(event_id=event_id, event_time=at, user_data=person, consent=consent[basis])
        if self.gateway.ingest.post(event).body["events_received"]:
            self.sent[event_id] = Sent(names_of(person), at, basis, consent_at)

    @rule(
        answers=st.lists(st.sampled_from(["takes", "refuses", "is down"]), max_size=3),
        person=st.none() | people,
        store_is_down=st.booleans(),
    )
    def delivers(self, answers: list[str], person: dict[str, Any] | None, store_is_down: bool) -> None:
        """The sender works on all that waits; at Meta's first answer somebody may take consent back."""
        self.answers, self.meanwhile = answers, person
        self.gateway.consent.down = store_is_down
        self.gateway.deliver()
        self.gateway.consent.down = False
        self.answers, self.meanwhile = [], None

    @invariant()
    def nothing_is_lost(self) -> None:
        """Each accepted event waits in the queue, or is settled."""
        self.gateway.queue()
        waiting = {event_id for message in self.gateway.waiting for event_id in ids_in(message.body)}
        for event_id in self.sent.keys() - waiting:
            assert self.gateway.outcome(event_id)[0] in SETTLED

    def teardown(self) -> None:
        """At last everything works: all is settled, and what nobody ever objected to has been delivered."""
        self.gateway.deliver()
        assert self.gateway.waiting == []
        refused = {name for said in self.said if not said.allows for name in said.names}
        for event_id, event in self.sent.items():
            state, slug = self.gateway.outcome(event_id)
            assert state in SETTLED
            if state is State.WITHDRAWN and not (slug == "consent_expired" and self.is_too_old(event)):
                assert event.names & refused or event.basis == "ledger" or self.ever_required

    def meta(self, events: Events) -> Reply | NoReply:
        """Every request to Meta is looked at, whatever Meta makes of it."""
        for event in events:
            assert self.allows(self.sent[event["event_id"]]), event["event_id"]
        answer = self.answers.pop(0) if self.answers else "takes"
        if self.meanwhile:
            person, self.meanwhile = self.meanwhile, None
            self.tell("withdraw", person, allows=False)
        if answer == "takes":
            return takes_all(events)
        return NoReply("meta_unreachable") if answer == "is down" else error(100, error_subcode=2804019)

    def allows(self, event: Sent) -> bool:
        """Whether all that was said until now lets the event be sent now.

        After a refusal only a newer grant of the ledger or a newer token allows, and only an event that is not older.
        A grant ends a day after it was made.
        """
        if self.is_too_old(event):
            return False
        heard = [said for said in self.said if said.names & event.names]
        refused_at = max((said.at for said in heard if not said.allows), default=None)
        grants = [said.at for said in heard if said.allows and (refused_at is None or said.at > refused_at)]
        until = event.at if refused_at is not None else event.at + LATE
        by_grant = any(at <= until for at in grants) and any(self.now < at + DAY for at in grants)
        if self.required or event.basis == "ledger":
            return by_grant
        if refused_at is None:
            return True
        by_token = event.basis == "token" and refused_at < event.consent_at <= event.at
        return by_grant or by_token

    def is_too_old(self, event: Sent) -> bool:
        """Whether the consent that came with the event is older than the policy takes."""
        return event.basis != "ledger" and event.consent_at < self.now - DAY

    def tell(
        self,
        door: str,
        person: dict[str, Any],
        *,
        allows: bool,
        at: int | None = None,
        body: dict[str, Any] | None = None,
        **told: Any,
    ) -> None:
        """Tell a door, and remember it when it was recorded: dated by us where it has no date or one ahead of us."""
        dated = {} if at is None or body else {"at": at}
        request = consent_request({} if body else None, **(body or {"user_data": person, **dated, **told}))
        if allows and at is not None and at > self.now:
            with pytest.raises(Rejected, match="decision_in_future"):
                getattr(self.gateway.ingest, door)(request)
            return
        getattr(self.gateway.ingest, door)(request)
        decided_at = self.now if at is None else min(at, self.now)
        self.said.append(Said(names_of(person), allows, decided_at))
        if at == decided_at:
            self.told.append((door, request))

    def token(self, person: dict[str, Any], at: int, decision: Literal["grant", "deny"]) -> str:
        """A token about the person, as the shop signs it."""
        keys = to_match_keys(person, default_country="DE", now_seconds=NOW).keys
        named = [(kind, digest) for kind, digests in keys.items() for digest in digests]
        subjects = subject_keys(named, subject_secrets(checked(), DATASET))
        claims = Claims(
            v=1,
            kid="k1",
            aud=DATASET,
            sub=subjects,
            dec=decision,
            dts=at,
            iat=self.now,
            exp=self.now + 99 * DAY,
            jti="j",
        )
        return mint(claims, Secret(KEY))


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
