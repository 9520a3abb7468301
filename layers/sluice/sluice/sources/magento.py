"""Adobe Commerce (Magento): orders by Adobe I/O Events, or by the webhooks that a checkout waits for.

The two have nothing in common but the order in them, so an option says which one a source is. What Commerce's webhooks
wait for is answered with success whatever becomes of the order: any other answer could stop the buyer.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import keys_of, shows_secret
from sluice.sources.magento_order import OrderOptions, purchase
from sluice.sources.payload import at_path, first, json_object, text
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.times import iso_seconds

PLACED: Final = "sales_order_place_after"
ORDER_EVENTS: Final = frozenset({PLACED, "sales_order_save_after", "sales_order_save_commit_after"})
_PLACES: Final = ("data.order", "data.data_object", "order")
"""Where a webhook's body has the order: as Commerce makes it of an observer's event, or by the hook's own fields."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{1,256}")
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Options(OrderOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a Magento source can be told.

    ``api``: what sends. ``client_id``: of the Adobe Developer Console project, with ``io_events``.
    ``secret_header``: the header that shows one of the source's secrets, with ``commerce_webhooks``; without it they
    sign, and the secrets are public keys in PEM.
    """

    api: Literal["io_events", "commerce_webhooks"]
    client_id: _Text | None = None
    secret_header: _Text | None = None

    def __post_init__(self) -> None:
        """Adobe signs for all its customers: without the client id another one's events would be taken."""
        if (self.api == "io_events") != (self.client_id is not None):
            raise ValueError("client_id: io_events needs it, commerce_webhooks have none")
        if self.api == "io_events" and self.secret_header is not None:
            raise ValueError("secret_header: only commerce_webhooks show a secret in a header")
        if not self.purchase_states or not {"canceled", "closed"}.isdisjoint(self.purchase_states):
            raise ValueError("purchase_states: one is needed, and neither canceled nor closed")


def greeting(request: Request) -> Mapping[str, Any] | None:
    """The answer to Adobe's question whether the address of a new registration is its owner's."""
    challenge = request.query.get("challenge", "")
    return {"challenge": challenge} if request.method == "GET" and _CHALLENGE.fullmatch(challenge) else None


def authenticate(request: Request, check: Check) -> None:
    """Refuse what neither Adobe nor the shop sent. Raises Rejected ``bad_signature``, Unavailable as Check says."""
    options: Options = check.options
    if options.api == "io_events":
        known = _is_adobes(request, check)
    elif options.secret_header is not None:
        known = shows_secret(request, check.secrets, options.secret_header)
    else:
        signature = request.headers.get("x-adobe-commerce-webhook-signature", "")
        signed = base64.b64encode(request.body)  # the shop signs the base64 text of the body
        known = _is_signed(signed, signature, keys_of(check.secrets))
    if not known:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The Purchase of an order, or why there is none. Raises Rejected only for Adobe I/O Events."""
    options: Options = source.options
    if options.api == "io_events":
        event = json_object(request.body)
        name = _last_part(text(event, "type"))
        if name not in ORDER_EVENTS:
            return Mapped(ignored=["unknown_topic"])
        placed_at = iso_seconds(text(event, "time")) if name == PLACED else None
        return purchase(at_path(event, "data.value"), slug, options, now_seconds, placed_at)
    try:
        body = json_object(request.body)
        name = _last_part(text(body, "eventName"))
        if name not in {"", *ORDER_EVENTS}:
            return Mapped(ignored=["unknown_topic"])
        found = [value for path in _PLACES if isinstance(value := at_path(body, path), dict)]
        placed_at = now_seconds if name == PLACED else None  # the buyer waits for this answer
        return purchase(found[0] if found else body, slug, options, now_seconds, placed_at)
    except Rejected:
        return Mapped(ignored=["unreadable_order"])


def reply(options: Options) -> Mapping[str, Any] | None:
    """What lets a checkout go on, also when the order could not be stored."""
    return {"op": "success"} if options.api == "commerce_webhooks" else None


KIND: Final = Kind(Options, authenticate, to_arrivals, greeting, reply, replies_always=True)


def _last_part(name: str | None) -> str:
    """An event's own name; ``com.adobe.commerce.observer.`` may stand before it."""
    return (name or "").rpartition(".")[2]


def _is_adobes(request: Request, check: Check) -> bool:
    """Whether one of Adobe's two keys signed the body, and for this client."""
    client_id: str = check.options.client_id
    if client_id.encode() not in request.body:  # before a key is fetched for a stranger
        return False
    for number in ("1", "2"):
        signature = request.headers.get(f"x-adobe-digital-signature-{number}", "")
        path = request.headers.get(f"x-adobe-public-key{number}-path", "")
        key = check.public_key(path) if signature and path else None
        if key is not None and _is_signed(request.body, signature, [key]):
            return _recipient(request.body) == client_id
    return False


def _is_signed(message: bytes, signature: str, keys: Iterable[bytes]) -> bool:
    from sluice.sources.rsa import has_rsa_sha256_base64  # noqa: PLC0415 - cryptography, which few sources need

    return has_rsa_sha256_base64(message, signature, keys)


def _recipient(body: bytes) -> str | None:
    """Whom Adobe sent a signed body to."""
    try:
        event = json_object(body)
    except Rejected:
        return None
    return first(text(event, "recipientclientid"), text(event, "recipient_client_id"))
