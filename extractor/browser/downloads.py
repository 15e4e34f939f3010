"""A download that is kept within bounds: Playwright waits for its end without any, and Chromium forgets what it had.

Chromium writes `NAME.crdownload` until a download ends, and then calls it `NAME`, below the temporary directory of this
process's browsers. Playwright may tell of a download a moment before the file is there (seen with Chromium 156).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Download
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import browser_errors
from extractor.browser.ownership import Owner

# Seconds after which a download without any file failed before it began.
BEGIN = 1.0
LATE = "the time for one transfer was over"
"""How a transfer ended that did not stall, and took too long."""
PARTIAL = ".crdownload"


class BoundedDownload:
    """One download. Ask `goes_on` again and again while Playwright's events are served, then `save` what came.

    `earlier` is what `files` gave before it. A transfer without a byte for `stall_seconds`, or longer than `seconds`,
    goes on no more.
    """

    def __init__(self, download: Download, *, earlier: Collection[Path], stall_seconds: float, seconds: float) -> None:
        self._download = download
        self._earlier = earlier
        self._stall_seconds = stall_seconds
        self._begins_until = time.monotonic() + BEGIN
        self._deadline = time.monotonic() + seconds
        self._partial: Path | None = None
        self._is_late = False
        self._size, self._grown_at = -1, time.monotonic()

    def goes_on(self) -> bool:
        """Whether more of it may come."""
        own = [file for file in files() if file not in self._earlier]
        self._partial = max((file for file in own if file.suffix == PARTIAL), key=_size, default=None)
        if self._partial is None:
            return not own and time.monotonic() < self._begins_until
        now, size = time.monotonic(), _size(self._partial)
        if size != self._size:
            self._size, self._grown_at = size, now
        self._is_late = now > self._deadline
        return now - self._grown_at <= self._stall_seconds and not self._is_late

    def save(self, target: Path) -> str | None:
        """Write to the target what came, and cancel the rest; None when it is whole, else why it broke off.

        Raises BrowserLost.
        """
        return self._save_end(target) if self._partial is None else self._break_off(self._partial, target)

    def _break_off(self, partial: Path, target: Path) -> str:
        with suppress(OSError):  # it ended at this very moment
            shutil.copyfile(partial, target)
        with browser_errors():
            self._download.cancel()
        return LATE if self._is_late else "the transfer stalled"

    def _save_end(self, target: Path) -> str | None:
        with browser_errors():
            try:
                self._download.save_as(target)
            except PlaywrightError as error:
                return error.message.splitlines()[0]
        return None


def files() -> frozenset[Path]:
    """What this process's browsers have downloaded, whole or in part."""
    return frozenset(Owner.current().temporary_directory.glob("playwright-artifacts-*/*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
