"""What a page shows when something failed, kept for people."""

from __future__ import annotations

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import browser_errors
from extractor.models import Evidence
from extractor.registry.page_reader import PageReader

# Seconds. `screenshot()` hangs for as long as a navigation of the page is not answered.
SCREENSHOT_TIMEOUT = 10.0


def evidence_of(page: Page, reader: PageReader, *, masked: tuple[str, ...]) -> Evidence:
    """Stop what the page still loads, and take it as a person would see it, with the fields of `masked` covered."""
    reader.stop_loading()
    return Evidence(url=page.url, html=reader.html() or "", screenshot=_picture_of(page, masked))


def _picture_of(page: Page, masked: tuple[str, ...]) -> bytes | None:
    fields = [page.locator(selector) for selector in masked]
    with browser_errors():
        try:
            return page.screenshot(timeout=SCREENSHOT_TIMEOUT * 1000, mask=fields)
        except PlaywrightTimeout:
            return None
