"""From the document page to a file: the save link, and every way in which a PDF may come by it.

The document is paid by now, and asking for its file again costs nothing: this module submits nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urldefrag

from playwright.sync_api import Download
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import browser_errors
from extractor.browser.downloads import LATE, BoundedDownload
from extractor.errors import SiteUnavailable
from extractor.registry.dead_ends import error_of
from extractor.registry.file_address import Bounds, Brought, FileAddress, refuse_lost
from extractor.registry.inflation import inflate, is_pdf
from extractor.registry.page import PageKind, PageState
from extractor.registry.save_link import QUIET, SaveLink, Watch, find_save_links, is_named
from extractor.registry.visit import FIRST_GLANCES, LOOK, Visit, glances

# Seconds without a byte until a transfer is broken off in the first round; each later round waits twice as long.
STALL = 15.0
# Seconds for a whole transfer of the first round, and the part of the time that is left, until one was too slow.
TRANSFER, TRANSFER_PART = 120.0, 1 / 4
# Seconds between two rounds of all ways; each pause is twice the one before.
FIRST_PAUSE, MAX_PAUSE = 1.0, 30.0
# How many links are pressed, and how many addresses are asked for, in one round.
MOST_LINKS, MOST_ADDRESSES = 4, 6

Way = Callable[[Path], Brought | None]


class DocumentPage:
    """The document page, and whatever its save link makes the site send.

    An attachment is a download, in this page or in a new window; a PDF that the browser shows is fetched again by its
    address, and so is a file that does not come by the link.
    """

    def __init__(self, visit: Visit, *, deadline: float, file_address: str | None = None) -> None:
        self._visit = visit
        self._page = visit.page
        self._deadline = deadline
        self._address = visit.page.url
        self._by_http = FileAddress(visit, referer=self._address)
        self._links = 0
        # Where a file came from already, where the links lead, and what their presses asked for.
        self._addresses: dict[str, None] = dict.fromkeys([file_address] if file_address else [])
        self._round = 0
        self._slow_way: Way | None = None  # by which a file came steadily, and not in its time

    def tries(self, target: Path) -> Iterator[str]:
        """Fetch the file again and again, each time another way, and yield after each try that wrote to the target.

        Ends at the deadline, after one round of all ways at least. Raises SessionExpired, BrowserLost, and SiteClosed
        when nothing but a closed site was there.
        """
        pause, has_brought = FIRST_PAUSE, False
        while True:
            for way in self._ways():
                if brought := self._try(way, target):
                    has_brought = True
                    yield str(brought)
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                break
            self._visit.pause(min(pause, remaining))
            pause = min(2 * pause, MAX_PAUSE)
            self._round += 1
        if not has_brought and self._by_http.closed:
            raise error_of(self._by_http.closed)

    def _ways(self) -> Iterator[Way]:
        """All ways once: each link, what the links lead to, and the frame. Before them, what was only too slow."""
        if self._slow_way:
            yield self._slow_way
        yield partial(self._by_link, 0)
        for number in range(1, min(self._links, MOST_LINKS)):
            yield partial(self._by_link, number)
        for address in [*self._addresses][:MOST_ADDRESSES]:
            yield partial(self._by_address, address)
        yield self._by_frame

    def _try(self, way: Way, target: Path) -> Brought | None:
        """One way, into a file of its own: a try that brought less leaves what an earlier one brought."""
        fresh = target.with_name(target.name + ".try")
        try:
            brought = way(fresh)
        except (PlaywrightError, SiteUnavailable):  # the page or the site fails now: another try may work
            brought = None
        if brought is not None and brought.end == LATE:
            self._slow_way = way
        if brought is not None and fresh.exists() and _is_better(fresh, target):
            fresh.replace(target)
            return brought
        fresh.unlink(missing_ok=True)
        return None

    def _by_link(self, number: int, target: Path) -> Brought | None:
        """Press a save link, as a person does, and take what comes."""
        links = self._find_links()
        self._links = len(links)
        if number >= len(links):
            return None
        watch = Watch(self._page, seconds=self._visit.pace.page_timeout)
        with browser_errors(), watch.watching():
            try:
                self._press(links[number], watch)
                return self._catch(watch, target)
            finally:
                self._addresses |= dict.fromkeys(watch.asked)

    def _press(self, link: SaveLink, watch: Watch) -> None:
        selector, quiet_until = self._visit.site.answer.save_link, time.monotonic() + QUIET
        link.press(selector)
        while not watch.has_begun:
            if time.monotonic() > quiet_until:
                link.press_with_mouse(self._page, selector)
                return
            self._visit.pause(FIRST_GLANCES[0])

    def _by_address(self, address: str, target: Path) -> Brought | None:
        return self._by_http.fetch(address, target, self._bounds)

    def _by_frame(self, target: Path) -> Brought | None:
        """The frame that shows the document may show the file itself, or a page around it, which is no file.

        No link of it is followed: the document may name others, which would be bought.
        """
        name = self._visit.site.answer.page_frame
        frame = next((frame for frame in self._page.frames if is_named(frame, name)), None)
        if frame is None or not frame.url.startswith("http"):
            return None
        brought = self._by_http.fetch(frame.url, target, self._bounds, links=False)
        return brought if brought and is_pdf(target) else None

    def _find_links(self) -> list[SaveLink]:
        """The save links now. An earlier press may have replaced the page: then it is loaded again, by GET."""
        links = find_save_links(self._visit) if _is_same(self._page.url, self._address) else []
        if not links:
            refuse_lost(self._visit.open(self._address))
            links = find_save_links(self._visit)
        self._addresses = dict.fromkeys(link.address for link in links if link.address) | self._addresses
        return links

    def _catch(self, watch: Watch, target: Path) -> Brought | None:
        """Wait for what the press brings; None when it brought nothing."""
        pauses, look_at = glances(), time.monotonic() + LOOK
        while watch.goes_on:
            if watch.download:
                return self._save(watch.download, watch.earlier, target)
            if watch.shown:
                return self._by_address(watch.shown, target)
            if time.monotonic() > look_at:
                if self._state().kind is PageKind.CLOSED:
                    return None
                look_at = time.monotonic() + LOOK
            self._visit.pause(next(pauses))
        return None

    def _state(self) -> PageState:
        state = self._visit.state()
        refuse_lost(state)
        return state

    def _save(self, download: Download, earlier: Collection[Path], target: Path) -> Brought:
        bounds = self._bounds
        bounded = BoundedDownload(download, earlier=earlier, stall_seconds=bounds.stall, seconds=bounds.whole)
        pauses = glances()
        while bounded.goes_on():
            self._visit.pause(next(pauses))
        brought = Brought("downloaded by the link", bounded.save(target))
        if target.exists():
            inflate(target)
        return brought

    @property
    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    @property
    def _bounds(self) -> Bounds:
        """Each round bears more silence. After the first one, or a file that came slowly, all the time may be used."""
        remaining = self._remaining
        whole = remaining if self._slow_way or self._round else min(TRANSFER, remaining * TRANSFER_PART)
        return Bounds(max(STALL, min(STALL * 2**self._round, remaining)), max(STALL, whole))


def _is_same(address: str, other: str) -> bool:
    """Whether both are of one page; a fragment is a place in it."""
    return urldefrag(address).url == urldefrag(other).url


def _is_better(fresh: Path, kept: Path) -> bool:
    """A PDF is better than something else, and more of it is better than less."""
    return _rank(fresh) >= _rank(kept)


def _rank(file: Path) -> tuple[bool, int]:
    return (is_pdf(file), file.stat().st_size) if file.exists() else (False, -1)
