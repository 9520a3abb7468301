"""Signed consent tokens: a person's decision, signed by whoever asked them, for one dataset and one person.

Form: ``v1.<payload>.<mac>``, payload and mac in URL-safe base64 without padding. The payload is a JSON object of the
claims below, the mac the HMAC-SHA-256 of ``v1.<payload>`` under the dataset's consent key that ``kid`` names.
The algorithm is fixed, never read from the token (RFC 8725, 3.1).
"""

import base64
import hmac
from collections.abc import Collection, Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from sluice.consent.malformed import Malformed
from sluice.settings import Secret

MAX_CHARACTERS: Final = 2_048
LEEWAY_SECONDS: Final = 60
"""How far the clocks of issuer and gateway may be apart."""
MAX_LIFE_SECONDS: Final = 400 * 86_400
"""The longest time between ``iat`` and ``exp``: browsers keep no cookie longer, and policies no consent."""
META_CAPI: Final = "meta_capi"
"""The purpose that stands for all of the policy's required purposes."""
_PREFIX: Final = "v1."
_Seconds = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Text = Annotated[str, msgspec.Meta(max_length=256)]


class Claims(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a token says. Times in Unix seconds.

    ``kid``: the consent key. ``aud``: the dataset. ``sub``: subject keys, one or several, of the person. ``dec``: the
    decision. ``dts``: when the person made it. ``pur``: ids of purposes, or ``meta_capi`` for all that the policy asks
    for. ``iat``, ``exp``, ``jti``: issued, ends, unique id. ``iss``, ``jur``, ``src``, ``cid``, ``txt``: issuer,
    region, consent tool, its consent id, version of the text; for the record. A grant counts from ``iat`` to ``exp``,
    which are at most 400 days apart; a refusal counts for ever.
    """

    v: Literal[1]
    kid: _Text
    aud: _Text
    sub: Annotated[list[_Text], msgspec.Meta(min_length=1, max_length=20)] | _Text
    dec: Literal["grant", "deny"]
    dts: _Seconds
    iat: _Seconds
    exp: _Seconds
    jti: _Text
    pur: tuple[int | _Text, ...] = (META_CAPI,)
    iss: _Text | None = None
    jur: _Text | None = None
    src: _Text | None = None
    cid: _Text | None = None
    txt: _Text | None = None

    @property
    def subjects(self) -> list[str]:
        """The subject keys as a list."""
        return [self.sub] if isinstance(self.sub, str) else self.sub


class _Head(msgspec.Struct):
    kid: str


class Expected(NamedTuple):
    """What a token is checked against. ``subjects``: None when nothing identifies the person yet."""

    dataset: str
    subjects: Collection[str] | None
    required_purposes: Collection[int]
    now_seconds: int


_CLAIMS: Final = msgspec.json.Decoder(Claims)
_HEAD: Final = msgspec.json.Decoder(_Head)


def mint(claims: Claims, key: Secret) -> str:
    """The token for these claims."""
    signed = _PREFIX + _text(msgspec.json.encode(claims))
    return f"{signed}.{_mac(signed, key)}"


def verify(token: str, keys: Mapping[str, Secret], expected: Expected) -> Claims | Malformed:
    """The claims of a token that is genuine, in force, and about this dataset and person; else why it is not.

    A refusal needs not be in force: that its token ended makes it no consent.

    Total. Codes: ``token_malformed``, ``token_bad_mac`` (also for a key that is not the dataset's), ``token_expired``,
    ``token_wrong_pixel``, ``token_wrong_subject``, ``token_purpose_missing``. The age of the decision is the caller's
    to judge.
    """
    claims = read(token, keys)
    if isinstance(claims, Malformed):
        return claims
    if claims.aud != expected.dataset:
        return Malformed("token_wrong_pixel")
    if claims.dec == "grant" and not _is_in_force(claims, expected.now_seconds):
        return Malformed("token_expired")
    if claims.dec == "grant" and META_CAPI not in claims.pur and not set(expected.required_purposes) <= set(claims.pur):
        return Malformed("token_purpose_missing")
    if expected.subjects is not None and not any(subject in expected.subjects for subject in claims.subjects):
        return Malformed("token_wrong_subject")
    return claims


def _is_in_force(claims: Claims, now_seconds: int) -> bool:
    """Whether a token has been issued, has not ended, and was not made to last for longer than one may."""
    is_short = claims.exp - claims.iat <= MAX_LIFE_SECONDS
    return is_short and claims.iat - LEEWAY_SECONDS <= now_seconds < claims.exp + LEEWAY_SECONDS


def read(token: str, keys: Mapping[str, Secret]) -> Claims | Malformed:
    """The claims of a token that one of the keys signed, in force or not; nothing of it is trusted before the mac."""
    if len(token) > MAX_CHARACTERS or not token.startswith(_PREFIX) or not token.isascii():
        return Malformed("token_malformed")
    signed, _, mac = token.rpartition(".")
    text = signed[len(_PREFIX) :]
    try:
        payload = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = keys.get(_HEAD.decode(payload).kid)
    except (ValueError, RecursionError):
        return Malformed("token_malformed")
    if key is None or not key.reveal() or not hmac.compare_digest(mac, _mac(signed, key)):
        return Malformed("token_bad_mac")
    try:
        return _CLAIMS.decode(payload)
    except (ValueError, RecursionError):
        return Malformed("token_malformed")


def _mac(signed: str, key: Secret) -> str:
    return _text(hmac.digest(key.reveal().encode(), signed.encode(), "sha256"))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
