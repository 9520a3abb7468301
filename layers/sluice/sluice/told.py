"""What somebody tells about a person's consent, as a door or a source's adapter hands it over to be recorded."""

from typing import Annotated, Any, Final, Literal

import msgspec

from sluice.event import Count

MAX_TEXT: Final = 256
MAX_PURPOSES: Final = 40
_Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
"""Proof is kept under each of a person's keys, so it is kept short. As long as a text of a consent token."""


class Proof(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a decision came about, as far as whoever recorded it knows (GDPR Art. 7(1), EDPB Guidelines 05/2020).

    ``method``: button, settings, api, gpc. ``cmp``, ``cmp_version``, ``consent_id``: the consent tool and its record.
    ``text_version``, ``text_sha256``, ``language``: the text that the person saw. ``domain``, ``form``: where.
    ``region``: ISO 3166. No address, no user agent, no full URL.
    """

    method: _Text | None = None
    cmp: _Text | None = None
    cmp_version: _Text | None = None
    consent_id: _Text | None = None
    explicit: bool | None = None
    purposes: Annotated[list[_Text], msgspec.Meta(max_length=MAX_PURPOSES)] | None = None
    text_version: _Text | None = None
    text_sha256: _Text | None = None
    language: _Text | None = None
    region: _Text | None = None
    domain: _Text | None = None
    form: _Text | None = None


class Told(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A decision about consent, and whose.

    ``user_data``: the person by ``em``, ``ph``, ``external_id`` or ``fbp``, raw or hashed as in an event.
    ``cmp_consent_id``, ``checkout_token``: the person by a consent tool's id or a shop's checkout. ``decision``, ``at``
    (Unix seconds): what the person decided and when; a grant needs both. ``proof``: how, where and on which text.
    """

    user_data: dict[str, Any] = {}
    cmp_consent_id: str | None = None
    checkout_token: str | None = None
    decision: Literal["grant", "deny", "withdraw"] | None = None
    at: Count | None = None
    proof: Proof = Proof()

    def __repr__(self) -> str:
        """Without anything personal."""
        return f"{type(self).__name__}(decision={self.decision!r}, at={self.at!r})"
