"""What persons, or a shop for them, ask about their data. Each request is recorded, so that nobody forgets it. Pure.

GDPR Art. 12(3) gives one month for the answer; Shopify asks for 30 days, which is never later.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

ANSWER_SECONDS: Final = 30 * 86_400
"""From the request to the day by which it must be answered."""
REMIND_SECONDS: Final = 20 * 86_400
"""From the request to the day when it is high time: a weekend and a holiday still fit in between."""
REPEATED_SECONDS: Final = 7 * 86_400
"""Longer than any system repeats a webhook: some do for hours, some for days."""

PrivacyKind = Literal["access", "erasure", "shop_erasure"]
"""A copy of what is kept of a person (Art. 15), its erasure (Art. 17), or the erasure of a whole shop's data."""


class PrivacyAsked(NamedTuple):
    """A request as a source's adapter hands it over. Nothing of it is kept as it is.

    ``user_data``: the person by ``em``, ``ph`` or ``external_id``, raw or hashed as in an event; empty for a shop.
    ``orders``: the shop's ids of orders that it is about, as in ``order_key``. ``reference``: what is the
    same when the webhook is repeated, and another for another request: the vendor's id, or a digest of the body.
    """

    kind: PrivacyKind
    reference: str
    user_data: Mapping[str, Any] = {}
    orders: Sequence[str] = ()

    def __repr__(self) -> str:
        """Without anything personal."""
        return f"PrivacyAsked({self.kind})"


class PrivacyRequest(msgspec.Struct, frozen=True):
    """A request as it is kept until it is done. Times in Unix seconds.

    ``id``: an HMAC of source, kind and reference, 16 hex digits. ``subjects``: the person's subject keys; none for a
    shop, and none when nothing in the request was readable. ``delivery_keys``: those of the orders' Purchases, which
    find an event that names the person by something else.
    """

    id: str
    kind: PrivacyKind
    source: str
    dataset: str
    site: str
    subjects: list[str]
    delivery_keys: list[str]
    received_at: int
    due_at: int

    def __repr__(self) -> str:
        """Without anything personal, and subject keys are."""
        return f"PrivacyRequest({self.id}, {self.kind}, due_at={self.due_at})"

    def is_due(self, now_seconds: int) -> bool:
        """Whether it is high time to answer it; also when it is too late."""
        return self.received_at + REMIND_SECONDS <= now_seconds

    def is_overdue(self, now_seconds: int) -> bool:
        """Whether it should have been answered before now."""
        return self.due_at < now_seconds


class PrivacyRequests(Protocol):
    """Where requests wait until somebody has done what they ask for.

    Each method raises Unavailable ``consent_store_unavailable`` rather than do or tell a part.
    """

    def add(self, request: PrivacyRequest) -> None:
        """Keep a request. One with the id of another that is open, or was received lately, changes nothing."""

    def open_requests(self) -> list[PrivacyRequest]:
        """Every request that is not done, the earliest first."""

    def finish(self, request_id: str, now_seconds: int) -> bool:
        """Note that a request is done and forget whom it was about; False when no such request is open."""
