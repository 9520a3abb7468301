"""The keys that an event can have in the delivery table, from what an operator knows of it. No index is needed."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from sluice.event import delivery_key, order_key
from sluice.rules.messaging import MESSAGING_EVENTS
from sluice.settings import SettingsDocument

_STANDARD_EVENTS: Final = (
    "PageView",
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Donate",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
)
"""Source: Meta's page on standard events of the pixel."""
META_EVENTS: Final = (*_STANDARD_EVENTS, *sorted(MESSAGING_EVENTS.difference(_STANDARD_EVENTS)))
"""The names that are tried when none is given."""


def event_keys(
    document: SettingsDocument,
    datasets: list[str] | None,
    names: Iterable[str],
    event_id: str | None,
    order: str | None,
) -> Iterator[str]:
    """Every delivery key that an event can have: of its id, as servers, browsers and CRMs send it, and of its order."""
    for dataset, name in product(datasets or document.datasets, names):
        slugs = [slug for slug, source in document.sources.items() if source.dataset == dataset]
        if event_id is not None:
            yield delivery_key(dataset, name, event_id)
            yield delivery_key(dataset, name, f"browser:{event_id}")
            yield from (delivery_key(dataset, name, f"lead:{slug}:{event_id}") for slug in slugs)
        if order is not None:
            yield from (delivery_key(dataset, name, order_key(slug, order)) for slug in slugs)


def not_found(days: int, *, by_order: bool, by_name: bool) -> str:
    """Why there may be no proof, and what to try."""
    tries = [
        "--event-name, if it has a name of your own" if not by_name else "another --event-name",
        "--dataset, if the dataset is no longer in the settings",
    ]
    if not by_order:
        tries.insert(
            0, "--order with the order's id, if it is the event of an order (kept under that, not its event_id)"
        )
    return (
        "There is no record of such an event. Consent or Meta's rules stopped it at the door, which leaves none; "
        f"or no sender has taken it up yet; or that was more than {days} days ago; or it is kept under another key. "
        f"Try {'; '.join(tries)}."
    )
