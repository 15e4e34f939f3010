"""Chromium through Playwright: one browser and one context. Knows no site and no account."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Cookie, Page, Playwright, ProxySettings, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from extractor.browser import ownership
from extractor.browser.ownership import Owner
from extractor.errors import BrowserLost
from extractor.language.sentences import Sentence

logger = logging.getLogger(__name__)

# No requests of Chromium's own to Google, and no QUIC, which would be a second way to fail.
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
# Node gives new objects 16 MB and more before it looks which are needed, and Playwright's driver makes few: with 1 MB
# it takes a quarter less memory, and as long for a document (docs/performance.md#memory).
DRIVER_OPTIONS = "--max-semi-space-size=1"
# The variables of this process's environment that Chromium needs. The others hold secrets, and would be readable in
# the memory of every page's process and in /proc.
_NEEDED = re.compile(
    r"PATH|HOME|USER|LANG|LANGUAGE|LC_\w+|TZ|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS"
    r"|LD_LIBRARY_PATH|FONTCONFIG_\w+|CHROME_DEVEL_SANDBOX|PLAYWRIGHT_\w+|(http|https|all|no)_proxy",
    re.IGNORECASE,
)
# What Playwright says when the browser, its driver or the page is gone, in all its wordings.
_GONE = re.compile(r"has been closed|crashed|connection closed|browser.*disconnected|epipe", re.IGNORECASE)


@contextmanager
def browser_errors() -> Iterator[None]:
    """Turn Playwright's errors about a browser that is gone into BrowserLost; let its other errors pass."""
    try:
        yield
    except PlaywrightError as error:
        if _GONE.search(error.message):
            raise BrowserLost(Sentence("The browser is gone: {said}", said=error.message.splitlines()[0])) from error
        raise


class Browser:
    """A context manager around one browser process; start it after the fork, in the thread that uses it.

    A SIGKILL of this process ends the driver and with it the browser. What still remains carries this process's tag,
    and another worker process sweeps it (`ownership.py`).
    """

    def __init__(self, executable: Path, *, headless: bool, action_timeout_seconds: float) -> None:
        self._executable = executable
        self._headless = headless
        self._action_timeout_ms = action_timeout_seconds * 1000
        self._owner = Owner.current()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the browser, unless it runs; raises BrowserLost."""
        with self._starting():
            self._running()

    def new_page(self, cookies: Sequence[Cookie] = ()) -> Page:
        """Open a page in a fresh context that has these cookies only; starts the browser when it is not running."""
        with self._starting():
            context = self._running().new_context(accept_downloads=True, locale="fr-CA")
            context.set_default_timeout(self._action_timeout_ms)
            context.add_cookies(cast("Any", list(cookies)))  # it takes what `cookies()` gives; the types differ in name
            return context.new_page()

    def close(self) -> None:
        """End the browser and its driver; does nothing when it is closed or gone already."""
        chromium, playwright = self._chromium, self._playwright
        self._chromium = self._playwright = None
        for stop in (chromium and chromium.close, playwright and playwright.stop):
            try:
                if stop:
                    stop()
            except PlaywrightError as error:
                if not _GONE.search(error.message):
                    logger.warning("The browser did not close, so its processes are ended: %s", error.message)
                    self.kill()
        if not self._owner.processes():  # another Browser of this process may be open
            shutil.rmtree(self._owner.temporary_directory, ignore_errors=True)

    def kill(self) -> None:
        """End the browser's processes from any thread; whatever uses the browser now fails with BrowserLost."""
        ownership.end(self._owner.processes())

    def memory_mb(self) -> int:
        """Memory of the driver, the browser and all of its helpers, in MB."""
        return ownership.memory_mb(self._owner.processes())

    @contextmanager
    def _starting(self) -> Iterator[None]:
        try:
            yield
        except PlaywrightError as error:
            self.close()
            raise BrowserLost(Sentence("Chromium did not start: {said}", said=error.message.splitlines()[0])) from error

    def _running(self) -> Chromium:
        if self._playwright is None:
            self._owner = Owner.current()
            with self._owner.tagging(**_driver_environment()):
                self._playwright = sync_playwright().start()
        if self._chromium is None or not self._chromium.is_connected():
            self._chromium = self._playwright.chromium.launch(
                executable_path=self._executable,
                headless=self._headless,
                args=ARGUMENTS,
                env={**_needed_environment(), **self._owner.environment},
                proxy=_proxy(),
                # Chromium's sandbox needs a user other than root.
                chromium_sandbox=os.geteuid() != 0,
                # Celery handles the signals.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        return self._chromium


def _driver_environment() -> dict[str, str]:
    """Our options of Node, and behind them those of the environment, which win; and where Node keeps compiled scripts.

    With these the driver needs a fifth less time to start. Where Node may not write, it goes on without them.
    """
    options = f"{DRIVER_OPTIONS} {os.environ.get('NODE_OPTIONS', '')}".strip()
    caches = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/nonexistent"), ".cache")
    kept = os.environ.get("NODE_COMPILE_CACHE") or Path(caches, "registre-extractor", "node")
    return {"NODE_OPTIONS": options, "NODE_COMPILE_CACHE": str(kept)}


def _needed_environment() -> dict[str, str | float | bool]:
    return {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}


def _proxy() -> ProxySettings | None:
    """The proxy of the environment, told to Playwright too: its own client sends the clicks that may be charged."""
    proxies = getproxies_environment()
    address = proxies.get("https") or proxies.get("http") or proxies.get("all")
    if not address:
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    proxy: ProxySettings = {
        "server": f"{parts.scheme}://{parts.hostname}:{parts.port or 80}",
        # Playwright would send even this machine's own addresses to the proxy.
        "bypass": ",".join(filter(None, ("localhost,127.0.0.1,[::1]", proxies.get("no")))),
    }
    if parts.username:
        proxy |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return proxy
