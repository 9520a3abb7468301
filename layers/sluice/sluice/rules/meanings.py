"""Every slug that these rules say, with what it means and what the sender should do."""

from typing import Final, NamedTuple


class Problem(NamedTuple):
    """Why an event cannot be sent: the slug, and the path of the value in Meta's names, never the value."""

    slug: str
    path: str


class EventWarning(NamedTuple):
    """What the sender should know of an event that is sent all the same: the slug, and the path of the value."""

    slug: str
    path: str


class Explanation(NamedTuple):
    """What a slug means: the field that it is about, what was found, and what the sender should do."""

    field: str
    meaning: str
    fix: str


MEANINGS: Final = {
    "unreadable_event": Explanation(
        "", "The item of `data` is not a JSON object that can be read.", "Send each event as an object in Meta's shape."
    ),
    "bad_utf8": Explanation(
        "", "The text holds U+FFFD, the mark of bytes that were not UTF-8.", "Send UTF-8; a hash of it matches nobody."
    ),
    "event_too_large": Explanation("", "The event is larger than 200 KiB.", "Shorten it."),
    "unknown_field": Explanation(
        "any closed object",
        "Meta does not know the field, and would refuse the whole request for it.",
        "Remove it, or put it into custom_data.",
    ),
    "missing_field": Explanation(
        "any object", "The object lacks a field that Meta requires in it.", "Add the field that `path` names."
    ),
    "invalid_field": Explanation(
        "any field",
        "The value does not have the type or range of its field.",
        "Send the field that `path` names as Meta's parameter pages describe it.",
    ),
    "consent_invalid": Explanation(
        "consent",
        "The consent beside the event is not readable.",
        "Send an object of the keys token, tcf, ac, gpp, usp, gcs, gcd, region and text_version (texts), cookies and "
        "shopify (objects), granted (true or false) with at (Unix seconds as a whole number), and no other key.",
    ),
    "event_name_missing": Explanation("event_name", "The event has no name.", "Send a standard or custom event name."),
    "event_name_not_for_messaging": Explanation(
        "event_name",
        "Events of a conversation have a closed list of names (2804066).",
        "Use a name of Meta's business messaging page, such as LeadSubmitted instead of Lead.",
    ),
    "event_time_invalid": Explanation(
        "event_time",
        "There is no time, or no moment can be read from it.",
        "Send Unix seconds as a whole number. ISO 8601 is read when it names its zone.",
    ),
    "event_time_in_future": Explanation(
        "event_time", "The time lies more than five minutes ahead (2804004).", "Set the sender's clock by NTP."
    ),
    "event_time_too_old": Explanation(
        "event_time",
        "Meta takes events for 7 days, those of a physical_store for 62 (2804003).",
        "Send events when they happen. Never send a later time instead.",
    ),
    "action_source_invalid": Explanation(
        "action_source",
        "There is no action_source, or not one of Meta's nine.",
        "Send email, website, app, phone_call, chat, physical_store, system_generated, business_messaging or other.",
    ),
    "event_source_url_missing": Explanation(
        "event_source_url", "An event of a website needs the page where it happened.", "Send the address of the page."
    ),
    "event_name_personal": Explanation(
        "event_name",
        "It holds an e-mail address or a telephone number, which Meta would get as it is.",
        "Name what happened, not who did it.",
    ),
    "event_source_url_invalid": Explanation(
        "event_source_url",
        "It is no http(s) address that a browser could open, or, from a page, that of another site.",
        "Send the whole address, https:// included; a page sends its own.",
    ),
    "value_missing": Explanation(
        "custom_data.value", "A Purchase needs a value (2804009).", "Send what was paid, in major units; 0 is a value."
    ),
    "value_invalid": Explanation(
        "custom_data.value",
        "The value is no finite number, or a negative one.",
        "Send a number such as 12.34. A return is no negative Purchase.",
    ),
    "currency_missing": Explanation(
        "custom_data.currency",
        "A value needs its currency (2804010, 2804023). Sluice never guesses one.",
        "Send the currency's three letters beside every value.",
    ),
    "currency_invalid": Explanation(
        "custom_data.currency",
        "It is no currency of ISO 4217, or one that Meta refuses (2804011).",
        "Send the three letters of the currency, such as EUR.",
    ),
    "contents_invalid": Explanation(
        "custom_data.contents",
        "An item is no object, or lacks id or quantity, or has a value of the wrong type (2804008).",
        "Send a list of objects with id (text), quantity (whole number) and item_price (number), none negative.",
    ),
    "delivery_category_invalid": Explanation(
        "custom_data.delivery_category",
        "Meta allows three values only.",
        "Send in_store, curbside or home_delivery, or leave it out.",
    ),
    "nested_custom_property": Explanation(
        "custom_data",
        "A custom property is an object, or a list with objects or lists in it.",
        "Send each custom property as text, number, boolean, or a list of these.",
    ),
    "limited_data_use_invalid": Explanation(
        "data_processing_options",
        "The three data_processing_options fields contradict each other, or no place can be found (2804030).",
        'Send ["LDU"] with country 1 and the code of a state, or with state 0 and user_data.client_ip_address. '
        "Without LDU, send neither country nor state.",
    ),
    "app_data_missing": Explanation(
        "app_data",
        "An app event needs app_data.advertiser_tracking_enabled and app_data.extinfo.",
        "Send both, as the app's SDK reports them.",
    ),
    "extinfo_invalid": Explanation(
        "app_data.extinfo",
        "It must have 16 slots, a2 or i2 in the first, the OS version in the fifth (2804043).",
        "Fill slots that are not known with empty text.",
    ),
    "attribution_missing": Explanation(
        "attribution_data",
        "AppendAttribution needs original_event_data and attribution_data.",
        "Send both, or another event_name.",
    ),
    "messaging_channel_invalid": Explanation(
        "messaging_channel",
        "A business_messaging event needs whatsapp, messenger or instagram here (2804063).",
        "Name the channel of the conversation.",
    ),
    "messaging_id_missing": Explanation(
        "user_data",
        "An id that the channel requires is missing (2804069, 2804075, 2804079, 2804116).",
        "messenger: page_id and page_scoped_user_id. whatsapp: ctwa_clid and whatsapp_business_account_id (or "
        "page_id). instagram: ig_sid and ig_account_id.",
    ),
    "browser_data_not_for_instagram": Explanation(
        "user_data",
        "Meta takes no client_ip_address and client_user_agent with an Instagram event (2804064).",
        "Leave both out.",
    ),
    "not_enough_customer_information": Explanation(
        "user_data",
        "After cleaning, too little identifies the person: Meta would refuse the request (2804050).",
        "Send an e-mail address, a telephone number, external_id, fbp or fbc.",
    ),
}
"""Every slug of an event that cannot be sent. Numbers are the subcodes that Meta would answer."""

WARNINGS: Final = {
    "event_time_was_milliseconds": Explanation("event_time", "It was in milliseconds; mended.", "Send Unix seconds."),
    "event_time_was_text": Explanation(
        "event_time", "The time was text; the moment that it names is sent.", "Send Unix seconds as a number."
    ),
    "event_time_was_fraction": Explanation(
        "event_time", "The time had a fraction of a second, which was cut off.", "Send Unix seconds as a whole number."
    ),
    "event_time_ahead": Explanation(
        "event_time",
        "The time lay up to five minutes (a browser's: ten) ahead; the event is dated now, since Meta takes no future.",
        "Set the sender's clock by NTP.",
    ),
    "not_from_browser": Explanation(
        "any field",
        "A page may not say it, or not under the dataset's `collect` settings; the event is sent without it.",
        "Leave it out, or let your server send it.",
    ),
    "value_was_text": Explanation("custom_data", "A number was text; the number is sent.", "Send a JSON number."),
    "customer_segmentation_moved": Explanation(
        "customer_segmentation",
        "It stood beside custom_data; it is sent inside, where no request can fail for it.",
        "Send it in custom_data.",
    ),
    "referrer_url_dropped": Explanation(
        "referrer_url",
        "It is no http(s) address that a browser could open; the event is sent without it.",
        "Send the whole address of the page before, or leave the field out.",
    ),
    "personal_text_dropped": Explanation(
        "any field",
        "A text was an e-mail address or a telephone number; the event is sent without it.",
        "Put persons into user_data, where they are hashed.",
    ),
    "event_id_disguised": Explanation(
        "event_id",
        "It held an e-mail address or a telephone number; a digest is sent in its place, so a pixel's id differs.",
        "Use an id that names nobody, in the pixel too.",
    ),
    "url_shortened": Explanation(
        "event_source_url",
        "What may tell who visits was taken from the address: parameters, the end of the path, or credentials.",
        "Keep personal data and tokens out of the addresses of pages.",
    ),
    "test_event_code_dropped": Explanation(
        "test_event_code",
        "The code beside `data` is malformed, or the dataset's settings do not accept one; nobody sends it on.",
        "Set accept_test_event_code for a dataset that is tested, and send the code as Events Manager shows it.",
    ),
    "partner_agent_dropped": Explanation(
        "partner_agent",
        "The name beside `data` is malformed; the events are sent without it.",
        "Send 2 to 22 letters, digits, dots, underscores and hyphens, at least two of them letters.",
    ),
    "event_id_missing": Explanation(
        "event_id",
        "The event has no id, or one that says nothing, such as undefined. It gets one made of its content, which no "
        "browser pixel shares.",
        "Send the eventID of the pixel, or an id that stays the same when the event is sent again.",
    ),
    "event_id_in_custom_data": Explanation(
        "custom_data.event_id",
        "The only event_id stands in custom_data, where Meta does not drop duplicates by it.",
        "Send it beside event_name.",
    ),
    "client_user_agent_missing": Explanation(
        "user_data.client_user_agent",
        "Meta's documents ask for the browser of every website event.",
        "Send the User-Agent header of the person's browser, unchanged.",
    ),
    "fbp_and_fbc_missing": Explanation(
        "user_data.fbp",
        "Neither cookie of Meta's came with a website event; both help much to match it.",
        "Send the values of the cookies _fbp and _fbc, if the person agreed to them.",
    ),
}
"""Every slug of an event that is sent, but could be better."""

MAX_NAMED: Final = 20
"""Problems, and warnings, that are named for one event: a hostile event cannot make an answer larger than itself."""
