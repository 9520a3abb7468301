"""The code that a WooCommerce shop installs writes the visitor's choice into a cookie of the shop."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import BrowserContext, Page

from sluice.consent.note import Note, parse_note
from tests.browser.sites import Sites
from tests.browser.storefronts import woocommerce_store
from tests.samples import ROOT

PAGE = ROOT / "docs" / "sources" / "woocommerce.md"
SHOP = "https://shop.example.de/"
AT = 1_795_197_672  # 2026-11-20T18:01:12Z


@pytest.fixture(autouse=True)
def _store(sites: Sites) -> None:
    sites["shop.example.de"] = woocommerce_store()


def note_of(visitor: BrowserContext) -> Note | None:
    """The shop's cookie as PHP unquotes it, read as an order's note."""
    (value,) = [cookie["value"] for cookie in visitor.cookies(SHOP) if cookie["name"] == "_capi_consent"]
    return parse_note(unquote(value))


@pytest.mark.parametrize(("said", "state"), [("allow", "granted"), ("deny", "denied")])
def test_choice(visitor: BrowserContext, page: Page, said: str, state: str) -> None:
    """A choice in the banner is in the note at once, with its time."""
    page.goto(SHOP)
    visitor.clock.set_fixed_time("2026-11-20T18:02:00Z")
    page.evaluate("said => wp_set_consent('marketing', said)", said)
    assert note_of(visitor) == Note(state, AT + 48, "wp-consent-api")


def test_printed_after_the_plugin_s_settings() -> None:
    """The code reads a setting of the plugin, which WordPress prints with the footer's scripts, at 20."""
    (hook,) = re.findall(r"^<\?php \}(?:, ([0-9]+))? \);$", PAGE.read_text(), re.MULTILINE)
    assert int(hook or 10) > 20


def test_undecided(visitor: BrowserContext, page: Page) -> None:
    """Who was never asked is unknown, although the plugin says yes."""
    page.goto(SHOP)
    assert page.evaluate("wp_has_consent('marketing')") is True
    assert note_of(visitor) == Note("unknown", AT, "wp-consent-api")


def test_other_category(visitor: BrowserContext, page: Page) -> None:
    """A yes to statistics is none to marketing."""
    page.goto(SHOP)
    page.evaluate("wp_set_consent('statistics', 'allow')")
    assert note_of(visitor) == Note("unknown", AT, "wp-consent-api")


def test_global_privacy_control(visitor: BrowserContext, page: Page) -> None:
    """A browser that objects to sharing refuses, whatever was clicked."""
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    page.goto(SHOP)
    page.evaluate("wp_set_consent('marketing', 'allow')")
    assert note_of(visitor) == Note("denied", AT, "wp-consent-api")


def test_taken_back(visitor: BrowserContext, page: Page) -> None:
    """Consent that is taken back is denied from then on."""
    page.goto(SHOP)
    page.evaluate("wp_set_consent('marketing', 'allow')")
    visitor.clock.set_fixed_time("2026-11-20T18:02:00Z")
    page.evaluate("wp_set_consent('marketing', 'deny')")
    assert note_of(visitor) == Note("denied", AT + 48, "wp-consent-api")


def test_page_view_does_not_date_anew(visitor: BrowserContext, page: Page) -> None:
    """A later page view leaves the time of the choice."""
    page.goto(SHOP)
    page.evaluate("wp_set_consent('marketing', 'allow')")
    visitor.clock.set_fixed_time("2026-11-22T09:00:00Z")
    page.reload()
    assert note_of(visitor) == Note("granted", AT, "wp-consent-api")


def test_chosen_before_the_code_was_there(visitor: BrowserContext, page: Page) -> None:
    """A choice of unknown time gets that of the first page view that saw it."""
    visitor.add_cookies([{"name": "wp_consent_marketing", "value": "allow", "url": SHOP}])
    page.goto(SHOP)
    assert note_of(visitor) == Note("granted", AT, "wp-consent-api")
