"""Segment's webhook destinations: calls of its ecommerce spec, single or in batches.

Segment signs the body with HMAC-SHA-1, but of a batch the first call only. A batch is therefore taken only if the
request shows a secret in a header, too.
Sources: its documentation, and the code of its Webhooks (Actions) destination.
"""

from typing import Any, Final

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import has_hmac_hex, shows_secret
from sluice.sources.deletion import deletion
from sluice.sources.ecommerce_spec import Dialect, SpecOptions, read_call
from sluice.sources.payload import text
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.sources.tracked import read_each


class Options(SpecOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a Segment source can be told, beside ``SpecOptions``.

    ``batch_header``: the header that shows one of the source's secrets when batching is on. Without it batches are
    refused.
    """

    batch_header: str | None = None


def authenticate(request: Request, check: Check) -> None:
    """Refuse what Segment did not send. Raises Rejected ``bad_signature``.

    A batch's first call is looked for only when the header already showed a secret.
    """
    signed = request.body
    if signed.lstrip()[:1] == b"[":
        header = check.options.batch_header
        if header is None or not shows_secret(request, check.secrets, header):
            raise Rejected("bad_signature")
        signed = _first_call(signed)
    if not has_hmac_hex(signed, request.headers.get("x-signature", ""), check.secrets, "sha1"):
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The events of the calls, and what the deletion of a user asks for. Raises Rejected as ``read_each``."""

    def read(call: dict[str, Any]) -> Mapped:
        if text(call, "type") != "delete":
            return read_call(call, slug, source.options, _DIALECT, now_seconds)
        if (user_id := text(call, "userId")) is None:
            raise Rejected("wrong_topic_shape")
        return deletion(user_id, text(call, "timestamp"), now_seconds)

    return read_each(request.body, read)


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _first_call(body: bytes) -> bytes:
    """The exact bytes of a batch's first call. Raises Rejected ``bad_signature`` where there is none."""
    try:
        calls = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (ValueError, RecursionError):
        raise Rejected("bad_signature") from None
    if not calls:
        raise Rejected("bad_signature")
    return bytes(calls[0])


def _message_id(call: dict[str, Any]) -> str | None:
    """What Segment's Meta pixel sends as eventID."""
    return text(call, "messageId")


def _categories(context: dict[str, Any]) -> list[str] | None:
    """``consent.categoryPreferences``: true or false by category. An empty one means that all are false."""
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(preferences, dict):
        return None
    return [category for category, answer in preferences.items() if answer is True]


_DIALECT: Final = Dialect(_message_id, _categories)
