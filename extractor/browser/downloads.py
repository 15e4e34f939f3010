"""A download that is kept within bounds: Playwright waits for its end without any, and Chromium forgets what it had.

Chromium writes `NAME.crdownload` until a download ends, below the temporary directory of this process's browsers; the
file is there when Playwright tells of the download (seen with Chromium 156).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Download
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import browser_errors
from extractor.browser.ownership import Owner


def save(
    download: Download, target: Path, *, stall_seconds: float, seconds: float, pause: Callable[[], None]
) -> str | None:
    """Write the download to the target, as far as it came; None when it is whole, else why it broke off.

    A download without a byte for `stall_seconds`, or longer than `seconds`, is cancelled. `pause` lets a moment pass
    in which Playwright's events are served. Raises BrowserLost.
    """
    deadline = time.monotonic() + seconds
    size, grown_at = -1, time.monotonic()
    while partial := _partial():
        now, current = time.monotonic(), _size(partial)
        size, grown_at = (current, now) if current != size else (size, grown_at)
        if now - grown_at > stall_seconds or now > deadline:
            with suppress(OSError):  # it ended at this very moment
                shutil.copyfile(partial, target)
            with browser_errors():
                download.cancel()
            return "the transfer stalled" if now <= deadline else "the time for one transfer was over"
        pause()
    with browser_errors():
        try:
            download.save_as(target)
        except PlaywrightError as error:
            return error.message.splitlines()[0]
    return None


def _partial() -> Path | None:
    """The file that grows; the last one where there are several."""
    found = Owner.current().temporary_directory.glob("playwright-artifacts-*/*.crdownload")
    return max(found, key=_size, default=None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
