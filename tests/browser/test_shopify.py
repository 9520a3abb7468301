"""The code that a Shopify shop pastes into its theme writes the visitor's choice into the cart."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from sluice.consent.note import Note, parse_note
from tests.browser.sites import Sites
from tests.browser.storefronts import ShopifyStore, code_of
from tests.fakes.rooms import IngestRoom
from tests.samples import order, order_request

SHOP = "https://shop.example.de"
VEST = f"{SHOP}/de/products/trail-vest?utm_source=facebook&email=jo.sample%40example.com"
UPDATE = "**/cart/update.js"
FBP = "fb.1.1795197600123.1098115397"
PIXEL = f"document.cookie = '_fbp={FBP};path=/'"
AT = 1_795_197_672  # 2026-11-20T18:01:12Z
GRANTED = {
    "_capi_consent": "marketing=granted;ts=2026-11-20T18:01:12.000Z;src=shopify-customer-privacy",
    "_fbp": FBP,
    "_fbc": "fb.1.1795197599001.IwAR0SampleClickIdAbC-123_xyz",
    "_capi_event_source_url": "https://shop.example.de/de/products/trail-vest",
}


@pytest.fixture
def store(sites: Sites) -> ShopifyStore:
    """A new shop at https://shop.example.de."""
    store = ShopifyStore()
    sites["shop.example.de"] = store
    return store


def known_to_meta(visitor: BrowserContext) -> None:
    """The visitor came by an advertisement, and Meta's pixel has set its cookies."""
    visitor.add_cookies([{"name": name, "value": GRANTED[name], "url": SHOP} for name in ("_fbp", "_fbc")])


def chose_before(visitor: BrowserContext, **said: object) -> None:
    """Shopify has recorded a choice on a page without the code."""
    visitor.add_init_script(f"localStorage.setItem('shopify', '{json.dumps(said)}')")


def view(page: Page) -> None:
    """Open the product's page until it has written the cart."""
    with page.expect_response(UPDATE):
        page.goto(VEST)


def choose(page: Page, **said: bool) -> None:
    """Use the banner, until the cart is written."""
    with page.expect_response(UPDATE):
        page.evaluate("said => Shopify.customerPrivacy.setTrackingConsent(said, () => {})", said)


def test_granted(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """A yes reaches the cart as the note that is read as granted, with Meta's cookies and the page's path."""
    known_to_meta(visitor)
    view(page)
    choose(page, marketing=True)
    assert store.cart == GRANTED
    assert parse_note(store.cart["_capi_consent"]) == Note("granted", AT, "shopify-customer-privacy")


def test_denied(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """A no reaches the cart as the note that is read as denied, and nothing else does."""
    known_to_meta(visitor)
    view(page)
    choose(page, marketing=False)
    assert store.cart.keys() == {"_capi_consent"}
    assert parse_note(store.cart["_capi_consent"]) == Note("denied", AT, "shopify-customer-privacy")


def test_undecided(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """Who was never asked is unknown, although Shopify calls marketing allowed."""
    known_to_meta(visitor)
    view(page)
    assert page.evaluate("Shopify.customerPrivacy.marketingAllowed()") is True
    assert store.cart.keys() == {"_capi_consent"}
    assert parse_note(store.cart["_capi_consent"]) == Note("unknown", AT, "shopify-customer-privacy")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"marketing": "yes", "sale_of_data": "yes"}, "granted"),
        ({"marketing": "yes", "sale_of_data": "no"}, "denied"),
        ({"marketing": "", "sale_of_data": "no"}, "denied"),
        ({"marketing": "", "analytics": "yes"}, "unknown"),
        ({"marketing": "true"}, "granted"),
        ({"marketing": "false"}, "denied"),
        ({"marketing": True}, "granted"),
        ({"marketing": None}, "unknown"),
        ({"marketing": "maybe"}, "unknown"),
    ],
)
def test_recorded(
    store: ShopifyStore, visitor: BrowserContext, page: Page, said: dict[str, object], state: str
) -> None:
    """Only a recorded yes is one; an opt-out of the sale of data refuses too."""
    chose_before(visitor, **said)
    view(page)
    assert store.cart["_capi_consent"].startswith(f"marketing={state};")


def test_global_privacy_control(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """A browser that objects to sharing refuses, whatever was clicked."""
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    known_to_meta(visitor)
    chose_before(visitor, marketing="yes")
    view(page)
    assert parse_note(store.cart["_capi_consent"]) == Note("denied", AT, "shopify-customer-privacy")
    assert store.cart.keys() == {"_capi_consent"}


def test_taken_back(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """Consent that is taken back empties the cookies in the cart, and the note has the time of the new choice."""
    known_to_meta(visitor)
    view(page)
    choose(page, marketing=True)
    visitor.clock.set_fixed_time("2026-11-20T18:02:00Z")
    choose(page, marketing=False)
    denied = "marketing=denied;ts=2026-11-20T18:02:00.000Z;src=shopify-customer-privacy"
    assert store.writes[-1] == {"_capi_consent": denied, "_fbp": "", "_fbc": "", "_capi_event_source_url": ""}


def test_second_thoughts(store: ShopifyStore, page: Page) -> None:
    """Of two choices in a row the later reaches the cart last, however slow the shop is."""
    view(page)

    def hold(route: Route) -> None:
        page.evaluate("Shopify.customerPrivacy.setTrackingConsent({ marketing: false }, () => {})")
        route.continue_()

    page.route(UPDATE, hold, times=1)
    with page.expect_response(lambda answer: "denied" in (answer.request.post_data or "")):
        page.evaluate("Shopify.customerPrivacy.setTrackingConsent({ marketing: true }, () => {})")
    states = [attributes["_capi_consent"].partition(";")[0] for attributes in store.writes]
    assert states == ["marketing=unknown", "marketing=granted", "marketing=denied"]


def test_page_view_does_not_date_anew(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """A later page view leaves the cart alone, and whatever is written then has the time of the choice."""
    view(page)
    choose(page, marketing=True)
    visitor.clock.set_fixed_time("2026-11-22T09:00:00Z")
    with page.expect_response("**/cart.js"):
        page.goto(VEST)
    page.evaluate("fetch('/de/cart.js').then(answer => answer.text())")  # what the code does with its own is done
    assert len(store.writes) == 2
    with page.expect_response(UPDATE):
        page.evaluate(PIXEL)
    assert store.writes[-1] == {**store.writes[-2], "_fbp": FBP}
    assert store.cart["_capi_consent"] == GRANTED["_capi_consent"]


def test_pixel_that_loads_late(store: ShopifyStore, page: Page) -> None:
    """Cookies that Meta's pixel sets after the choice reach the cart from the same page view."""
    view(page)
    choose(page, marketing=True)
    with page.expect_response(UPDATE):
        page.evaluate(PIXEL)
    assert store.cart["_fbp"] == FBP


def test_new_cart(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """The next cart gets the note with the time of the choice, too."""
    known_to_meta(visitor)
    view(page)
    choose(page, marketing=True)
    store.cart = {}
    visitor.clock.set_fixed_time("2026-11-22T09:00:00Z")
    view(page)
    assert store.cart == GRANTED


def test_chosen_before_the_code_was_there(store: ShopifyStore, visitor: BrowserContext, page: Page) -> None:
    """A choice of unknown time gets that of the first page view that saw it."""
    known_to_meta(visitor)
    chose_before(visitor, marketing="yes")
    view(page)
    assert store.writes == [GRANTED]


def test_refused_write(store: ShopifyStore, page: Page) -> None:
    """What the shop was too busy to take is written at the next page view."""
    view(page)
    store.busy = 1
    choose(page, marketing=False)
    assert store.cart["_capi_consent"].startswith("marketing=unknown;")
    view(page)
    assert store.cart["_capi_consent"].startswith("marketing=denied;")


def test_refused_write_before_a_change(store: ShopifyStore, page: Page) -> None:
    """What the shop was too busy to take is written when a cookie changes, though there is nothing else to write."""
    view(page)
    store.busy = 1
    choose(page, marketing=False)
    with page.expect_response(UPDATE):
        page.evaluate("document.cookie = 'anything=else'")
    assert store.cart["_capi_consent"].startswith("marketing=denied;")


def test_unreadable_cart(store: ShopifyStore, page: Page) -> None:
    """A cart that cannot be read is written all the same."""
    page.route("**/cart.js", lambda route: route.abort())
    view(page)
    assert store.cart["_capi_consent"].startswith("marketing=unknown;")


@pytest.mark.parametrize(("marketing", "accepted"), [(True, 1), (False, 0)])
def test_order_of_this_cart(
    store: ShopifyStore, page: Page, ingest: IngestRoom, marketing: bool, accepted: int
) -> None:
    """The order of a visitor who said yes passes the door, that of one who said no does not."""
    view(page)
    choose(page, marketing=marketing)
    notes = [{"name": name, "value": value} for name, value in store.cart.items()]
    assert ingest.webhook(order_request(order(note_attributes=notes))).body["accepted"] == accepted


def test_liquid_leaves_it_alone() -> None:
    """Shopify's template language finds nothing of its own in the code."""
    assert re.search("[{][{%]", code_of("sources/shopify.md")) is None
