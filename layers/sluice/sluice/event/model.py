"""One server event of Meta's, and what travels with it until it is queued.

Source: Meta's "server event parameters" page, unless a field says otherwise.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from sluice.event.parts import AppData, AttributionData, OriginalEventData
from sluice.event.values import ActionSource, LduState, MessagingChannel, Whole


class Consent(Struct, forbid_unknown_fields=True, frozen=True):
    """The consent evidence that a sender puts beside an event: strings as the consent tool gave them, never stored.

    ``token``: a signed consent token. ``tcf``: IAB TC string; ``ac``: Google's Additional Consent string. ``gpp``,
    ``usp``: IAB GPP and US Privacy strings. ``gcs``, ``gcd``: Google Consent Mode. ``cookies``: the consent tools'
    cookies by name. ``shopify``: the Customer Privacy API's object. ``granted``, ``at``: the plain flag of an
    authenticated server, with the time of the person's decision in Unix seconds. ``region``: where the person is, such
    as DE or US-CA. ``text_version``: of the text that the person agreed to.
    """

    token: str | None = None
    tcf: str | None = None
    ac: str | None = None
    gpp: str | None = None
    usp: str | None = None
    gcs: str | None = None
    gcd: str | None = None
    cookies: dict[str, str] | None = None
    shopify: dict[str, Any] | None = None
    granted: bool | None = None
    at: Whole | None = None
    region: str | None = None
    text_version: str | None = None

    def __repr__(self) -> str:
        """Which keys were given: a consent string is personal data itself (CJEU C-604/22)."""
        return f"Consent({', '.join(name for name in self.__struct_fields__ if getattr(self, name) is not None)})"


class Signals(Struct, frozen=True):
    """The consent evidence that came with one event, raw and unjudged; ``consent.decide`` judges it.

    ``given``: what the sender wrote beside the event. ``notes``: the texts of every ``_capi_consent`` attribute of an
    order. ``ordered_at``: Unix seconds of that order, if the event is later. ``sec_gpc``: the browser's header.
    ``region``: where the person is, as far as somebody trusted knows. ``named_by``: what names the person beside the
    match keys, by kind: ``checkout`` (a shop's checkout token), ``cmp`` (a consent tool's id). ``from_browser``: nobody
    vouches for what is given.
    """

    given: Consent | None = None
    notes: tuple[str, ...] = ()
    ordered_at: int | None = None
    sec_gpc: str | None = None
    region: str | None = None
    named_by: tuple[tuple[str, str], ...] = ()
    from_browser: bool = False

    def __repr__(self) -> str:
        """Without notes and names, which are about a person."""
        return f"Signals({self.given!r}, {len(self.notes)} notes)"


class Event(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One server event. Raw values in ``user_data`` until ``match_keys`` replaced them; hashes only afterwards.

    A key beside these fields makes Meta refuse the whole request, so unknown ones are refused here. A field that is
    null counts as absent and is not sent.
    """

    event_name: str
    """Standard or custom name; to be dropped as a duplicate it must equal the pixel's, upper and lower case too."""
    event_time: Whole
    """Unix seconds of the person's action."""
    action_source: ActionSource
    """Where the person acted."""
    user_data: dict[str, Any] = {}
    """Who it was, in Meta's short names ("customer information parameters" page); ``match_keys`` knows the fields."""
    event_id: str | None = None
    """What makes two reports the same event; equal to the pixel's ``eventID``."""
    event_source_url: str | None = None
    """The page where it happened, with http:// or https://."""
    referrer_url: str | None = None
    """The page before it."""
    custom_data: dict[str, Any] | None = None
    """What it was about: the fields of ``CustomData``, and custom properties."""
    opt_out: bool | None = None
    """True: count the event, but do not optimise delivery with it. No sign of consent."""
    data_processing_options: Annotated[list[Literal["LDU"]], Meta(max_length=1)] | None = None
    """``["LDU"]`` limits how Meta may use the event; ``[]`` says that nothing limits it."""
    data_processing_options_country: Literal[0, 1] | None = None
    """With LDU: 1 for the USA, 0 when Meta shall find the country by the address of the browser."""
    data_processing_options_state: LduState | None = None
    """With LDU: the state, or 0."""
    original_event_data: OriginalEventData | None = None
    """The earlier event that this one follows."""
    app_data: AppData | None = None
    """App and device of an ``app`` event."""
    messaging_channel: MessagingChannel | None = None
    """Conversation of a ``business_messaging`` event."""
    attribution_data: AttributionData | None = None
    """Another system's attribution (``AppendAttribution``, beta)."""
    advanced_measurement_table: str | None = None
    """For customers of Meta's Advanced Analytics (``facebook-business`` only)."""

    def __repr__(self) -> str:
        """Without anything of the person or of what happened to them."""
        return f"{type(self).__name__}({self.action_source}, {self.event_time})"


class WireEvent(Event, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An event as a server posts it: with its consent beside it, which never leaves for Meta."""

    consent: Consent | None = None


class Arrival(Struct, frozen=True):
    """What a door hands over: the event, the consent evidence that came with it, and what makes it the same event.

    ``dedup_key``: ``order_key`` for the event of an order, so that one order is one Purchase whatever topic or event_id
    arrives; None means that the event_id decides. ``not_after``: Unix seconds after which it must not be sent although
    Meta would take it.
    """

    event: Event
    signals: Signals
    dedup_key: str | None = None
    not_after: int | None = None
