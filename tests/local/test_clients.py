"""Clients of the Conversions API that know nothing of Sluice: Meta's Python SDK and curl, pointed at this door."""

import asyncio
import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.delivery_category import DeliveryCategory
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.event_request_async import EventRequestAsync
from facebook_business.adobjects.serverside.event_response import EventResponse
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from tests.local.stack import Stack, eventually


class ConsentedEvent(Event):
    """What a user of the SDK writes: its event, with the consent beside it that the SDK has no field for."""

    def normalize(self) -> dict[str, Any]:
        """The event as the SDK sends it, and that the person agreed a minute before."""
        return {**super().normalize(), "consent": {"granted": True, "at": self.event_time - 60}}


@pytest.fixture
def sdk(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The stack, with the SDK pointed at it as at Meta: another host, and a server key in place of the token."""
    monkeypatch.setattr(FacebookSession, "GRAPH", stack.values["ingest_url"])
    FacebookAdsApi.init(access_token=stack.server_key, crash_log=False)
    yield stack
    FacebookAdsApi.set_default_api(None)


def sdk_event(kind: type[Event] = ConsentedEvent) -> Event:
    """A Purchase of now as the SDK's documentation builds it."""
    now = int(time.time()) - 5
    return kind(
        event_name="Purchase",
        event_time=now,
        event_id=f"sdk-{uuid.uuid4()}",
        action_source=ActionSource.WEBSITE,
        event_source_url="https://shop.example.de/thanks",
        user_data=UserData(
            emails=["lena.fischer@example.de", "office@example.de"],
            phone="+49 176 04069012",
            first_name="Jörg",
            country_code="de",
            client_ip_address="203.0.113.7",
            client_user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            fbp=f"fb.1.{now - 60}000.1098115397",
        ),
        custom_data=CustomData(
            value=123.45,
            currency="EUR",
            contents=[Content(product_id="A&B=ü", quantity=2, delivery_category=DeliveryCategory.HOME_DELIVERY)],
            custom_properties={"colour": "rot + blau; 50 %"},
        ),
    )


def execute(way: type[EventRequest], stack: Stack, *events: Event) -> EventResponse:
    """Send the events the SDK's synchronous or its asynchronous way."""
    request = way(pixel_id=stack.dataset, events=list(events), partner_agent="example-shop-1-0")
    return asyncio.run(request.execute()) if way is EventRequestAsync else request.execute()


@pytest.mark.parametrize("way", [EventRequest, EventRequestAsync])
def test_the_sdk_works_with_nothing_but_its_host_changed(sdk: Stack, way: type[EventRequest]) -> None:
    """What Meta receives is the SDK's event; one without consent is named in the SDK's own answer, and not sent."""
    sent, unasked = sdk_event(), sdk_event(Event)
    answer = execute(way, sdk, sent, unasked)
    assert (answer.events_received, answer.messages) == (1, ["data[1]: no_signal"])
    assert answer.fbtrace_id
    (seen,) = eventually(lambda: sdk.received(sent.event_id))
    assert seen["raw_identifier"] == []
    assert set(seen["match_keys"]) == {"em", "ph", "fn", "country", "client_ip_address", "client_user_agent", "fbp"}
    meant = sent.normalize()
    assert set(seen["event"]["user_data"]["em"]) == set(meant["user_data"]["em"])
    assert seen["event"]["custom_data"] == {**meant["custom_data"], "currency": "EUR"}
    assert not sdk.received(unasked.event_id)


def test_the_sdk_reads_a_refusal_as_one_of_meta_s(sdk: Stack) -> None:
    """A wrong key raises what an expired token raises, a request of invalid events what Meta's code 100 raises."""
    invalid = sdk_event()
    invalid.custom_data.currency = None
    with pytest.raises(FacebookRequestError) as refused:
        execute(EventRequest, sdk, invalid)
    error = refused.value
    assert (error.http_status(), error.api_error_code(), error.api_error_type()) == (400, 100, "OAuthException")
    assert error.body()["error"]["messages"] == ["data[0]: currency_missing"]
    FacebookAdsApi.init(access_token="expired", crash_log=False)
    with pytest.raises(FacebookRequestError) as refused:
        execute(EventRequest, sdk, sdk_event())
    error = refused.value
    assert (error.http_status(), error.api_error_code(), error.api_error_type()) == (401, 190, "OAuthException")
    assert error.api_error_message()
    assert not error.api_transient_error()


def documented(event_id: str) -> str:
    """The example of Meta's "using the API" page, pretty-printed as there, of now and with a consent."""
    now = int(time.time()) - 5
    example = {
        "event_name": "Purchase",
        "event_time": now,
        "event_id": event_id,
        "user_data": {
            "em": ["309a0a5c3e211326ae75ca18196d301a9bdbd1a882a4d2569511033da23f0abd"],
            "ph": ["254aa248acb47dd654ca3ea53f48c2c26d641d23d7e2e93a1ec56258df7674c4"],
            "client_ip_address": "203.0.113.7",
            "client_user_agent": "Mozilla/5.0",
            "fbc": f"fb.1.{now - 60}000.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890",
            "fbp": f"fb.1.{now - 60}000.1098115397",
        },
        "custom_data": {
            "currency": "usd",
            "value": 123.456,
            "contents": [{"id": "product123", "quantity": 1, "delivery_category": "home_delivery"}],
        },
        "event_source_url": "https://shop.example.de/product/123",
        "action_source": "website",
        "consent": {"granted": True, "at": now - 60},
    }
    return json.dumps([example], indent=5)


CURL = {
    "-F": lambda data, key: ["-F", f"data={data}", "-F", f"access_token={key}"],
    "-F file": lambda _, key: ["-F", "data=<-", "-F", f"access_token={key}"],
    "-d": lambda data, key: ["-d", f"data={quote(data)}", "-d", f"access_token={quote(key)}"],
    "--data-urlencode": lambda data, key: [
        "--data-urlencode",
        f"data={data}",
        "--data-urlencode",
        f"access_token={key}",
    ],
    "-d JSON": lambda data, key: [
        *("-H", "Content-Type: application/json"),
        *("-d", f'{{"data": {data}, "access_token": "{key}"}}'),
    ],
}
"""The options after ``curl -X POST`` that Meta's pages and their readers use."""


@pytest.mark.parametrize("way", CURL)
def test_meta_s_curl_example_works(stack: Stack, way: str) -> None:
    """However curl encodes the documented example, it is accepted, and Meta receives it as it was written."""
    data = documented(event_id := f"curl-{uuid.uuid4()}")
    options = [*CURL[way](data, stack.server_key), f"{stack.values['ingest_url']}/v26.0/{stack.dataset}/events"]
    run = subprocess.run(
        ["curl", "-sS", "-X", "POST", *options], input=data, capture_output=True, text=True, check=True
    )
    answer = json.loads(run.stdout)
    assert (answer["events_received"], answer["messages"]) == (1, [])
    assert set(answer) >= {"fbtrace_id", "warnings"}
    (seen,) = eventually(lambda: stack.received(event_id))
    meant = json.loads(data)[0]
    assert seen["event"]["user_data"] == meant["user_data"]
    assert seen["event"]["custom_data"] == {**meant["custom_data"], "currency": "USD"}
