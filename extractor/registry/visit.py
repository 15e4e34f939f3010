"""A visit to the site: go to a page, act on it, and say which page shows. It knows no flow."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, repeat
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import Page, Route
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractor.browser.chromium import browser_errors
from extractor.errors import SiteChanged, SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.registry.navigation import Navigation, Navigations
from extractor.registry.page import PageContent, PageKind, PageState
from extractor.registry.page_reader import PageReader
from extractor.registry.page_state import read_page_state
from extractor.registry.received_files import ReceivedFile, ReceivedFiles
from extractor.registry.single_post import allow_forms
from extractor.registry.site_map import SiteMap
from extractor.settings import Settings

# Seconds between two looks at a page that asks to wait: most pages are whole a moment after they began to come, and
# their frames in the next second. Later looks are rare, since each reads all frames of the page …
FIRST_LOOKS = (0.005, 0.01) + 25 * (0.02,) + 12 * (0.04,)
LOOK = 0.2
# … and between two glances at what Playwright's events brought meanwhile, which cost little: less in the first second.
FIRST_GLANCES = 200 * (0.005,)
GLANCE = 0.02
# Seconds. A page that only leads on to another by script is unknown until it has done so.
PATIENCE_WITH_UNKNOWN = 2.0
# Seconds. A select's onchange that does not begin to reload the page in this time does something else.
RELOAD_START = 2.0
# What a PDF begins with that a browser shows as a page, and where in its HTML.
_PDF_AS_TEXT, _START_OF_PAGE = "%PDF-", 1500
# What a page has that may show something else by itself; of the `meta` only a refresh.
_MOVERS = "script, iframe, frame, meta[http-equiv]"
# Playwright's words for an address that shows no page; the page that was there may lead elsewhere at this moment.
_NO_PAGE = ("net::", "Download is starting", "interrupted by another navigation")


def looks() -> Iterator[float]:
    """The pauses between the looks at one page, in seconds."""
    return chain(FIRST_LOOKS, repeat(LOOK))


def glances() -> Iterator[float]:
    """The pauses between the glances at one thing that is to come, in seconds."""
    return chain(FIRST_GLANCES, repeat(GLANCE))


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


class _StaysHere(Exception):
    """The action did not make the page navigate."""


class Visit:
    """One browser page on the site.

    Holds no element across an action: each reload of a form destroys them (docs/site.md#index-form). Only `press`
    lets Playwright's TimeoutError out: its caller knows what a press without an answer means.
    """

    def __init__(self, page: Page, *, base_url: str, site: SiteMap, pace: Pace) -> None:
        self.page = page
        self.site = site
        self.pace = pace
        self.base_url = base_url
        self.reader = PageReader(page)
        self._readers: dict[Page, PageReader] = {}  # of other windows
        self._navigations = Navigations(page)
        self._files = ReceivedFiles(page)
        self._last_action = 0.0
        self.form_movers: frozenset[str] = frozenset()
        """The movers of the site's own forms, as far as they were seen."""

    @property
    def navigation(self) -> Navigation:
        """How the page came to show what it shows."""
        return self._navigations.last

    def open(self, address: str, *, timeout: float | None = None) -> PageState:
        """Go to a path of the site, or a whole URL, and return its state; raises SiteUnavailable."""
        seconds = self.pace.page_timeout if timeout is None else timeout
        self.go(self.base_url + address if address.startswith("/") else address, timeout=seconds)
        return self.settle(timeout=seconds)

    def show(self, url: str, html: bytes, charset: str) -> None:
        """Show a page of this program's own at an address of the site, without a request; raises SiteUnavailable.

        No action on the site, so it keeps no pace: the press on this page does.
        """

        def answer(route: Route) -> None:
            if route.request.is_navigation_request() and route.request.url == url:
                route.fulfill(status=200, content_type=f"text/html; charset={charset}", body=html)
            else:
                route.abort("aborted")  # the page that goes away asks for nothing more

        with browser_errors():
            self.page.route("**/*", answer)
            try:
                self._go(url, timeout=self.pace.page_timeout)
            finally:
                self.page.unroute("**/*", answer)

    def load_again(self, *, timeout: float) -> None:
        """Ask for what the page shows by its address, with a GET whatever brought it here; raises SiteUnavailable."""
        self.go(self.navigation.url or self.page.url, timeout=timeout)

    def aim(self, button: str) -> None:
        """Prove that a button can be pressed, without pressing it; raises SiteChanged."""
        if self.reader.can_be_pressed(button):
            return
        with browser_errors():
            try:
                self.page.locator(button).first.click(trial=True, timeout=self.pace.page_timeout * 1000)
            except PlaywrightTimeout as timeout:
                raise SiteChanged(
                    Sentence("{button} cannot be pressed: it is absent, hidden or covered.", button=button)
                ) from timeout

    @property
    def user_agent(self) -> str:
        """How the browser names itself."""
        return self._navigations.user_agent

    @property
    def navigations(self) -> int:
        """How many navigations have begun, those of the page's own scripts among them."""
        return self._navigations.started

    @property
    def is_under_way(self) -> bool:
        """Whether the browser waits for an answer that its page asked for; it may be held back for minutes."""
        return self._navigations.is_under_way

    @property
    def pages(self) -> int:
        """How many pages came, those of the page's own scripts among them."""
        return self._navigations.pages

    @property
    def received(self) -> ReceivedFile | None:
        """The PDF that came to the browser since the last press, as far as `receive` has looked."""
        return self._files.pdf

    def went_beyond(self, paths: Collection[str]) -> bool:
        """Whether an address that has none of these paths has answered since the last press."""
        return any(urlsplit(url).path not in paths for url in self._navigations.visited)

    def allow_forms(self) -> None:
        """The page of the last press is left for good: what it posted may be posted again, by another press."""
        with browser_errors():
            allow_forms(self.page.context)

    def note_form(self) -> None:
        """The page is a form of the site: what moves on it moves on any answer that shows a form again."""
        self.form_movers |= self.movers()

    def has_frame(self, name: str) -> bool:
        """Whether a frame of the page has this name, in whatever letters."""
        return any(frame.name.casefold() == name.casefold() for frame in self.page.frames)

    @property
    def shown_pdf_address(self) -> str | None:
        """Where the PDF is that the page shows itself, in the browser's viewer or as text; None while it shows none."""
        shown = self._navigations.shown
        if shown.method != "GET" or not shown.url.startswith("http"):
            return None
        is_pdf = shown.is_pdf or _PDF_AS_TEXT in (self.reader.html() or "")[:_START_OF_PAGE]
        return shown.url if is_pdf else None

    def receive(self, *, seconds: float) -> bool:
        """Whether a PDF came instead of a page, or beside it; one that is still coming is waited for."""
        with browser_errors():
            return self._files.take(self.pause, seconds=seconds)

    def forget_earlier(self) -> None:
        """Files and windows that are there now belong to an earlier row, or to no demand at all."""
        with browser_errors():
            for window in self._windows():
                window.close()
        self._readers.clear()
        self._files.forget()
        self._navigations.visited.clear()

    def join_window(self) -> None:
        """Show what another window shows of a document, and close that window; raises SiteUnavailable.

        A window that shows anything else, a survey or a help page, is left alone.
        """
        with browser_errors():
            for window in self._windows():
                content = self._reader_of(window).content(status=None)
                if content and read_page_state(content, self.site).kind in (PageKind.DOCUMENT, PageKind.WAITING):
                    address = window.url
                    window.close()
                    self.go(address, timeout=self.pace.page_timeout)
                    return

    def _reader_of(self, window: Page) -> PageReader:
        """One per window, however often it is looked at."""
        if window not in self._readers:
            self._readers[window] = PageReader(window)
        return self._readers[window]

    def _windows(self) -> list[Page]:
        return [window for window in self.page.context.pages if window != self.page]

    def press(self, button: str, *, timeout: float) -> None:
        """Press what makes the page navigate and wait until the new page begins to come; raises PlaywrightTimeout.

        The answer may be held back for minutes (docs/site.md#waiting), so the wait is for the navigation itself. Not
        for its end: a page whose line is cut never finishes loading. `state` says when it is whole.
        """
        self._navigate(lambda: self.page.locator(button).first.click(no_wait_after=True), timeout=timeout)

    def select(self, selector: str, value: str, *, reloads: bool) -> PageState:
        """Choose an option; `reloads` says that the page may reload for it. Returns the state that follows."""

        def choose() -> None:
            started = self._navigations.started
            self.page.locator(selector).select_option(value=value, no_wait_after=True)
            deadline, pauses = time.monotonic() + (RELOAD_START if reloads else 0), glances()
            while self._navigations.started == started:
                if time.monotonic() >= deadline:
                    raise _StaysHere
                self.pause(next(pauses))

        with self._answers(), suppress(_StaysHere):
            self._navigate(choose, timeout=self.pace.page_timeout)
        return self.settle(timeout=self.pace.page_timeout)

    def type(self, selector: str, text: str) -> None:
        with self._answers():
            self.page.locator(selector).fill(text)

    def value(self, selector: str) -> str:
        """What a field or a select holds now."""
        with self._answers():
            return self.page.locator(selector).input_value()

    def check(self, radios: str, position: int) -> None:
        with self._answers():
            self.page.locator(radios).nth(position).check()

    def state(self) -> PageState:
        """Classify the page as it is now: one that still comes is one that waits, one that cannot is UNAVAILABLE."""
        if failure := self.navigation.failure:
            return PageState(PageKind.UNAVAILABLE, detail=failure)
        content = self.content()
        return read_page_state(content, self.site) if content else PageState(PageKind.WAITING)

    def settle(self, *, timeout: float) -> PageState:
        """Wait while the site asks to wait; return the state that follows, WAITING when the bound passed."""
        now = time.monotonic()
        deadline, unknown_until = now + timeout, now + PATIENCE_WITH_UNKNOWN
        state, pauses = self.state(), looks()
        while state.kind in (PageKind.WAITING, PageKind.UNKNOWN) and time.monotonic() < deadline:
            if state.kind is PageKind.WAITING:
                unknown_until = time.monotonic() + PATIENCE_WITH_UNKNOWN
            elif time.monotonic() > unknown_until:
                break
            self.pause(next(pauses))
            state = self.state()
        return state

    def pause(self, seconds: float) -> None:
        """Let a moment pass between two looks at a condition; Playwright's events are served meanwhile."""
        with browser_errors():
            self.page.wait_for_timeout(seconds * 1000)

    def html(self) -> str:
        """The HTML of the top page; raises SiteUnavailable when it is being replaced."""
        if (html := self.reader.html()) is None:
            raise SiteUnavailable(Sentence("The page went away while it was read."))
        return html

    def leads_on(self) -> bool:
        """Whether the page, or its answer's header, may show something else by itself after a while."""
        return bool(self.movers())

    def movers(self) -> frozenset[str]:
        """The parts of the page, and of its answer's header, that may show something else by themselves."""
        if (html := self.reader.html()) is None:
            return frozenset({"the page is being replaced"})
        tree = LexborHTMLParser(html)
        found = {node.html or "" for node in tree.css(_MOVERS) if not _is_other_meta(node)}
        found |= {node.attributes.get("onload") or "" for node in tree.css("[onload]")}
        return frozenset(found | {self.navigation.refresh} if self.navigation.refresh else found)

    def content(self) -> PageContent | None:
        """The page with its frames; None until it has come whole."""
        return self.reader.content(status=self.navigation.status)

    def go(self, url: str, *, timeout: float) -> None:
        """Go to a whole URL by GET, and return when its page came; raises SiteUnavailable."""
        self.keep_pace()
        self._go(url, timeout=timeout)

    def _go(self, url: str, *, timeout: float) -> None:
        with browser_errors():
            try:
                self.page.goto(url, timeout=timeout * 1000, wait_until="domcontentloaded")
            except PlaywrightError as error:
                if isinstance(error, PlaywrightTimeout) or any(text in error.message for text in _NO_PAGE):
                    cause = error.message.splitlines()[0]
                    raise SiteUnavailable(
                        Sentence("{path} cannot be opened: {cause}", path=urlsplit(url).path, cause=cause)
                    ) from error
                raise

    def _navigate(self, action: Callable[[], None], *, timeout: float) -> None:
        self.keep_pace()
        with (
            browser_errors(),
            self.page.expect_event("framenavigated", predicate=self._is_top, timeout=timeout * 1000),
        ):
            action()

    def keep_pace(self) -> None:
        """Let the pause between two actions pass."""
        remaining = self._last_action + self.pace.between_actions - time.monotonic()
        if remaining > 0:
            self.pause(remaining)
        self._last_action = time.monotonic()

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn the time-out of a page that does not answer into SiteUnavailable."""
        with browser_errors():
            try:
                yield
            except PlaywrightTimeout as timeout:
                raise SiteUnavailable(
                    Sentence("The page did not answer in {page_timeout:.0f} s.", page_timeout=self.pace.page_timeout)
                ) from timeout

    def _is_top(self, frame: BrowserFrame) -> bool:
        return frame == self.page.main_frame


def _is_other_meta(node: LexborNode) -> bool:
    return node.tag == "meta" and (node.attributes.get("http-equiv") or "").casefold() != "refresh"
