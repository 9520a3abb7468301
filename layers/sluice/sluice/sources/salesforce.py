"""Salesforce: a lead or opportunity that came to a stage, by outbound message (SOAP) or by a flow's callout (JSON).

Neither is signed. An outbound message can only show a secret in its address, a flow one in a header.
"""

from typing import Annotated, Final, Literal, get_args

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import is_one_of, shows_secret
from sluice.sources.leads import Crm, Field, LeadOptions, to_leads
from sluice.sources.payload import json_object
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.sources.salesforce_soap import ACK, read_message

_ID_CHARACTERS: Final = 15
"""What identifies an organization; Salesforce's longer ids have three more, which repeat the case of these."""
_OUTBOUND: Final = Crm(
    "Salesforce",
    {
        "record_id": "Id",
        "stage": "Status",
        "stage_changed_at": "LastModifiedDate",
        "lead_id": "Meta_Lead_Id__c",
        "email": "Email",
        "phone": "Phone",
        "first_name": "FirstName",
        "last_name": "LastName",
        "city": "City",
        "state": "State",
        "postal_code": "PostalCode",
        "country": "Country",
        "value": "Amount",
        "currency": "CurrencyIsoCode",
    },
)
_FLOW: Final = Crm("Salesforce", {field: field for field in get_args(Field)})


class Options(LeadOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How a Salesforce source is read, beside what every CRM's options say.

    ``sends``: ``outbound_message`` shows a secret as ``key`` in the address, ``flow`` in ``secret_header``;
    without one it is shown as bearer token or as the password of basic authentication. ``organization_ids``: whose
    outbound messages count; a sandbox that was copied from production sends them too.
    """

    sends: Literal["outbound_message", "flow"]
    secret_header: str | None = None
    organization_ids: tuple[Annotated[str, msgspec.Meta(pattern="^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$")], ...] = ()


def authenticate(request: Request, check: Check) -> None:
    """Refuse who does not show one of the secrets. Raises Rejected ``bad_signature``."""
    options: Options = check.options
    if options.sends == "flow":
        known = shows_secret(request, check.secrets, options.secret_header)
    else:
        known = is_one_of(request.query.get("key", ""), check.secrets)
    if not known:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, _now_seconds: int) -> Mapped:
    """An event for each record of the message or for the one of the flow, or why there is none.

    Raises Rejected ``bad_json`` and ``bad_body`` for a flow, ``bad_xml`` and ``wrong_topic_shape`` for a message.
    """
    options: Options = source.options
    if options.sends == "flow":
        return to_leads([json_object(request.body)], slug, options, _FLOW)
    message = read_message(request.body)
    known = {organization_id[:_ID_CHARACTERS] for organization_id in options.organization_ids}
    if known and message.organization_id[:_ID_CHARACTERS] not in known:
        return Mapped(ignored=["other_organization"])
    return to_leads(message.records, slug, options, _OUTBOUND)


def reply(options: Options) -> str | None:
    """What an outbound message waits for; a flow reads the gateway's own answer."""
    return ACK if options.sends == "outbound_message" else None


KIND: Final = Kind(Options, authenticate, to_arrivals, reply=reply)
