"""The files that the browser receives after a press, in whichever frame or window: a PDF among them is the document.

Its bytes are kept, and not only its address: it may be the answer to a POST, a script's blob, or given only once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Download, Page

from extractor.browser.downloads import PARTIAL, BoundedDownload, files
from extractor.registry.inflation import inflate, is_pdf

logger = logging.getLogger(__name__)

# Seconds without a byte until a transfer is broken off.
STALL = 15.0
# Seconds between two looks at a transfer.
GLANCE = 0.05


@dataclass(frozen=True)
class ReceivedFile:
    """A PDF, as far as it came."""

    content: bytes
    """Empty when the browser got nothing that it could keep: then the file is to be fetched from its address."""
    address: str | None
    """Where a GET may fetch it again; None for what only a script or a form could make."""


class ReceivedFiles:
    """Belongs to one page of a context, and watches its other windows too."""

    def __init__(self, page: Page) -> None:
        self._earlier: frozenset[Path] = frozenset()
        self._untaken: list[Download] = []
        self.pdf: ReceivedFile | None = None
        """The first one since `forget`."""
        self._watch(page)
        page.context.on("page", self._watch)

    def _watch(self, window: Page) -> None:
        window.on("download", self._note)

    def _note(self, download: Download) -> None:
        self._untaken.append(download)

    def forget(self) -> None:
        """What came until now belongs to an earlier row."""
        self._untaken.clear()
        self._earlier, self.pdf = files(), None

    def take(self, pause: Callable[[float], None], *, seconds: float) -> bool:
        """Keep what came since the last call, until there is a PDF; whether there is one.

        A transfer that goes on is waited for, `seconds` at most; `pause` serves Playwright's events. Raises
        BrowserLost.
        """
        while self.pdf is None and self._untaken:
            self.pdf = self._take(self._untaken.pop(0), pause, seconds)
        return self.pdf is not None

    def _take(self, download: Download, pause: Callable[[float], None], seconds: float) -> ReceivedFile | None:
        bounded = BoundedDownload(download, earlier=self._earlier, stall_seconds=STALL, seconds=seconds)
        while bounded.goes_on():
            pause(GLANCE)
        address = download.url if download.url.startswith("http") else None
        try:
            with TemporaryDirectory() as directory:
                target = Path(directory, "file")
                bounded.save(target)
                return _received(target, address, others=self._finished())
        except OSError as error:  # a disk that is full: by its address the file is fetched to another one
            logger.warning("A file that the browser received was not kept: %s", error)
            return ReceivedFile(b"", address) if address else None

    def _finished(self) -> list[Path]:
        """The files that are whole since the last time; one of two at once may have been taken for the other."""
        finished = [file for file in files() - self._earlier if file.suffix != PARTIAL]
        self._earlier |= set(finished)
        return finished


def _received(file: Path, address: str | None, *, others: list[Path]) -> ReceivedFile | None:
    """The PDF, or where it is if its transfer failed; None for another file, which is no document."""
    if file.exists():
        inflate(file)
    pdf = next((one for one in (file, *others) if one.exists() and is_pdf(one)), None)
    if pdf is not None:
        return ReceivedFile(pdf.read_bytes(), address)
    is_empty = not file.exists() or not file.stat().st_size
    return ReceivedFile(b"", address) if is_empty and address else None
