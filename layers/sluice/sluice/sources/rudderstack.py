"""RudderStack's webhook destination: calls of the ecommerce spec, each in a request of its own or in an array.

RudderStack signs nothing: the request shows a secret in a header of the destination's settings.
Sources: its documentation, and the code of rudder-transformer, rudder-server and its browser library.
"""

from typing import Any, Final

from sluice.settings import Source
from sluice.sources.ecommerce_spec import Dialect, SpecOptions, read_call
from sluice.sources.payload import first, text, texts
from sluice.sources.request import Kind, Mapped, Request
from sluice.sources.tracked import authenticate, read_each


class Options(SpecOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a RudderStack source can be told, beside ``SpecOptions``.

    ``secret_header``: the header that shows one of the source's secrets; without it they are shown as bearer token or
    as the password of basic authentication.
    """

    secret_header: str | None = None


def to_arrivals(request: Request, slug: str, source: Source, now_seconds: int) -> Mapped:
    """The events of the calls. Raises Rejected as ``read_each``."""
    return read_each(request.body, lambda call: read_call(call, slug, source.options, _DIALECT, now_seconds))


KIND: Final = Kind(Options, authenticate, to_arrivals)


def _event_id(call: dict[str, Any]) -> str | None:
    """What RudderStack's Meta pixel sends as eventID, looked for in the same order."""
    return first(
        text(call, "traits", "event_id"),
        text(call, "context", "traits", "event_id"),
        text(call, "properties", "event_id"),
        text(call, "messageId"),
    )


def _categories(context: dict[str, Any]) -> list[str] | None:
    """``consentManagement``: the lists of allowed and of denied category ids, both empty before anything is known.

    Where what is denied is no list, nothing is allowed: it cannot be read.
    """
    state = context.get("consentManagement")
    if not isinstance(state, dict):
        return None
    if not isinstance(refused := state.get("deniedConsentIds", []), list | None):
        return []
    allowed, denied = texts(state.get("allowedConsentIds")), frozenset(texts(refused))
    return [category for category in allowed if category not in denied] if allowed or denied else None


_DIALECT: Final = Dialect(_event_id, _categories)
