"""The browser of one worker process, which opens the registry's site; `browser/chromium.py` knows no site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Cookie

from extractor.browser.chromium import Browser
from extractor.registry.registry_site import RegistrySite
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace


class RegistryBrowser:
    """Opens the site, each time in a fresh context. Only the thread that first opened it may use it."""

    def __init__(
        self, browser: Browser, *, base_url: str, site_map: Path | None, pace: Pace, learns: bool = False
    ) -> None:
        self._browser = browser
        self._base_url = base_url
        self._site_map = site_map
        self._pace = pace
        self._learns = learns

    def start(self) -> None:
        """Start the browser without a page, unless it runs; raises BrowserLost."""
        self._browser.start()

    def open_site(self, cookies: Sequence[Cookie] = ()) -> RegistrySite:
        """A page without a login, or of the login whose cookies are given; raises BrowserLost, ConfigurationError.

        The site map is read each time: a session that ended because a page changed starts again with the edited map.
        """
        site_map = load_site_map(self._site_map)
        page = self._browser.new_page(cookies)
        return RegistrySite(page, base_url=self._base_url, site=site_map, pace=self._pace, learns=self._learns)

    def close(self) -> None:
        """End the browser; closing twice is harmless."""
        self._browser.close()

    def kill(self) -> None:
        """End the browser's processes, from any thread. A call that uses it now fails with BrowserLost."""
        self._browser.kill()

    def memory_mb(self) -> int:
        """Memory of the driver, the browser and all of its helpers."""
        return self._browser.memory_mb()
