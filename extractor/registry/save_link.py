"""The save link: where it is, one press of it, and what the browser receives by that press."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urldefrag

from playwright.sync_api import Download, Page, Request, Response
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.downloads import files
from extractor.registry.dialogs import accepting_dialogs
from extractor.registry.page_reader import ShownFrame, ShownLink
from extractor.registry.visit import Visit

# Seconds. The headless shell turns a PDF that should be shown into a download, a moment after its response.
DOWNLOAD_GRACE = 1.0
# Seconds. A page between the save link and the PDF leads on by itself, or never.
LEADS_ON = 10.0
# Seconds until a press that made the browser ask for nothing is made with the mouse.
QUIET = 1.0
# Seconds until a link that can be seen counts as covered.
COVERED = 5.0


@dataclass(frozen=True)
class SaveLink:
    """One link; its place is good until the next action."""

    link: ShownLink
    address: str
    """Where it leads; empty for one that only a script knows."""

    def press(self, selector: str) -> None:
        """Give it the event of a press, without waiting until it lies still, in sight and uncovered.

        The document is paid: a press that brings nothing costs nothing, and another way is tried.
        """
        self.link.click(selector)

    def press_with_mouse(self, page: Page, selector: str) -> None:
        """Press it as a person does, where it can be seen: some scripts answer to nothing else."""
        shown = self.link.frame
        frame = next((one for one in page.frames if (one.name, one.url) == (shown.name, shown.url)), None)
        if frame is not None and self.link.is_visible:
            with suppress(PlaywrightTimeout):
                frame.locator(selector).nth(self.link.position).click(no_wait_after=True, timeout=COVERED * 1000)


def find_save_links(visit: Visit) -> list[SaveLink]:
    """Every save link of the page that is open, the likeliest first; no address is there twice.

    It is in the frame `menu`, or in the top page (docs/site.md#document-page); names of frames may differ in case, and
    any frame may have it.
    """
    answer, frames = visit.site.answer, visit.reader.frames(links=visit.site.answer.save_link)
    likely = [frame for at, frame in enumerate(frames) if at == 0 or is_named(frame, answer.menu_frame)]
    found: list[SaveLink] = []
    for frame in (*likely, *(frame for frame in frames if frame not in likely)):
        own = {_bare(frame.url), _bare(visit.page.url)}
        for link in frame.links:
            is_address = link.address.startswith(("http:", "https:")) and _bare(link.address) not in own
            found.append(SaveLink(link, link.address if is_address else ""))
    found.sort(key=lambda one: not one.link.is_visible)
    addresses = [one.address for one in found]
    return [one for at, one in enumerate(found) if not one.address or one.address not in addresses[:at]]


def is_named(frame: BrowserFrame | ShownFrame, name: str) -> bool:
    """Whether a frame has this name, in whatever case."""
    return frame.name.casefold() == name.casefold()


class Watch:
    """What comes while a link is pressed, in its page and in every window that opens meanwhile."""

    def __init__(self, page: Page, *, seconds: float) -> None:
        self._page = page
        self._until = time.monotonic() + seconds
        self._known = {frame.url for frame in page.frames}
        self.earlier = files()
        """What was downloaded before the press."""
        self._shown: tuple[float, str] | None = None  # when a PDF's response came, and from where
        self.download: Download | None = None
        self.has_begun = False
        """Whether the browser asked for anything at all since."""
        self.asked: list[str] = []
        """Addresses that the browser asked for, by GET, to show what is behind the link."""

    @property
    def goes_on(self) -> bool:
        """Whether more may come."""
        return time.monotonic() < self._until or self.download is not None

    @property
    def shown(self) -> str | None:
        """The address of a PDF that the browser shows, and that did not become a download."""
        if self._shown is None or time.monotonic() <= self._shown[0] + DOWNLOAD_GRACE:
            return None
        return self._shown[1]

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Listen inside the block, and close in the end what windows it opened.

        A dialog is accepted: it asks whether to save what is paid. Elsewhere Playwright dismisses each.
        """
        context = self._page.context
        context.on("page", self._watch)
        context.on("request", self._note_request)
        context.on("response", self._note_response)
        context.on("requestfailed", self._note_failure)
        self._watch(self._page)
        try:
            with accepting_dialogs(context):
                yield self
        finally:
            context.remove_listener("page", self._watch)
            context.remove_listener("request", self._note_request)
            context.remove_listener("response", self._note_response)
            context.remove_listener("requestfailed", self._note_failure)
            self._page.remove_listener("download", self._note_download)
            for window in context.pages:
                if window != self._page:
                    window.close()

    def _watch(self, page: Page) -> None:
        page.on("download", self._note_download)

    def _note_download(self, download: Download) -> None:
        self.download = self.download or download

    def _note_request(self, request: Request) -> None:
        self.has_begun = True
        is_first = request.is_navigation_request() and request.redirected_from is None
        if is_first and request.method == "GET" and request.url.startswith("http") and request.url not in self._known:
            self.asked.append(request.url)

    def _note_response(self, response: Response) -> None:
        kind = response.headers.get("content-type", "").casefold()
        if kind.startswith("application/pdf"):
            self._shown = self._shown or (time.monotonic(), response.url)
        elif response.request.is_navigation_request():
            self._end_in(0 if response.status >= 400 or response.status == 204 else LEADS_ON)

    def _note_failure(self, request: Request) -> None:
        if request.is_navigation_request():  # also that of a download
            self._end_in(LEADS_ON)

    def _end_in(self, seconds: float) -> None:
        self._until = min(self._until, time.monotonic() + seconds)


def _bare(address: str) -> str:
    return urldefrag(address).url
