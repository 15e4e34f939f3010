"""From the document page to a file: the save link, and every way in which a PDF may come by it.

The document is paid by now, and asking for its file again costs nothing: this module submits nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Download, Page, Response
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser

from extractor.browser.chromium import browser_errors
from extractor.browser.downloads import BoundedDownload
from extractor.errors import SiteUnavailable
from extractor.registry.dead_ends import error_of
from extractor.registry.file_transfer import Visitor, transfer
from extractor.registry.page import Frame, PageContent, PageKind, PageState
from extractor.registry.page_state import read_page_state
from extractor.registry.snapshot import html_of
from extractor.registry.visit import GLANCE, Visit

# Seconds. The headless shell turns a PDF that should be shown into a download, a moment after its response.
DOWNLOAD_GRACE = 1.0
# Seconds. A page between the save link and the PDF leads on by itself, or never.
LEADS_ON = 10.0
# Seconds: without a byte until a transfer is broken off, and for a whole transfer at most.
STALL = 15.0
TRANSFER = 120.0
# How much of an answer is read to see which page it is.
PAGE_BYTES = 256 * 1024
# Seconds between two rounds of all ways; each pause is twice the one before.
FIRST_PAUSE, MAX_PAUSE = 1.0, 30.0
# A page that asks to log in, or to come back: the file is out of this session's reach.
_LOST = (PageKind.LOGIN, PageKind.EXPIRED, PageKind.CLOSED)


class DocumentPage:
    """The document page, and whatever its save link makes the site send.

    An attachment is a download, in this page or in a new window; a PDF that the browser shows is fetched again by its
    address, and so is a file that does not come by the link.
    """

    def __init__(self, visit: Visit, *, deadline: float) -> None:
        self._visit = visit
        self._page = visit.page
        self._deadline = deadline
        self._address = visit.page.url
        self._link_address = ""
        self._downloads: list[Download] = []
        self._shown: list[tuple[float, str]] = []  # when a PDF's response came, and from where
        self._catch_until = 0.0

    def tries(self, target: Path) -> Iterator[str]:
        """Fetch the file again and again, each time another way, and yield after each try that wrote to the target.

        Ends at the deadline, after one round of all ways at least. Raises SessionExpired, SiteClosed, BrowserLost.
        """
        pause = FIRST_PAUSE
        while True:
            for way in (self._by_link, self._by_address, self._by_frame):
                said = self._try(way, target)
                if said is not None:
                    yield said
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                return
            self._visit.pause(min(pause, remaining))
            pause = min(2 * pause, MAX_PAUSE)

    def file_at(self, address: str, target: Path) -> Iterator[str]:
        """Fetch a file to which the site led instead of to a document page."""
        if said := self._try(lambda fresh: self._transfer(address, fresh), target):
            yield said

    def _try(self, way: Callable[[Path], str | None], target: Path) -> str | None:
        """One way, into a file of its own: a try that brought less leaves what an earlier one brought."""
        fresh = target.with_name(target.name + ".try")
        try:
            said = way(fresh)
        except (PlaywrightError, SiteUnavailable):  # the page or the site fails now: another try may work
            said = None
        if said is not None and fresh.exists() and _is_better(fresh, target):
            fresh.replace(target)
            return said
        fresh.unlink(missing_ok=True)
        return None

    def _by_link(self, target: Path) -> str | None:
        """Click the save link, as a person does, and take what comes."""
        frame = self._frame_with_link()
        if frame is None:
            return None
        with browser_errors(), self._watching():
            link = frame.locator(self._visit.site.answer.save_link).first
            self._link_address = urljoin(frame.url, link.get_attribute("href") or "")
            self._catch_until = time.monotonic() + self._visit.pace.page_timeout
            with suppress(PlaywrightTimeout):  # covered or hidden: its address remains
                link.click(no_wait_after=True)
            return self._catch(target)

    def _by_address(self, target: Path) -> str | None:
        return self._transfer(self._link_address, target) if self._link_address else None

    def _by_frame(self, target: Path) -> str | None:
        """The frame that shows the document may show the file itself, or a page around it, which is no file."""
        frame = next((frame for frame in self._page.frames if frame.name == self._visit.site.answer.page_frame), None)
        said = self._transfer(frame.url, target) if frame and frame.url.startswith("http") else None
        return said if said and _rank(target)[0] else None

    def _frame_with_link(self) -> BrowserFrame | None:
        """The frame that has the link now: `menu`, or the top page in some accounts (docs/site.md#document-page).

        An earlier click may have replaced the page: then the document page is loaded again, by GET.
        """
        found = self._look_for_link()
        if found is None:
            _refuse_lost(self._visit.open(self._address))
            found = self._look_for_link()
        return found

    def _look_for_link(self) -> BrowserFrame | None:
        answer = self._visit.site.answer
        for frame in self._page.frames:
            is_place = frame == self._page.main_frame or frame.name == answer.menu_frame
            if is_place and LexborHTMLParser(html_of(frame) or "").css_first(answer.save_link):
                return frame
        return None

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Listen in this page and in every window that opens meanwhile, and close those in the end."""
        context = self._page.context
        self._downloads.clear()
        self._shown.clear()
        context.on("page", self._watch)
        context.on("response", self._note_response)
        self._watch(self._page)
        try:
            yield
        finally:
            context.remove_listener("page", self._watch)
            context.remove_listener("response", self._note_response)
            self._page.remove_listener("download", self._note_download)
            for window in context.pages:
                if window != self._page:
                    window.close()

    def _watch(self, page: Page) -> None:
        page.on("download", self._note_download)

    def _note_download(self, download: Download) -> None:
        self._downloads.append(download)

    def _note_response(self, response: Response) -> None:
        now, kind = time.monotonic(), response.headers.get("content-type", "")
        if kind.startswith("application/pdf"):
            self._shown.append((now, response.url))
        elif response.request.is_navigation_request():
            patience = 0 if response.status >= 400 else LEADS_ON
            self._catch_until = min(self._catch_until, now + patience)

    def _catch(self, target: Path) -> str | None:
        """Wait for what the click brings; None when it brought nothing."""
        while time.monotonic() < self._catch_until or self._downloads:
            if self._downloads:
                return self._save(self._downloads[0], target)
            if self._shown and time.monotonic() > self._shown[0][0] + DOWNLOAD_GRACE:
                return self._transfer(self._shown[0][1], target)
            _refuse_lost(self._visit.state())
            self._visit.pause(GLANCE)
        return None

    def _save(self, download: Download, target: Path) -> str:
        bounded = BoundedDownload(download, stall_seconds=STALL, seconds=TRANSFER)
        while bounded.goes_on():
            self._visit.pause(GLANCE)
        broken = bounded.save(target)
        return f"downloaded by the link{f': {broken}' if broken else ''}"

    def _transfer(self, address: str, target: Path) -> str | None:
        """Fetch by address, as the browser's user agent and with its cookies."""
        visitor = Visitor(self._visit.user_agent, self._address, self._cookies)
        try:
            done = transfer(address, target, visitor, stall_seconds=STALL, seconds=TRANSFER)
        except OSError:
            return None
        state = self._state_of(target, done.address, done.status)
        _refuse_lost(state)
        if state.kind is PageKind.UNAVAILABLE:
            return None
        return f"fetched from {urlsplit(done.address).path}, status {done.status}: {done.end}"

    def _cookies(self, address: str) -> str:
        with browser_errors():
            return "; ".join(f"{one['name']}={one['value']}" for one in self._page.context.cookies(address))

    def _state_of(self, file: Path, address: str, status: int) -> PageState:
        """What came instead of a file, where it is a page."""
        with file.open("rb") as opened:
            start = opened.read(PAGE_BYTES)
        if b"%PDF-" in start:
            return PageState(PageKind.DOCUMENT)
        page = Frame("", address, start.decode("utf-8", errors="replace"))
        return read_page_state(PageContent((page,), status), self._visit.site)


def _is_better(fresh: Path, kept: Path) -> bool:
    """A PDF is better than something else, and more of it is better than less."""
    return _rank(fresh) >= _rank(kept)


def _rank(file: Path) -> tuple[bool, int]:
    if not file.exists():
        return False, -1
    with file.open("rb") as opened:
        return b"%PDF-" in opened.read(1024), file.stat().st_size


def _refuse_lost(state: PageState) -> None:
    if state.kind in _LOST:
        raise error_of(state)
