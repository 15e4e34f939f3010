"""One worker process: what it is made of, and how it does one message. `lifecycle.py` starts and stops it."""

from __future__ import annotations

import logging
import threading
import time
from uuid import UUID

from playwright.sync_api import Page

from extractor.accounts import AccountLimits, Accounts
from extractor.browser import Browser
from extractor.database import Database
from extractor.document import Spool
from extractor.errors import ExtractorError, JobLost, NoAccountAvailable, UnexpectedError
from extractor.extraction import Extraction
from extractor.heartbeat import Heartbeat
from extractor.local.chromium import find_browser
from extractor.models import Account, Job, Status, WorkerState
from extractor.queue import Queue, QueueLimits
from extractor.registry.registry_site import RegistrySite
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace
from extractor.session import WorkerSession
from extractor.settings import Settings
from extractor.storage import open_store
from extractor.workers import WorkerStatus
from tasks import outcome

logger = logging.getLogger(__name__)

# How often a process without an account looks for one while it waits.
ACCOUNT_POLL_SECONDS = 1.0


class WorkerProcess:
    """A prefork child: one account, one session, one job at a time.

    Killed at any point it leaves leases that pass by themselves, and a spool that the next attempt finds.
    """

    def __init__(self, settings: Settings, *, worker_id: str, queues: list[str] | None) -> None:
        self._settings = settings
        self.worker_id = worker_id
        self._database = Database(settings.database_url.get_secret_value())
        self._queue = Queue(self._database, QueueLimits.of(settings))
        self._accounts = Accounts(self._database, AccountLimits.of(settings))
        self._status = WorkerStatus(self._database, worker_id=worker_id, queues=queues)
        self._heartbeat = Heartbeat(
            interval=settings.heartbeat_seconds,
            job_bound=settings.job_timeout_seconds,
            queue=self._queue,
            accounts=self._accounts,
            status=self._status,
        )
        self._session = self._new_session(settings)
        self._store = open_store(settings)
        self._store_is_prepared = False
        self._extraction = Extraction(
            queue=self._queue, session=self._session, spool=Spool(settings.spool_dir), store=self._store
        )

    def start(self) -> None:
        """Show up in `worker_status`, begin to beat, and log in if an account is free; without one, say so."""
        self._status.register()
        self._heartbeat.start()
        try:
            self._show_ready(self._ready_account())
        except ExtractorError as error:
            self._show_trouble(error)

    def run(self, job_id: UUID) -> str:
        """Do one message; raises the row's error when the row ended in Erreur."""
        try:
            account = self._ready_account()
        except ExtractorError as error:
            return self._hand_back(job_id, error)
        job = self._queue.claim(job_id, worker_id=self.worker_id, account=account)
        if job is None:
            return self._not_claimed(job_id, account)
        self._status.show(WorkerState.BUSY, job_id=job.id, account_id=account.id)
        try:
            with self._heartbeat.holding(job):
                return self._do(job)
        finally:
            self._show_after_job()

    def stop(self) -> None:
        """Close the session, free the account, say offline; in this order, so that nobody logs in beside us."""
        self._session.close()
        self._heartbeat.stop()
        self._status.show(WorkerState.OFFLINE, "stopped")
        self._database.close()

    def _do(self, job: Job) -> str:
        started = time.monotonic()
        try:
            path = self._extraction.extract(job)
        except ExtractorError as error:
            return self._settle(job, error)
        except Exception as error:
            logger.exception("Job %s failed unexpectedly", job.id)
            return self._settle(job, UnexpectedError(f"{type(error).__name__}: {error}"), cause=error)
        self._status.count(completed=True)
        logger.info("Job %s done in %.1f s: %s", job.id, time.monotonic() - started, path)
        return f"{Status.COMPLETED}: {path}"

    def _settle(self, job: Job, error: ExtractorError, *, cause: Exception | None = None) -> str:
        self._status.count(completed=False)
        if error.retires_session:
            self._session.retire()
        try:
            status = outcome.settle(self._queue, job, error)
        except JobLost as lost:
            status, error = None, lost
        logger.warning("Job %s, attempt %d: %s (%s)", job.id, job.attempts, error, error.code)
        if status is Status.FAILED:
            raise error from cause
        return f"{status or 'dropped'}: {error}"

    def _ready_account(self) -> Account:
        """The account of a session that is logged in, with storage that can take a document: only then buy one."""
        if not self._store_is_prepared:
            self._store.prepare()
            self._store_is_prepared = True
        if self._heartbeat.has_lost_account:
            self._session.lose_account()
        return self._session.ensure_ready()

    def _not_claimed(self, job_id: UUID, account: Account) -> str:
        """Somebody else has the row, or it is not due: nothing to do, unless it is our account that was lost."""
        if not self._accounts.renew(account):
            self._session.lose_account()
            self._queue.hand_back(job_id)
            return "handed back: the account's lease was lost"
        return "nothing to do: the row does not wait any more"

    def _hand_back(self, job_id: UUID, error: ExtractorError) -> str:
        """Return the message at once for a ready process to take, then stay off the queue for a while."""
        self._queue.hand_back(job_id)
        self._show_trouble(error)
        deadline = time.monotonic() + self._settings.account_wait_seconds
        idle = threading.Event()
        while time.monotonic() < deadline:
            idle.wait(ACCOUNT_POLL_SECONDS)
            if isinstance(error, NoAccountAvailable) and self._found_account():
                break
        return f"handed back: {error}"

    def _found_account(self) -> bool:
        try:
            self._show_ready(self._ready_account())
        except NoAccountAvailable:
            return False
        except ExtractorError as error:
            self._show_trouble(error)
        return True

    def _show_ready(self, account: Account) -> None:
        self._status.show(WorkerState.IDLE, f"logged in with {account.masked}", account_id=account.id)

    def _show_trouble(self, error: ExtractorError) -> None:
        logger.warning("%s is not ready: %s", self.worker_id, error)
        account = self._session.account
        self._status.show(WorkerState.ERROR, str(error), account_id=account.id if account else None)

    def _show_after_job(self) -> None:
        account = self._session.account
        if account is not None and self._session.is_ready:
            self._show_ready(account)
        else:
            self._status.show(WorkerState.IDLE, "logs in with the next row", account_id=account.id if account else None)

    def _new_session(self, settings: Settings) -> WorkerSession:
        site_map = load_site_map(settings.registry_site_map)
        pace = Pace.of(settings)

        def open_site(page: Page) -> RegistrySite:
            return RegistrySite(page, base_url=settings.registry_base_url, site=site_map, pace=pace)

        return WorkerSession(
            holder=self.worker_id,
            accounts=self._accounts,
            browser=Browser(
                find_browser(settings.browser_executable),
                headless=settings.headless,
                action_timeout_seconds=settings.page_timeout_seconds,
            ),
            open_site=open_site,
            on_account=self._heartbeat.watch_account,
        )
