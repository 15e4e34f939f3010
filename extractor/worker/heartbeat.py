"""The heartbeat: one thread a worker process that renews what the process holds, and says that it lives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from extractor.errors import JobLost
from extractor.models import Account, Job
from extractor.postgres.accounts import Accounts
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus

logger = logging.getLogger(__name__)


class Heartbeat:
    """Beats every `interval` seconds until stopped; a stopped or dead process lets its leases pass.

    A job is renewed only while it is inside its bound, so that a hung process loses it too.
    """

    def __init__(
        self, *, interval: float, job_bound: float, jobs: Jobs, accounts: Accounts, status: WorkerStatus
    ) -> None:
        self._interval = interval
        self._job_bound = job_bound
        self._jobs = jobs
        self._accounts = accounts
        self._status = status
        self._account: Account | None = None
        self._job: Job | None = None
        self._job_deadline = 0.0
        self._account_lost = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; stopping twice, or before the start, is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def watch_account(self, account: Account | None) -> None:
        """Renew this account's lease from now on."""
        self._account_lost.clear()
        self._account = account

    @property
    def has_lost_account(self) -> bool:
        """Whether the watched account went to another, was disabled or deleted."""
        return self._account_lost.is_set()

    @contextmanager
    def holding(self, job: Job) -> Iterator[None]:
        """Renew this job's lease inside the block, up to the bound."""
        self._job_deadline = time.monotonic() + self._job_bound
        self._job = job
        try:
            yield
        finally:
            self._job = None

    def beat(self) -> None:
        """One beat: the row of this process, the account's lease, the job's lease."""
        self._status.beat()
        account, job = self._account, self._job
        if account is not None and not self._accounts.renew(account):
            logger.warning("Account %s is no longer ours", account.masked)
            self._account_lost.set()
        if job is not None and time.monotonic() < self._job_deadline:
            try:
                self._jobs.renew(job)
            except JobLost as lost:
                # The task meets the same answer at its next write; it is the one to stop. Or it has just finished.
                if self._job is job:
                    logger.warning("%s", lost)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self.beat()
            except psycopg.Error as error:
                # The leases run on meanwhile: either the database is back in time, or others take over.
                logger.warning("Heartbeat failed: %s", error)
