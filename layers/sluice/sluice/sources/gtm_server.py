"""A server container of Google Tag Manager: a tag posts the container's event data, in GA4's names, as JSON.

Nothing is signed, and nothing is sent twice: the tag shows a secret in a header. Meta's own names (``x-fb-…``) go
before GA4's. No currency is ever assumed.
Sources: the code of the tags and templates of stape.io and Meta; Google's reference of GA4 events and user data.
"""

from typing import Any, Final

from sluice.consent.consent_mode import decode_gcd, marketing
from sluice.consent.malformed import Malformed
from sluice.errors import Rejected
from sluice.event import Arrival, Consent, Signals, order_key
from sluice.settings import Source
from sluice.sources.gtm_event_data import flattened
from sluice.sources.gtm_server_events import EVENT_NAMES, event_of
from sluice.sources.payload import text, word
from sluice.sources.request import Kind, Mapped, Request
from sluice.sources.tracked import (
    NOTHING,
    TrackerOptions,
    authenticate,
    consent_state,
    given_consent,
    meta_name,
    read_each,
    with_state,
)

_PREVIEW: Final = "https://gtm-msr.appspot.com/"
"""Where the tag manager shows a preview of a site."""
_STATE: Final = "consent_state_"
_GRANTED: Final = ("true", "granted")
_CUT_UP: Final = ("consent_cookies_", "consent_shopify_")
"""What a tag makes of an object in ``consent`` when it flattens the event data."""


class Options(TrackerOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a source of a server container can be told, beside ``TrackerOptions``.

    ``secret_header``: the header that shows one of the source's secrets; without it they are shown as bearer token or
    as the password of basic authentication. ``content_id``: the field of an item that holds the catalogue's id.
    """

    secret_header: str | None = None
    content_id: str = "item_id"


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The event of the event data, or why there is none. Raises Rejected as ``read_each``."""
    return read_each(request.body, lambda event: _read(event, slug, source.options, now_seconds))


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _read(data: dict[str, Any], slug: str, options: Options, now_seconds: int) -> Mapped:
    """The event of the event data, or why there is none. Raises Rejected ``wrong_topic_shape``."""
    flat = flattened(data)
    given_name = text(flat, "event_name")
    if given_name is None:
        raise Rejected("wrong_topic_shape")
    if (text(flat, "page_location") or "").startswith(_PREVIEW):
        return Mapped(ignored=["test_environment"])
    name = meta_name(given_name, EVENT_NAMES, options.events)
    if name is None:
        return Mapped(ignored=["unknown_topic"])
    event = event_of(flat, name, options.content_id, now_seconds)
    order_id = text(flat, "transaction_id") if name == "Purchase" else None
    given = _consent(data, flat, options, min(event.event_time, now_seconds))
    return Mapped([Arrival(event, Signals(given=given), order_key(slug, order_id) if order_id else None)])


def _consent(data: dict[str, Any], flat: dict[str, Any], options: Options, at: int) -> Consent | None:
    """Google's consent mode as it came, the state of its flags, and what the tag put into ``consent``.

    Raises Rejected ``wrong_topic_shape`` for a ``consent`` that is no object, that cannot be read whole, or that says
    another consent mode than the container.
    """
    written = data.get("consent")
    if written in NOTHING:
        if any(name.startswith(_CUT_UP) for name in flat):  # whose cookies' names nobody can tell any more
            raise Rejected("wrong_topic_shape")
        places = {name: f"consent_{name}" for name in Consent.__struct_fields__}
        written = {name: flat[place] for name, place in places.items() if flat.get(place) not in NOTHING}
    mode = {name: found for name in ("gcs", "gcd") if (found := text(flat, f"x_ga_{name}"))}
    if isinstance(written, dict):
        if any(written.get(name) not in (*NOTHING, found) for name, found in mode.items()):
            raise Rejected("wrong_topic_shape")  # one of the two would be lost, and it may be a refusal
        written = {**written, **mode}
    states = {name: found for name, value in flat.items() if name.startswith(_STATE) and (found := word(value))}
    granted = [name.removeprefix(_STATE) for name, found in states.items() if found in _GRANTED] if states else None
    state = consent_state(options.consent_categories, granted, at)
    if state and state.granted and _is_default(mode.get("gcd", "")):
        state = None
    return with_state(given_consent(written), state)


def _is_default(gcd: str) -> bool:
    """Whether consent mode says itself that what it has is no choice of the visitor's."""
    letters = decode_gcd(gcd)
    return not isinstance(letters, Malformed) and marketing(letters).answer == "unknown"
