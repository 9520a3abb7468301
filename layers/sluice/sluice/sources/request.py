"""A webhook or API request as a door sees it, and what a kind of source makes of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from sluice.event import Arrival
from sluice.privacy import PrivacyAsked
from sluice.settings import Secret, Source
from sluice.told import Told


class Request(NamedTuple):
    """One HTTP request: ``headers`` with lower-case names, ``body`` the exact bytes that arrived.

    ``client_ip``: the address that it came from. ``host``: the gateway's own, by which it was reached.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    request_id: str
    method: str = "POST"
    client_ip: str = ""
    host: str = ""

    def __repr__(self) -> str:
        """Without keys, signatures and content."""
        return f"Request({self.request_id}, {len(self.body)} bytes)"


def no_public_key(_path: str) -> None:
    """Most systems sign with a secret that both sides know."""


class Check(NamedTuple):
    """What a request must prove itself by: the source's secrets and options, and the clock (Unix seconds).

    ``public_key(path)`` is the PEM that Adobe publishes at a path, None when there is none; it raises Unavailable
    ``public_key_unavailable`` when nobody can know.
    """

    secrets: Sequence[Secret]
    options: Any
    now_seconds: int
    public_key: Callable[[str], bytes | None] = no_public_key


class Mapped(NamedTuple):
    """What an adapter made of a request.

    ``arrivals``: events it mapped. ``items``: events that the sender wrote in Meta's shape, as JSON. ``ignored``: a
    reason code of ``IGNORED`` for each thing that is neither. ``told``: decisions for the consent ledger. ``privacy``:
    what persons ask of the shop about their data.
    """

    arrivals: Sequence[Arrival] = ()
    items: Sequence[msgspec.Raw] = ()
    ignored: Sequence[str] = ()
    told: Sequence[Told] = ()
    privacy: Sequence[PrivacyAsked] = ()


def together(parts: Sequence[Mapped]) -> Mapped:
    """What was made of a request by its parts."""
    return Mapped(
        arrivals=[arrival for part in parts for arrival in part.arrivals],
        items=[item for part in parts for item in part.items],
        ignored=[reason for part in parts for reason in part.ignored],
        told=[told for part in parts for told in part.told],
        privacy=[asked for part in parts for asked in part.privacy],
    )


def no_greeting(_request: Request) -> None:
    """Most systems do not ask first whether somebody is here."""


def own_reply(_options: object) -> None:
    """Most systems read the status only."""


class Kind(NamedTuple):
    """One system that sends webhooks: the type of its options, its signature check, its mapping.

    ``authenticate(request, check)`` raises Rejected ``bad_signature`` before anything is parsed.
    ``to_arrivals(request, slug, source, now_seconds)`` maps an authenticated request; it hands over consent signals
    unjudged. ``greeting(request)`` is the answer to a request that only asks whether somebody is here, which no secret
    proves. ``reply(options)`` is what the system has to hear, JSON or XML, once its request was taken;
    with ``replies_always`` also when it could not be stored, because somebody waits for it. That request is then lost.
    """

    options: type[msgspec.Struct]
    authenticate: Callable[[Request, Check], None]
    to_arrivals: Callable[[Request, str, Source, int], Mapped]
    greeting: Callable[[Request], Mapping[str, Any] | None] = no_greeting
    reply: Callable[[Any], Mapping[str, Any] | str | None] = own_reply
    replies_always: bool = False


def bearer_token(request: Request) -> str:
    """What the Authorization header presents as a bearer token (RFC 6750); '' when it presents none."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
