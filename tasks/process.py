"""One worker process: what it is made of, and how it does one message. `lifecycle.py` starts and stops it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page
from pydantic import SecretStr

from extractor.accounts import AccountLimits, Accounts
from extractor.browser import Browser
from extractor.database import Database
from extractor.document import Spool
from extractor.errors import ExtractorError, JobLost, NoAccountAvailable, SiteError, UnexpectedError
from extractor.evidence import EvidenceStore
from extractor.extraction import Extraction
from extractor.heartbeat import Heartbeat
from extractor.local.chromium import find_browser
from extractor.models import Account, Job, Source, Status, WorkerState
from extractor.queue import Queue, QueueLimits
from extractor.registry.registry_site import RegistrySite
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace
from extractor.session import WorkerSession
from extractor.settings import Settings
from extractor.storage import open_store
from extractor.trace import Trace
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
        self._spool = Spool(settings.spool_dir)
        self._evidence = EvidenceStore(settings.evidence_dir)
        self._session = self._new_session(settings)
        self._store = open_store(settings)
        self._store_is_prepared = False
        self._trouble: str | None = None
        self._extraction = Extraction(queue=self._queue, session=self._session, spool=self._spool, store=self._store)

    def start(self) -> None:
        """Show up in `worker_status`, begin to beat, and log in if an account is free; without one, say so."""
        self._evidence.sweep(older_than_days=self._settings.evidence_days)
        self._status.register()
        self._heartbeat.start()
        self._become_ready()

    def run(self, job_id: UUID) -> str:
        """Do one message; raises the row's error when the row ended in Erreur."""
        account = self._ready_account()
        if account is None:
            return self._hand_back(job_id)
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
        self._store.close()
        self._database.close()

    def _do(self, job: Job) -> str:
        trace = Trace()
        try:
            path = self._extraction.extract(job, trace)
        except ExtractorError as error:
            return self._settle(job, error, trace)
        except Exception as error:
            logger.exception("Job %s failed unexpectedly", job.id)
            return self._settle(job, UnexpectedError(f"{type(error).__name__}: {error}"), trace, cause=error)
        self._queue.note_attempt(job, steps=trace.steps, evidence_path=None)
        self._queue.record_site_success(job.source)
        self._status.count(completed=True)
        logger.info("Job %s done: %s", job.id, path)
        return f"{Status.COMPLETED}: {path}"

    def _settle(self, job: Job, error: ExtractorError, trace: Trace, *, cause: Exception | None = None) -> str:
        """Write the row first: evidence that cannot be kept must not leave it En traitement."""
        self._status.count(completed=False)
        trace.note(f"{error.code}: {error}")
        try:
            status = self._settle_row(job, error)
            folder = self._keep_evidence(
                f"{error.code}-{job.id}-{job.attempt_id}", steps=trace.steps, refused=self._spool.incoming(job)
            )
            self._queue.note_attempt(job, steps=trace.steps, evidence_path=str(folder))
        finally:
            if error.retires_session:
                self._session.retire()
        logger.warning("Job %s, attempt %d: %s (%s)", job.id, job.attempts, error, error.code)
        if status is Status.FAILED:
            raise error from cause
        return f"{status or 'dropped'}: {error}"

    def _settle_row(self, job: Job, error: ExtractorError) -> Status | None:
        try:
            return outcome.settle(self._queue, job, error)
        except JobLost as lost:
            logger.warning("%s", lost)
            return None

    def _keep_evidence(self, name: str, *, steps: Sequence[object] = (), refused: Path | None = None) -> Path:
        account = self._session.account
        secrets = (SecretStr(account.username), account.password) if account else ()
        page = self._session.page_evidence()
        return self._evidence.keep(name, page=page, steps=steps, refused=refused, secrets=secrets)

    def _on_failed_login(self, error: ExtractorError) -> None:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = self._keep_evidence(f"{error.code}-login-{self.worker_id}-{moment}")
        logger.warning("Login failed; what the page showed is in %s", folder)

    def _ready_account(self) -> Account | None:
        """The account of a session that is logged in now, with storage prepared: only then is a row claimed."""
        if self._heartbeat.has_lost_account:
            self._session.lose_account()
        return self._session.account if self._store_is_prepared and self._session.is_ready() else None

    def _become_ready(self) -> ExtractorError | None:
        """Log in where that is needed; the error, shown in `worker_status`, when it cannot be done now."""
        try:
            if not self._store_is_prepared:
                self._store.prepare()
                self._store_is_prepared = True
            self._show_ready(self._session.ensure_ready())
        except ExtractorError as error:
            self._show_trouble(error)
            if isinstance(error, SiteError):  # the login serves every source
                outcome.break_sources(self._queue, error, Source)
            return error
        return None

    def _not_claimed(self, job_id: UUID, account: Account) -> str:
        """Somebody else has the row, or it is not due: nothing to do, unless it is our account that was lost."""
        if not self._accounts.renew(account):
            self._session.lose_account()
            self._queue.hand_back(job_id)
            return "handed back: the account's lease was lost"
        return "nothing to do: the row does not wait any more"

    def _hand_back(self, job_id: UUID) -> str:
        """Return the message at once for a ready process to take, then log in, off the queue.

        When that fails, stay off the queue for a while: a process without a session must not swallow messages.
        """
        self._queue.hand_back(job_id)
        deadline = time.monotonic() + self._settings.account_wait_seconds
        idle = threading.Event()
        error = self._become_ready()
        while error is not None and time.monotonic() < deadline:
            idle.wait(ACCOUNT_POLL_SECONDS)
            if isinstance(error, NoAccountAvailable):  # nothing else gets better by asking the site again
                error = self._become_ready()
        return f"handed back: {error or 'logged in first'}"

    def _show_ready(self, account: Account) -> None:
        self._trouble = None
        self._status.show(WorkerState.IDLE, f"logged in with {account.masked}", account_id=account.id)

    def _show_trouble(self, error: ExtractorError) -> None:
        if str(error) != self._trouble:  # once, not at every look for an account
            logger.warning("%s is not ready: %s", self.worker_id, error)
        self._trouble = str(error)
        account = self._session.account
        self._status.show(WorkerState.ERROR, str(error), account_id=account.id if account else None)

    def _show_after_job(self) -> None:
        account = self._session.account
        if account is not None and self._session.is_ready():
            self._show_ready(account)
        else:
            self._status.show(WorkerState.IDLE, "logs in with the next row", account_id=account.id if account else None)

    def _new_session(self, settings: Settings) -> WorkerSession:
        pace = Pace.of(settings)

        def open_site(page: Page) -> RegistrySite:
            # Read at every login: a session that a changed page retired comes back with the edited map.
            site_map = load_site_map(settings.registry_site_map)
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
            on_failed_login=self._on_failed_login,
        )
