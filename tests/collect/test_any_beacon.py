"""Whatever a browser, or somebody who plays one, sends: no 5xx, and nobody else's identity."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice.door import Answer, refusal
from sluice.errors import Rejected
from sluice.sources.request import Request
from tests.collect.beacons import ADDRESS, AGENT, page_event, raw_beacon, shop
from tests.fakes.rooms import IngestRoom
from tests.strategies import any_text, json_values

FIELDS = [
    *page_event(),
    "action_source",
    "custom_data",
    "referrer_url",
    "opt_out",
    "app_data",
    "data_processing_options",
]
KEYS = ["em", "ph", "external_id", "fbp", "fbc", "client_ip_address", "client_user_agent", "madid"]
HEADERS = ["origin", "user-agent", "cookie", "sec-gpc", "cloudfront-viewer-country", "content-type", "authorization"]
one_field = st.builds(lambda name, value: page_event(**{name: value}), st.sampled_from(FIELDS), json_values)
one_key = st.builds(
    lambda name, value: page_event(user_data={"fbp": "fb.1.1795197600123.1", name: value}),
    st.sampled_from(KEYS),
    json_values | any_text,
)
bodies = st.binary() | (json_values | st.lists(one_field | one_key | json_values).map(lambda e: {"events": e})).map(
    lambda value: json.dumps(value).encode()
)


def answered(room: IngestRoom, request: Request) -> Answer:
    """What the door answers over HTTP."""
    try:
        return room.collect(request)
    except Rejected as error:
        return refusal(error, "request-1")


@given(bodies, st.dictionaries(st.sampled_from(HEADERS), any_text, max_size=2), st.booleans())
def test_any_body_and_headers(body: bytes, headers: dict[str, str], shared: bool) -> None:
    """Any bytes under any headers are answered 202, or 4xx with nothing queued."""
    room = IngestRoom()
    room.configure(shop(**({"cookie_domain": "shop.example"} if shared else {})))
    answer = answered(room, raw_beacon(body, dict(headers)))
    assert answer.status == 202 or 400 <= answer.status < 500
    assert answer.status == 202 or room.queued == []


@given(
    st.dictionaries(st.sampled_from(KEYS) | st.text(), st.sampled_from(["a@example.com", ADDRESS, "1"]) | json_values)
)
def test_forged_person(user_data: dict[str, Any]) -> None:
    """Whatever a page says of the visitor, an event holds the request's own address and browser, and no contact key."""
    room = IngestRoom()
    room.configure(shop())
    room.collect(raw_beacon(json.dumps({"events": [page_event(user_data=user_data)]}).encode()))
    for envelope in room.queue.envelopes:
        found = json.loads(bytes(envelope.entries[0].event))["user_data"]
        assert found.keys() <= {"fbp", "fbc", "client_ip_address", "client_user_agent"}
        assert (found["client_ip_address"], found["client_user_agent"]) == (ADDRESS, AGENT)
