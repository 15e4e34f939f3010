"""What an unknown page shows or links to, once it has stood still: a person would look there for the document.

It came after a click that may be charged. Each lead is asked for by a GET beside the page, which goes on waiting.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from extractor.registry.file_address import Bounds, FileAddress
from extractor.registry.inflation import embedded_pdf, is_pdf
from extractor.registry.leads import leads
from extractor.registry.page import PageKind
from extractor.registry.received_files import ReceivedFile
from extractor.registry.visit import Visit

# Seconds without a byte until a transfer is broken off, and for all of one.
BOUNDS = Bounds(stall=15.0, whole=120.0)
# How many leads of a page are tried.
MOST_LEADS = 4


class PageLeads:
    """Belongs to the wait after one click; each lead is tried once."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._tried: set[str] = set()
        self.page: str | None = None
        """Where `find` found a page that may show the document, or that asks to wait for it."""

    def find(self) -> ReceivedFile | None:
        """The PDF to which the page leads; None when it leads to a `page`, or nowhere. Raises SiteUnavailable."""
        self.page = None
        html, address = self._visit.html().encode(errors="replace"), self._visit.page.url
        if (content := embedded_pdf(html)) is not None:
            return ReceivedFile(content, None)
        fresh = [lead for lead in leads(html, address, self._visit.site, links=True) if lead not in self._tried]
        by_http = FileAddress(self._visit, referer=address)
        with TemporaryDirectory() as directory:
            for lead in fresh[:MOST_LEADS]:
                self._tried.add(lead)
                file = self._look(lead, Path(directory, "file"), by_http)
                if file is not None or self.page is not None:
                    return file
        return None

    def _look(self, lead: str, target: Path, by_http: FileAddress) -> ReceivedFile | None:
        state = by_http.look(lead, target, BOUNDS)
        if state is None:
            return None
        content = target.read_bytes()
        if is_pdf(target):
            return ReceivedFile(content, lead)
        shows_something = state.kind is PageKind.UNKNOWN and leads(content, lead, self._visit.site, links=False)
        if state.kind in (PageKind.DOCUMENT, PageKind.WAITING) or shows_something:
            self.page = lead
        return None
