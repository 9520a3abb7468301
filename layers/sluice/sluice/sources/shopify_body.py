"""What the bodies of Shopify's webhooks have in common: the person, the cart's attributes, where it was, the money."""

from decimal import Decimal
from typing import Any, Final, NamedTuple

from sluice.event import ActionSource, Arrival, Signals
from sluice.match_keys.browser import fbc_from_url
from sluice.sources.orders import Line, amount, custom_data, whole
from sluice.sources.payload import at_path, filled, first, objects, text
from sluice.sources.request import Mapped
from sluice.sources.shopify_options import Options
from sluice.times import iso_seconds

_IDENTIFIERS: Final = frozenset({"em", "ph", "external_id", "fbp", "fbc"})
"""What can name a person. From an app that may not read customers' data Shopify withholds most of it."""
_SUBSCRIPTIONS: Final = ("subscription_contract", "subscription_contract_checkout_one")
"""``source_name`` of renewals; the order that begins a subscription is one of the online shop."""
_PLACE: Final = ("city", "zip", "country_code")
"""What an address holds that says where; Shopify also sends addresses of nothing but nulls."""
_LONGEST_LANDING_SITE: Final = 255
"""What shops' databases often hold. A longer address may have been cut off."""
Notes = list[tuple[str, str]]


class Webhook(NamedTuple):
    """One webhook whose body is an object; ``raw`` as it was signed."""

    topic: str
    body: dict[str, Any]
    raw: bytes
    slug: str
    options: Options
    now_seconds: int

    def __repr__(self) -> str:
        """Without the content."""
        return f"Webhook({self.topic}, {self.slug})"


def seconds(body: dict[str, Any], field: str) -> int | None:
    """The time in a field, Unix seconds."""
    return iso_seconds(text(body, field))


def notes_of(body: dict[str, Any]) -> Notes:
    """The cart attributes as (name, value), which the buyer's browser wrote."""
    pairs = [(text(note, "name"), text(note, "value")) for note in objects(body.get("note_attributes"))]
    return [(name, value) for name, value in pairs if name is not None and value is not None]


def signals(notes: Notes, checkout_token: str | None = None, ordered_at: int | None = None) -> Signals:
    """Every consent note, and the checkout by which a refusal can find the person."""
    consent = tuple(value for name, value in notes if name == "_capi_consent")
    named_by = (("checkout", checkout_token),) if checkout_token else ()
    return Signals(notes=consent, ordered_at=ordered_at, named_by=named_by)


def action_source(body: dict[str, Any], options: Options) -> ActionSource | None:
    """Where the person acted; None where the options say that nothing from there is sent.

    Of the online shop only what its browser and page are known of is a ``website`` event to Meta.
    """
    name = text(body, "source_name") or ""
    if name == "pos":
        return "physical_store"
    if name == "web":
        has_browser = text(body, "client_details", "user_agent") is not None
        return "website" if has_browser and text(body, "order_status_url") is not None else "other"
    rule = options.apps
    if name == "shopify_draft_order":
        rule = options.drafts
    elif name in _SUBSCRIPTIONS:
        rule = options.subscriptions
    return None if rule == "ignore" else rule


def user_data(body: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """The person, raw, in Meta's names, without the browser.

    The place is of one address, never two. The addressee of a parcel may be somebody else, so the customer's own name
    goes before theirs.
    """
    billing, shipping = body.get("billing_address"), body.get("shipping_address")
    own = at_path(body, "customer.default_address")
    named = (billing, body.get("customer"), shipping, own)
    address = next((each for each in (billing, shipping, own) if any(text(each, field) for field in _PLACE)), None)
    emails = (text(body, "email"), text(body, "contact_email"), text(body, "customer", "email"))
    cookies = dict(notes)
    found = {
        "em": [email for email in emails if email],
        "ph": first(
            text(body, "phone"),
            text(body, "customer", "phone"),
            text(body, "billing_address", "phone"),
            text(body, "shipping_address", "phone"),
        ),
        "fn": first(*(text(each, "first_name") for each in named)),
        "ln": first(*(text(each, "last_name") for each in named)),
        "ct": text(address, "city"),
        "st": first(text(address, "province_code"), text(address, "province")),
        "zp": text(address, "zip"),
        "country": text(address, "country_code"),
        "external_id": text(body, "customer", "id"),
        "fbp": cookies.get("_fbp"),
        "fbc": cookies.get("_fbc") or _click_of_landing(body, cookies),
    }
    return filled(found)


def _click_of_landing(body: dict[str, Any], cookies: dict[str, str]) -> str | None:
    """The click id of the landing page, if the storefront noted when that was opened: another time would be a guess."""
    landing = text(body, "landing_site") or ""
    opened_at, made_at = iso_seconds(cookies.get("_capi_landed_at")), seconds(body, "created_at")
    if opened_at is None or made_at is None or opened_at > made_at:
        return None
    return fbc_from_url(landing, opened_at, may_be_cut=len(landing) >= _LONGEST_LANDING_SITE)


def arrived(arrival: Arrival) -> Mapped:
    """The event, unless it names nobody: then Meta could match it with nobody, and nobody could take it back."""
    if arrival.event.user_data.keys().isdisjoint(_IDENTIFIERS):
        return Mapped(ignored=["no_identifiers"])
    return Mapped([arrival])


def bought(
    body: dict[str, Any], options: Options, order_id: str | None = None, *, with_amounts: bool = True
) -> dict[str, Any]:
    """What is bought: gross total and currency, and the items at the price paid for one piece, all of one currency."""
    is_buyers, value, currency = _total(body, options)
    lines = [_line(item, options, is_buyers=is_buyers) for item in objects(body.get("line_items"))]
    if not with_amounts:
        value, currency, lines = None, None, [line._replace(item_price=None) for line in lines]
    content_type = "product_group" if options.content_id == "product_id" else "product"
    return custom_data(value, currency, lines, order_id=order_id, content_type=content_type)


def _total(body: dict[str, Any], options: Options) -> tuple[bool, Decimal | None, str | None]:
    """Whether it is the buyer's money, the amount and the currency. The shop's where the buyer's is not there."""
    if options.money == "presentment":
        value = amount(at_path(body, "total_price_set.presentment_money.amount"))
        currency = text(at_path(body, "total_price_set.presentment_money.currency_code"))
        if value is not None and currency is not None:
            return True, value, currency
    return False, amount(body.get("total_price")), text(body, "currency")


def _line(item: dict[str, Any], options: Options, *, is_buyers: bool) -> Line:
    """One line item. A discount on the whole order stands in every line, as its share of it."""
    where, of_part = ("price_set.presentment_money.amount", "amount_set.presentment_money.amount")
    if not is_buyers:
        where, of_part = "price", "amount"
    price, quantity = amount(at_path(item, where)), whole(item.get("quantity"))
    if price is not None and quantity is not None and price >= 0:
        parts = objects(item.get("discount_allocations"))
        discount = sum((amount(at_path(part, of_part)) or Decimal() for part in parts), Decimal())
        price = max((price * quantity - discount) / quantity, Decimal())
    return Line(text(item, options.content_id), quantity, price)
