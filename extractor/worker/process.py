"""One worker process: what it is made of, and how it does one message. `lifecycle.py` starts and stops it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

import psycopg
from playwright.sync_api import Page

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.documents.spool import Spool
from extractor.documents.storage import open_store
from extractor.errors import ExtractorError
from extractor.log import about, hold_account
from extractor.metrics.logins import CountedSite, Login
from extractor.models import Account, Job, WorkerState
from extractor.postgres.accounts import AccountLimits, Accounts
from extractor.postgres.database import OUTAGES, Database
from extractor.postgres.jobs import JobLimits, Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.registry.registry_site import RegistrySite
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace
from extractor.settings import Settings
from extractor.worker.attempt import Attempts
from extractor.worker.drain import Drain
from extractor.worker.evidence import EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.housekeeping import Housekeeping
from extractor.worker.readiness import Readiness
from extractor.worker.session import WorkerSession

logger = logging.getLogger(__name__)

# How often a process looks whether its worker was asked to stop, or its session has been idle for too long.
WATCH_SECONDS = 0.25
DATABASE_POLL_SECONDS = 2.0


class WorkerProcess:
    """A prefork child: one account, one session, one job at a time.

    Killed at any point it leaves leases that pass by themselves, and a spool that the next attempt finds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        worker_id: str,
        queues: list[str] | None,
        drain: Drain,
        on_login: Callable[[Login], None],
    ) -> None:
        self._settings = settings
        self.worker_id = worker_id
        self._drain = drain
        self._on_login = on_login
        self._in_use = threading.Lock()  # held while the session is used: by a row, or by a login
        self._idle_since = time.monotonic()
        self._job: Job | None = None
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._run_watch, name="watch", daemon=True)

        self._database = Database(settings.database_url.get_secret_value())
        self._jobs = Jobs(self._database, JobLimits.of(settings))
        self._accounts = Accounts(self._database, AccountLimits.of(settings))
        self._status = WorkerStatus(self._database, worker_id=worker_id, queues=queues)
        self._heartbeat = Heartbeat(
            interval=settings.heartbeat_seconds,
            job_bound=settings.job_timeout_seconds,
            jobs=self._jobs,
            accounts=self._accounts,
            status=self._status,
        )
        self._spool = Spool(settings.spool_dir)
        self._evidence = EvidenceStore(settings.evidence_dir)
        self._housekeeping = Housekeeping(settings, jobs=self._jobs, spool=self._spool, evidence=self._evidence)
        self._store = open_store(settings)
        self._session = self._new_session(settings)
        self._readiness = Readiness(
            jobs=self._jobs,
            session=self._session,
            spool=self._spool,
            store=self._store,
            status=self._status,
            drain=drain,
            min_free_disk_mb=settings.min_free_disk_mb,
            has_lost_account=lambda: self._heartbeat.has_lost_account,
        )
        self._attempts = Attempts(
            jobs=self._jobs,
            session=self._session,
            spool=self._spool,
            extraction=Extraction(
                jobs=self._jobs,
                session=self._session,
                spool=self._spool,
                store=self._store,
                before_consultation=lambda: drain.allow(settings.document_timeout_seconds),
            ),
            evidence=self._evidence,
            status=self._status,
            on_storage_fault=self._readiness.doubt_storage,
        )

    def start(self) -> None:
        """Show up in `worker_status`, begin to beat, and log in if an account is free; without one, say so."""
        self._register()
        self._heartbeat.start()
        self._housekeeping.start()
        self._watch.start()
        with self._in_use:
            self._readiness.seek()

    def run(self, job_id: UUID) -> str:
        """Do one message; raises the row's error when the row ended in Erreur."""
        try:
            with self._in_use:
                return self._upload(job_id) if self._spool.holds(job_id) else self._serve(job_id)
        except OUTAGES as error:  # the row keeps what was committed; the bridge sends it again where it must
            logger.warning("Message %s: %s", job_id, error)
            return f"Postgres is away: {error}"
        finally:
            self._idle_since = time.monotonic()

    def stop(self) -> None:
        """Close the session, free the account, say offline; in this order, so that nobody logs in beside us."""
        self._stopping.set()
        self._session.close()
        self._housekeeping.stop()
        self._heartbeat.stop()
        self._status.show(WorkerState.OFFLINE, "stopped")
        self._store.close()
        self._database.close()

    def _register(self) -> None:
        """Wait for Postgres: a process without a heartbeat must not take rows. `lifecycle` bounds the wait."""
        while not self._drain.has_begun:
            try:
                self._status.register()
            except OUTAGES as error:
                logger.warning("Postgres is not there yet: %s", error)
            else:
                return
            self._stopping.wait(DATABASE_POLL_SECONDS)

    def _serve(self, job_id: UUID) -> str:
        account = self._readiness.account()
        if account is None:
            return self._hand_back(job_id)
        job = self._jobs.claim(job_id, worker_id=self.worker_id, account=account, spool_id=None)
        if job is None:
            return self._not_claimed(job_id, account)
        return self._do(job, account)

    def _upload(self, job_id: UUID) -> str:
        """The row's document lies on this spool: storage is all that it needs, neither an account nor the site."""
        job = self._jobs.claim(job_id, worker_id=self.worker_id, account=None, spool_id=self._spool.id)
        return self._do(job, self._session.account) if job else self._serve(job_id)

    def _do(self, job: Job, account: Account | None) -> str:
        self._job = job
        self._status.show(WorkerState.BUSY, job_id=job.id, account_id=account.id if account else None)
        try:
            with about(job), self._heartbeat.holding(job):
                return self._attempts.run(job)
        finally:
            self._job = None
            self._session.recycle_when_due()
            self._show_after_job()

    def _not_claimed(self, job_id: UUID, account: Account) -> str:
        """Somebody else has the row, or it is not due: nothing to do, unless it is our account that was lost."""
        if not self._accounts.renew(account):
            self._session.lose_account()
            self._jobs.hand_back(job_id)
            return "handed back: the account's lease was lost"
        self._jobs.forget_spool(job_id, self._spool.id)  # it names this spool, which does not hold it
        return "nothing to do: another has the row, or it is not due"

    def _hand_back(self, job_id: UUID) -> str:
        """Return the message at once for a ready process to take, then make ready, off the jobs.

        When that fails, stay off the queue for a while: a process without a session must not swallow messages.
        """
        self._jobs.hand_back(job_id)
        error = self._readiness.seek_for(self._settings.account_wait_seconds)
        return f"handed back: {error or 'logged in first'}"

    def _show_after_job(self) -> None:
        account = self._session.account
        if account is not None and self._session.is_ready():
            self._readiness.show_ready(account)
        else:
            self._status.show(WorkerState.IDLE, "logs in with the next row", account_id=account.id if account else None)

    def _run_watch(self) -> None:
        """End what cannot end in time, and close what nobody uses; the main thread may be deep in a page."""
        while not self._stopping.wait(WATCH_SECONDS):
            try:
                if self._drain.has_begun:
                    self._return_what_cannot_end()
                elif time.monotonic() - self._idle_since > self._settings.session_idle_seconds:
                    self._close_idle_session()
            except psycopg.Error as error:
                logger.warning("Watch: %s", error)

    def _return_what_cannot_end(self) -> None:
        """Give a row back before its click when a whole consultation no longer fits; break off a login."""
        job, settings = self._job, self._settings
        if job is None:
            if self._in_use.locked():
                self._session.kill_browser()
        elif self._drain.seconds_left < settings.document_timeout_seconds and self._jobs.return_job(job):
            logger.warning("Job %s goes back: the worker was asked to stop", job.id)
            self._session.kill_browser()

    def _close_idle_session(self) -> None:
        if self._session.account is None or not self._in_use.acquire(blocking=False):
            return
        try:
            logger.info("The session was idle for %g s: closing it", self._settings.session_idle_seconds)
            self._session.close_from_outside()
            self._status.show(WorkerState.IDLE, "logs in with the next row: its session was idle")
        finally:
            self._in_use.release()

    def _hold_account(self, account: Account | None) -> None:
        hold_account(account)
        self._heartbeat.watch_account(account)

    def _keep_login_evidence(self, error: ExtractorError) -> None:
        self._attempts.keep_login_evidence(error)  # which is made after the session

    def _new_session(self, settings: Settings) -> WorkerSession:
        pace = Pace.of(settings)

        def open_site(page: Page) -> RegistrySite:
            # Read at every login: a session that a changed page retired comes back with the edited map.
            site_map = load_site_map(settings.registry_site_map)
            return CountedSite(
                page, base_url=settings.registry_base_url, site=site_map, pace=pace, on_login=self._on_login
            )

        return WorkerSession(
            holder=self.worker_id,
            accounts=self._accounts,
            browser=Browser(
                find_browser(settings.browser_executable),
                headless=settings.headless,
                action_timeout_seconds=settings.page_timeout_seconds,
            ),
            open_site=open_site,
            on_account=self._hold_account,
            on_failed_login=self._keep_login_evidence,
            recycle_jobs=settings.recycle_jobs,
            max_browser_mb=settings.max_browser_mb,
        )
