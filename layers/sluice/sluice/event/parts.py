"""The closed objects of an event: the app, the event that it follows, and who else attributed it.

Sources: Meta's "app data" and "original event data" pages; ``SDK``: only ``facebook-business`` has the field.
"""

from typing import Annotated

from msgspec import Meta, Struct

from sluice.event.values import Number, Switch, Whole

EXTINFO_SLOTS = 16


class AppData(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, frozen=True):
    """The app and its device. An ``app`` event needs the first and the third field."""

    advertiser_tracking_enabled: Switch | None = None
    """Whether the device lets advertisers track (App Tracking Transparency)."""
    application_tracking_enabled: Switch | None = None
    """Whether the person lets the app report to Meta."""
    extinfo: (
        Annotated[list[str | int | Number | None], Meta(min_length=EXTINFO_SLOTS, max_length=EXTINFO_SLOTS)] | None
    ) = None
    """The device in 16 slots, unknown ones empty: 0 ``a2`` (Android) or ``i2`` (iOS), 1 package, 2 and 3 short and long
    version, 4 OS version, 5 model, 6 locale, 7 time zone, 8 carrier, 9 width, 10 height, 11 density, 12 cores,
    13 and 14 GB in all and free, 15 zone of the device."""
    campaign_ids: str | list[str] | None = None
    """Campaigns that led to the installation."""
    install_referrer: str | None = None
    """Referrer of the installation (Android)."""
    installer_package: str | None = None
    """Package of the app's shop (Android)."""
    url_schemes: str | list[str] | None = None
    """URL schemes of the app (iOS)."""
    vendor_id: str | None = None
    """Id of the device at this vendor (iOS)."""
    windows_attribution_id: str | None = None
    """Attribution token of a Windows app."""
    consider_views: bool | None = None
    """Whether views count as well as clicks (SDK)."""
    include_dwell_data: bool | None = None
    """Not documented (SDK)."""
    include_video_data: bool | None = None
    """Not documented (SDK)."""
    receipt_data: str | None = None
    """Receipt of a purchase in the app (SDK)."""


class OriginalEventData(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, frozen=True):
    """The earlier event that this one follows, such as the trial before a subscription."""

    event_name: str | None = None
    """Its name."""
    event_time: Whole | None = None
    """Its Unix seconds."""
    event_id: str | None = None
    """Its id."""
    order_id: str | None = None
    """Its order."""


class AttributionSetting(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, frozen=True):
    """Windows of an attribution (SDK)."""

    inactivity_window_hours: Whole | None = None
    """Hours without use after which an installation counts anew."""
    reattribution_window_hours: Whole | None = None
    """Hours within which another campaign may claim it."""


class AttributionData(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, frozen=True):
    """How another system attributed an event: of ``AppendAttribution`` events only (beta)."""

    ad_id: str
    """Meta's ad."""
    touchpoint_ts: Whole
    """Unix seconds of click or view."""
    attribution_share: Number
    """Part of the conversion that the ad is given, 0 to 1."""
    attribution_value: Number
    """That part in money."""
    adset_id: str | None = None
    """Ad set of the ad (SDK, as all that follow)."""
    campaign_id: str | None = None
    """Campaign of the ad."""
    scope: str | None = None
    """``click`` or ``view``."""
    visit_time: Whole | None = None
    """Unix seconds of the visit."""
    attribution_model: str | None = None
    """Such as ``last_touch``."""
    attr_window: Whole | None = None
    """Window in days."""
    attribution_source: str | None = None
    """System that attributed."""
    attribution_method: str | None = None
    """Such as ``deeplink``."""
    attribution_setting: AttributionSetting | None = None
    """Windows."""
    touchpoint_type: str | None = None
    """Click or view."""
    touchpoint_id: str | None = None
    """Id of click or view."""
    decline_reason: str | None = None
    """Why the ad was given nothing."""
    auditing_token: str | None = None
    """Token for audits."""
    linkage_key: str | None = None
    """Key that links devices."""
    total_credit: Number | None = None
    """Credit over all touch points."""
    partner_client_id: str | None = None
    """The advertiser's id at the partner."""
