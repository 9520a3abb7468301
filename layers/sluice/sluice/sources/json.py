"""Any JSON webhook: for systems that have no kind of their own. The source's options say where what stands in it.

The system signs the body or shows a secret. Neither proves when a request was made, so ``event_id`` is what keeps a
repeated one from counting twice.
"""

from typing import Final

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import Digest, has_hmac, shows_secret
from sluice.sources.json_mapping import Rule, check_table, to_item
from sluice.sources.payload import MAX_EVENTS, Path, at_path, json_value
from sluice.sources.request import Check, Kind, Mapped, Request


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a webhook is proved and read.

    ``event``: Meta's field, such as ``event_name`` or ``user_data.em``, to the rule that fills it. ``items``: where in
    the body the list stands of which each entry is an event; without it a body that is a list is that list, and any
    other body is one event. ``signature_header``: the header with the body's HMAC, in hexadecimal digits or base64.
    ``signature_algorithm``: its digest. ``secret_header``: for a system that does not sign, the header that shows one
    of the source's secrets; without either, ``Authorization`` does, as bearer token or as password.
    """

    event: dict[str, Rule]
    items: Path | None = None
    signature_header: str | None = None
    signature_algorithm: Digest = "sha256"
    secret_header: str | None = None

    def __post_init__(self) -> None:
        """One proof, and a table that can work."""
        if self.signature_header is not None and self.secret_header is not None:
            raise ValueError("signature_header and secret_header: one of them")
        check_table(self.event)


def authenticate(request: Request, check: Check) -> None:
    """Refuse what the system did not send. Raises Rejected ``bad_signature``."""
    options: Options = check.options
    if options.signature_header is None:
        known = shows_secret(request, check.secrets, options.secret_header)
    else:
        digest = options.signature_algorithm
        # GitHub's way, and Meta's own: the name of the digest before its digits.
        signature = request.headers.get(options.signature_header.lower(), "").removeprefix(f"{digest}=")
        known = has_hmac(request.body, signature, check.secrets, digest)
    if not known:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, _slug: str, source: Source, _now_seconds: int) -> Mapped:
    """An event for each thing of the body, whose own fields then say whether it can be sent.

    Raises Rejected ``bad_json``, ``bad_body``, ``too_many_events``.
    """
    options: Options = source.options
    found = json_value(request.body)
    if options.items:
        found = at_path(found, options.items) if isinstance(found, dict) else None
    things = found if isinstance(found, list) else [found]
    if not isinstance(found, list) and (options.items or not isinstance(found, dict)):
        raise Rejected("bad_body")
    if len(things) > MAX_EVENTS:
        raise Rejected("too_many_events")
    made = [to_item(thing if isinstance(thing, dict) else {}, options.event) for thing in things]
    items = [item for item in made if item is not None]
    return Mapped(items=items, ignored=["unknown_topic"] * (len(made) - len(items)))


KIND: Final = Kind(Options, authenticate, to_arrivals)
