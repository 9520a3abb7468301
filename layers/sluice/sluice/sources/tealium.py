"""Tealium EventStream's webhook connector: JSON of a template of yours, or the whole event object.

Tealium signs nothing: the request shows a secret as password of basic authentication, as bearer token, or in a header.
Attributes are named by whoever made the data layer, so a template that names them as this module does is the sure way.
Of the whole event object only what Tealium documents is read.
Sources: Tealium's documentation of webhook connectors, event data, consent integrations and of the retail data layer.
"""

from typing import Any, Final

from sluice.errors import Rejected
from sluice.event import Arrival, Consent, Event, Signals, order_key
from sluice.settings import Source
from sluice.sources.orders import Line, amount, custom_data
from sluice.sources.payload import first, moment, objects, page_address, text
from sluice.sources.request import Kind, Mapped, Request
from sluice.sources.tracked import (
    TrackerOptions,
    authenticate,
    consent_state,
    given_consent,
    meta_name,
    place_of,
    read_each,
    with_state,
    without_bare_value,
)

EVENT_NAMES: Final = {
    "cart_add": "AddToCart",
    "checkout": "InitiateCheckout",
    "page_view": "PageView",
    "product_view": "ViewContent",
    "purchase": "Purchase",
    "search": "Search",
}
"""The event names that Tealium documents for shops, and Meta's."""
_USER_DATA: Final = {
    "em": "customer_email",
    "fn": "customer_first_name",
    "ln": "customer_last_name",
    "ct": "customer_city",
    "st": "customer_state",
    "zp": "customer_zip",
    "country": "customer_country",
    "external_id": "customer_id",
    "client_ip_address": "client_ip",
    "client_user_agent": "useragent",
    "fbp": "cp._fbp",
    "fbc": "cp._fbc",
}
_PURPOSES: Final = "purposes_with_consent_all"
_TESTS: Final = ("dev", "qa")


class Options(TrackerOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a Tealium source can be told, beside ``TrackerOptions``.

    ``secret_header``: the header that shows one of the source's secrets; without it they are shown as bearer token or
    as the password of basic authentication. ``content_id``: the attribute that lists the products by the catalogue's
    ids.
    """

    secret_header: str | None = None
    content_id: str = "product_id"


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The events of the body, one or an array of them. Raises Rejected as ``read_each``."""
    return read_each(request.body, lambda body: _read(body, slug, source.options, now_seconds))


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _read(body: dict[str, Any], slug: str, options: Options, now_seconds: int) -> Mapped:
    """The event, or why there is none. Raises Rejected ``wrong_topic_shape`` without a name or a time."""
    given = _attributes(body)
    given_name = first(text(given, "event_name"), text(given, "tealium_event"))
    at = first(moment(text(given, "event_time")), moment(text(given, "post_time")))
    if given_name is None or at is None:
        raise Rejected("wrong_topic_shape")
    if text(given, "env") in _TESTS:
        return Mapped(ignored=["test_environment"])
    name = meta_name(given_name, EVENT_NAMES, options.events)
    if name is None:
        return Mapped(ignored=["unknown_topic"])
    url, order_id = page_address(text(given, "page_url")), text(given, "order_id")
    event = Event(
        event_name=name,
        event_time=at,
        action_source=place_of(text(given, "action_source"), url),
        event_id=text(given, "event_id"),
        event_source_url=url,
        referrer_url=text(given, "referrer_url"),
        user_data=_user_data(given),
        custom_data=without_bare_value(name, _custom_data(given, order_id, options.content_id)) or None,
    )
    key = order_key(slug, order_id) if order_id and name == "Purchase" else None
    return Mapped([Arrival(event, Signals(given=_consent(given, options, min(at, now_seconds))), key)])


def _attributes(body: dict[str, Any]) -> dict[str, Any]:
    """The names and values of a template's body; of the whole event object, of its data layer and what is around it.

    Visitors can write any attribute of the data layer, so what only a template may say is not read there.
    """
    data = body.get("data")
    layer = data.get("udo") if isinstance(data, dict) else None
    if not isinstance(layer, dict):
        return body
    cookies = "data", "firstparty_tealium_cookies"
    around = {
        "event_id": text(body, "event_id"),
        "event_time": text(body, "post_time"),
        "env": text(body, "env"),
        "page_url": first(text(body, "page_url", "full_url"), text(body, "data", "dom", "url")),
        "referrer_url": first(text(body, "referrer_url", "full_url"), text(body, "data", "dom", "referrer")),
        "client_ip": text(body, "client_ip"),
        "useragent": text(body, "useragent"),
        "cp._fbp": first(text(body, *cookies, "_fbp"), text(layer, "cp._fbp")),
        "cp._fbc": first(text(body, *cookies, "_fbc"), text(layer, "cp._fbc")),
    }
    return {**layer, "consent": None, "user_data": None, "event_name": None, "action_source": None, **around}


def _user_data(given: dict[str, Any]) -> dict[str, Any]:
    """The person, raw, in Meta's names: what the template put into ``user_data``, else the documented attributes."""
    written = given.get("user_data")
    documented = {field: given.get(name) for field, name in _USER_DATA.items()}
    both = (documented, written if isinstance(written, dict) else {})
    return {field: value for found in both for field, value in found.items() if value not in (None, "", [])}


def _custom_data(given: dict[str, Any], order_id: str | None, content_id: str) -> dict[str, Any]:
    """What it was about. A template may list ``contents``; else the parallel arrays of the products are read."""
    contents = objects(given.get("contents"))
    lines = [Line(text(each, "id"), each.get("quantity", 1), amount(each.get("item_price"))) for each in contents]
    value = first(amount(given.get("value")), amount(given.get("order_total")))
    currency = first(text(given, "currency"), text(given, "order_currency"))
    found = custom_data(value, currency, lines or _products(given, content_id), order_id=order_id)
    search = first(text(given, "search_string"), text(given, "search_keyword"))
    return found | ({"search_string": search} if search else {})


def _products(given: dict[str, Any], content_id: str) -> list[Line]:
    """The lines of the arrays of ids, quantities and prices of one piece.

    None at all when an array that is there has another length: which quantity belongs to which product is unknown.
    """
    ids = _array(given.get(content_id))
    quantities = _array(given.get("product_quantity")) or [1] * len(ids)
    prices = _array(given.get("product_unit_price")) or [None] * len(ids)
    if not len(ids) == len(quantities) == len(prices):
        return []
    rows = zip(ids, quantities, prices, strict=True)
    return [Line(text(each), quantity, amount(price)) for each, quantity, price in rows]


def _array(value: object) -> list[Any]:
    """The list; of a single value, a list of it; of nothing, none."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def _consent(given: dict[str, Any], options: Options, at: int) -> Consent | None:
    """What the template wrote, and the event's lists of allowed purposes or categories.

    The list of a consent integration counts when the visitor chose (``explicit``). What such a list leaves out was
    refused. The older list of categories does not say whether somebody chose; where the type says that nobody did, it
    grants nothing. Of several lists each must allow, and one that cannot be read does not.
    """
    purposes = [found for place in (f"tci.{_PURPOSES}", _PURPOSES) if (found := given.get(place)) not in (None, "")]
    kinds = {kind for place in ("tci.consent_type", "consent_type") if (kind := text(given, place))}
    categories = given.get("consent_categories")
    counts = kinds == {"explicit"} or not purposes
    lists = [*purposes, *([categories] if isinstance(categories, list) else [])] if counts else []
    read = [found for found in lists if isinstance(found, list)]
    required = options.consent_categories
    allowed = [name for name in required if all(name in found for found in read)] if lists else None
    state = consent_state(required, allowed, at)
    if state and state.granted and (len(read) < len(lists) or not kinds <= {"explicit"}):
        state = None
    return with_state(given_consent(given.get("consent")), state)
