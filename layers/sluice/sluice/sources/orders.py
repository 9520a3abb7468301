"""What every shop's orders have in common: amounts, lines, and how late a pixel's double would still be seen. Pure."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, NamedTuple

PIXEL_WINDOW_SECONDS: Final = 47 * 3600
"""Meta drops a second event of the same id for 48 h after the first; one hour is left for the way there."""
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST_AMOUNT: Final = Decimal(10) ** 15
_LARGEST_QUANTITY: Final = 10**9
"""Of one line. The sum of all lines stays below 2**53, which is the most that JSON readers agree on."""


class Line(NamedTuple):
    """One line of an order: the catalogue's id, pieces, and the price paid for one of them. As the shop wrote them."""

    content_id: str | None
    quantity: object
    item_price: Decimal | None = None


def amount(value: object) -> Decimal | None:
    """A decimal text or a JSON number, exactly; None for anything else and for what is no sane price."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        text = str(value)
    except ValueError:  # Python prints no integer of more than 4300 digits
        return None
    found = Decimal(text) if _AMOUNT.fullmatch(text) else None
    return found if found is not None and abs(found) < _LARGEST_AMOUNT else None


def number(value: Decimal | None) -> float | None:
    """The JSON number of an amount, at most four decimals (no currency has more)."""
    return None if value is None else float(round(value, 4))


def custom_data(
    value: Decimal | None,
    currency: str | None,
    lines: Iterable[Line],
    *,
    order_id: str | None = None,
    content_type: str = "product",
) -> dict[str, Any]:
    """What was bought, in Meta's names. Lines without a catalogue id (tips, fees) or a sane quantity are left out."""
    contents = [content for line in lines if (content := _content(line))]
    found: dict[str, Any] = {"value": number(value), "currency": (currency or "").upper() or None, "order_id": order_id}
    if contents:
        found["content_type"] = content_type
        found["content_ids"] = [content["id"] for content in contents]
        found["contents"] = contents
        found["num_items"] = sum(content["quantity"] for content in contents)
    return {name: value for name, value in found.items() if value is not None}


def _content(line: Line) -> dict[str, Any] | None:
    quantity = whole(line.quantity)
    if line.content_id is None or not line.content_id.strip() or quantity is None:
        return None
    content: dict[str, Any] = {"id": line.content_id, "quantity": quantity}
    if line.item_price is not None and line.item_price >= 0:
        content["item_price"] = number(line.item_price)
    return content


def whole(value: object) -> int | None:
    """A quantity: a positive whole number, also as text or with zeros after its point; None for anything else."""
    found = amount(value)
    if found is None or found != found.to_integral_value() or not 0 < found <= _LARGEST_QUANTITY:
        return None
    return int(found)
