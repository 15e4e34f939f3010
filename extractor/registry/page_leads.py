"""Where an unknown page leads that stands still after a click that may be charged: a person would look there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from extractor.registry.file_address import Bounds, FileAddress
from extractor.registry.inflation import embedded_pdf, is_pdf
from extractor.registry.leads import document_links, embedded
from extractor.registry.received_files import ReceivedFile
from extractor.registry.visit import Visit

# Seconds without a byte until a transfer is broken off, and for all of one.
STALL, WHOLE = 15.0, 120.0
# How many embedded files are fetched, and how many links are followed, in one wait.
MOST_EMBEDDED, MOST_LINKS = 3, 2


class PageLeads:
    """Belongs to the wait after one click; each lead is tried once."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._fetched: set[str] = set()
        self._followed: set[str] = set()

    def fetch_embedded(self, *, seconds: float) -> ReceivedFile | None:
        """A PDF that the page shows inside itself, within this time, by a GET beside the page. Raises SiteUnavailable.

        Frames are not asked for: the browser has loaded them.
        """
        html, address = self._html(), self._visit.page.url
        if (content := embedded_pdf(html)) is not None:
            return ReceivedFile(content, None)
        fresh = [one for one in embedded(html, address, self._visit.site) if one not in self._fetched]
        for one in fresh[: MOST_EMBEDDED - len(self._fetched)]:
            self._fetched.add(one)
            if file := self._fetch(one, Bounds(min(STALL, seconds), min(WHOLE, seconds) / MOST_EMBEDDED)):
                return file
        return None

    def next_link(self) -> str | None:
        """A link of the page that says that it leads to the document, once. Raises SiteUnavailable."""
        links = document_links(self._html(), self._visit.page.url, self._visit.site)
        link = next((one for one in links if one not in self._followed), None)
        if link is None or len(self._followed) == MOST_LINKS:
            return None
        self._followed.add(link)
        return link

    def _fetch(self, address: str, bounds: Bounds) -> ReceivedFile | None:
        by_http = FileAddress(self._visit, referer=self._visit.page.url)
        with TemporaryDirectory() as directory:
            target = Path(directory, "file")
            is_file = by_http.get(address, target, bounds) and is_pdf(target)
            return ReceivedFile(target.read_bytes(), address) if is_file else None

    def _html(self) -> bytes:
        return self._visit.html().encode(errors="replace")
