"""What the store of privacy requests promises, kept by the fake and by DynamoDB alike: nothing open is ever lost."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.errors import Unavailable
from sluice.outside.privacy_requests import PARTITION, PrivacyRequestTable
from sluice.privacy import PrivacyRequests
from tests.emulator import client
from tests.fakes.hostile import answer, in_turn, serving
from tests.fakes.privacy_requests import FakePrivacyRequests
from tests.samples import NOW, privacy_request

DAY = 86_400
TABLE = "privacy"


@pytest.fixture
def table(aws: Callable[[str], Any]) -> Any:
    """An empty table like the template's, as boto3's client; gone after the test."""
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield dynamodb
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> PrivacyRequests:
    """A store of either kind."""
    if request.param == "fake":
        return FakePrivacyRequests()
    dynamodb = request.getfixturevalue("table")
    return PrivacyRequestTable(lambda: dynamodb, TABLE)


@pytest.fixture(params=["fake", "dynamodb"])
def silent_store(request: pytest.FixtureRequest) -> PrivacyRequests:
    """A store of either kind that does not answer."""
    if request.param == "fake":
        fake = FakePrivacyRequests()
        fake.down = True
        return fake
    dynamodb = request.getfixturevalue("silent_aws")("dynamodb")
    return PrivacyRequestTable(lambda: dynamodb, TABLE)


class TestPrivacyRequests:
    """Add, look, finish."""

    def test_nothing(self, store: PrivacyRequests) -> None:
        """Nothing was asked: nothing is open, and nothing can be done."""
        assert store.open_requests() == []
        assert not store.finish("0123456789abcdef", NOW)

    def test_kept_as_it_was(self, store: PrivacyRequests) -> None:
        """A request comes back as it was, the earliest first; one about a shop names nobody."""
        shop = privacy_request("a" * 16, kind="shop_erasure", subjects=[], delivery_keys=[], received_at=NOW - DAY)
        for request in (privacy_request(), shop):
            store.add(request)
        assert store.open_requests() == [shop, privacy_request()]

    def test_repeated_while_open(self, store: PrivacyRequests) -> None:
        """However late a request is repeated, it stays one, and its due date stays as well."""
        store.add(privacy_request())
        for later in (60, 8 * DAY, 31 * DAY):
            store.add(privacy_request(received_at=NOW + later))
        assert store.open_requests() == [privacy_request()]

    def test_done(self, store: PrivacyRequests) -> None:
        """What is done is no longer open, once; others stay."""
        other = privacy_request("b" * 16)
        for request in (privacy_request(), other):
            store.add(request)
        assert store.finish(privacy_request().id, NOW + DAY)
        assert not store.finish(privacy_request().id, NOW + DAY)
        assert store.open_requests() == [other]

    @pytest.mark.parametrize(("days", "opens"), [(0, False), (7, False), (7.01, True), (100, True)])
    def test_repeated_when_done(self, store: PrivacyRequests, days: float, opens: bool) -> None:
        """The last repeats of a webhook open nothing anew; who asks again a week later is answered again."""
        store.add(privacy_request())
        store.finish(privacy_request().id, NOW + 60)
        again = privacy_request(received_at=NOW + int(days * DAY))
        store.add(again)
        assert store.open_requests() == ([again] if opens else [])

    def test_silent(self, silent_store: PrivacyRequests) -> None:
        """A store that does not answer is no store without requests."""
        for call in (
            lambda: silent_store.add(privacy_request()),
            silent_store.open_requests,
            lambda: silent_store.finish("0123456789abcdef", NOW),
        ):
            with pytest.raises(Unavailable, match="consent_store_unavailable"):
                call()


class TestItems:
    """What the table holds."""

    def test_open(self, table: Any) -> None:
        """An open request is one item without a time to leave, in a partition that no person has."""
        PrivacyRequestTable(lambda: table, TABLE).add(privacy_request())
        (item,) = table.scan(TableName=TABLE)["Items"]
        assert "#" not in PARTITION
        assert item == {
            "pk": {"S": "privacy-requests"},
            "sk": {"S": "0123456789abcdef"},
            "id": {"S": "0123456789abcdef"},
            "kind": {"S": "erasure"},
            "source": {"S": "shopify-demo"},
            "dataset": {"S": "1234567890123456"},
            "site": {"S": "shop.example.com"},
            "subjects": {"L": [{"S": "S" * 22}]},
            "delivery_keys": {"L": [{"S": "d" * 64}]},
            "received_at": {"N": str(NOW)},
            "due_at": {"N": str(NOW + 30 * DAY)},
        }

    def test_done(self, table: Any) -> None:
        """When it is done, whom it was about is forgotten; the rest leaves 400 days later."""
        store = PrivacyRequestTable(lambda: table, TABLE)
        store.add(privacy_request())
        store.finish(privacy_request().id, NOW + DAY)
        (item,) = table.scan(TableName=TABLE)["Items"]
        assert not {"subjects", "delivery_keys"} & item.keys()
        assert item["done_at"] == {"N": str(NOW + DAY)}
        assert item["kept_until"] == {"N": str(NOW + 401 * DAY)}

    def test_opened_anew(self, table: Any) -> None:
        """What was done and is asked again has no time to leave any more."""
        store = PrivacyRequestTable(lambda: table, TABLE)
        store.add(privacy_request())
        store.finish(privacy_request().id, NOW)
        store.add(privacy_request(received_at=NOW + 8 * DAY))
        (item,) = table.scan(TableName=TABLE)["Items"]
        assert not {"done_at", "kept_until"} & item.keys()

    def test_several_pages(self, table: Any) -> None:
        """More than fits in one answer of DynamoDB, a MiB, is read to the end."""
        store = PrivacyRequestTable(lambda: table, TABLE)
        requests = [privacy_request(f"{number:016x}", delivery_keys=["d" * 300_000]) for number in range(4)]
        for request in requests:
            store.add(request)
        assert store.open_requests() == requests

    def test_the_largest(self, table: Any) -> None:
        """Everything that a request may bring fits in an item."""
        largest = replace(
            privacy_request(), subjects=["S" * 22] * 200, delivery_keys=[f"{number:064}" for number in range(1_000)]
        )
        store = PrivacyRequestTable(lambda: table, TABLE)
        store.add(largest)
        assert store.open_requests() == [largest]

    @pytest.mark.parametrize(
        "piece",
        [
            pytest.param(b'{"Items":[{"pk":{"S":"privacy-requests"}}],"Count":1,"ScannedCount":1}', id="half an item"),
            pytest.param(b'{"Items":[{"id":{"N":"x"}}],"Count":1,"ScannedCount":1}', id="no number"),
        ],
    )
    def test_no_good_answer(self, piece: bytes) -> None:
        """A request that this version cannot read is not passed over."""
        with serving(in_turn(answer(piece))) as server, pytest.raises(Unavailable, match="consent_store_unavailable"):
            PrivacyRequestTable(lambda: client("dynamodb", server.url), TABLE).open_requests()
