"""Meta's error codes as data: whose fault each is, and what it means. Pure.

Sources: Meta's Graph API error reference, its rate-limiting pages and the reference page of the events edge; the
subcodes of the Conversions API, of which Meta publishes no list, as they were observed.
"""

from typing import Final, Literal, NamedTuple

Fault = Literal["event", "dataset", "meta"]
"""``event``: this one can never be sent. ``dataset``: its token, permission or id. ``meta``: later it will do."""


class Code(NamedTuple):
    """Whose fault an error is, and what it means. ``is_limit``: too many requests, so that fewer will help."""

    fault: Fault
    meaning: str
    is_limit: bool = False


UNKNOWN: Final = Code("meta", "A code that nobody knows: tried again, never given up for.")

CODES: Final = {
    1: Code("meta", "Unknown error.", is_limit=True),
    2: Code("meta", "Temporarily down.", is_limit=True),
    3: Code("dataset", "The app lacks a capability."),
    4: Code("meta", "Request limit of the app.", is_limit=True),
    5: Code("dataset", "This address may not call for the app."),
    10: Code("dataset", "No permission for this."),
    17: Code("meta", "Request limit of the user or ad account.", is_limit=True),
    32: Code("meta", "Request limit of the Page.", is_limit=True),
    100: Code("event", "Invalid parameter."),
    102: Code("dataset", "The session is over."),
    104: Code("dataset", "The app asks for a proof (appsecret_proof) that is missing or wrong."),
    190: Code("dataset", "The access token is not valid (any more)."),
    294: Code("dataset", "The permission ads_management is needed."),
    341: Code("meta", "Limit of the app, for a while.", is_limit=True),
    368: Code("dataset", "Blocked for policy reasons, for a while."),
    613: Code("meta", "Request limit.", is_limit=True),
    803: Code("dataset", "There is no such id, or not for this token."),
    2635: Code("dataset", "This version of the Graph API is no longer available."),
    5000: Code("meta", "Unknown error.", is_limit=True),
    21009: Code("meta", "The dataset is not ready for the moment.", is_limit=True),
    **dict.fromkeys(
        (*range(200, 294), *range(295, 300)), Code("dataset", "A permission is missing or was taken back.")
    ),
    **dict.fromkeys(range(80_000, 80_100), Code("meta", "Request limit of the business use case.", is_limit=True)),
}
"""By ``code``. 5 and most of 80000 to 80099 are unconfirmed for this edge; so is no limit for 1, 2, 5000, 21009, where
patience does no harm."""

SUBCODES: Final = {
    (1, 99): Code("event", "A bad request in disguise."),
    (100, 33): Code("dataset", "No such dataset, or the token has no access to it."),
    (100, 34): Code("dataset", "As 33 (unconfirmed)."),
    (100, 38): Code("dataset", "As 33 (unconfirmed)."),
}
"""Where code and ``error_subcode`` together say more than the code."""

REASONS: Final = {
    2804003: "event_time is more than seven days ago.",
    2804004: "event_time is in the future, or in milliseconds.",
    2804008: "contents is no list of objects with ids.",
    2804009: "A Purchase without value.",
    2804010: "A Purchase without currency.",
    2804011: "A currency that Meta does not take.",
    2804016: "custom_data is invalid.",
    2804017: "Personal data that is not hashed.",
    2804019: "A key is missing, unexpected or of the wrong type.",
    2804023: "A value without currency.",
    2804030: "A choice about Limited Data Use is required.",
    2804036: "lead_id is invalid.",
    2804043: "extinfo is invalid.",
    2804050: "Too little about the person to match.",
    2804063: "messaging_channel is missing.",
    2804064: "An argument that this kind of event may not have.",
    2804065: "The Page is not connected.",
    2804066: "The event name is not allowed for messaging.",
    2804069: "Page or WhatsApp account is missing.",
    2804072: "page_id does not belong to ctwa_clid.",
    2804075: "ig_sid is missing.",
    2804079: "ig_account_id is missing.",
    2804081: "The currency is missing (messaging).",
    2804087: "ctwa_clid is invalid.",
    2804116: "page_id or the WhatsApp account is required.",
    2804131: "The dataset is not linked to a Page.",
    2804132: "The dataset is not linked to a WhatsApp account.",
    2804133: "The dataset is not linked to an Instagram account.",
}
"""What each known ``error_subcode`` of code 100 says about an event, for whoever looks at a dead letter."""


SLUGS: Final = {
    "delivered": "Meta took the events.",
    "answered": "Meta answered the steward's probe, so the dataset's events go out again.",
    "meta_refused_event": "Meta refuses the event itself. It becomes a dead letter; the others go on.",
    "meta_refuses_token": "Meta refuses the dataset's token (code 190). The dataset is halted.",
    "meta_refuses_dataset": "The token may not send to the dataset, or no dataset has this id. It is halted.",
    "unknown_dataset": "The settings do not hold the dataset. It is halted.",
    "meta_busy": "Meta says that it is overloaded or out of order, or that a limit is reached. Tried again.",
    "meta_failed": "Meta answered with a code that nobody knows, or calls passing. Tried again.",
    "meta_timeout": "Meta did not answer within ten seconds. It may have the events; tried again under the same ids.",
    "meta_broken_answer": "The connection ended before the answer did. As `meta_timeout`.",
    "meta_unreadable_answer": "The answer was none of Meta's, as a proxy's page. Tried again.",
    "meta_unreachable": "There was no connection to Meta, so nothing was sent. Tried again.",
    "meta_wants_a_pause": "The request before came close to a limit of Meta's, so this one was not made. Tried again.",
    "meta_received_fewer": "Meta took the request and counted fewer events than it held. They count as delivered.",
    "out_of_time": "The function's time was nearly over, so the request was not made. Tried again.",
    "consent_store_unavailable": "The consent ledger did not answer, so nothing was sent. Tried again.",
}
"""What the sender and the steward say of a request to Meta, in their logs and in a delivery item."""


def code_of(code: int, subcode: int | None) -> Code:
    """What an error means: by code and subcode if the pair says more, else by the code."""
    return SUBCODES.get((code, subcode or 0)) or CODES.get(code, UNKNOWN)
