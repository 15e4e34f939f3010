"""Finds a browser that works on this machine, or installs one; `chromium.py` launches it."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from extractor.errors import BrowserNotFound

logger = logging.getLogger(__name__)

# Real binaries before anything in PATH: distributions put shell scripts there, and killing one leaves the browser.
# The headless shell starts three times faster and takes a quarter less memory than the full browser.
HEADLESS_SHELLS = (
    "/usr/lib/chromium/chromium-headless-shell",  # Debian
    "/usr/lib64/chromium-browser/headless_shell",  # Fedora
)
BROWSERS = (
    "/usr/lib/chromium/chromium",  # Debian, Arch, Alpine
    "/usr/lib/chromium-browser/chromium-browser",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "~/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# Debian's names, the better one first.
PACKAGES = ("chromium-headless-shell", "chromium")

# Seconds.
VERSION_TIMEOUT = 20
INSTALL_TIMEOUT = 900

# Browsers that ran here: path, size and time of the last change. A worker proves its browser before it forks, and its
# children inherit what it knows: each would start the browser once more to read its version.
_proven: set[tuple[Path, int, int]] = set()


def ensure_browser(explicit: Path | None = None, *, before_install: Callable[[], None] = lambda: None) -> Path:
    """Return a browser that works, installing one when there is none and none was named."""
    try:
        return find_browser(explicit)
    except BrowserNotFound:
        if explicit:
            raise
    before_install()
    return install_browser()


def find_browser(explicit: Path | None = None) -> Path:
    """Return the browser that was named, else the best one installed; each has proved that it runs."""
    if explicit:
        complaint = _complaint(explicit)
        if complaint:
            raise BrowserNotFound(f"BROWSER_EXECUTABLE names {explicit}, which {complaint}.")
        return explicit
    for candidate in _candidates():
        if _complaint(candidate) is None:
            return candidate
    raise BrowserNotFound("No Chromium or Chrome was found on this machine.")


def install_browser() -> Path:
    """Install a headless browser, from Playwright or else from the distribution, and return it."""
    for command in _install_commands():
        logger.info("Installing a browser: %s", " ".join(command))
        if _succeeds(command, INSTALL_TIMEOUT):
            try:
                return find_browser()
            except BrowserNotFound:
                logger.warning("%s succeeded, but its browser does not run here.", " ".join(command))
    raise BrowserNotFound(
        "No browser works here and none could be installed: install Chromium or Chrome yourself "
        "(on Debian: apt install chromium-headless-shell), and set BROWSER_EXECUTABLE if it is not found."
    )


def _candidates() -> Iterator[Path]:
    yield from map(Path, HEADLESS_SHELLS)
    yield from _playwright_shells()
    yield from (Path(path).expanduser() for path in BROWSERS)
    yield from (Path(found) for found in map(shutil.which, COMMANDS) if found)


def _playwright_shells() -> list[Path]:
    """Return the headless shells that Playwright downloaded, the newest revision first."""
    shells = _playwright_cache().glob("chromium_headless_shell-*/*/*headless[_-]shell")
    return sorted(shells, key=_revision, reverse=True)


def _revision(shell: Path) -> int:
    number = shell.parents[1].name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _playwright_cache() -> Path:
    configured = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if configured == "0":  # Playwright's word for "inside the package"
        spec = importlib.util.find_spec("playwright")
        package = Path(spec.origin).parent if spec and spec.origin else Path()
        return package / "driver" / "package" / ".local-browsers"
    if configured:
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _complaint(browser: Path) -> str | None:
    """Say what is wrong with the browser, None when it runs."""
    if not browser.is_file():
        return "does not exist"
    if not os.access(browser, os.X_OK):
        return "is not executable"
    status = browser.stat()
    this = (browser, status.st_size, status.st_mtime_ns)
    if this in _proven:
        return None
    complaint = _complaint_of_version(browser)
    if complaint is None:
        _proven.add(this)
    return complaint


def _complaint_of_version(browser: Path) -> str | None:
    try:
        version = subprocess.run(
            [browser, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"does not run: {failure}"
    if version.returncode == 0 and re.search(r"(Chrom|Headless).*\d", version.stdout):
        return None
    return f"does not say its version as Chromium does: {(version.stderr or version.stdout).strip()[-300:]}"


def _install_commands() -> Iterator[list[str]]:
    yield [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    privilege = as_root()
    if shutil.which("apt-get") is None or privilege is None:
        return
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    # An old list of packages may suffice, so a failure here is only logged.
    _succeeds([*apt, "update"], INSTALL_TIMEOUT)
    for package in PACKAGES:
        yield [*apt, "install", "-y", "--no-install-recommends", package]


def as_root() -> list[str] | None:
    """Return what to put before a command that needs root, None when this process cannot be root without a password."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"], 10) else None


def _succeeds(command: list[str], timeout: float) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        logger.warning("%s: %s", " ".join(command), failure)
        return False
    if done.returncode != 0:
        logger.warning("%s failed: %s", " ".join(command), done.stderr.strip()[-500:])
    return done.returncode == 0
