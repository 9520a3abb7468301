"""Fake storefronts in which the code of the documents runs, and the visitor who is in them.

They behave as Shopify's Customer Privacy API and the plugin WP Consent API are documented to, their traps included:
``marketingAllowed`` and ``wp_has_consent`` say yes of whoever was never asked.
"""

import re
from string import Template

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.samples import ROOT

_THEME = Template("""<!doctype html><title>A shop on Shopify</title>
<script>
  const kept = () => JSON.parse(localStorage.getItem("shopify") ?? "{}");
  const customerPrivacy = {
    currentVisitorConsent: () => ({ marketing: "", analytics: "", preferences: "", sale_of_data: "", ...kept() }),
    marketingAllowed: () => kept().marketing !== "no",
    setTrackingConsent(said, done) {
      const stored = { ...kept() };
      for (const [purpose, allowed] of Object.entries(said)) stored[purpose] = allowed ? "yes" : "no";
      localStorage.setItem("shopify", JSON.stringify(stored));
      const detail = { marketingAllowed: said.marketing };
      document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail }));
      done();
    },
  };
  window.Shopify = {
    routes: { root: "/de/" },
    loadFeatures: (features, done) => setTimeout(() => { window.Shopify.customerPrivacy = customerPrivacy; done(); }),
  };
</script>
$code""")

_WORDPRESS = Template("""<!doctype html><title>A shop on WooCommerce</title>
<script>
  const consent_api = window.consent_api = { cookie_prefix: "wp_consent" };
  const kept = (category) => document.cookie.match("wp_consent_" + category + "=([a-z]+)")?.[1];
  const wp_has_consent = (category) => kept(category) !== "deny";
  function wp_set_consent(category, value) {
    const previous = kept(category);
    document.cookie = "wp_consent_" + category + "=" + value + ";secure;path=/";
    if (previous === value) return;
    document.dispatchEvent(new CustomEvent("wp_listen_for_consent_change", { detail: { [category]: value } }));
  }
</script>
$code""")


def code_of(page: str) -> str:
    """The script that a page of ``docs`` tells to paste, with its tags."""
    (script,) = re.findall(r"(?ms)^<script>\n.*?^</script>\n", (ROOT / "docs" / page).read_text())
    return str(script)


class ShopifyStore(Starlette):
    """A Shopify shop with the code of the documents in its theme and one cart.

    ``cart``: its attributes. ``writes``: what each ``/cart/update.js`` was sent. ``busy``: how many it refuses next.
    """

    def __init__(self) -> None:
        self.cart: dict[str, str] = {}
        self.writes: list[dict[str, str]] = []
        self.busy = 0
        routes = [
            Route("/de/products/trail-vest", self._page),
            Route("/de/cart.js", self._cart),
            Route("/de/cart/update.js", self._update, methods=["POST"]),
        ]
        super().__init__(routes=routes)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse(_THEME.substitute(code=code_of("sources/shopify.md")))

    async def _cart(self, _request: Request) -> Response:
        return JSONResponse({"attributes": self.cart})

    async def _update(self, request: Request) -> Response:
        attributes = (await request.json())["attributes"]
        self.writes.append(attributes)
        if self.busy:
            self.busy -= 1
            return Response(status_code=429)
        self.cart = {name: value for name, value in {**self.cart, **attributes}.items() if value}
        return await self._cart(request)


def woocommerce_store() -> Starlette:
    """A WooCommerce shop with the code of the documents in its footer."""

    async def page(_request: Request) -> Response:
        return HTMLResponse(_WORDPRESS.substitute(code=code_of("sources/woocommerce.md")))

    return Starlette(routes=[Route("/", page)])


def reporting_shop(gateway: str, dataset: str) -> Starlette:
    """A shop with the code of the documents on its pages, which report to ``https://<gateway>``."""
    door = f"https://{gateway}/collect/{dataset}"
    code = re.sub(r'(?<=const door = )"[^"]*"', f'"{door}"', code_of("sources/browser.md"))

    async def page(_request: Request) -> Response:
        return HTMLResponse(f"<!doctype html><title>A shop</title>\n{code}")

    async def other(_request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>A page without the code</title>")

    return Starlette(routes=[Route("/vests", page), Route("/", other)])
