"""A page as it is at this moment: its content for the page state, its evidence for people.

`content()`, `evaluate()` and `screenshot()` of Playwright hang for as long as a navigation of their frame is not
answered, and the first two have no time-out. So this module reads through a locator, which has one.
"""

from __future__ import annotations

import json
from typing import cast

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import browser_errors
from extractor.models import Evidence
from extractor.registry.page import Frame, PageContent

# Seconds. A reading takes milliseconds, except where a navigation is under way.
READING_TIMEOUT = 2.0
SCREENSHOT_TIMEOUT = 10.0
# What Playwright says when a page was replaced while it was read.
_BETWEEN_PAGES = (
    "navigating",
    "context was destroyed",
    "frame was detached",
    "frame got detached",
    "cannot find context",
)

_LINKS = """(html, selector) => JSON.stringify([...html.querySelectorAll(selector)].map(
    link => [typeof link.href === "string" ? link.href : "", link.checkVisibility({visibilityProperty: true})]
))"""


# Nothing while the frame's HTML is incomplete; it stays so when the line was cut before its end.
_WHOLE_HTML = """html => html.ownerDocument.readyState === "loading" ? "" : `<html>${html.innerHTML}</html>`"""


def content_of(page: Page, *, status: int | None) -> PageContent | None:
    """Read the page with its frames; None until it has come whole. A frame that is still to come is empty.

    Half a page may read like another page: a mark that decides may still be to come.
    """
    frames = page.frames
    top = _read(page.main_frame, _WHOLE_HTML)
    if not top:
        return None
    inner = [html_of(frame) for frame in frames[1:]]
    # A top page that was replaced meanwhile would appear without its frames.
    if page.frames != frames:
        return None
    contents = (Frame(frame.name, frame.url, html or "") for frame, html in zip(frames, (top, *inner), strict=True))
    return PageContent(tuple(contents), status)


def html_of(frame: BrowserFrame) -> str | None:
    """Read the HTML of one frame; None while it is being replaced."""
    return _read(frame, "html => `<html>${html.innerHTML}</html>`")


def links_of(frame: BrowserFrame, selector: str) -> list[tuple[str, bool]]:
    """The address of each link that a selector finds, as the browser resolves it, and whether the link can be seen.

    Empty while the frame is being replaced. An address is what the page wrote where the browser makes none of it.
    """
    found = _read(frame, _LINKS, selector)
    return [(address, is_visible) for address, is_visible in json.loads(found)] if found else []


def _read(frame: BrowserFrame, script: str, argument: str = "") -> str | None:
    """What a script says of the frame's html element; None while the frame is being replaced."""
    with browser_errors():
        try:
            return cast("str", frame.locator("html").evaluate(script, argument, timeout=READING_TIMEOUT * 1000))
        except PlaywrightTimeout:
            return None
        except PlaywrightError as error:
            if any(text in error.message.casefold() for text in _BETWEEN_PAGES):
                return None
            raise


def stop_loading(page: Page) -> None:
    """Let the page wait for nothing more: other calls of Playwright hang as long as an answer is held back."""
    with browser_errors():
        page.context.new_cdp_session(page).send("Page.stopLoading")


def evidence_of(page: Page, *, masked: tuple[str, ...]) -> Evidence:
    """Stop what the page still loads, and take it as a person would see it, with the fields of `masked` covered."""
    stop_loading(page)
    return Evidence(url=page.url, html=html_of(page.main_frame) or "", screenshot=_picture_of(page, masked))


def _picture_of(page: Page, masked: tuple[str, ...]) -> bytes | None:
    fields = [page.locator(selector) for selector in masked]
    with browser_errors():
        try:
            return page.screenshot(timeout=SCREENSHOT_TIMEOUT * 1000, mask=fields)
        except PlaywrightTimeout:
            return None
