"""Consent that ends before an event is sent: the event is not."""

from typing import Any

import pytest

from sluice.consent.subject import subject_keys, subject_secrets
from sluice.consent.token import Claims, mint
from sluice.delivery.parcel import State
from sluice.delivery.verdict import NoReply, Reply
from sluice.settings import Secret
from sluice.telemetry import Metric
from tests.fakes.graph import Events, always, error, refuses, takes_all
from tests.fakes.rooms import Gateway
from tests.samples import DATASET, NOW, OTHER_DATASET, consent_request, dataset_changed, document, settings, wire_event

WITHDRAWN = (State.WITHDRAWN, "withdrawn")
DELIVERED = (State.DELIVERED, "")
DAY = 86_400
KEY = "consent-key-of-the-example-shop"
EM_OF_ONE = "d25354f658256d3988a0a1f07ae2dbfa64c0141b3eaa5650fd268b3fdd903b7d"
"""SHA-256 of one@example.com."""


def person(name: str) -> dict[str, Any]:
    """Somebody by that name."""
    return {"em": f"{name}@example.com", "client_user_agent": "Mozilla/5.0"}


def post(gateway: Gateway, event_id: str, **fields: Any) -> None:
    """A server posts an event of now, of the person of that name, with its flag; it is accepted."""
    now = gateway.clock.now
    flag = {"granted": True, "at": now - 3_600}
    event = wire_event(
        **{"event_id": event_id, "event_time": now, "user_data": person(event_id), "consent": flag, **fields}
    )
    assert gateway.ingest.post(event).body["events_received"] == 1


def grant(gateway: Gateway, name: str, at: int, **told: Any) -> None:
    """The person of that name agreed then."""
    gateway.ingest.tell(consent_request(user_data=person(name), decision="grant", at=at, **told))


def withdraw(gateway: Gateway, name: str, **told: Any) -> None:
    """The person of that name takes it back, now unless ``at`` says when."""
    gateway.ingest.withdraw(consent_request(user_data=person(name), **told))


def test_granted_queued_withdrawn(gateway: Gateway) -> None:
    """Nothing of a person who took consent back reaches Meta; the event is settled, with its reason, and counted."""
    grant(gateway, "one", NOW - 60)
    post(gateway, "one")
    withdraw(gateway, "one")
    assert gateway.deliver() == []
    assert gateway.sender.graph.requests == []
    assert gateway.waiting == []
    assert gateway.outcome("one") == WITHDRAWN
    assert gateway.sender.queues.letters == []
    counts = gateway.sender.telemetry.counts
    assert (counts[Metric.EVENTS_WITHDRAWN], counts[Metric.EVENTS_DELIVERED], counts[Metric.EVENTS_DEAD]) == (1, 0, 0)


@pytest.mark.parametrize("consent", [None, {"granted": True, "at": NOW - 60}], ids=["ledger", "flag"])
def test_whatever_let_it_in(gateway: Gateway, consent: Any) -> None:
    """It does not matter whether the ledger's grant or a flag had let the event in."""
    grant(gateway, "one", NOW - 60)
    post(gateway, "one", consent=consent)
    withdraw(gateway, "one")
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def test_denied_later(gateway: Gateway) -> None:
    """A refusal at the next visit is as good as a withdrawal."""
    post(gateway, "one")
    gateway.ingest.tell(consent_request(user_data=person("one"), decision="deny"))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def test_late_old_grant(gateway: Gateway) -> None:
    """A grant from before the withdrawal that arrives after it changes nothing."""
    post(gateway, "one")
    withdraw(gateway, "one")
    gateway.clock.now += 60
    grant(gateway, "one", NOW - 60)
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def test_granted_anew(gateway: Gateway) -> None:
    """After a new grant the event from before it stays unsent, and the one after it is sent."""
    post(gateway, "old", user_data=person("one"))
    gateway.clock.now += 10
    withdraw(gateway, "one")
    gateway.clock.now += 10
    grant(gateway, "one", gateway.clock.now)
    gateway.clock.now += 10
    post(gateway, "new", user_data=person("one"))
    post(gateway, "silent", user_data=person("one"), consent=None)
    assert gateway.deliver() == ["new", "silent"]
    assert gateway.outcome("old") == WITHDRAWN


def test_signed_anew(gateway: Gateway) -> None:
    """A signed token from after the withdrawal lets its own event pass; a flag from after it does not."""
    gateway.configure(dataset_changed(consent_keys={"k1": KEY}))
    withdraw(gateway, "one")
    gateway.clock.now += 60
    now = gateway.clock.now
    (subject,) = subject_keys([("em", EM_OF_ONE)], subject_secrets(settings(), DATASET))
    claims = Claims(
        v=1, kid="k1", aud=DATASET, sub=subject, dec="grant", dts=now - 30, iat=now - 30, exp=now + 600, jti="j"
    )
    post(gateway, "token", user_data=person("one"), consent={"token": mint(claims, Secret(KEY))})
    post(gateway, "early", user_data=person("one"), event_time=now - 31, consent={"token": mint(claims, Secret(KEY))})
    post(gateway, "flag", user_data=person("one"), consent={"granted": True, "at": now - 30})
    assert gateway.deliver() == ["token"]
    assert gateway.outcome("flag") == gateway.outcome("early") == WITHDRAWN


def test_one_of_two_identifiers(gateway: Gateway) -> None:
    """A withdrawal under one of the person's names stops what names them by several."""
    post(gateway, "one", user_data={**person("one"), "external_id": "customer-77"})
    post(gateway, "two", user_data={**person("two"), "external_id": "customer-78"})
    gateway.ingest.withdraw(consent_request(user_data={"external_id": "customer-77"}))
    assert gateway.deliver() == ["two"]
    assert gateway.outcome("one") == WITHDRAWN


def test_one_of_two_known_identifiers(gateway: Gateway) -> None:
    """So it does when the ledger holds a grant under each of them."""
    both = {**person("one"), "external_id": "customer-77"}
    gateway.ingest.tell(consent_request(user_data=both, decision="grant", at=NOW - 60))
    post(gateway, "one", user_data=both)
    gateway.ingest.withdraw(consent_request(user_data={"external_id": "customer-77"}))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def test_both_in_one_second(gateway: Gateway) -> None:
    """Of a grant and a withdrawal of the same second the withdrawal counts, in whichever order they arrive."""
    for name in ("one", "two"):
        post(gateway, name)
    withdraw(gateway, "one")
    grant(gateway, "one", NOW)
    grant(gateway, "two", NOW)
    withdraw(gateway, "two")
    assert gateway.deliver() == []
    assert gateway.outcome("one") == gateway.outcome("two") == WITHDRAWN


def test_name_that_does_not_leave(gateway: Gateway) -> None:
    """A name stops the event also where the policy keeps it from Meta."""
    policy = {"mode": "strict", "allow_boolean_flag": True, "user_data_fields": ["em", "client_user_agent"]}
    gateway.configure(dataset_changed(consent=policy))
    post(gateway, "one", user_data={**person("one"), "external_id": "customer-77"})
    gateway.ingest.withdraw(consent_request(user_data={"external_id": "customer-77"}))
    assert gateway.deliver() == []


def test_withdrawn_twice(gateway: Gateway) -> None:
    """Duplicates of a withdrawal, early or late, are one withdrawal: what was granted after it is sent."""
    withdraw(gateway, "one", at=NOW - 30)
    withdraw(gateway, "one", at=NOW - 30)
    grant(gateway, "one", NOW - 20)
    withdraw(gateway, "one", at=NOW - 30)
    post(gateway, "one")
    assert gateway.deliver() == ["one"]


def test_store_does_not_answer(gateway: Gateway) -> None:
    """While nobody knows who withdrew nothing is sent and nothing lost: the message returns and is delivered later."""
    post(gateway, "one")
    gateway.consent.down = True
    for wait in (10, 60, 300):
        assert gateway.deliver() == []
        (message,) = gateway.waiting
        assert gateway.sender.wait_of(message) == wait
        assert gateway.outcome("one")[0] is State.WAITING
        gateway.clock.now += wait
    assert gateway.sender.graph.requests == []
    gateway.consent.down = False
    assert gateway.deliver() == ["one"]
    assert gateway.waiting == []


def test_withdrawn_while_the_store_did_not_answer_the_sender(gateway: Gateway) -> None:
    """What is recorded before the store answers the sender again is honoured then."""
    post(gateway, "one")
    gateway.consent.down = True
    gateway.deliver()
    gateway.consent.down = False
    withdraw(gateway, "one")
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def test_expired_item_is_still_there(gateway: Gateway) -> None:
    """A grant that is over is no grant, though the table still has its item."""
    policy = {"mode": "strict", "max_consent_age_days": 1, "accepted_signals": ["ledger"]}
    gateway.configure(dataset_changed(consent=policy))
    grant(gateway, "one", gateway.clock.now - DAY + 60)
    post(gateway, "one", consent=None)
    gateway.clock.now += 60
    assert gateway.deliver() == []
    assert gateway.outcome("one") == (State.WITHDRAWN, "consent_expired")


def test_dead_letter_moved_back(gateway: Gateway) -> None:
    """A dead letter that an operator moves back after the person withdrew is dropped like any other event."""
    post(gateway, "one")
    gateway.sender.graph.script = refuses({"one"}, naming=True)
    assert gateway.deliver() == []
    assert gateway.outcome("one") == (State.DEAD, "meta_refused_event")
    (letter,) = gateway.sender.queues.letters
    withdraw(gateway, "one")
    gateway.sender.graph.script = takes_all
    gateway.ingest.queue.stored.append((DATASET, letter.body))
    before = len(gateway.sender.graph.requests)
    assert gateway.deliver() == []
    assert gateway.sender.graph.requests[before:] == []
    assert gateway.outcome("one") == WITHDRAWN
    assert len(gateway.sender.queues.letters) == 1


def test_one_of_ten(gateway: Gateway) -> None:
    """Of ten events in one request the withdrawn one is taken out, and the nine go together."""
    events = [wire_event(event_id=f"event-{n}", user_data=person(f"p{n}")) for n in range(10)]
    gateway.ingest.post(*events)
    withdraw(gateway, "p7")
    assert gateway.deliver() == [f"event-{n}" for n in range(10) if n != 7]
    assert len(gateway.sender.graph.requests) == 1
    assert gateway.outcome("event-7") == WITHDRAWN
    counts = gateway.sender.telemetry.counts
    assert (counts[Metric.EVENTS_DELIVERED], counts[Metric.EVENTS_WITHDRAWN]) == (9, 1)


def test_shown_again(gateway: Gateway) -> None:
    """A message that SQS shows again after its event was withdrawn sends nothing, a later grant or not."""
    post(gateway, "one")
    gateway.queue()
    (again,) = gateway.waiting
    withdraw(gateway, "one", at=NOW - 120)
    gateway.deliver()
    grant(gateway, "one", NOW - 60)
    assert gateway.sender.deliver(again) == []
    assert gateway.sender.graph.requests == []
    counts = gateway.sender.telemetry.counts
    assert (counts[Metric.EVENTS_WITHDRAWN], counts[Metric.EVENTS_REPEATED]) == (1, 1)


def test_withdrawn_between_two_attempts(gateway: Gateway) -> None:
    """A retry asks anew: what was allowed at the first attempt is not sent at the second."""
    post(gateway, "one")
    gateway.sender.graph.script = always(NoReply("meta_unreachable"))
    gateway.deliver()
    withdraw(gateway, "one")
    gateway.sender.graph.script = takes_all
    gateway.clock.now += 10
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


def withdrawing(gateway: Gateway, name: str, then: Reply) -> Any:
    """Meta answers the first request so, and meanwhile the person withdraws; afterwards Meta takes everything."""
    answers = iter([then])

    def script(events: Events) -> Reply | NoReply:
        answer = next(answers, None)
        if answer is None:
            return takes_all(events)
        withdraw(gateway, name)
        return answer

    return script


@pytest.mark.parametrize("place", ["a parameter", "$['data'][0]"], ids=["halved", "named"])
def test_withdrawn_while_a_request_is_taken_apart(gateway: Gateway, place: str) -> None:
    """Between the requests that one refused request becomes the ledger is asked each time."""
    gateway.ingest.post(*(wire_event(event_id=name, user_data=person(name)) for name in ("a", "b", "c", "d")))
    refused = error(100, error_subcode=2804019, error_user_msg=f"Wrong type at {place}")
    gateway.sender.graph.script = withdrawing(gateway, "d", refused)
    gateway.deliver()
    assert "d" not in gateway.sender.graph.received
    assert gateway.outcome("d") == WITHDRAWN
    assert gateway.waiting == []


def test_withdrawn_while_a_token_is_renewed(gateway: Gateway) -> None:
    """After Meta refused the access token the ledger is asked again before the new one is tried."""
    gateway.ingest.post(wire_event(event_id="one", user_data=person("one")), wire_event(event_id="two"))
    gateway.sender.settings.document()
    gateway.clock.now += 60
    gateway.ingest.configure(dataset_changed(access_token="new-token"))
    gateway.sender.graph.script = withdrawing(gateway, "one", error(190))
    gateway.deliver()
    assert gateway.outcome("one") == WITHDRAWN
    assert [posted.events for posted in gateway.sender.graph.requests[1:]] == []
    gateway.clock.now += 3_600
    assert gateway.deliver() == ["two"]
    assert gateway.sender.graph.requests[-1].token == "new-token"


def test_store_goes_down_while_a_request_is_taken_apart(gateway: Gateway) -> None:
    """What was not sent before the store went down waits."""
    gateway.ingest.post(*(wire_event(event_id=name, user_data=person(name)) for name in ("a", "b")))

    def script(_: Events) -> Reply:
        gateway.consent.down = True
        return error(100, error_subcode=2804019)

    gateway.sender.graph.script = script
    assert gateway.deliver() == []
    assert len(gateway.sender.graph.requests) == 1
    assert len(gateway.waiting) == 1
    gateway.consent.down = False
    gateway.sender.graph.script = takes_all
    gateway.clock.now += 60
    assert sorted(gateway.deliver()) == ["a", "b"]


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        (None, "policy_missing"),
        ({"mode": "strict", "allow_boolean_flag": True, "ledger_required": True}, "ledger_missing"),
    ],
    ids=["policy removed", "ledger required"],
)
def test_policy_became_stricter(gateway: Gateway, consent: Any, reason: str) -> None:
    """What was accepted under another policy is judged by the one in force when it would be sent."""
    post(gateway, "one")
    gateway.configure(dataset_changed(consent=consent))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == (State.WITHDRAWN, reason)


def test_policy_asks_for_an_opt_in_meanwhile(gateway: Gateway) -> None:
    """Who was let in where nobody needs to agree is stopped once the policy asks everybody."""
    gateway.configure(dataset_changed(consent={"mode": "us_opt_out"}))
    post(gateway, "american", consent={"region": "US-CA"})
    gateway.configure(dataset_changed(consent={"mode": "strict"}))
    assert gateway.deliver() == []
    assert gateway.outcome("american") == (State.WITHDRAWN, "no_signal")


def test_ledger_required_and_there(gateway: Gateway) -> None:
    """With a grant in the ledger the stricter policy holds nothing up."""
    post(gateway, "one")
    grant(gateway, "one", NOW - 60)
    policy = {"mode": "strict", "allow_boolean_flag": True, "ledger_required": True}
    gateway.configure(dataset_changed(consent=policy))
    assert gateway.deliver() == ["one"]


def test_another_text(gateway: Gateway) -> None:
    """Where the ledger let the event in, the text that the person agreed to must still be good enough."""
    grant(gateway, "one", NOW - 60, proof={"text_version": "1"})
    post(gateway, "one", consent=None)
    gateway.configure(dataset_changed(consent={"mode": "strict", "min_text_version": "2"}))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == (State.WITHDRAWN, "text_outdated")


@pytest.mark.parametrize("skew", [-90, -1, 0, 1, 90])
def test_clock_of_the_shop(gateway: Gateway, skew: int) -> None:
    """Whatever the clock says that dated the grant, the withdrawal after it (dated by us) holds."""
    if skew <= 0:  # a grant from ahead is not recorded
        grant(gateway, "one", NOW + skew)
    post(gateway, "one", consent={"granted": True, "at": NOW + min(skew, 60)})
    gateway.clock.now += 1
    withdraw(gateway, "one")
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


@pytest.mark.parametrize("ahead", [1, 90, 90_000])
def test_withdrawal_of_the_future(gateway: Gateway, ahead: int) -> None:
    """A withdrawal that a fast clock dated counts from now: it does not lock the person out when they agree anew."""
    withdraw(gateway, "one", at=NOW + ahead)
    gateway.clock.now += 1
    grant(gateway, "one", NOW + 1)
    post(gateway, "one", consent=None)
    assert gateway.deliver() == ["one"]


def test_another_site(gateway: Gateway) -> None:
    """A person who withdraws at one site has not withdrawn at another; datasets of one site share what they said."""
    whole = document()
    whole["datasets"]["3234567890123456"] = {**whole["datasets"][DATASET], "site": DATASET}
    gateway.configure(whole)
    post(gateway, "one")
    gateway.ingest.withdraw(consent_request(user_data=person("one"), dataset=OTHER_DATASET))
    assert gateway.deliver() == ["one"]
    post(gateway, "two", user_data=person("one"))
    gateway.ingest.withdraw(consent_request(user_data=person("one"), dataset="3234567890123456"))
    assert gateway.deliver() == []
    assert gateway.outcome("two") == WITHDRAWN


def test_the_site_changed_meanwhile(gateway: Gateway) -> None:
    """What was withdrawn before the dataset moved to another site stays withdrawn for what was queued before."""
    post(gateway, "one")
    withdraw(gateway, "one")
    gateway.queue()
    gateway.configure(dataset_changed(site="shop"))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == WITHDRAWN


@pytest.mark.parametrize(
    ("policy", "slug"),
    [
        ({"accepted_signals": ["token"]}, "signal_not_accepted"),
        ({"allow_boolean_flag": False}, "flag_not_permitted"),
        ({"max_consent_age_days": 1}, "consent_expired"),
    ],
)
def test_the_policy_became_stricter(gateway: Gateway, policy: dict[str, Any], slug: str) -> None:
    """What the policy in force now would not take is not sent, though it waits in the queue."""
    post(gateway, "one", consent={"granted": True, "at": NOW - 2 * DAY})
    gateway.queue()
    gateway.configure(dataset_changed(consent={"allow_boolean_flag": True, **policy}))
    assert gateway.deliver() == []
    assert gateway.outcome("one") == (State.WITHDRAWN, slug)


def test_two_persons_of_one_batch(gateway: Gateway) -> None:
    """What one person said is never said about another of the batch."""
    for name in ("a", "b", "c"):
        post(gateway, name)
    withdraw(gateway, "b")
    assert gateway.deliver() == ["a", "c"]
