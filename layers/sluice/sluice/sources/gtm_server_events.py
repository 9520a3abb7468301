"""From a server container's flat event data to Meta's names: event, person, and what it was about. Pure."""

from typing import Annotated, Any, Final, Literal

import msgspec

from sluice.errors import Rejected
from sluice.event import Event
from sluice.event.values import LduState
from sluice.match_keys.browser import fbc_from_url
from sluice.sources.gtm_event_data import any_of, rows, texts
from sluice.sources.orders import Line, amount, custom_data, number, whole
from sluice.sources.payload import filled, first, moment, page_address, text
from sluice.sources.tracked import place_of, without_bare_value

EVENT_NAMES: Final = {
    "add_payment_info": "AddPaymentInfo",
    "add_to_cart": "AddToCart",
    "add_to_wishlist": "AddToWishlist",
    "begin_checkout": "InitiateCheckout",
    "contact": "Contact",
    "customize_product": "CustomizeProduct",
    "donate": "Donate",
    "find_location": "FindLocation",
    "generate_lead": "Lead",
    "gtm.dom": "PageView",
    "page_view": "PageView",
    "purchase": "Purchase",
    "schedule": "Schedule",
    "search": "Search",
    "sign_up": "CompleteRegistration",
    "start_trial": "StartTrial",
    "submit_application": "SubmitApplication",
    "subscribe": "Subscribe",
    "view_item": "ViewContent",
}
"""GA4's names and those that stape.io's tag knows beside them, and Meta's."""
_CONTENTS: Final = "x_fb_cd_contents"
_LIMITS: Final = "data_processing_options"
_TEXTS: Final = ("content_type", "content_name", "content_category", "status", "delivery_category")
_TIMES: Final = ("event_time", "x_sst_system_properties_request_start_time_ms")
_ADDRESS: Final = ("user_data_address_", "user_data_address_0_")


def _names(meta: str, *ga4: str, address: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Where a match key may stand: Meta's own name before GA4's, and a raw value before a hashed one."""
    places = [f"{prefix}{name}" for name in address for prefix in _ADDRESS]
    return (f"x_fb_ud_{meta}", f"user_data_{meta}", *ga4, *places)


_USER_DATA: Final = {
    "em": _names("em", "user_data_email_address", "user_data_email", "user_data_sha256_email_address"),
    # Google hashes a number with its "+", Meta without: such a digest (sha256_phone_number) would match nobody.
    "ph": _names("ph", "user_data_phone_number", "user_data_phone"),
    "fn": _names("fn", address=("first_name", "sha256_first_name")),
    "ln": _names("ln", address=("last_name", "sha256_last_name")),
    "ge": _names("ge"),
    "db": _names("db"),
    "ct": _names("ct", address=("city",)),
    "st": _names("st", address=("region",)),
    "zp": _names("zp", address=("postal_code",)),
    "country": _names("country", address=("country",)),
    "external_id": _names("external_id", "external_id", "user_id"),
    "subscription_id": _names("subscription_id"),
    "fb_login_id": _names("fb_login_id"),
    "fbp": ("x_fb_ck_fbp", "user_data_fbp", "common_cookie__fbp", "_fbp", "fbp"),
    "fbc": ("x_fb_ck_fbc", "user_data_fbc", "common_cookie__fbc", "_fbc", "fbc"),
    "client_user_agent": ("user_agent",),
}


class _LimitedDataUse(msgspec.Struct):
    """What the page says about Limited Data Use, in Meta's names and of Meta's values."""

    data_processing_options: Annotated[list[Literal["LDU"]], msgspec.Meta(max_length=1)] | None = None
    data_processing_options_country: Literal[0, 1] | None = None
    data_processing_options_state: LduState | None = None


def event_of(flat: dict[str, Any], name: str, content_id: str, now_seconds: int) -> Event:
    """The event. Raises Rejected ``wrong_topic_shape`` where a limit on its use cannot be read.

    Without ``event_time`` the time is that of the request to the container, and without that one now: the tag posts
    at once, and never again.
    """
    limits = {field: flat.get(field) for field in _LimitedDataUse.__struct_fields__}
    if f"{_LIMITS}_0" in flat:
        limits[_LIMITS] = texts(flat, _LIMITS)
    try:
        limited = msgspec.convert(limits, _LimitedDataUse)
    except msgspec.ValidationError:
        raise Rejected("wrong_topic_shape") from None
    noted = first(*(moment(text(flat, place)) for place in _TIMES))
    at = now_seconds if noted is None else noted
    url = page_address(text(flat, "page_location"))
    return Event(
        event_name=name,
        event_time=at,
        event_id=first(text(flat, "event_id"), text(flat, "transaction_id")),
        action_source=place_of(text(flat, "action_source"), url),
        event_source_url=url,
        referrer_url=text(flat, "page_referrer"),
        user_data=_user_data(flat, name, at),
        custom_data=without_bare_value(name, _custom_data(flat, content_id)) or None,
        **msgspec.structs.asdict(limited),
    )


def _user_data(flat: dict[str, Any], name: str, at: int) -> dict[str, Any]:
    """The person, raw or hashed as the page had it, in Meta's names."""
    found = {field: any_of(flat, *places) for field, places in _USER_DATA.items()}
    found["client_ip_address"] = (text(flat, "ip_override") or "").partition(",")[0].strip()
    if found["fbc"] is None and name == "PageView":  # no other event tells when the page was opened
        found["fbc"] = fbc_from_url(text(flat, "page_location") or "", at)
    return filled(found)


def _custom_data(flat: dict[str, Any], content_id: str) -> dict[str, Any]:
    """What it was about: value and items of GA4, and over them what the page wrote in Meta's names."""
    own = [Line(text(row, "id"), row.get("quantity"), amount(row.get("item_price"))) for row in rows(flat, _CONTENTS)]
    items = [
        Line(text(item, content_id), item.get("quantity", 1), amount(item.get("price"))) for item in rows(flat, "items")
    ]
    value, currency = amount(flat.get("value")), text(flat, "currency")
    found = custom_data(value, currency, own or items, order_id=text(flat, "transaction_id"))
    stated: dict[str, Any] = {name: text(flat, f"x_fb_cd_{name}") for name in _TEXTS}
    stated |= {
        "search_string": text(flat, "search_term"),
        "content_ids": texts(flat, "x_fb_cd_content_ids"),
        "num_items": whole(flat.get("x_fb_cd_num_items")),
        "predicted_ltv": number(amount(flat.get("x_fb_cd_predicted_ltv"))),
    }
    return found | filled(stated)
