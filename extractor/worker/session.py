"""A session: a leased account, logged in, in one browser. Made in each worker process, used by one job at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from playwright.sync_api import Cookie, Page
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import Browser
from extractor.errors import AccountLost, BrowserLost, ExtractorError, LoginRefused, SessionExpired
from extractor.models import Account, Source
from extractor.postgres.accounts import Accounts
from extractor.registry.forms import RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.registry.snapshot import Evidence, html_of

logger = logging.getLogger(__name__)


class WorkerSession:
    """Opens itself when needed, proves itself at every form, and is retired rather than repaired.

    A crash leaves the account leased until its lease passes; nothing else.
    """

    def __init__(
        self,
        *,
        holder: str,
        accounts: Accounts,
        browser: Browser,
        open_site: Callable[[Page], RegistrySite],
        on_account: Callable[[Account | None], None],
        on_failed_login: Callable[[ExtractorError], None],
        recycle_jobs: int,
        max_browser_mb: int,
    ) -> None:
        self._holder = holder
        self._accounts = accounts
        self._browser = browser
        self._open_site = open_site
        self._on_account = on_account  # told at once, so that the lease is renewed during a slow login
        self._on_failed_login = on_failed_login  # told while the page still shows why
        self._recycle_jobs = recycle_jobs
        self._max_browser_mb = max_browser_mb
        self._jobs = 0
        self._is_dead = False
        self._page: Page | None = None
        self._site: RegistrySite | None = None
        self.account: Account | None = None

    def is_ready(self) -> bool:
        """Whether it has logged in and its browser answers; one that died while idle costs no row anything."""
        if self._is_dead:
            self.retire()
        if self._page is None or self._site is None:
            return False
        try:
            # Only a round trip tells: `is_connected` still says yes after a silent crash.
            answers = html_of(self._page.main_frame) is not None
        except (BrowserLost, PlaywrightError) as error:
            logger.warning("The browser died while idle: %s", error)
            answers = False
        if not answers:
            self.retire()
        return answers

    def page_evidence(self) -> Evidence | None:
        """What the page shows, for people; the page is of no use afterwards. None without a page that answers."""
        if self._site is None:
            return None
        try:
            return self._site.evidence()
        except ExtractorError as error:
            logger.warning("No evidence of the page: %s", error)
            return None

    @property
    def site(self) -> RegistrySite:
        """The logged-in site; only after `ensure_ready`."""
        if self._site is None:
            raise SessionExpired("The session is not logged in.")
        return self._site

    def ensure_ready(self) -> Account:
        """Lease an account and log in unless that is done; raises NoAccountAvailable, LoginRefused, SiteError."""
        if self._is_dead:
            self.retire()
        if self.account is None:
            self.account = self._accounts.lease(self._holder)
            self._on_account(self.account)
            logger.info("Leased account %s", self.account.masked)
        if self._site is None:
            self._log_in(self.account)
        return self.account

    def open_form(self, source: Source) -> RequestForm:
        """Open a form; an expired session is logged in again once, which costs the row nothing."""
        self.ensure_ready()
        try:
            return self.site.open_form(source)
        except SessionExpired as expired:
            logger.info("%s Logging in again.", expired)
            self.retire()
            self.ensure_ready()
            return self.site.open_form(source)

    def recycle_when_due(self) -> None:
        """After each job: a fresh browser with the old cookies, every so many jobs or past so much memory.

        Playwright's driver grows with every page (PARTS), and so does Chromium; the login is kept.
        """
        self._jobs += 1
        if self._page is None or self._site is None:
            return
        try:
            memory_mb = self._browser.memory_mb()
            if self._jobs >= self._recycle_jobs or memory_mb >= self._max_browser_mb:
                logger.info("New browser after %d jobs, at %d MB; the login is kept", self._jobs, memory_mb)
                self._recycle(self._page.context.cookies())
        except (BrowserLost, PlaywrightError) as error:
            logger.warning("The browser could not be started anew: %s", error)
            self.retire()

    def _recycle(self, cookies: Sequence[Cookie]) -> None:
        self.retire()
        self._page = self._browser.new_page(cookies)
        self._site = self._open_site(self._page)

    def kill_browser(self) -> None:
        """From any thread: what uses the browser fails at once, and the next use logs in again."""
        self._browser.kill()

    def close_from_outside(self) -> None:
        """From another thread while nothing uses the session: end the browser and free the account.

        Playwright's objects belong to the thread that made them, which throws them away at the next use.
        """
        account = self.account
        self._browser.kill()
        self._is_dead = True
        self.account = None
        self._on_account(None)
        if account is not None:
            self._accounts.release(account)

    def retire(self) -> None:
        """Throw the browser away, keep the account: the next use logs in again."""
        self._site = self._page = None
        self._jobs = 0
        self._is_dead = False
        self._browser.close()

    def lose_account(self) -> None:
        """Forget an account that is no longer ours, and the session with it."""
        self.retire()
        self.account = None
        self._on_account(None)

    def close(self) -> None:
        """Retire, and free the account; closing twice is harmless."""
        account = self.account
        self.lose_account()
        if account is not None:
            self._accounts.release(account)

    def _log_in(self, account: Account) -> None:
        # A process that was paused past its lease must not throw the account's new holder out.
        if not self._accounts.renew(account):
            self.lose_account()
            raise AccountLost(f"Account {account.masked} went to another worker, or was disabled.")
        page = self._browser.new_page()
        site = self._open_site(page)
        self._page, self._site = page, site
        try:
            site.log_in(account)
        except ExtractorError as error:
            self._on_failed_login(error)
            if isinstance(error, LoginRefused):
                self._accounts.record_refusal(account, str(error))
                self.lose_account()
            else:
                self.retire()
            raise
        self._accounts.record_login(account)
        logger.info("Logged in with account %s", account.masked)
