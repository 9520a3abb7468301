"""What a source's adapter hands over of a privacy request, and what is kept of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Unavailable
from sluice.event import delivery_key
from sluice.privacy import PrivacyAsked, PrivacyRequest
from sluice.sources.request import Request
from sluice.statements import Teller, name_person, record_privacy
from sluice.telemetry import Metric
from sluice.told import Told
from tests.fakes.privacy_requests import FakePrivacyRequests
from tests.fakes.rooms import IngestRoom
from tests.fakes.telemetry import RecordingTelemetry
from tests.samples import DATASET, NOW, OTHER_DATASET, document, settings
from tests.strategies import any_text, json_values

DAY = 86_400
PERSON = {"em": "jo.sample@example.com", "ph": "+49 171 1234567", "external_id": "207119551"}
ASKED = PrivacyAsked("access", "9999", PERSON, ["299938", "280263"])


def teller(*, source: str = "shopify-demo", dataset: str = DATASET, now: int = NOW, **changes: Any) -> Teller:
    """The webhook of a shop; ``changes`` replace keys of the settings."""
    return Teller(dataset, settings(document(**changes)), source, Request({}, {}, b"{}", "request-1"), now)


def recorded(*asked: PrivacyAsked, by: Teller | None = None) -> list[PrivacyRequest]:
    """What is open after requests arrived."""
    room = IngestRoom()
    for each in asked:
        record_privacy(each, by or teller(), room.privacy, room.telemetry)
    return room.privacy.open_requests()


def test_what_is_kept() -> None:
    """A request is kept with the person's subject keys, as a withdrawal finds them, and the day when it is due."""
    (request,) = recorded(ASKED)
    assert request.kind == "access"
    assert (request.source, request.dataset, request.site) == ("shopify-demo", DATASET, DATASET)
    assert request.subjects == name_person(Told(user_data=PERSON), DATASET, settings(), NOW).subjects
    assert len(request.subjects) == 3
    assert (request.received_at, request.due_at) == (NOW, NOW + 30 * DAY)


def test_orders() -> None:
    """Orders are kept as the keys of their Purchases' delivery items."""
    (request,) = recorded(ASKED)
    assert request.delivery_keys == [
        delivery_key(DATASET, "Purchase", "order:shopify-demo:299938"),
        delivery_key(DATASET, "Purchase", "order:shopify-demo:280263"),
    ]


def test_site() -> None:
    """The person is known at the site of the dataset."""
    whole = document()
    whole["datasets"][OTHER_DATASET]["site"] = "example.com"
    (request,) = recorded(ASKED, by=teller(dataset=OTHER_DATASET, datasets=whole["datasets"]))
    assert (request.dataset, request.site) == (OTHER_DATASET, "example.com")


def test_under_every_pepper() -> None:
    """What was kept before the pepper was changed is found too."""
    (before,) = recorded(ASKED)
    (after,) = recorded(ASKED, by=teller(pepper="ff" * 16, previous_peppers=[document()["pepper"]]))
    assert after.subjects[3:] == before.subjects
    assert after.id != before.id


def test_a_shop() -> None:
    """A request about a whole shop names nobody, and nothing is missed."""
    room = IngestRoom()
    record_privacy(PrivacyAsked("shop_erasure", "954889"), teller(), room.privacy, room.telemetry)
    (request,) = room.privacy.open_requests()
    assert (request.kind, request.subjects, request.delivery_keys) == ("shop_erasure", [], [])
    assert room.telemetry.lines == [
        ("privacy_request", {"dataset": DATASET, "source": "shopify-demo", "kind": "shop_erasure"})
    ]


@pytest.mark.parametrize(
    ("user_data", "dropped"),
    [
        ({"em": "nobody", "ph": "x"}, {"em:not_an_email": 1, "ph:malformed": 1}),
        ({"em": [f"jo{number}@example.com" for number in range(60)]}, {"em:too_many": 1}),
        ({"email": "jo@example.com"}, {"user_data:unknown_field": 1}),
    ],
)
def test_unreadable(user_data: dict[str, Any], dropped: dict[str, int]) -> None:
    """What does not name the person is counted; the request is kept all the same."""
    room = IngestRoom()
    record_privacy(PrivacyAsked("erasure", "1", user_data), teller(), room.privacy, room.telemetry)
    assert len(room.privacy.open_requests()) == 1
    assert room.telemetry.counts[Metric.MATCH_KEYS_DROPPED] == len(dropped)
    assert room.telemetry.lines[-1][1]["dropped"] == dropped


def test_more_orders_than_fit() -> None:
    """Of very many orders the first thousand are kept, and that some are not is said."""
    room = IngestRoom()
    orders = [str(number) for number in range(1_001)]
    record_privacy(PrivacyAsked("erasure", "1", PERSON, orders), teller(), room.privacy, room.telemetry)
    (request,) = room.privacy.open_requests()
    assert len(request.delivery_keys) == 1_000
    assert room.telemetry.lines[-1][1]["dropped"] == {"orders:too_many": 1}


def test_repeated() -> None:
    """A webhook that is repeated is one request, with the day of its first arrival."""
    room = IngestRoom()
    for later in (0, 60, 3 * DAY):
        record_privacy(ASKED, teller(now=NOW + later), room.privacy, room.telemetry)
    assert [request.due_at for request in room.privacy.open_requests()] == [NOW + 30 * DAY]


@pytest.mark.parametrize(
    "other", [ASKED._replace(reference="10000"), ASKED._replace(kind="erasure")], ids=["reference", "kind"]
)
def test_another_request(other: PrivacyAsked) -> None:
    """Another reference or another kind is another request, of the same person too."""
    assert len(recorded(ASKED, other)) == 2


def test_another_source() -> None:
    """Two shops may use the same numbers."""
    room = IngestRoom()
    for source in ("shopify-demo", "shopify-other"):
        record_privacy(ASKED, teller(source=source), room.privacy, room.telemetry)
    assert len(room.privacy.open_requests()) == 2


def test_nothing_personal_is_kept_or_said() -> None:
    """Neither name, number, reference nor order id is in what is kept, in a log line or in a repr."""
    room = IngestRoom()
    record_privacy(ASKED, teller(), room.privacy, room.telemetry)
    (request,) = room.privacy.open_requests()
    shown = f"{request.id} {request.subjects} {request.delivery_keys} {request!r} {ASKED!r} {room.telemetry.lines}"
    assert not [value for value in (*PERSON.values(), *ASKED.orders, ASKED.reference) if value in shown]
    assert not [key for key in request.subjects if key in f"{request!r} {room.telemetry.lines}"]


def test_store_that_does_not_answer() -> None:
    """A request that could not be kept is not answered as if it were."""
    room = IngestRoom()
    room.privacy.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        record_privacy(ASKED, teller(), room.privacy, room.telemetry)


@given(st.dictionaries(any_text, json_values), any_text)
def test_any_input(user_data: dict[str, Any], reference: str) -> None:
    """Whatever a shop writes, its request is kept."""
    store = FakePrivacyRequests()
    record_privacy(PrivacyAsked("access", reference, user_data), teller(), store, RecordingTelemetry())
    (request,) = store.open_requests()
    assert len(request.id) == 16
