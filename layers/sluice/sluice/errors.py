"""The one error family.

::

    SluiceError
    ├── Rejected      the request cannot be taken; 4xx; sending it again unchanged will not help
    ├── Unavailable   something of ours does not answer; 503; the sender should try again
    ├── BadSettings   the settings document is invalid; the last good one stays in use
    └── BadEnvelope   a queue message that this version cannot read

``str(error)`` is the slug and nothing else: it is at once log field, metric dimension and HTTP answer, so no error
can carry a payload anywhere.
"""

from typing import Final, NamedTuple


class Meaning(NamedTuple):
    """What a slug means to the caller: the HTTP status and a sentence that says how to mend it."""

    status: int
    fix: str


REJECTIONS: Final = {
    "bad_base64": Meaning(400, "The body is flagged as base64 but is not. Send the bytes as they are."),
    "bad_json": Meaning(400, "The body is not JSON (RFC 8259, UTF-8, at most some hundred levels deep). Check it."),
    "bad_body": Meaning(400, "The JSON does not have the shape of this door. See the documentation of the door."),
    "bad_xml": Meaning(400, "The body is not XML, or has a DTD. Send it well-formed, and without one."),
    "too_many_fields": Meaning(400, "A form may have 50 fields. Send the events in the one field `data`."),
    "bad_version": Meaning(404, "The first path element must be a Graph API version such as v26.0."),
    "no_events": Meaning(400, "`data` (a browser's: `events`) must be an array with at least one event."),
    "too_many_events": Meaning(400, "At most 1000 events fit in one request, in a browser's 50. Split it."),
    "all_events_invalid": Meaning(400, "No event of the request can be sent. `messages` names the reason for each."),
    "wrong_topic_shape": Meaning(400, "The body does not look like what the topic header announces."),
    "bad_signature": Meaning(401, "The signature does not fit body and secret. Compare the secret in the settings."),
    "bad_server_key": Meaning(401, "Send one of the dataset's server keys (not Meta's token) as bearer token."),
    "bad_consent_token": Meaning(401, "No consent key of the dataset signed this token for it, or it has ended."),
    "bad_origin": Meaning(403, "Pages of this origin may not do that. List it under the dataset's allowed_origins."),
    "no_decision": Meaning(400, "Say `decision` (grant or deny), and for a grant `at`, when the person decided."),
    "decision_in_future": Meaning(
        400, "The grant's time is after the gateway's clock. Send whole Unix seconds by a set clock, once it is over."
    ),
    "no_subject": Meaning(400, "Name the person: em, ph, external_id or fbp, a cmp_consent_id, or a checkout_token."),
    "identifier_unreadable": Meaning(
        400, "Something that names the person cannot be read, or no such name is known. Mend it or leave it out."
    ),
    "too_many_subjects": Meaning(400, "Name one person: at most ten values of em, ph and external_id, and one fbp."),
    "unknown_dataset": Meaning(404, "No such dataset in the settings. Compare the number with yours."),
    "unknown_source": Meaning(404, "No such source in the settings. Compare the name in the path."),
    "no_such_route": Meaning(404, "There is nothing at this path. The documentation lists the doors."),
    "too_large": Meaning(413, "A body may have 1 MiB, a browser's 64 KiB. Split it into several requests."),
    "wrong_content_type": Meaning(415, "Send JSON, a form or multipart, with the Content-Type that names it."),
}
"""Every slug that a request can be refused with."""

UNAVAILABLE: Final = {
    "queue_unavailable": Meaning(503, "The event could not be stored just now. Send it again."),
    "consent_store_unavailable": Meaning(503, "Consent could not be read or stored just now. Send it again."),
    "public_key_unavailable": Meaning(503, "The sender's public key could not be fetched just now. Send it again."),
    "delivery_table_unavailable": Meaning(
        503, "The delivery table does not answer. What waits is tried again by itself."
    ),
    "settings_missing": Meaning(503, "This gateway has no valid settings yet. Run `sluice settings init`."),
    "internal_error": Meaning(503, "This gateway failed on the request and logged it. Send it again."),
}
"""Every slug for a failure on our side. They are 503 so that the sender tries again."""


class SluiceError(Exception):
    """Root of the family. ``slug`` says which error it is; ``str()`` of it is the slug.

    ``headers``: those of the answer, beside the usual ones.
    """

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug
        self.headers: dict[str, str] = {}


class Rejected(SluiceError):
    """The request is the caller's to mend. ``slug`` is a key of REJECTIONS."""


class Unavailable(SluiceError):
    """Something of ours does not answer. ``slug`` is a key of UNAVAILABLE."""


class BadSettings(SluiceError):
    """The settings document is invalid; ``at`` names the place and the rule, never a value."""

    def __init__(self, at: str) -> None:
        super().__init__("settings_invalid")
        self.at = at


class BadEnvelope(SluiceError):
    """A queue message is not an envelope that this version reads."""

    def __init__(self) -> None:
        super().__init__("undecodable_envelope")


def meaning(error: Rejected | Unavailable) -> Meaning:
    """The status and sentence for an error that is answered over HTTP."""
    return REJECTIONS[error.slug] if isinstance(error, Rejected) else UNAVAILABLE[error.slug]
