"""A session: a leased account, logged in, in one browser. Made in each worker process, used by one job at a time.

How it ends, and which thread may say so:

    method              called by                           browser  login      account     the next use
    ------------------  ----------------------------------  -------  ---------  ----------  --------------------
    retire              main thread                         closed   ended [1]  kept        logs in again
    close               main thread, at the process's end   closed   ended [1]  freed [1]   leases and logs in
                        or when the lease is over
    kill_browser        any thread, also while it is used   killed   kept       kept        meets BrowserLost
    close_from_outside  the watch, while nothing uses it    killed   ended [1]  freed [1]   leases and logs in

[1] Unless the lease was lost: a logout might end the session of the account's new holder.

Playwright's objects belong to the main thread, which sleeps in Celery's queue between two messages: another thread can
only end the browser's processes, and the main thread throws the objects away at the next use. So the login is ended
without the browser (`registry/logout.py`). A process that is killed ends nothing: the site does, after its own time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, Protocol

from playwright.sync_api import Cookie

from extractor.errors import (
    AccountError,
    BrowserLost,
    Consequence,
    DatabaseUnavailable,
    ExtractorError,
    LoginRefused,
    SessionExpired,
)
from extractor.language.sentences import Sentence
from extractor.log import hold_account
from extractor.models import Account, Evidence, Source
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import OUTAGES
from extractor.postgres.lease import Lease
from extractor.redaction import mask
from extractor.registry.forms import RequestForm
from extractor.registry.logout import Logout
from extractor.registry.registry_site import RegistrySite
from extractor.worker.browser_age import BrowserAge
from extractor.worker.outcome import as_ours

logger = logging.getLogger(__name__)

# Seconds. A form that was opened ahead and is older is opened again: the site may have ended its login.
AHEAD_SECONDS = 60.0
# These errors were decided elsewhere: no page shows anything about them.
_WITHOUT_PAGE = (Consequence.RETURN, Consequence.AGAIN, Consequence.DROP)


class SiteBrowser(Protocol):
    """What the session needs of a browser: `registry/registry_browser.py`."""

    def start(self) -> None:
        """Start it without a page, unless it runs; raises BrowserLost."""

    def open_site(self, cookies: Sequence[Cookie] = ()) -> RegistrySite:
        """Open a page without a login, or of the login whose cookies are given; raises BrowserLost."""

    def close(self) -> None:
        """End the browser."""

    def kill(self) -> None:
        """End its processes, from any thread."""

    def memory_mb(self) -> int:
        """Memory of all its processes."""


class _Ahead(NamedTuple):
    """A form that was opened before its row was known."""

    source: Source
    form: RequestForm
    opened_at: float
    """Of the monotonic clock."""


class WorkerSession:
    """Logs in when needed and proves the login at every form. A session in trouble is retired, not repaired.

    A crash leaves the account leased until its lease passes, and the login open until the site ends it; nothing else.
    """

    def __init__(self, *, holder: str, accounts: Accounts, browser: SiteBrowser, age: BrowserAge) -> None:
        self._holder = holder
        self._accounts = accounts
        self._browser = browser
        self._age = age
        self._is_dead = False
        self._has_spare_browser = False
        self._ahead: _Ahead | None = None
        self._site: RegistrySite | None = None
        self._logout: Logout | None = None
        self.lease: Lease | None = None
        """What the heartbeat renews; set before a login, which may be slow."""

    @property
    def account(self) -> Account | None:
        """The account whose lease this process holds, as far as it knows: a lease that passed is noticed later."""
        lease = self.lease
        return lease.account if lease else None

    @property
    def site(self) -> RegistrySite:
        """The logged-in site; only after `ensure_ready`."""
        if self._site is None:
            raise SessionExpired(Sentence("The session is not logged in."))
        return self._site

    @property
    def is_logged_in(self) -> bool:
        """Whether it has logged in, as far as this process knows: only `ensure_answering` asks the browser."""
        return self._site is not None and not self._is_dead

    def ensure_answering(self) -> None:
        """Before a job's work: a browser that died while idle is replaced, and the account logged in again.

        Raises what `ensure_ready` raises. A browser that stands still is found by this, and not by a page's time-out,
        which would count against the site.
        """
        if not self.check_ready():
            self.ensure_ready()

    def check_ready(self) -> bool:
        """Whether it has logged in and its browser answers; one that does not is retired."""
        if self._is_dead:
            self.retire()
        if self._site is None:
            return False
        try:
            answers = self._site.is_alive()
        except ExtractorError as error:
            logger.warning("The browser died while idle: %s", error)
            answers = False
        if not answers:
            self.retire()
        return answers

    def start_browser(self) -> None:
        """Start a browser before it is known whether there is an account; one that does not start is tried again."""
        self._has_spare_browser = True
        try:
            self._browser.start()
        except BrowserLost as error:
            logger.debug("%s", error)

    def close_spare_browser(self) -> None:
        """Close what `start_browser` started, if no login came of it: a process without an account has no browser."""
        if self._has_spare_browser and self._site is None:
            self._close_browser()

    def ensure_ready(self) -> Account:
        """Lease an account and log in unless that is done; raises NoAccountAvailable, LoginRefused, SiteError."""
        if self._is_dead:
            self.retire()
        if self.lease is None:
            self._hold(self._accounts.lease(self._holder))
        assert self.lease is not None
        if self._site is None:
            self._log_in(self.lease)
        return self.lease.account

    def open_form(self, source: Source) -> RequestForm:
        """Open a form; an expired session is logged in again once, which costs the row nothing."""
        self.ensure_ready()
        if (form := self._form_ahead(source)) is not None:
            return form
        try:
            return self._open_form(source)
        except SessionExpired as expired:
            logger.info("%s Logging in again.", expired)
            self.retire()
            self.ensure_ready()
            return self._open_form(source)

    def open_ahead(self, source: Source) -> bool:
        """Open a form before its row is known, for the next `open_form`; whether it is open.

        Nothing is repaired here. The next row finds a login that expired or a browser that died, and renews it.
        """
        lease = self.lease
        if self._site is None or self._is_dead or lease is None or lease.is_over or self._age.is_due(further_jobs=1):
            return False
        try:
            form = self._site.open_form(source)
        except ExtractorError as error:
            logger.info("The next form is not open yet: %s", error)
            return False
        form.opened_ahead = True
        self._ahead = _Ahead(source, form, time.monotonic())
        return True

    def free_memory(self) -> None:
        """Let the browser give back what the pages of a job left; the next row finds one that died."""
        if self._site is not None and not self._is_dead:
            try:
                self._site.free_memory()
            except ExtractorError as error:
                logger.info("The browser gave no memory back: %s", error)

    @contextmanager
    def witness(self) -> Iterator[None]:
        """Turn what is raised in the block into an ExtractorError with what the page shows.

        The page cannot be used afterwards.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 -- raised again below, as an ExtractorError
            ours = as_ours(error)
            if ours.evidence is None and ours.consequence not in _WITHOUT_PAGE:
                ours.evidence = self._evidence()
            raise ours from ours.__cause__

    def recycle_when_due(self) -> None:
        """Before a job's work: a fresh browser with the old cookies, in place of one that is old or large.

        A browser context keeps data about each request until it is closed (microsoft/playwright-python#1377).
        The cookies move to the new one, so the login is kept.
        """
        if self._site is None or not self._age.is_due():
            return
        logger.info("New browser after %s; the login is kept", self._age)
        try:
            cookies = self._site.cookies()
            self._close_browser()
            self._site = self._browser.open_site(cookies)
        except ExtractorError as error:  # the form of this row logs in
            logger.warning("The browser could not be replaced: %s", error)
            self.retire()

    def count_job(self) -> None:
        """After a job: its part of the browser's age."""
        self._age.count_job()
        if self._site is not None:
            self._age.measure(self._browser.memory_mb)

    def kill_browser(self) -> None:
        """End the browser's processes; see the table above."""
        self._browser.kill()

    def close_from_outside(self) -> None:
        """End the browser's processes and the login, and free the account; see the table above."""
        self._browser.kill()
        self._is_dead = True
        self._give_up_account()

    def retire(self) -> None:
        """Throw the browser away and end the login; keep the account."""
        self._close_browser()
        self._log_out()

    def close(self) -> None:
        """Close the browser, end the login and free the account; closing twice is harmless."""
        self._close_browser()
        self._give_up_account()

    def _open_form(self, source: Source) -> RequestForm:
        with self.witness():
            form = self.site.open_form(source)
            self._logout = self.site.logout() or self._logout  # with the cookies of now
            return form

    def _form_ahead(self, source: Source) -> RequestForm | None:
        """The form that `open_ahead` opened, if it is the right one, recent, and still what the page shows."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.source is not source or time.monotonic() - ahead.opened_at > AHEAD_SECONDS:
            return None
        try:
            return ahead.form if self.site.shows_form(source) else None
        except ExtractorError as error:
            logger.info("The form that was opened ahead cannot be used: %s", error)
            return None

    def _close_browser(self) -> None:
        self._site = None
        self._ahead = None
        self._has_spare_browser = False
        self._age.reset()
        self._is_dead = False
        self._browser.close()

    def _give_up_account(self) -> None:
        lease = self.lease
        self._log_out()
        self._hold(None)
        if lease is not None:
            lease.release()

    def _log_out(self) -> None:
        """End the login at the site, while the account is this process's. The next login tries again what failed."""
        if self._logout is None or not self._holds_account():
            return
        try:
            self._logout.send()
        except OSError as error:
            logger.info("The site did not answer the logout; it ends the login after its own time: %s", error)
        else:
            self._logout = None

    def _holds_account(self) -> bool:
        try:
            return self.lease is not None and self.lease.renew()
        except OUTAGES:
            return False

    def _hold(self, lease: Lease | None) -> None:
        self.lease = lease
        self._logout = None
        hold_account(lease.account if lease else None)
        if lease is not None:
            logger.info("Leased account %s", lease.account.masked)

    def _log_in(self, lease: Lease) -> None:
        self._read_password(lease)
        self._log_out()
        self._site = self._browser.open_site()
        try:
            with self.witness():
                self._site.log_in(lease.account)
                self._logout = self._site.logout()
        except LoginRefused as refusal:
            self.retire()
            _count(partial(lease.record_refusal, str(refusal)))
            self._hold(None)
            raise
        except ExtractorError:
            self.retire()
            _count(lease.record_failed_login)
            raise
        _count(lease.record_login)
        logger.info("Logged in with account %s", lease.account.masked)

    def _read_password(self, lease: Lease) -> None:
        """Hold what is about to be posted: a person may have changed it since the last login.

        A process that was paused past its lease must not end the session of the account's new holder.
        """
        try:
            lease.renew()
            lease.read_password()
        except AccountError:
            self.close()
            raise
        hold_account(lease.account)

    def _evidence(self) -> Evidence | None:
        """What the page shows, its account masked; None without a page that answers."""
        if self._site is None:
            return None
        try:
            page = self._site.evidence()
        except ExtractorError as error:
            logger.warning("No evidence of the page: %s", error)
            return None
        account = self.account
        secrets = account.secrets if account else ()
        return page.model_copy(update={"url": mask(page.url, secrets), "html": mask(page.html, secrets)})


def _count(record: Callable[[], None]) -> None:
    """Write how a login ended. An outage must not undo the login, or hide why there is none."""
    try:
        record()
    except (DatabaseUnavailable, *OUTAGES) as error:
        logger.warning("A login was not counted: %s", error)
