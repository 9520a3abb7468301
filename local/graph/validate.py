"""Meta's rules for a batch: the first broken one refuses all of it. Pure: values and the time in, a refusal out.

Only subcodes that were seen in real answers are used. Like Meta, these rules do not say which event is at fault;
only the faults of shape in `schema` do.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.graph.identifiers import match_keys
from local.graph.messaging import check_messaging
from local.graph.refusal import Refusal, invalid_event, invalid_parameter
from local.graph.schema import check_schema

EVENTS_PER_REQUEST = 1000
_DAY = 24 * 60 * 60
_DAYS_ACCEPTED = {"physical_store": 62}
_DAYS_ACCEPTED_OTHERWISE = 7

# An event whose match keys all lie in one of these sets identifies nobody (Meta's baseline requirements).
_TOO_LITTLE = tuple(
    frozenset(keys.split())
    for keys in ("ct country st zp ge client_user_agent", "db client_user_agent", "fn ge", "ln ge")
)

# ISO 4217, without MRU: a real answer refused it, so Meta supports a subset that it does not publish.
_CURRENCY_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
_CURRENCIES = frozenset(_CURRENCY_CODES.split())

_EXTINFO_SLOTS = 16
_EXTINFO_OS_VERSION = 4

Event = Mapping[str, Any]


def check(events: object, now: float) -> Refusal | None:
    """Why a request with this `data` is refused at `now` (Unix seconds), or None when all its events are received."""
    if not isinstance(events, list) or not events:
        return invalid_parameter("param data must be a non-empty array.")
    if len(events) > EVENTS_PER_REQUEST:
        return invalid_parameter(f"param data must have at most {EVENTS_PER_REQUEST} elements.")
    if fault := check_schema(events):
        return fault
    return next((fault for event in events for rule in _RULES if (fault := rule(event, now))), None)


def _event_time(event: Event, now: float) -> Refusal | None:
    days = _DAYS_ACCEPTED.get(event["action_source"], _DAYS_ACCEPTED_OTHERWISE)
    if event["event_time"] > now:
        return invalid_event(2804004, "Event time in the future", "event_time is later than the time of this request.")
    if now - event["event_time"] > days * _DAY:
        return invalid_event(2804003, "Event too old", f"event_time is more than {days} days ago.")
    return None


def _customer_information(event: Event, _now: float) -> Refusal | None:
    keys = set(match_keys(event["user_data"]))
    if any(keys <= too_little for too_little in _TOO_LITTLE):
        return invalid_event(
            2804050, "Not enough customer information", "user_data needs more or other customer information parameters."
        )
    return None


def _lead_id(event: Event, _now: float) -> Refusal | None:
    lead_id = str(event["user_data"].get("lead_id", "0" * 15))
    if lead_id.isascii() and lead_id.isdecimal() and 15 <= len(lead_id) <= 17:
        return None
    return invalid_event(2804036, "Invalid lead id", "A lead id has 15 to 17 digits; this group may be rejected.")


def _money(event: Event, _now: float) -> Refusal | None:
    custom_data = event.get("custom_data", {})
    has_value, currency = "value" in custom_data, custom_data.get("currency")
    if event["event_name"] != "Purchase":
        if has_value and not currency:
            return invalid_event(2804023, "Currency missing", "An event with a value needs a currency.")
        return None
    if not has_value:
        return invalid_event(2804009, "Value missing", "A Purchase needs custom_data.value.")
    if not currency:
        # Business messaging has a subcode of its own for this.
        subcode = 2804081 if event["action_source"] == "business_messaging" else 2804010
        return invalid_event(subcode, "Currency missing", "A Purchase needs custom_data.currency.")
    if currency.upper() not in _CURRENCIES:
        return invalid_event(2804011, "Invalid currency", "custom_data.currency is not a currency that is supported.")
    return None


def _contents(event: Event, _now: float) -> Refusal | None:
    contents = event.get("custom_data", {}).get("contents", [])
    if isinstance(contents, list) and all(isinstance(item, dict) and "id" in item for item in contents):
        return None
    return invalid_event(2804008, "Invalid contents", "contents must be a list of objects that each have an id.")


def _limited_data_use(event: Event, _now: float) -> Refusal | None:
    """LDU without a place needs the browser's address to find one. Its subcode is only weakly attested."""
    country = event.get("data_processing_options_country", 0)
    state = event.get("data_processing_options_state", 0)
    located = country != 0 or state != 0 or "client_ip_address" in match_keys(event["user_data"])
    if event.get("data_processing_options") and not located:
        return invalid_event(2804030, "Data processing options", "LDU needs a country and state or a client address.")
    return None


def _extinfo(event: Event, _now: float) -> Refusal | None:
    if event["action_source"] != "app":
        return None
    extinfo = event["app_data"]["extinfo"]
    if (
        isinstance(extinfo, list)
        and len(extinfo) == _EXTINFO_SLOTS
        and extinfo[0] in ("a2", "i2")
        and extinfo[_EXTINFO_OS_VERSION]
    ):
        return None
    return invalid_event(2804043, "Invalid extinfo", "extinfo has 16 entries; version and OS version must be filled.")


_RULES: tuple[Callable[[Event, float], Refusal | None], ...] = (
    _event_time,
    _customer_information,
    _lead_id,
    _contents,
    _money,
    _limited_data_use,
    _extinfo,
    check_messaging,
)
