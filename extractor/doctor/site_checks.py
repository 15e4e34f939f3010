"""The checks of the browser and, with it, of the site: its public pages, and on demand one login. Nothing is spent."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Error as PlaywrightError
from selectolax.lexbor import LexborHTMLParser

from extractor.browser.chromium import Browser
from extractor.browser.finder import VERSION_TIMEOUT, find_browser
from extractor.doctor.check import Remedies, Verdict, ok, warning
from extractor.errors import (
    BrowserLost,
    BrowserNotFound,
    ConfigurationError,
    ExtractorError,
    LoginRefused,
    NoAccountAvailable,
    SiteChanged,
    SiteClosed,
    SiteUnavailable,
)
from extractor.models import Account
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database
from extractor.postgres.lease import AccountLimits
from extractor.postgres.sealing import Keyring
from extractor.registry.dead_ends import error_of
from extractor.registry.login import log_in
from extractor.registry.logout import find_logout
from extractor.registry.page import PageKind, PageState
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace, Visit
from extractor.settings import Settings

LOGIN_CONTROLS = ("login.username", "login.password", "login.submit")

SITE_CHANGED = "Write that line as the site has it now into your own file, and name it in REGISTRY_SITE_MAP."
_INSTALL = "Install one (Debian: apt install chromium-headless-shell), or name yours in BROWSER_EXECUTABLE."
BROWSER_REMEDIES: Remedies = {BrowserNotFound: _INSTALL, subprocess.SubprocessError: _INSTALL}
SITE_MAP_REMEDIES: Remedies = {ConfigurationError: "Correct that line."}
PAGE_REMEDIES: Remedies = {
    SiteClosed: "Come back in its opening hours; rows wait until then.",
    SiteUnavailable: "Check REGISTRY_BASE_URL and this machine's way to it; rows wait until then.",
    SiteChanged: SITE_CHANGED,
    BrowserLost: _INSTALL,
    ExtractorError: "Look at the page in a browser of your own.",
    PlaywrightError: "Correct REGISTRY_BASE_URL: https://HOST.",
}
LOGIN_REMEDIES: Remedies = {
    LoginRefused: (
        "Write the right password with `extractor accounts password USERNAME`; this refusal was counted, and the"
        " account rests."
    ),
    NoAccountAvailable: "Stop a worker, or add one more account: `extractor accounts add USERNAME`.",
    **PAGE_REMEDIES,
}


def examine_browser(settings: Settings) -> Verdict:
    """There is one, and it runs."""
    browser = find_browser(settings.browser_executable)
    version = subprocess.run(
        [browser, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=True
    )
    return ok(f"{version.stdout.strip()}, {browser}.")


def examine_site_map(settings: Settings) -> Verdict:
    """It can be read, and each of its lines is what it should be."""
    load_site_map(settings.registry_site_map)
    own_file = settings.registry_site_map
    return ok(f"the package's own, changed by {own_file}." if own_file else "the package's own.")


def examine_entry_page(settings: Settings) -> Verdict:
    """It opens and leads to the login page; a missing link is only a warning: the login page has its own address."""
    with _new_visit(settings) as visit:
        state = _open(visit, visit.site.paths.entry)
        if state.kind not in (PageKind.ENTRY, PageKind.LOGIN):
            raise SiteChanged(f"{visit.page.url} is no entry page (paths.entry in the site map) but shows: {state}.")
        if state.kind is PageKind.ENTRY and (missing := _first_missing(visit, ("login.door",))):
            return warning(f"{visit.page.url} has no {missing}. {SITE_CHANGED}")
        return ok(f"{visit.page.url} shows: {state}.")


def examine_login_page(settings: Settings) -> Verdict:
    """It opens by its own address and has every control of the login."""
    with _new_visit(settings) as visit:
        state = _open(visit, visit.site.paths.login)
        if missing := _first_missing(visit, LOGIN_CONTROLS):
            raise SiteChanged(f"{visit.page.url} has no {missing} and shows: {state}.")
        if state.kind is not PageKind.LOGIN:
            raise SiteChanged(f"{visit.page.url} is no login page (paths.login in the site map) but shows: {state}.")
        return ok(f"{visit.page.url} shows: {state}.")


def examine_login(settings: Settings) -> Verdict:
    """Lease one free account, log in once, and say where that led; a refusal counts, as a worker's does."""
    with closing(Database(settings.database_url.get_secret_value(), takes_any_text=True)) as database:
        accounts = Accounts(database, _login_limits(settings))
        lease = accounts.lease(f"doctor@{socket.gethostname()}-{os.getpid()}")
        try:
            seen = _log_in(lease.account, settings)
            lease.record_login()
        except LoginRefused as refusal:
            lease.record_refusal(str(refusal))
            raise LoginRefused(f"{lease.account.masked}: {refusal}") from refusal
        finally:
            lease.release()
    return ok(f"{lease.account.masked} was logged in; the page showed: {seen}.")


def _log_in(account: Account, settings: Settings) -> str:
    """What a login shows. Its browser has ended, and the login too, before the account is free again."""
    with _new_visit(settings) as visit:
        log_in(visit, account)
        seen, logout = str(visit.state()), find_logout(visit)
    if logout is None:
        return f"{seen}, without a link that logs out"
    try:
        logout.send()
    except OSError as error:
        return f"{seen}; the site did not answer the logout ({error})"
    return seen


def _login_limits(settings: Settings) -> AccountLimits:
    """No heartbeat runs here: the lease lasts as long as a worker's login may."""
    return AccountLimits(
        lease_seconds=max(settings.lease_seconds, settings.start_timeout_seconds),
        account_rest_seconds=settings.account_rest_seconds,
        keyring=Keyring.of(settings),
    )


def _open(visit: Visit, path: str) -> PageState:
    """Open a public page; raises the error of a page that is closed, unavailable or only a message."""
    state = visit.open(path)
    if state.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE, PageKind.WAITING, PageKind.MESSAGE):
        raise error_of(state)
    return state


def _first_missing(visit: Visit, keys: tuple[str, ...]) -> str | None:
    """The first selector that finds nothing on the page, with its key; None when all find something."""
    tree = LexborHTMLParser(visit.html())
    selectors = ((key, visit.site.selector(key)) for key in keys)
    return next((f"{selector} ({key} in the site map)" for key, selector in selectors if not tree.css(selector)), None)


@contextmanager
def _new_visit(settings: Settings) -> Iterator[Visit]:
    """A visit without an account or cookies, in its own browser."""
    site_map, timeout = load_site_map(settings.registry_site_map), settings.page_timeout_seconds
    executable = find_browser(settings.browser_executable)
    with Browser(executable, headless=settings.headless, action_timeout_seconds=timeout) as browser:
        yield Visit(browser.new_page(), base_url=settings.registry_base_url, site=site_map, pace=Pace.of(settings))
