"""A file by its address, or by where the page leads that came instead of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from extractor.browser.chromium import browser_errors
from extractor.registry.dead_ends import error_of
from extractor.registry.file_transfer import Transfer, Visitor, transfer
from extractor.registry.inflation import embedded_pdf, is_pdf
from extractor.registry.leads import decoded, leads
from extractor.registry.page import Frame, PageContent, PageKind, PageState
from extractor.registry.page_state import read_page_state
from extractor.registry.visit import Visit

# How much of an answer is read to see which page it is.
PAGE_BYTES = 256 * 1024
# Pages from an address to its file at most, and requests at most.
_DEPTH, _REQUESTS = 2, 6
# Pages that ask to log in: the file is out of this session's reach.
_LOST = (PageKind.LOGIN, PageKind.EXPIRED)
# Pages that are no file, and not worth a look of a person either.
_NOTHING = (PageKind.CLOSED, PageKind.UNAVAILABLE)


@dataclass(frozen=True)
class Brought:
    """A try that wrote something."""

    way: str
    end: str | None = None
    """How its transfer ended, where that is known."""

    def __str__(self) -> str:
        return f"{self.way}: {self.end}" if self.end else self.way


@dataclass(frozen=True)
class Bounds:
    """Of one try, in seconds: without a byte, and as a whole."""

    stall: float
    whole: float


class FileAddress:
    """Fetches by address as the browser would: with its cookies, as its user agent, from its document page."""

    def __init__(self, visit: Visit, *, referer: str) -> None:
        self._visit = visit
        self._visitor = Visitor(visit.user_agent, referer, self._cookies)
        self.closed: PageState | None = None
        """The last page that said that the site is closed."""

    def fetch(self, address: str, target: Path, bounds: Bounds, *, links: bool = True) -> Brought | None:
        """Write the file, or else the page that came instead of it; None when neither came.

        Such a page is followed to what it shows, and with `links` to its links. Raises SessionExpired, BrowserLost.
        """
        first = self._get(address, target, bounds)
        if first is None:
            return None
        if is_pdf(target):
            return _brought(first)
        if (content := embedded_pdf(target.read_bytes())) is not None:
            target.write_bytes(content)
            return _brought(first)
        deadline = time.monotonic() + bounds.whole
        state = self._state_of(target, first)
        refuse_lost(state)
        if found := self._follow(first, target, bounds.stall, deadline, links=links):
            return _brought(found)
        if state.kind is PageKind.CLOSED:
            self.closed = state
        return None if state.kind in _NOTHING else _brought(first)

    def get(self, address: str, target: Path, bounds: Bounds) -> bool:
        """Write what is there, whatever it is, and follow nothing; whether anything came."""
        return self._get(address, target, bounds) is not None

    def _follow(self, page: Transfer, target: Path, stall: float, deadline: float, *, links: bool) -> Transfer | None:
        """Put into the target's place the first PDF to which the page in it leads."""
        part = target.with_name(target.name + ".lead")
        queue = [(1, one) for one in self._leads(page, target, links=links)]
        seen = {page.address}
        while queue and len(seen) <= _REQUESTS and (left := deadline - time.monotonic()) > 0:
            depth, address = queue.pop(0)
            if address in seen:
                continue
            seen.add(address)
            done = self._get(address, part, Bounds(stall, left))
            if done and is_pdf(part):
                part.replace(target)
                return done
            if done and depth < _DEPTH:
                queue += [(depth + 1, one) for one in self._leads(done, part, links=links)]
        part.unlink(missing_ok=True)
        return None

    def _get(self, address: str, target: Path, bounds: Bounds) -> Transfer | None:
        try:
            return transfer(address, target, self._visitor, stall_seconds=bounds.stall, seconds=bounds.whole)
        except OSError:
            return None

    def _leads(self, page: Transfer, file: Path, *, links: bool) -> list[str]:
        return leads(_start_of(file), page.address, self._visit.site, links=links) if page.status < 400 else []

    def _state_of(self, file: Path, done: Transfer) -> PageState:
        text, _ = decoded(_start_of(file))
        page = Frame("", done.address, text)
        return read_page_state(PageContent((page,), done.status), self._visit.site)

    def _cookies(self, address: str) -> str:
        with browser_errors():
            return "; ".join(f"{one['name']}={one['value']}" for one in self._visit.page.context.cookies(address))


def refuse_lost(state: PageState) -> None:
    """Raise SessionExpired for a page that asks to log in."""
    if state.kind in _LOST:
        raise error_of(state)


def _brought(done: Transfer) -> Brought:
    return Brought(f"fetched from {urlsplit(done.address).path}, status {done.status}", done.end)


def _start_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(PAGE_BYTES)
