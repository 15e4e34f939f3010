"""From the document page to a file: the save link, and the ways in which a PDF may come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Download, Page, Response
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser

from extractor.browser.chromium import browser_errors
from extractor.errors import DocumentTimeout, SiteChanged
from extractor.registry.dead_ends import error_of
from extractor.registry.page import Frame, PageContent, PageKind, PageState
from extractor.registry.page_state import read_page_state
from extractor.registry.snapshot import html_of
from extractor.registry.visit import GLANCE, Visit

# Seconds. The headless shell turns a PDF that should be shown into a download, a moment after its response.
DOWNLOAD_GRACE = 1.0
# Seconds. A page between the save link and the PDF leads on by itself, or never.
LEADS_ON = 10.0
_LOST = (PageKind.LOGIN, PageKind.EXPIRED, PageKind.CLOSED, PageKind.UNAVAILABLE)


class DocumentPage:
    """The document page, and whatever its save link makes the site send.

    An attachment is a download, in this page or a new window; a PDF that the browser shows is fetched again by its
    address. The document is paid by now, and asking for its file again costs nothing; nothing here submits anything.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._page = visit.page
        self._downloads: list[Download] = []
        self._shown: list[tuple[float, str]] = []  # when a PDF's response came, and from where
        self._deadline = 0.0

    def save(self, target: Path) -> None:
        """Write the file as the site sent it; checking it is `document.py`'s part. Raises DocumentTimeout."""
        frame = self._frame_with_link()
        with browser_errors(), self._watching():
            link = frame.locator(self._visit.site.answer.save_link).first
            address = urljoin(frame.url, link.get_attribute("href") or "")
            self._deadline = time.monotonic() + self._visit.pace.page_timeout
            with suppress(PlaywrightTimeout):  # covered or hidden: its address remains
                link.click(no_wait_after=True)
            if not self._catch(target):
                self._fetch(address, target)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Listen in this page and in every window that opens meanwhile, and close those in the end."""
        context = self._page.context
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
            self._deadline = min(self._deadline, now + patience)

    def _frame_with_link(self) -> BrowserFrame:
        """The frame that has the link now: `menu`, or the top page in some accounts (docs/site.md#document-page)."""
        answer = self._visit.site.answer
        for frame in self._page.frames:
            is_place = frame == self._page.main_frame or frame.name == answer.menu_frame
            if is_place and LexborHTMLParser(html_of(frame) or "").css_first(answer.save_link):
                return frame
        raise SiteChanged(f"The document page lost its save link ({answer.save_link}).")

    def _catch(self, target: Path) -> bool:
        """Wait for what the click brings; False when it brought no file that can be had."""
        while time.monotonic() < self._deadline or self._downloads:
            if self._downloads:
                return _keep(self._downloads[0], target)
            if self._shown and time.monotonic() > self._shown[0][0] + DOWNLOAD_GRACE:
                self._fetch(self._shown[0][1], target)
                return True
            _refuse_lost(self._visit.state())
            self._visit.pause(GLANCE)
        return False

    def _fetch(self, address: str, target: Path) -> None:
        """Ask for the file with the page's cookies; what is no PDF is kept for the document check to judge."""
        try:
            with browser_errors():
                response = self._page.context.request.get(address, timeout=self._visit.pace.page_timeout * 1000)
                body = response.body()
        except PlaywrightError as error:
            cause = error.message.splitlines()[0]
            raise DocumentTimeout(f"The document is there and paid, but its save link sent no file: {cause}") from error
        if not body.startswith(b"%PDF-"):
            page = Frame("", response.url, body.decode("utf-8", errors="replace"))
            _refuse_lost(read_page_state(PageContent((page,), response.status), self._visit.site))
        target.write_bytes(body)


def _keep(download: Download, target: Path) -> bool:
    try:
        with browser_errors():
            download.save_as(target)
    except PlaywrightError:
        return False  # it broke off on its way
    return True


def _refuse_lost(state: PageState) -> None:
    """The paid document is out of reach: the session is gone, or the site."""
    if state.kind in _LOST:
        raise error_of(state)
