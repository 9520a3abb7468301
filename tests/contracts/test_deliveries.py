"""What the delivery table promises, the fake and DynamoDB alike: one event is sent by one sender at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sluice.delivery.parcel import Parcel, State
from sluice.delivery.ports import Deliveries
from sluice.outside.deliveries import LEASE_SECONDS, DeliveryTable
from sluice.outside.partiql import Answer, PartiQL, Statement
from tests.emulator import dynamodb
from tests.fakes.deliveries import LEASE_SECONDS as FAKE_LEASE_SECONDS
from tests.fakes.deliveries import FakeDeliveries
from tests.samples import ALLOWED, NOW, entry, parcels

RETENTION_DAYS = 400


def deliveries(client: Any, table: str, kind: type[PartiQL] = PartiQL) -> DeliveryTable:
    """The real table on the DynamoDB that a boto3 client speaks to."""
    return DeliveryTable(kind(dynamodb(client.meta.endpoint_url)), table, RETENTION_DAYS)


@pytest.fixture(scope="session")
def table(aws: Callable[[str], Any]) -> str:
    """A table like the template's."""
    aws("dynamodb").create_table(
        TableName="deliveries",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "deliveries"


@pytest.fixture(params=["fake", "dynamodb"])
def kept(request: pytest.FixtureRequest) -> Deliveries:
    """A delivery table of either kind."""
    if request.param == "fake":
        return FakeDeliveries()
    return deliveries(request.getfixturevalue("aws")("dynamodb"), request.getfixturevalue("table"))


@pytest.fixture(params=["fake", "dynamodb"])
def silent_deliveries(request: pytest.FixtureRequest) -> Deliveries:
    """A delivery table of either kind that does not answer."""
    if request.param == "fake":
        fake = FakeDeliveries()
        fake.down = True
        return fake
    return deliveries(request.getfixturevalue("silent_aws")("dynamodb"), "deliveries")


@pytest.fixture
def claim(kept: Deliveries) -> Callable[..., Parcel]:
    """Claims one event again, as another message would: ``claim(parcel, "owner", NOW)``."""

    def again(parcel: Parcel, owner: str, now: int = NOW) -> Parcel:
        (copy,) = parcels(parcel.entry)
        kept.claim([copy], owner, now)
        return copy

    return again


class TestLedger:
    """Claim and settle."""

    def test_new_event_is_ours(self, claim: Callable[..., Parcel]) -> None:
        """An event that nobody has seen is claimed, as its first attempt."""
        parcel = claim(*parcels(entry()), "ann")
        assert (parcel.state, parcel.attempts, parcel.repeated) == (State.CLAIMED, 1, False)

    def test_claimed_event_belongs_to_its_owner(self, claim: Callable[..., Parcel]) -> None:
        """While a lease runs, another sender waits for its end."""
        claimed = claim(*parcels(entry()), "ann")
        other = claim(claimed, "ben", NOW + 100)
        assert (other.state, other.wait, other.repeated) == (State.WAITING, LEASE_SECONDS - 100 + 1, True)

    def test_last_second_of_lease(self, claim: Callable[..., Parcel]) -> None:
        """The lease holds to its last second and not one longer."""
        claimed = claim(*parcels(entry()), "ann")
        assert claim(claimed, "ben", NOW + LEASE_SECONDS).state is State.WAITING
        assert claim(claimed, "ben", NOW + LEASE_SECONDS + 1).state is State.CLAIMED

    def test_own_claim_is_ours_again(self, claim: Callable[..., Parcel]) -> None:
        """A claim whose answer was lost on the way is found again by its owner."""
        again = claim(claim(*parcels(entry()), "ann"), "ann")
        assert (again.state, again.attempts) == (State.CLAIMED, 1)

    def test_lease_over(self, claim: Callable[..., Parcel]) -> None:
        """After a crash the next sender takes over, as the second attempt."""
        claimed = claim(*parcels(entry()), "ann")
        other = claim(claimed, "ben", NOW + LEASE_SECONDS + 1)
        assert (other.state, other.attempts, other.repeated) == (State.CLAIMED, 2, False)

    def test_whoever_crashed_may_have_sent_it(self, claim: Callable[..., Parcel]) -> None:
        """After a crash nobody knows whether Meta has had the event since it was claimed."""
        other = claim(claim(*parcels(entry()), "ann"), "ben", NOW + LEASE_SECONDS + 1)
        assert other.unknown_since == NOW

    def test_taken_over_once(self, claim: Callable[..., Parcel]) -> None:
        """Of two senders that find a lease over, only the first gets the event."""
        claimed = claim(*parcels(entry()), "ann")
        later = NOW + LEASE_SECONDS + 1
        assert claim(claimed, "ben", later).state is State.CLAIMED
        assert claim(claimed, "eve", later).state is State.WAITING

    @pytest.mark.parametrize("state", [State.DELIVERED, State.DEAD])
    def test_settled_event_stays_settled(self, kept: Deliveries, claim: Callable[..., Parcel], state: State) -> None:
        """An event that was delivered or buried is never claimed again, however late its message comes back."""
        parcel = claim(*parcels(entry()), "ann")
        parcel.state, parcel.slug, parcel.code, parcel.subcode, parcel.fbtrace_id = state, "slug", 100, 2804019, "trace"
        assert kept.settle([parcel], "ann", NOW) == []
        again = claim(parcel, "ben", NOW + 13 * 86_400)
        assert (again.state, again.repeated) == (state, True)

    @pytest.mark.parametrize(("slug", "state"), [("withdrawn", State.WITHDRAWN), ("ledger_missing", State.CLAIMED)])
    def test_only_a_refusal_is_final(
        self, kept: Deliveries, claim: Callable[..., Parcel], slug: str, state: State
    ) -> None:
        """What the person refused is never claimed again; what a policy stopped is, when the event comes again."""
        parcel = claim(*parcels(entry()), "ann")
        parcel.state, parcel.slug = State.WITHDRAWN, slug
        assert kept.settle([parcel], "ann", NOW) == []
        again = claim(parcel, "ben", NOW + 1)
        assert (again.state, again.repeated) == (state, state is State.WITHDRAWN)

    def test_waiting_event_can_be_claimed(self, kept: Deliveries, claim: Callable[..., Parcel]) -> None:
        """An event that waits is free at once: the queue knows when it is due."""
        parcel = claim(*parcels(entry()), "ann")
        parcel.state, parcel.slug, parcel.wait = State.WAITING, "meta_busy", 10
        assert kept.settle([parcel], "ann", NOW) == []
        again = claim(parcel, "ben", NOW + 10)
        assert (again.state, again.attempts) == (State.CLAIMED, 2)

    def test_who_lost_the_lease_settles_nothing(self, kept: Deliveries, claim: Callable[..., Parcel]) -> None:
        """A sender that was too slow changes nothing any more; the new owner settles."""
        slow = claim(*parcels(entry()), "ann")
        claim(slow, "ben", NOW + LEASE_SECONDS + 1)
        slow.state = State.DEAD
        assert kept.settle([slow], "ann", NOW + LEASE_SECONDS + 2) == []
        assert claim(slow, "ben", NOW + LEASE_SECONDS + 3).state is State.CLAIMED

    def test_many_events(self, kept: Deliveries) -> None:
        """More events than one call to DynamoDB takes are claimed and settled like one."""
        many = parcels(*(entry() for _ in range(60)))
        kept.claim(many, "ann", NOW)
        assert {(parcel.state, parcel.attempts) for parcel in many} == {(State.CLAIMED, 1)}
        for parcel in many:
            parcel.state = State.DELIVERED
        assert kept.settle(many, "ann", NOW) == []

    def test_new_and_known_together(self, kept: Deliveries, claim: Callable[..., Parcel]) -> None:
        """In one call each event gets its own answer."""
        held = claim(*parcels(entry()), "ann")
        batch = parcels(entry(), held.entry, entry())
        kept.claim(batch, "ben", NOW)
        assert [parcel.state for parcel in batch] == [State.CLAIMED, State.WAITING, State.CLAIMED]

    def test_nothing(self, kept: Deliveries) -> None:
        """No events, no work."""
        kept.claim([], "ann", NOW)
        assert kept.settle([], "ann", NOW) == []

    def test_silent_deliveries_claims_nothing(self, silent_deliveries: Deliveries) -> None:
        """While the table does not answer, no event is ours, and each says when to look again."""
        batch = parcels(entry(), entry())
        silent_deliveries.claim(batch, "ann", NOW)
        assert {(parcel.state, parcel.wait) for parcel in batch} == {(State.WAITING, LEASE_SECONDS)}

    def test_silent_deliveries_settles_nothing(self, silent_deliveries: Deliveries) -> None:
        """What could not be settled comes back."""
        batch = parcels(entry(), entry())
        for parcel in batch:
            parcel.state = State.DELIVERED
        assert silent_deliveries.settle(batch, "ann", NOW) == batch


class TestItem:
    """What DynamoDB keeps of an event."""

    def test_same_lease(self) -> None:
        """The fake's lease is the real one's."""
        assert FAKE_LEASE_SECONDS == LEASE_SECONDS

    def test_holds_the_proof_and_nothing_of_the_person(self, aws: Callable[[str], Any], table: str) -> None:
        """The item says what became of the event and why it might be sent; the event itself is not in it."""
        client = aws("dynamodb")
        kept = deliveries(client, table)
        (parcel,) = parcels(entry())
        kept.claim([parcel], "ann", NOW)
        parcel.state, parcel.fbtrace_id = State.DELIVERED, "trace"
        kept.settle([parcel], "ann", NOW + 1)
        item = client.get_item(TableName=table, Key={"pk": {"S": parcel.entry.key}})["Item"]
        plain = {name: next(iter(value.values())) for name, value in item.items()}
        assert plain == {
            "pk": parcel.entry.key,
            "state": "delivered",
            "owner": "ann",
            "lease_until": str(NOW + LEASE_SECONDS),
            "attempts": "1",
            "dataset": parcel.envelope.dataset,
            "source": "events",
            "event_name": "PageView",
            "accepted_at": str(NOW),
            "reason": ALLOWED.reason,
            "basis": ALLOWED.basis,
            "policy_version": ALLOWED.policy_version,
            "decided_at": str(NOW),
            "consent_at": str(NOW),
            "evidence": "",
            "subjects": [{"S": "A" * 22}],
            "expires_at": str(NOW + RETENTION_DAYS * 86_400),
            "settled_at": str(NOW + 1),
            "fbtrace_id": "trace",
        }

    def test_settled_while_it_was_taken_over(self, aws: Callable[[str], Any], table: str) -> None:
        """A slow owner that settles between another sender's reading and taking over keeps its event."""
        client = aws("dynamodb")
        slow = deliveries(client, table)
        (parcel,) = parcels(entry())
        slow.claim([parcel], "ann", NOW)
        parcel.state = State.DELIVERED

        class Late(PartiQL):
            """A client under which the slow owner settles just before each update."""

            def execute(self, statements: Sequence[Statement]) -> Sequence[Answer]:
                if statements and statements[0].statement.startswith("UPDATE"):
                    slow.settle([parcel], "ann", NOW)
                return super().execute(statements)

        (copy,) = parcels(parcel.entry)
        deliveries(client, table, Late).claim([copy], "ben", NOW + LEASE_SECONDS + 1)
        assert copy.state is State.WAITING
        slow.claim([copy], "eve", NOW + LEASE_SECONDS + 2)
        assert (copy.state, copy.repeated) == (State.DELIVERED, True)

    def test_failure_is_written_down(self, aws: Callable[[str], Any], table: str) -> None:
        """A waiting event's item says why it waits and until when."""
        client = aws("dynamodb")
        kept = deliveries(client, table)
        (parcel,) = parcels(entry())
        kept.claim([parcel], "ann", NOW)
        parcel.state, parcel.slug, parcel.code, parcel.subcode, parcel.wait = State.WAITING, "meta_busy", 2, 99, 10
        kept.settle([parcel], "ann", NOW)
        item = client.get_item(TableName=table, Key={"pk": {"S": parcel.entry.key}})["Item"]
        found = {name: next(iter(item[name].values())) for name in ("slug", "code", "subcode", "next_attempt_at")}
        assert found == {"slug": "meta_busy", "code": "2", "subcode": "99", "next_attempt_at": str(NOW + 10)}
        (later,) = parcels(parcel.entry)
        kept.claim([later], "ben", NOW)
        assert (later.attempts, later.failed_by) == (2, "meta_busy")
        later.state, later.slug = State.WAITING, "meta_timeout"
        kept.settle([later], "ben", NOW)
        item = client.get_item(TableName=table, Key={"pk": {"S": parcel.entry.key}})["Item"]
        assert {name: next(iter(item[name].values())) for name in ("slug", "code", "subcode", "fbtrace_id")} == {
            "slug": "meta_timeout",
            "code": "0",
            "subcode": "0",
            "fbtrace_id": "",
        }
