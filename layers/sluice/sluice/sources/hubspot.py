"""HubSpot: a contact or deal that came to a stage, told by a workflow; and contacts that were deleted for privacy.

HubSpot signs method, address, body and time together. The address is the public one, as HubSpot has it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import has_hmac_sha256_base64, is_recent, shows_secret
from sluice.sources.deletion import deletion
from sluice.sources.leads import Crm, LeadOptions, to_leads
from sluice.sources.payload import json_value, moment, objects, text
from sluice.sources.request import Check, Kind, Mapped, Request, together

_CRM: Final = Crm(
    "HubSpot",
    {
        "record_id": "hs_object_id",
        "stage": "lifecyclestage",
        "stage_changed_at": "stage_changed_at",
        "lead_id": "lead_id",
        "email": "email",
        "phone": "phone",
        "first_name": "firstname",
        "last_name": "lastname",
        "city": "city",
        "state": "state",
        "postal_code": "zip",
        "country": "country",
        "external_id": "vid",
        "value": "amount",
        "currency": "deal_currency_code",
    },
)
_PRIVACY_DELETION: Final = "contact.privacyDeletion"
_PER_SECOND: Final = 1_000
"""HubSpot's times are milliseconds."""


class Options(LeadOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How a HubSpot source is read, beside what every CRM's options say.

    ``url``: the address that HubSpot calls, letter by letter, which it signs. ``api_key_header``: instead of that, the
    header in which a workflow shows one of the secrets ("API key"); then nothing is signed.
    """

    url: Annotated[str, msgspec.Meta(pattern="^https://")] | None = None
    api_key_header: Annotated[str, msgspec.Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        """Without one of them nobody could prove anything, and with both it would be unclear what proves it."""
        if (self.url is None) == (self.api_key_header is None):
            raise ValueError("url: either url or api_key_header is needed")


def authenticate(request: Request, check: Check) -> None:
    """Refuse what HubSpot did not sign within five minutes of now. Raises Rejected ``bad_signature``.

    Only version 3 of the signature counts: the older ones are plain digests, which can be continued by strangers.
    """
    options: Options = check.options
    if options.api_key_header is not None:
        known = shows_secret(request, check.secrets, options.api_key_header)
    else:
        stamp = request.headers.get("x-hubspot-request-timestamp", "")
        known = is_recent(stamp, check.now_seconds, per_second=_PER_SECOND) and has_hmac_sha256_base64(
            f"{request.method}{options.url}".encode() + request.body + stamp.encode(),
            request.headers.get("x-hubspot-signature-v3", ""),
            check.secrets,
        )
    if not known:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The event of a workflow's record, or what an app's list of changes tells of contacts that must be forgotten.

    Raises Rejected ``bad_json``, ``bad_body``.
    """
    options: Options = source.options
    body = json_value(request.body)
    if isinstance(body, list):
        return _changes(body, now_seconds)
    if not isinstance(body, dict):
        raise Rejected("bad_body")
    return to_leads([_record(body, options.fields.get("stage", _CRM.fields["stage"]))], slug, options, _CRM)


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _changes(changes: list[Any], now_seconds: int) -> Mapped:
    """The contacts that were deleted for privacy, by their ids. No other change names a person."""
    deleted = [
        deletion(contact, text(change, "occurredAt"), now_seconds)
        for change in objects(changes)
        if text(change, "subscriptionType") == _PRIVACY_DELETION and (contact := text(change, "objectId"))
    ]
    ignored = ["record_without_person"] * (len(changes) - len(deleted))
    return together([*deleted, Mapped(ignored=ignored)])


def _record(body: dict[str, Any], stage: str) -> Mapping[str, Any]:
    """The record's properties beside what stands above them, whether each is a value or an object with one.

    Where HubSpot sends a property's history, the latest entry says when the record came to its stage.
    """
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return body
    values = {name: value.get("value") if isinstance(value, dict) else value for name, value in properties.items()}
    staged = properties.get(stage)
    history = [staged, *objects(staged.get("versions"))] if isinstance(staged, dict) else []
    since = max((at for entry in history if (at := moment(text(entry, "timestamp")))), default=None)
    return {"hs_object_id": body.get("vid"), "stage_changed_at": since, **body, **values}
