"""What is said of each door in docs/openapi.yaml and stands in no table of the code: answers, refusals, examples."""

from typing import Annotated, Any, Final, NamedTuple

import msgspec

from sluice.event import WireEvent
from sluice.record import Body


class Place(msgspec.Struct):
    """Something about one event of the request. ``index``: its position; ``path``: the field."""

    index: int
    slug: str
    path: str


class Health(msgspec.Struct):
    """The gateway answers. It reads nothing for this."""

    status: str
    version: str


class EventsBody(msgspec.Struct):
    """Meta's own body. Fields of an event that are wrong but plain are mended; each other event costs only itself."""

    data: Annotated[list[WireEvent], msgspec.Meta(min_length=1, max_length=1_000)]
    test_event_code: str | msgspec.UnsetType = msgspec.UNSET
    partner_agent: str | msgspec.UnsetType = msgspec.UNSET
    access_token: str | msgspec.UnsetType = msgspec.UNSET


class EventsAnswer(msgspec.Struct):
    """``events_received`` counts what waits for Meta; ``messages`` has one text for each other event."""

    events_received: int
    messages: list[str]
    problems: list[Place]
    fbtrace_id: str
    warnings: list[str]


class WebhookAnswer(msgspec.Struct):
    """What became of a webhook. Some systems hear something of their own instead."""

    accepted: int | msgspec.UnsetType = msgspec.UNSET
    reasons: list[str] | msgspec.UnsetType = msgspec.UNSET
    ignored: list[str] | msgspec.UnsetType = msgspec.UNSET
    recorded: int | msgspec.UnsetType = msgspec.UNSET


class BeaconBody(msgspec.Struct):
    """Events of a page. What a page may not say is left out, with a warning."""

    events: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=50)]


class BeaconAnswer(msgspec.Struct):
    """What can be said of the request by itself; it tells nothing of the person."""

    problems: list[Place] | msgspec.UnsetType = msgspec.UNSET
    reasons: list[str] | msgspec.UnsetType = msgspec.UNSET
    ignored: list[str] | msgspec.UnsetType = msgspec.UNSET
    warnings: list[Place] | msgspec.UnsetType = msgspec.UNSET


class ErrorDetail(msgspec.Struct):
    """``slug`` says which rule, ``message`` how to mend it; the rest is as in Meta's own errors."""

    slug: str
    message: str
    type: str
    code: int
    fbtrace_id: str
    messages: list[str] | msgspec.UnsetType = msgspec.UNSET
    problems: list[Place] | msgspec.UnsetType = msgspec.UNSET
    warnings: list[str] | msgspec.UnsetType = msgspec.UNSET


class Error(msgspec.Struct):
    """Every refusal."""

    error: ErrorDetail


class Door(NamedTuple):
    """One route. ``answer``: status, meaning and shape of a success. ``types``: content types of ``body``.

    ``slugs``: every refusal by its own rules; what any door can answer is added. ``keyed``: opened by a server key.
    ``cors``: a page of an allowed origin may read the answer, a refusal too.
    """

    summary: str
    answer: tuple[int, str, Any]
    slugs: tuple[str, ...] = ()
    body: Any = None
    types: tuple[str, ...] = ("application/json",)
    example: Any = None
    keyed: bool = False
    cors: bool = False
    sets_cookies: bool = False


EVERY_DOOR: Final = ("bad_base64", "too_large", "settings_missing", "internal_error")
"""What each door that reads the request and the settings can answer."""
_TELLING: Final = (
    "no_decision", "decision_in_future", "no_subject", "too_many_subjects", "consent_store_unavailable",
)  # fmt: skip
_RECORDING: Final = (
    "bad_json", "bad_body", "unknown_dataset", "bad_server_key", "bad_consent_token", "identifier_unreadable", *_TELLING
)  # fmt: skip
_QUEUEING: Final = ("no_events", "too_many_events", "queue_unavailable", "consent_store_unavailable")
_PERSON: Final = {"dataset": "1234567890123456", "user_data": {"em": "jo.sample@example.com"}}
_EVENT: Final = {
    "event_name": "ViewContent",
    "event_time": 1_795_199_990,
    "event_id": "view-1001",
    "event_source_url": "https://shop.example.de/mugs",
    "custom_data": {"content_ids": ["MUG-1"], "content_type": "product"},
}

DOORS: Final = {
    "GET /health": Door("Whether the gateway answers", (200, "It does.", Health)),
    "POST /{version}/{dataset}/events": Door(
        "Events in Meta's own shape, from a server",
        (200, "At least one event can be read; each was accepted, denied or refused by itself.", EventsAnswer),
        (
            "bad_version", "unknown_dataset", "bad_server_key", "bad_json", "bad_body", "too_many_fields",
            "all_events_invalid", "wrong_content_type", *_QUEUEING,
        ),
        EventsBody,
        ("application/json", "application/x-www-form-urlencoded", "multipart/form-data"),
        {
            "data": [
                {
                    **_EVENT,
                    "action_source": "website",
                    "user_data": {"em": "jo.sample@example.com", "client_user_agent": "Mozilla/5.0"},
                    "consent": {"granted": True, "at": 1_795_199_000},
                }
            ]
        },
        keyed=True,
    ),
    "POST /collect/{dataset}": Door(
        "Events of a page, from a browser of an allowed origin",
        (202, "Read. Whether an event waits for Meta is not said where that would tell of the person.", BeaconAnswer),
        ("unknown_dataset", "bad_origin", "bad_json", "bad_body", *_QUEUEING),
        BeaconBody,
        ("text/plain", "application/json"),
        {"events": [_EVENT]},
        cors=True,
        sets_cookies=True,
    ),
    "OPTIONS /collect/{dataset}": Door(
        "A browser's question whether its page may post", (204, "It may.", None), ("unknown_dataset", "bad_origin"),
        cors=True,
    ),
    "POST /consent": Door(
        "Record what a person decided, from a server or with a signed token",
        (204, "Recorded.", None),
        _RECORDING,
        Body,
        ("application/json", "text/plain"),
        {**_PERSON, "decision": "grant", "at": 1_795_199_000},
        keyed=True,
        cors=True,
    ),
    "POST /consent/withdraw": Door(
        "Record a withdrawal, from a server, with a signed token, or from a browser of an allowed origin",
        (204, "Recorded.", None),
        ("bad_origin", *_RECORDING),
        Body,
        ("application/json", "text/plain"),
        _PERSON,
        keyed=True,
        cors=True,
    ),
    "OPTIONS /consent/withdraw": Door(
        "A browser's question whether its page may withdraw", (204, "It may.", None), ("bad_origin",), cors=True
    ),
    "POST /webhooks/{source}": Door(
        "A system's own webhook, proved in its own way",
        (200, "Taken, also when nothing of it is sent to Meta.", WebhookAnswer),
        (
            "unknown_source", "bad_signature", "bad_json", "bad_body", "bad_xml", "wrong_topic_shape",
            "public_key_unavailable", *_QUEUEING, *_TELLING,
        ),
        dict[str, Any],
        ("application/json", "text/xml", "application/x-www-form-urlencoded"),
    ),
    "GET /webhooks/{source}": Door(
        "A system's question whether somebody is here",
        (200, "Somebody is.", dict[str, Any]),
        ("unknown_source", "no_such_route", "bad_signature"),
    ),
}  # fmt: skip
"""Every route of the template, but the one for everything else."""
