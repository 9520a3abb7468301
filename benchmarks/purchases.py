"""Purchases of invented people as a shop's server posts them: nine personal fields, four of the browser, 3 contents.

No two are alike, so that nothing is faster for having been seen before; a thousand of them fit one request of 1 MiB.
"""

import json
from typing import Any, Final

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData

_FIRST_NAMES: Final = ("Anna", "Jörg", "Marie-Luise", "Tom", "Zoë", "Peter", "Fatma", "Søren")
_LAST_NAMES: Final = ("Muster", "Müller", "Beispiel", "van Dijk", "O'Neil", "Schmidt-Probe", "Weiß")
_CITIES: Final = ("Berlin", "München", "Frankfurt am Main", "Köln", "Bad Homburg", "Halle (Saale)")
_STATES: Final = ("Berlin", "Bayern", "Hessen", "Nordrhein-Westfalen", "Sachsen-Anhalt")
_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def purchase(number: int, now_seconds: int) -> dict[str, Any]:
    """Purchase ``number`` of a minute ago, with the consent that the server vouches for."""
    first, last = _FIRST_NAMES[number % len(_FIRST_NAMES)], _LAST_NAMES[number % len(_LAST_NAMES)]
    return {
        "event_name": "Purchase",
        "event_time": now_seconds - 60,
        "event_id": f"order-{number:06}",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?utm_source=mail",
        "user_data": {
            "em": f"Person.{number}@Example.com",
            # Numbers that Germany's regulator keeps for films.
            "ph": f"+49 176 040690{number % 100:02}",
            "fn": first,
            "ln": last,
            "ct": _CITIES[number % len(_CITIES)],
            "st": _STATES[number % len(_STATES)],
            "zp": f"{10_115 + number}",
            "country": "DE",
            "external_id": f"customer-{number}",
            "client_ip_address": f"203.0.113.{number % 256}",
            "client_user_agent": _BROWSER,
            "fbp": f"fb.1.{now_seconds - 5_000}000.{1_000_000_000 + number}",
            "fbc": f"fb.1.{now_seconds - 5_000}000.IwAR0Click{number:06}",
        },
        "custom_data": {
            "value": 120.5 + number,
            "currency": "EUR",
            "order_id": str(number),
            "contents": [{"id": f"sku-{number}-{item}", "quantity": item, "item_price": 20.25} for item in range(1, 4)],
        },
        "consent": {"granted": True, "at": now_seconds - 3_600},
    }


def body(purchases: list[dict[str, Any]]) -> bytes:
    """The request's body."""
    return json.dumps({"data": purchases}, ensure_ascii=False, separators=(",", ":")).encode()


def sdk_event(purchase: dict[str, Any]) -> Event:
    """The same event as the objects of Meta's SDK, which knows no consent."""
    person, data = purchase["user_data"], purchase["custom_data"]
    return Event(
        event_name=purchase["event_name"],
        event_time=purchase["event_time"],
        event_id=purchase["event_id"],
        action_source=ActionSource(purchase["action_source"]),
        event_source_url=purchase["event_source_url"],
        user_data=UserData(
            email=person["em"],
            phone=person["ph"],
            first_name=person["fn"],
            last_name=person["ln"],
            city=person["ct"],
            state=person["st"],
            zip_code=person["zp"],
            country_code=person["country"],
            external_id=person["external_id"],
            client_ip_address=person["client_ip_address"],
            client_user_agent=person["client_user_agent"],
            fbp=person["fbp"],
            fbc=person["fbc"],
        ),
        custom_data=CustomData(
            value=data["value"],
            currency=data["currency"],
            order_id=data["order_id"],
            contents=[
                Content(product_id=item["id"], quantity=item["quantity"], item_price=item["item_price"])
                for item in data["contents"]
            ],
        ),
    )
