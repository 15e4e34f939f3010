"""From the document page to a file: the save link, and the ways in which a PDF may come."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Download, Frame, Page, Response
from playwright.sync_api import Error as PlaywrightError

from extractor.browser import browser_errors
from extractor.errors import DocumentTimeout, SiteChanged
from extractor.registry.visit import Visit


class DocumentPage:
    """The document page, and whatever its save link makes the site send.

    An attachment is a download, in this page or a new window; an inline PDF is a download for the headless shell
    and a response for a full browser. The document is paid by now; nothing here submits anything again.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._downloads: list[Download] = []
        self._inline: list[Response] = []

    def save(self, target: Path) -> None:
        """Write the file as the site sent it; checking it is `document.py`'s part. Raises DocumentTimeout."""
        page, context = self._visit.page, self._visit.page.context
        self._watch(page)
        context.on("page", self._watch)
        context.on("response", self._note_inline)
        try:
            with browser_errors():
                self._frame_with_link().click(self._visit.site.answer.save_link, no_wait_after=True)
                self._catch(target)
        finally:
            context.remove_listener("page", self._watch)
            context.remove_listener("response", self._note_inline)
            page.remove_listener("download", self._note_download)

    def _watch(self, page: Page) -> None:
        page.on("download", self._note_download)

    def _note_download(self, download: Download) -> None:
        self._downloads.append(download)

    def _note_inline(self, response: Response) -> None:
        if response.headers.get("content-type", "").startswith("application/pdf"):
            self._inline.append(response)

    def _frame_with_link(self) -> Frame:
        """The frame that has the link now: `menu`, or the top page in some accounts (SITE.md §7)."""
        link = self._visit.site.answer.save_link
        for frame in self._visit.page.frames:
            if frame.query_selector(link):
                return frame
        raise SiteChanged(f"The document page lost its save link ({link}).")

    def _catch(self, target: Path) -> None:
        deadline = time.monotonic() + self._visit.pace.page_timeout
        while time.monotonic() < deadline:
            if self._downloads:
                self._downloads[0].save_as(target)
                return
            if self._inline and self._save_inline(self._inline[0], target):
                return
            self._visit.pause()
        raise DocumentTimeout("The document page is there and paid, but its save link sent no file in time.")

    def _save_inline(self, response: Response, target: Path) -> bool:
        """Take the bytes of a PDF shown by the browser; a download's response has none and comes as a download."""
        try:
            target.write_bytes(response.body())
        except PlaywrightError:
            if self._downloads:
                return False
            # The viewer keeps the bytes to itself: ask the same address with the same cookies.
            target.write_bytes(self._visit.page.context.request.get(response.url).body())
        return True
