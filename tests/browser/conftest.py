"""A headless Chromium whose only world are the web sites of the tests.

Both end with each module: as long as Playwright runs, its event loop is the running one of this thread, and no test of
another folder could start one.
"""

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.sites import Sites, server
from tests.samples import ROOT

CHROMIUM = ROOT / ".local" / "browser"
"""A link that `make test` lays; a launcher may look at the name by which it is called, so it is followed one step."""

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
"""A visitor's, not that of a test tool."""


@pytest.fixture(scope="module")
def _listening() -> Iterator[socket.socket]:
    """Where the sites are reached; connections wait there until the server runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(scope="module")
def sites(_listening: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """``sites["shop.example.de"] = app``; then ``https://shop.example.de`` answers."""
    found = Sites()
    running = server(found, tmp_path_factory.mktemp("sites"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [_listening]})
    thread.start()
    yield found
    running.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def _chromium(_listening: socket.socket) -> Iterator[Browser]:
    """The browser. Every host leads to the sites, so that it reaches nothing else.

    What a page sends as it closes knows nothing of the settings of a visit, so certificate and name are settled here.
    """
    port = _listening.getsockname()[1]
    rules = f"--host-resolver-rules=MAP * 127.0.0.1:{port}"
    with sync_playwright() as playwright:
        args = [rules, f"--user-agent={USER_AGENT}", "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM.readlink(), args=args)
        yield browser
        browser.close()


@pytest.fixture
def visitor(_chromium: Browser, sites: Sites) -> Iterator[BrowserContext]:  # noqa: ARG001 - they must outlive a visit
    """Somebody whose browser knows no site yet; it is 2026-11-20T18:01:12Z until ``visitor.clock`` says otherwise."""
    with _chromium.new_context(ignore_https_errors=True) as visitor:
        visitor.set_default_timeout(10_000)
        visitor.clock.set_fixed_time("2026-11-20T18:01:12Z")
        yield visitor


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """The visitor's tab."""
    return visitor.new_page()
