"""What a consent store promises, kept by the fake and by DynamoDB alike: no order of arrival undoes a refusal."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber
from msgspec.structs import replace

from sluice.consent.ledger import Proof, Standing, Statement
from sluice.consent.ports import ConsentStore, SubjectRecord
from sluice.errors import Unavailable
from sluice.outside.consent_store import LEAST_RETENTION_DAYS, ConsentTable
from tests.emulator import client, dynamodb
from tests.fakes.consent_store import FakeConsentStore
from tests.fakes.hostile import answer, in_turn, serving
from tests.samples import NOW

SITE = "shop.example.com"
DAY = 86_400
TABLE = "consent"
PROOF = Proof(
    method="button",
    cmp="300",
    cmp_version="2",
    consent_id="c-1",
    explicit=True,
    purposes=["1", "4"],
    text_version="7",
    text_sha256="ab" * 32,
    language="de",
    region="DE-BY",
    domain="shop.example.com",
    form="footer",
)

_numbers = itertools.count()


def new_keys(count: int) -> list[str]:
    """Subject keys that no test has used."""
    return [f"{next(_numbers):022d}" for _ in range(count)]


def grant(at: int = NOW, *, expires_at: int = NOW + 365 * DAY, text_version: str | None = "7") -> Statement:
    """A person agrees."""
    proof = Proof(text_version=text_version)
    return Statement("grant", at, max(at, NOW), expires_at, "server", "ab" * 32, "request-1", proof)


def withdrawal(at: int = NOW) -> Statement:
    """A person takes it back."""
    return Statement("withdraw", at, max(at, NOW), 0, "server", "cd" * 32, "request-2")


def consent_table(client: Any, retention_days: int = 400) -> ConsentTable:
    """The real store on the DynamoDB that a boto3 client speaks to."""
    reader = dynamodb(client.meta.endpoint_url)
    return ConsentTable(lambda: reader, lambda: client, TABLE, retention_days)


@pytest.fixture(scope="session")
def table(aws: Callable[[str], Any]) -> str:
    """A table like the template's."""
    aws("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> ConsentStore:
    """A consent store of either kind."""
    if request.param == "fake":
        return FakeConsentStore()
    request.getfixturevalue("table")
    return consent_table(request.getfixturevalue("aws")("dynamodb"))


@pytest.fixture(params=["fake", "dynamodb"])
def silent_store(request: pytest.FixtureRequest) -> ConsentStore:
    """A consent store of either kind that does not answer."""
    if request.param == "fake":
        fake = FakeConsentStore()
        fake.down = True
        return fake
    return consent_table(request.getfixturevalue("silent_aws")("dynamodb"))


@pytest.fixture
def told(store: ConsentStore) -> Callable[..., Standing]:
    """The standing of a person who says these things in this order: ``told(grant(), withdrawal())``."""

    def tell(*statements: Statement) -> Standing:
        (key,) = new_keys(1)
        for statement in statements:
            store.record(SITE, [key], statement)
        return store.standings(SITE, [key])[key]

    return tell


class TestConsentStore:
    """Record, then ask."""

    def test_nobody_is_known(self, store: ConsentStore) -> None:
        """A key under which nothing was recorded is absent, from the standings and from the history."""
        keys = new_keys(2)
        assert store.standings(SITE, keys) == {}
        assert store.history(SITE, keys) == []

    def test_nothing(self, store: ConsentStore) -> None:
        """No keys, no answer, and no error."""
        store.record(SITE, [], grant())
        assert store.standings(SITE, []) == {}
        assert store.history(SITE, []) == []

    def test_grant(self, told: Callable[..., Standing]) -> None:
        """A grant is known with its end and its text."""
        assert told(grant()) == Standing(NOW, 0, NOW + 365 * DAY, "7")

    def test_grant_without_text(self, told: Callable[..., Standing]) -> None:
        """A grant whose text nobody knows has no text version."""
        assert told(grant(text_version=None)).text_version is None

    @pytest.mark.parametrize("decision", ["deny", "withdraw"])
    def test_refusal(self, told: Callable[..., Standing], decision: Any) -> None:
        """A deny and a withdrawal are both a refusal, of somebody unknown too."""
        assert told(replace(withdrawal(), decision=decision)) == Standing(0, NOW)

    def test_withdrawn(self, told: Callable[..., Standing]) -> None:
        """After a withdrawal both times are known."""
        assert told(grant(NOW - 60), withdrawal()) == Standing(NOW - 60, NOW, NOW + 365 * DAY, "7")

    def test_late_old_grant(self, told: Callable[..., Standing]) -> None:
        """A grant from before the withdrawal that arrives after it undoes nothing."""
        standing = told(grant(NOW - 90), withdrawal(), grant(NOW - 60))
        assert (standing.granted_at, standing.refused_at) == (NOW - 60, NOW)

    def test_late_older_grant(self, told: Callable[..., Standing]) -> None:
        """A grant from before the known one changes neither its end nor its text."""
        latest = grant()
        assert told(latest, grant(NOW - 60, expires_at=NOW + 999 * DAY, text_version="9")) == told(latest)

    def test_late_old_withdrawal(self, told: Callable[..., Standing]) -> None:
        """A withdrawal from before the known one changes nothing."""
        assert told(withdrawal(), withdrawal(NOW - 60)) == Standing(0, NOW)

    def test_new_grant_after_withdrawal(self, told: Callable[..., Standing]) -> None:
        """A new grant is known beside the withdrawal, which stays known."""
        assert told(withdrawal(NOW - 60), grant()) == Standing(NOW, NOW - 60, NOW + 365 * DAY, "7")

    def test_same_moment(self, told: Callable[..., Standing]) -> None:
        """A grant and a refusal of the same moment are both known."""
        assert told(grant(), withdrawal()) == told(withdrawal(), grant()) == Standing(NOW, NOW, NOW + 365 * DAY, "7")

    def test_two_grants_of_the_same_moment(self, told: Callable[..., Standing]) -> None:
        """Of several grants of one moment the one that allows least counts, in whatever order they arrive."""
        grants = [
            grant(expires_at=NOW + DAY, text_version="2"),
            grant(expires_at=NOW + DAY, text_version=None),
            grant(expires_at=NOW + 2 * DAY, text_version=None),
        ]
        found = {told(*order) for order in itertools.permutations(grants)}
        assert found == {Standing(NOW, 0, NOW + DAY, None)}

    def test_expired(self, told: Callable[..., Standing]) -> None:
        """A grant whose time is over is given with its end: who asks compares it with the clock."""
        assert told(grant(NOW - 2 * DAY, expires_at=NOW - DAY)).expires_at == NOW - DAY

    def test_each_key_has_its_own(self, store: ConsentStore) -> None:
        """A withdrawal under one key leaves the other as it was."""
        one, other = new_keys(2)
        store.record(SITE, [one, other], grant(NOW - 60))
        store.record(SITE, [other], withdrawal())
        found = store.standings(SITE, [one, other])
        assert (found[one].refused_at, found[other].refused_at) == (0, NOW)

    def test_new_for_some_keys_only(self, store: ConsentStore) -> None:
        """A statement that is old news under one key is recorded under the others, and in everyone's history."""
        keys = new_keys(3)
        store.record(SITE, keys[1:2], withdrawal())
        store.record(SITE, keys, withdrawal(NOW - 60))
        assert [store.standings(SITE, keys)[key].refused_at for key in keys] == [NOW - 60, NOW, NOW - 60]
        assert [len(record.statements) for record in store.history(SITE, keys)] == [1, 2, 1]

    def test_each_site_has_its_own(self, store: ConsentStore) -> None:
        """What a person said to one site is not known at another, even if their names begin alike."""
        keys = new_keys(1)
        store.record("shop#1", keys, grant())
        assert [store.standings(site, keys) for site in ("shop", "1", "shop#1#", "")] == [{}] * 4

    def test_many_keys_some_twice(self, store: ConsentStore) -> None:
        """More keys than DynamoDB takes in a call are recorded and read like one, and a repeated key does no harm."""
        keys = new_keys(250)
        store.record(SITE, keys + keys[:3], withdrawal())
        asked = [*keys[:5], *new_keys(1), *keys]
        assert store.standings(SITE, asked) == dict.fromkeys(keys, Standing(0, NOW))

    def test_silent(self, silent_store: ConsentStore) -> None:
        """A store that does not answer is an error, never an empty answer."""
        for call in (
            lambda: silent_store.standings(SITE, ["key"]),
            lambda: silent_store.record(SITE, ["key"], withdrawal()),
            lambda: silent_store.history(SITE, ["key"]),
        ):
            with pytest.raises(Unavailable, match="consent_store_unavailable"):
                call()


class TestHistory:
    """What a person may ask for."""

    def test_everything_that_was_said(self, store: ConsentStore) -> None:
        """Every statement is kept with its proof, by time, beside the standing; keys without anything are absent."""
        key, unknown = new_keys(2)
        said = [replace(grant(NOW - 60), proof=PROOF), withdrawal(), grant(NOW + 60)]
        for statement in (said[1], said[2], said[0]):
            store.record(SITE, [key], statement)
        assert store.history(SITE, [unknown, key, key]) == [
            SubjectRecord(key, Standing(NOW + 60, NOW, NOW + 365 * DAY, "7"), said)
        ]

    def test_told_again(self, store: ConsentStore) -> None:
        """A withdrawal that is sent again, in a later request, is one statement: the first."""
        keys = new_keys(1)
        first = withdrawal()
        store.record(SITE, keys, first)
        store.record(SITE, keys, replace(first, recorded_at=NOW + 60, request_id="request-3"))
        (record,) = store.history(SITE, keys)
        assert record == SubjectRecord(keys[0], Standing(0, NOW), [first])

    def test_said_differently_at_the_same_moment(self, store: ConsentStore) -> None:
        """Two statements of the same moment are two."""
        keys = new_keys(1)
        both = [withdrawal(), replace(withdrawal(), source="browser")]
        for statement in both:
            store.record(SITE, keys, statement)
        (record,) = store.history(SITE, keys)
        assert sorted(record.statements, key=lambda statement: statement.source, reverse=True) == both


@pytest.mark.usefixtures("table")
class TestItems:
    """What DynamoDB keeps."""

    @pytest.mark.parametrize(("days", "kept_days"), [(30, LEAST_RETENTION_DAYS), (1000, 1000)])
    def test_latest_and_history(self, aws: Callable[[str], Any], days: int, kept_days: int) -> None:
        """LATEST has the two times; a statement's item all that was said. Both outlive the longest consent."""
        client = aws("dynamodb")
        (key,) = new_keys(1)
        consent_table(client, days).record(SITE, [key], grant())
        history, latest = client.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"{SITE}#{key}"}},
        )["Items"]
        kept = {"N": str(NOW + kept_days * DAY)}
        assert latest == {
            "pk": {"S": f"{SITE}#{key}"},
            "sk": {"S": "LATEST"},
            "granted_at": {"N": str(NOW)},
            "expires_at": {"N": str(NOW + 365 * DAY)},
            "text_version": {"S": "7"},
            "kept_until": kept,
        }
        assert history.pop("sk")["S"].startswith(f"H#{NOW:012d}#")
        assert history == {
            "pk": {"S": f"{SITE}#{key}"},
            "decision": {"S": "grant"},
            "decided_at": {"N": str(NOW)},
            "recorded_at": {"N": str(NOW)},
            "expires_at": {"N": str(NOW + 365 * DAY)},
            "source": {"S": "server"},
            "evidence": {"S": "ab" * 32},
            "request_id": {"S": "request-1"},
            "proof": {"M": {"text_version": {"S": "7"}}},
            "kept_until": kept,
        }

    def test_written_by_a_later_version(self, aws: Callable[[str], Any]) -> None:
        """A statement that this version cannot read is an error: an answer without it would not be whole."""
        client = aws("dynamodb")
        (key,) = new_keys(1)
        item = {"pk": {"S": f"{SITE}#{key}"}, "sk": {"S": "H#1"}, "decision": {"S": "perhaps"}}
        client.put_item(TableName=TABLE, Item=item)
        with pytest.raises(Unavailable):
            consent_table(client).history(SITE, [key])

    def test_history_of_several_pages(self, aws: Callable[[str], Any]) -> None:
        """A history of more than the MiB that a Query answers is read to its end."""
        (key,) = new_keys(1)
        store = consent_table(aws("dynamodb"))
        for at in range(4):
            store.record(SITE, [key], replace(withdrawal(NOW + at), source="x" * 300_000))
        (record,) = store.history(SITE, [key])
        assert [statement.decided_at for statement in record.statements] == [NOW, NOW + 1, NOW + 2, NOW + 3]


def found(*keys: str, left: str = "") -> bytes:
    """DynamoDB's answer with the item of each key, a refusal; those in ``left`` it did not read."""
    items = [{"pk": {"S": f"{SITE}#{key}"}, "refused_at": {"N": str(NOW)}} for key in keys]
    return answer(json.dumps({"Responses": {TABLE: items}, "UnprocessedKeys": asked(*left)}).encode())


def asked(*keys: str) -> dict[str, Any]:
    """What DynamoDB is asked for; nothing without keys."""
    wanted = [{"pk": {"S": f"{SITE}#{key}"}, "sk": {"S": "LATEST"}} for key in keys]
    read = {
        "Keys": wanted,
        "ConsistentRead": True,
        "ProjectionExpression": "pk,granted_at,refused_at,expires_at,text_version",
    }
    return {TABLE: read} if keys else {}


def reads(url: str, *keys: str) -> dict[str, Standing]:
    """The standings by a server that plays DynamoDB."""
    return consent_table(client("dynamodb", url)).standings(SITE, keys)


class TestHalfReads:
    """DynamoDB answers a read, but not all of it, or not as it should."""

    def test_unprocessed_keys_are_asked_again(self) -> None:
        """What a read leaves out is read again, and only that."""
        with serving(in_turn(found("a", left="bc"), found("b"))) as server:
            standings = reads(server.url, "a", "b", "c")
            requests = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]
        assert standings == dict.fromkeys("ab", Standing(0, NOW))
        assert requests == [{"RequestItems": asked("a", "b", "c")}, {"RequestItems": asked("b", "c")}]

    def test_leftovers_are_an_error(self) -> None:
        """A key that DynamoDB leaves out again and again is unknown, not without consent or with it."""
        with serving(in_turn(found(left="a"))) as server:
            with pytest.raises(Unavailable, match="consent_store_unavailable"):
                reads(server.url, "a")
            assert len(server.requests) == 3

    @pytest.mark.parametrize(
        "piece",
        [
            pytest.param(answer(b"{}"), id="without its parts"),
            pytest.param(answer(b'{"Responses":{}}'), id="without unprocessed keys"),
            pytest.param(answer(b'{"UnprocessedKeys":{}}'), id="without responses"),
            pytest.param(found("b"), id="another key"),
            pytest.param(found("a").replace(b'"N": "1', b'"N": "x'), id="no number"),
            pytest.param(found("a").replace(b'"N"', b'"S"'), id="another type"),
            pytest.param(answer(b'{"__type":"ThrottlingException"}', "400 Bad Request"), id="throttled"),
        ],
    )
    def test_no_good_answer(self, piece: bytes) -> None:
        """An answer that is none does not pass for one without items."""
        with serving(in_turn(piece)) as server, pytest.raises(Unavailable, match="consent_store_unavailable"):
            reads(server.url, "a")


class Writing:
    """A consent table over answers to writes that the embedded AWS never gives."""

    def __init__(self, client: Any) -> None:
        self.stub = Stubber(client)
        self.store = consent_table(client)
        self.stub.activate()

    def cancelled(self, *codes: str) -> None:
        """The next transaction is cancelled for these reasons, one for each action."""
        self.stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]} if codes else {},
        )


@pytest.fixture
def writing(silent_aws: Callable[[str], Any]) -> Writing:
    """Answers to come."""
    return Writing(silent_aws("dynamodb"))


class TestHalfWrites:
    """DynamoDB cancels a write."""

    def test_transaction_in_the_way(self, writing: Writing) -> None:
        """A write that met another one on the same person is tried again."""
        writing.cancelled("None", "TransactionConflict")
        writing.stub.add_response("transact_write_items", {})
        writing.store.record(SITE, ["a"], withdrawal())
        writing.stub.assert_no_pending_responses()

    def test_transaction_in_the_way_again_and_again(self, writing: Writing) -> None:
        """A write that never gets through is an error, so that the caller says it again."""
        for _ in range(3):
            writing.cancelled("TransactionConflict", "None")
        with pytest.raises(Unavailable, match="consent_store_unavailable"):
            writing.store.record(SITE, ["a"], withdrawal())
        writing.stub.assert_no_pending_responses()

    def test_reasons_one_by_one(self, writing: Writing) -> None:
        """However few of the known parts an answer names, the write goes on as long as it names one."""
        writing.cancelled("ConditionalCheckFailed", "None", "None", "None")
        writing.cancelled("TransactionConflict", "None", "None")
        writing.cancelled("ConditionalCheckFailed", "TransactionConflict", "None")
        writing.cancelled("ConditionalCheckFailed", "None")
        writing.cancelled("ConditionalCheckFailed")
        writing.store.record(SITE, ["a", "b"], withdrawal())
        writing.stub.assert_no_pending_responses()

    @pytest.mark.parametrize("codes", [[], ["ConditionalCheckFailed"]])
    def test_reasons_missing(self, writing: Writing, codes: list[str]) -> None:
        """A cancelled write that does not give a reason for each part is not taken for done."""
        writing.cancelled(*codes)
        with pytest.raises(Unavailable, match="consent_store_unavailable"):
            writing.store.record(SITE, ["a"], withdrawal())
