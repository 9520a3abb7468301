"""The consent doors of the ingest function, and what they do to the sender: the real ledger of the embedded AWS."""

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.consent.token import Claims, mint
from sluice.settings import Secret
from tests.functions.conftest import CONSENT_KEY, ORIGIN, Functions
from tests.functions.test_ingest import KEY, events
from tests.functions.test_sender import Context, record
from tests.samples import DATASET, api_event, wire_event
from tests.strategies import any_text, json_values

DOORS = ["POST /consent", "POST /consent/withdraw"]


def tell(functions: Functions, route: str, headers: dict[str, str] | None = None, **told: Any) -> dict[str, Any]:
    """The function's response to a decision about a visitor of the first dataset's site."""
    body = json.dumps({"dataset": DATASET, **told})
    response: dict[str, Any] = functions.ingest.handler(
        api_event(route, body, KEY if headers is None else headers), None
    )
    return response


def person() -> dict[str, str]:
    """Somebody of whom nothing is known yet."""
    return {"em": f"{uuid.uuid4().hex}@example.com"}


def is_sent(functions: Functions, **fields: Any) -> bool:
    """Whether an event of now is queued, and Meta receives it when the sender is shown its message."""
    now = functions.ingest.ROOM.clock()
    sent = wire_event(event_time=now, event_id=uuid.uuid4().hex, **fields)
    functions.ingest.handler(events(json.dumps({"data": [sent]})), None)
    before = len(functions.meta.requests)
    messages = functions.queue()
    records = [record(message["Body"], number, now) for number, message in enumerate(messages)]
    if records:
        assert functions.sender.handler({"Records": records}, Context())["batchItemFailures"] == []
    return len(functions.meta.requests) > before


def test_withdrawn(functions: Functions) -> None:
    """A server's withdrawal is 204 without a body, and the person's event, flagged as agreed, is not sent."""
    somebody, now = person(), functions.ingest.ROOM.clock()
    response = tell(functions, "POST /consent/withdraw", user_data=somebody)
    assert (response["statusCode"], response["body"]) == (204, "")
    assert not is_sent(functions, user_data=somebody, consent={"granted": True, "at": now - 60})
    assert is_sent(functions, user_data=person(), consent={"granted": True, "at": now - 60})


def test_granted(functions: Functions) -> None:
    """A recorded grant lets an event through that brings no signal of its own."""
    somebody, now = person(), functions.ingest.ROOM.clock()
    assert not is_sent(functions, user_data=somebody, consent=None)
    assert tell(functions, "POST /consent", user_data=somebody, decision="grant", at=now - 60)["statusCode"] == 204
    assert is_sent(functions, user_data=somebody, consent=None)


def test_token(functions: Functions) -> None:
    """The holder of a signed token withdraws without any key, when it is over too."""
    claims = Claims(v=1, kid="k1", aud=DATASET, sub=uuid.uuid4().hex[:22], dec="grant", dts=1, iat=1, exp=2, jti="j")
    token = mint(claims, Secret(CONSENT_KEY))
    assert tell(functions, "POST /consent", {}, token=token)["statusCode"] == 401
    assert tell(functions, "POST /consent/withdraw", {}, token=token)["statusCode"] == 204
    standings = functions.ingest.ROOM.consent.standings(DATASET, [str(claims.sub)])
    assert standings[str(claims.sub)].refused_at > 2


@pytest.mark.parametrize("flagged", [False, True])
def test_browser(functions: Functions, flagged: bool) -> None:
    """A beacon (text/plain, which API Gateway may encode) withdraws by the cookie that the browser has."""
    cookie = f"fb.1.1795197600123.{uuid.uuid4().int >> 96}"
    body = json.dumps({"dataset": DATASET, "user_data": {"fbp": cookie}})
    event = api_event(DOORS[1], body, {"origin": ORIGIN, "content-type": "text/plain;charset=UTF-8"})
    if flagged:
        event = {**event, "body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}
    response = functions.ingest.handler(event, None)
    assert (response["statusCode"], response["body"]) == (204, "")
    assert response["headers"]["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, ORIGIN), ("https://other.example", None)])
def test_refused_browser(functions: Functions, origin: str, allowed: str | None) -> None:
    """A page of an allowed origin can read why it was refused; any other cannot."""
    response = tell(functions, DOORS[1], {"origin": origin}, user_data={"fbp": "1"})
    assert response["statusCode"] in {400, 403}
    assert response["headers"].get("access-control-allow-origin") == allowed


@pytest.mark.parametrize("route", DOORS)
@pytest.mark.parametrize(
    ("headers", "told", "status", "slug"),
    [
        ({}, {"user_data": {"em": "a@example.com"}}, 401, "bad_server_key"),
        ({}, {"token": "v1.e30.AAAA"}, 401, "bad_consent_token"),
        (KEY, {"user_data": {}, "decision": "deny"}, 400, "no_subject"),
        (KEY, {"user_data": {"em": ["a@example.com"] * 51}, "decision": "deny"}, 400, "too_many_subjects"),
        (KEY, {"dataset": "1"}, 404, "unknown_dataset"),
        (KEY, {"unknown": 1}, 400, "bad_body"),
    ],
)
def test_refused(
    functions: Functions, route: str, headers: dict[str, str], told: dict[str, Any], status: int, slug: str
) -> None:
    """Each bad request is answered 4xx with its slug and a sentence that says how to mend it."""
    response = tell(functions, route, headers, **told)
    error = json.loads(response["body"])["error"]
    assert (response["statusCode"], error["slug"]) == (status, slug)
    assert error["message"].endswith(".")


one_person = st.builds(
    lambda name, value: {name: value}, st.sampled_from(["em", "ph", "external_id", "fbp"]), json_values
)
bodies = any_text | (
    json_values | st.builds(lambda given: {"dataset": DATASET, "user_data": given, "decision": "deny"}, one_person)
).map(json.dumps)


@settings(deadline=None)
@given(bodies, st.sampled_from(DOORS), st.booleans())
def test_never_5xx_for_bad_input(functions: Functions, body: str, route: str, flagged: bool) -> None:
    """Whatever an authenticated sender tells, the answer is not a 5xx, and the real table takes what is not refused."""
    response = functions.ingest.handler({**api_event(route, body, KEY), "isBase64Encoded": flagged}, None)
    assert 200 <= response["statusCode"] < 500
