"""Standard Webhooks: Meta's own events from any server that signs as the specification says (standardwebhooks.com).

Id, time and body are signed together, so an old request is refused. Senders that run on Svix name the headers
``svix-…``. ``data`` of the body is one event in Meta's shape, or a list of them, with ``consent`` beside each.
"""

import base64
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from sluice.errors import Rejected
from sluice.settings import Secret, Source
from sluice.sources.authentication import is_hmac_of, is_recent
from sluice.sources.graph import decode_body, json_of
from sluice.sources.payload import check_number, refusing
from sluice.sources.request import Check, Kind, Mapped, Request

_MAX_SIGNATURES: Final = 8
"""A sender signs with each secret that is in force, and each signature costs a digest of the body for each of ours."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The specification leaves nothing to choose."""


class _Signed(NamedTuple):
    """What the headers say. ``webhook_id`` is the same when the sender repeats a webhook."""

    webhook_id: str
    stamp: str
    signatures: str


class _Body(msgspec.Struct):
    """The body; its ``type`` and ``timestamp`` are the sender's own and are not read."""

    data: msgspec.Raw


def authenticate(request: Request, check: Check) -> None:
    """Refuse what was not signed within five minutes of now. Raises Rejected ``bad_signature``.

    Up to eight ``v1`` signatures are tried under every secret. What is no ``v1`` signature is passed over.
    """
    signed = _headers(request)
    content = f"{signed.webhook_id}.{signed.stamp}.".encode() + request.body
    keys = [_key(secret) for secret in check.secrets]
    fits = False
    for signature in islice(_v1(signed.signatures), _MAX_SIGNATURES):
        fits |= is_hmac_of(content, signature, keys, base64.b64encode)
    if not (fits and signed.webhook_id and is_recent(signed.stamp, check.now_seconds)):
        raise Rejected("bad_signature")


def to_arrivals(request: Request, _slug: str, _source: Source, _now_seconds: int) -> Mapped:
    """The events of ``data``, each with an id.

    Raises Rejected ``bad_json``, ``bad_body``, ``no_events``, ``too_many_events``.
    """
    with refusing():
        data = decode_body(request.body, _Body).data
        is_list = bytes(data).lstrip().startswith(b"[")
        items = msgspec.json.decode(data, type=list[msgspec.Raw]) if is_list else [data]
    check_number(items)
    webhook_id = _headers(request).webhook_id
    ids = [webhook_id] if len(items) == 1 else [f"{webhook_id}:{at}" for at in range(len(items))]
    return Mapped(items=[_with_id(item, event_id) for item, event_id in zip(items, ids, strict=True)])


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _headers(request: Request) -> _Signed:
    """The headers of one family: the specification's own, or Svix's where there is no ``webhook-id``."""
    family = "webhook" if "webhook-id" in request.headers else "svix"
    given = (request.headers.get(f"{family}-{name}", "") for name in ("id", "timestamp", "signature"))
    return _Signed(*(value.encode("utf-8", "replace").decode() for value in given))  # half a surrogate pair has none


def _key(secret: Secret) -> bytes:
    """The bytes of a secret in base64, with or without ``whsec_`` and padding; none where it is not base64."""
    text = secret.reveal().strip().removeprefix("whsec_").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _v1(signatures: str) -> Iterator[str]:
    """The signatures of the scheme ``v1`` in a list of ``<scheme>,<signature>`` with spaces between."""
    for entry in signatures.split(" "):
        scheme, _, signature = entry.partition(",")
        if scheme == "v1":
            yield signature


def _with_id(item: msgspec.Raw, event_id: str) -> msgspec.Raw:
    """The event, with this id when it has none of its own. What is no JSON object stays as it is."""
    try:
        fields = msgspec.json.decode(json_of(item), type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return item
    if bytes(fields.get("event_id", b"null")).strip() not in (b"null", b'""'):
        return item
    fields["event_id"] = msgspec.Raw(msgspec.json.encode(event_id))
    return msgspec.Raw(msgspec.json.encode(fields))
