"""Fixtures of the tests in a real Chromium."""

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from portal import assets
from tests.browser import chromium as machine
from tests.browser.served import Theme, served, visitor
from tests.browser.styleguide import make

AXE = (assets.NODE_MODULES / "axe-core/axe.min.js").read_text
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (rules) => (await axe.run(document, {runOnly: rules})).violations.map(
  (v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | '))"""

__all__ = ["Theme", "served", "visitor"]

Faults = Callable[[Page], list[str]]
Mode = tuple[int, Theme]


class Opener(Protocol):
    """Opens a page of the styleguide in a context of its own."""

    def __call__(
        self, path: str, width: int = 1440, theme: Theme = "light", *, scripts: bool = True
    ) -> Page: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of a worker; each test opens contexts of its own."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=machine.path(), args=list(machine.ARGUMENTS)
        )
        yield found
        found.close()


@pytest.fixture
def faults() -> Faults:
    """What axe has to say against the page, as short lines; [] when nothing."""

    def ask(page: Page) -> list[str]:
        page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
        page.evaluate(AXE())
        found: list[str] = page.evaluate(RUN_AXE, RULES)
        return found

    return ask


@pytest.fixture(scope="session")
def styleguide() -> Iterator[str]:
    """Address of the styleguide, with its assets built."""
    app = make()
    if not (assets.GEN / "manifest.json").exists():
        assets.build(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def complaints() -> list[str]:
    """What the consoles of the opened pages complained of."""
    return []


@pytest.fixture
def open_page(chromium: Browser, styleguide: str, complaints: list[str]) -> Iterator[Opener]:
    """Open pages as a person would, and close them after the test."""
    contexts: list[BrowserContext] = []

    def opener(
        path: str, width: int = 1440, theme: Theme = "light", *, scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(styleguide + path)
        if scripts:
            page.evaluate("document.fonts.ready")
        return page

    yield opener
    for context in contexts:
        context.close()
