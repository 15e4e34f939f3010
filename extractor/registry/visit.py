"""A visit to the site: go to a page, act on it, and say which page one is on. Nothing here knows a flow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import Page, Response
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser import browser_errors
from extractor.errors import SiteUnavailable
from extractor.registry.page_state import Frame, PageContent, PageKind, PageState, read_page_state
from extractor.registry.site_map import SiteMap
from extractor.settings import Settings

# How often a condition of the page is looked at; Playwright's events are served meanwhile.
POLL_MILLISECONDS = 100


@dataclass(frozen=True)
class Pace:
    """Bounds of a visit in seconds."""

    between_actions: float
    page_timeout: float
    document_timeout: float

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        """The part of the settings that a visit needs."""
        return cls(
            between_actions=settings.pace_seconds,
            page_timeout=settings.page_timeout_seconds,
            document_timeout=settings.document_timeout_seconds,
        )


class Visit:
    """One browser page on the site.

    Holds no element across an action: each reload of a form destroys them (SITE.md §3).
    """

    def __init__(self, page: Page, *, base_url: str, site: SiteMap, pace: Pace) -> None:
        self.page = page
        self.site = site
        self.pace = pace
        self._base_url = base_url
        self._status: int | None = None
        self._last_action = 0.0
        page.on("response", self._note_status)

    def open(self, path: str) -> PageState:
        """Go to a page and return its state; raises SiteUnavailable when nothing answers."""
        self._keep_pace()
        with browser_errors():
            try:
                self.page.goto(self._base_url + path, timeout=self.pace.page_timeout * 1000)
            except PlaywrightError as error:
                if isinstance(error, PlaywrightTimeout) or "net::" in error.message:
                    raise SiteUnavailable(f"{path} cannot be opened: {error.message.splitlines()[0]}") from error
                raise
        return self.state()

    def act(self, action: Callable[[], None], *, timeout: float | None = None) -> None:
        """Do what makes the page navigate, and wait until the new page is there; raises PlaywrightTimeout.

        The answer may be held back for minutes (SITE.md §12.3), so the wait is for the navigation itself.
        """
        self._keep_pace()
        bound_ms = (timeout or self.pace.page_timeout) * 1000
        with (
            browser_errors(),
            self.page.expect_event("framenavigated", predicate=self._is_top, timeout=bound_ms),
        ):
            action()
        with browser_errors():
            self.page.wait_for_load_state("domcontentloaded", timeout=bound_ms)

    def state(self) -> PageState:
        """Classify the page as it is now; a page in the middle of a navigation is one that waits."""
        with browser_errors():
            content = self._content()
        return read_page_state(content, self.site) if content else PageState(PageKind.WAITING)

    def html(self) -> str:
        """The HTML of the top page."""
        with browser_errors():
            return self.page.content()

    def settle(self, *, timeout: float) -> PageState:
        """Wait while the site asks to wait; return the state that follows, WAITING when the bound passed."""
        deadline = time.monotonic() + timeout
        state = self.state()
        while state.kind is PageKind.WAITING and time.monotonic() < deadline:
            self.pause()
            state = self.state()
        return state

    def pause(self) -> None:
        """Let a moment pass between two looks at a condition."""
        with browser_errors():
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def screenshot(self) -> bytes:
        """The page as a person would see it."""
        with browser_errors():
            return self.page.screenshot(timeout=self.pace.page_timeout * 1000)

    def _content(self) -> PageContent | None:
        try:
            frames = tuple(Frame(frame.name, frame.url, frame.content()) for frame in self.page.frames)
        except PlaywrightError as error:
            if _is_between_pages(error):
                return None
            raise
        return PageContent(frames, self._status)

    def _keep_pace(self) -> None:
        remaining = self._last_action + self.pace.between_actions - time.monotonic()
        if remaining > 0:
            with browser_errors():
                self.page.wait_for_timeout(remaining * 1000)
        self._last_action = time.monotonic()

    def _is_top(self, frame: BrowserFrame) -> bool:
        return frame == self.page.main_frame

    def _note_status(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self._status = response.status


def _is_between_pages(error: PlaywrightError) -> bool:
    """Whether the page was replaced while it was read."""
    texts = (
        "navigating",
        "context was destroyed",
        "frame was detached",
        "frame got detached",
        "Cannot find context",
    )
    return any(text in error.message for text in texts)
