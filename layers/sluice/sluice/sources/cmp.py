"""Consent tools' webhooks: what a person decided there, for the consent ledger.

Every tool has a body of its own, so the source's options say where in it the decision, its time and the person stand,
and which words mean what. A decision that comes twice, or late, changes nothing: the ledger goes by its time.
A name of the person that cannot be read is left out, counted and logged as field and reason: refused, the tool would
send the same again and again, and nothing would be recorded. A text that is too long for a proof is left out, too. Only
a body that names nobody readable is refused.
"""

from typing import Annotated, Final

import msgspec

from sluice.errors import Rejected
from sluice.settings import Source
from sluice.sources.authentication import has_hmac, shows_secret
from sluice.sources.payload import Path, at_path, json_object, moment, word
from sluice.sources.request import Check, Kind, Mapped, Request
from sluice.told import MAX_TEXT, Told

_IDENTIFIERS: Final = ("em", "ph", "external_id", "fbp")
_Words = tuple[Annotated[str, msgspec.Meta(min_length=1)], ...]


class Fields(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where things stand in the body: names of nested objects with dots between them, such as ``user.email``.

    ``decision``: one of the words. ``at``: when the person decided, in ISO 8601 with an offset, in Unix seconds or in
    milliseconds. ``em``, ``ph``, ``external_id``, ``fbp``: the person, raw or hashed. ``cmp_consent_id``: the tool's
    own id of the person's choice, which its cookie holds too. ``text_version``: of the text that the person saw.
    """

    decision: Path
    at: Path
    em: Path | None = None
    ph: Path | None = None
    external_id: Path | None = None
    fbp: Path | None = None
    cmp_consent_id: Path | None = None
    text_version: Path | None = None


class Words(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the tool calls each decision, letter by letter; ``true`` and ``false`` are words too."""

    grant: _Words = ()
    deny: _Words = ()
    withdraw: _Words = ()


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a consent tool's webhook is read.

    ``signature_header``: the header with the HMAC-SHA-256 of the body, in hex or base64. Without it the tool shows one
    of the source's secrets as bearer token.
    """

    fields: Fields
    words: Words
    signature_header: str | None = None

    def __post_init__(self) -> None:
        """A tool whose refusals nobody understands must not record grants; and each word means one thing."""
        if not self.words.deny and not self.words.withdraw:
            raise ValueError("words: deny or withdraw needs a word")
        every = [*self.words.grant, *self.words.deny, *self.words.withdraw]
        if len(set(every)) < len(every):
            raise ValueError("words: each word stands once")
        if not any(getattr(self.fields, name) for name in (*_IDENTIFIERS, "cmp_consent_id")):
            raise ValueError("fields: one of em, ph, external_id, fbp and cmp_consent_id is needed")


def authenticate(request: Request, check: Check) -> None:
    """Refuse what the consent tool did not send. Raises Rejected ``bad_signature``."""
    name = check.options.signature_header
    if name is None:
        known = shows_secret(request, check.secrets)
    else:
        known = has_hmac(request.body, request.headers.get(name.lower(), ""), check.secrets)
    if not known:
        raise Rejected("bad_signature")


def to_arrivals(request: Request, _slug: str, source: Source, _now_seconds: int) -> Mapped:
    """The decision that the webhook tells, or why it tells none. No event comes of it.

    Raises Rejected ``bad_json``, ``bad_body``.
    """
    options: Options = source.options
    body = json_object(request.body)
    given = {name: at_path(body, getattr(options.fields, name)) for name in Fields.__struct_fields__}
    found = {name: word(value) for name, value in given.items()}
    words = msgspec.structs.asdict(options.words)
    decision = next((name for name, meant in words.items() if found["decision"] in meant), None)
    if decision is None:
        return Mapped(ignored=["unknown_decision"])
    proof = {"consent_id": found["cmp_consent_id"], "text_version": found["text_version"]}
    told = {
        "decision": decision,
        "at": moment(found["at"]),
        "user_data": {name: given[name] for name in _IDENTIFIERS if given[name] not in (None, "")},
        "cmp_consent_id": found["cmp_consent_id"],
        "proof": {name: value for name, value in proof.items() if value and len(value) <= MAX_TEXT},
    }
    try:
        return Mapped(told=[msgspec.convert(told, Told)])
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None


KIND: Final = Kind(Options, authenticate, to_arrivals)
