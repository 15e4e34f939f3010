"""The heartbeat: one thread per worker process that renews what the process holds, and shows that it lives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from extractor.errors import JobLost
from extractor.models import Job
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.worker.session import WorkerSession

logger = logging.getLogger(__name__)


class Heartbeat:
    """Beats every `interval` seconds until stopped. The leases of a stopped or dead process pass.

    A job is renewed only within `job_bound` seconds, so that a hung process loses it too.
    """

    def __init__(
        self, *, interval: float, job_bound: float, jobs: Jobs, session: WorkerSession, status: WorkerStatus
    ) -> None:
        self._interval = interval
        self._job_bound = job_bound
        self._jobs = jobs
        self._session = session
        self._status = status
        self._job: Job | None = None
        self._job_deadline = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; stopping twice, or before the start, is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def holding(self, job: Job) -> Iterator[None]:
        """Renew this job's lease inside the block, up to the bound."""
        self._job_deadline = time.monotonic() + self._job_bound
        self._job = job
        try:
            yield
        finally:
            self._job = None

    def let_go(self, job: Job) -> None:
        """The job has ended, inside its block: from now on there is no lease of it to renew."""
        if self._job is job:
            self._job = None

    def beat(self) -> None:
        """One beat: the row of this process, the account's lease, the attempt, the job's lease.

        Each is renewed for itself: what a person's transaction has locked must not cost this process the others.
        """
        job = self._job if time.monotonic() < self._job_deadline else None
        self._renew("the row of this process", self._status.beat)
        self._renew("the account's lease", self._renew_account)
        if job is not None:
            self._renew("the attempt", lambda: self._jobs.show_alive(job))
            self._renew("the job's lease", lambda: self._renew_job(job))

    def _renew(self, what: str, renew: Callable[[], None]) -> None:
        try:
            renew()
        except psycopg.Error as error:
            # The leases go on meanwhile: either the next beat is in time, or others take over.
            logger.warning("Heartbeat: could not renew %s: %s", what, error)

    def _renew_account(self) -> None:
        lease = self._session.lease
        if lease is None or lease.is_lost:
            return
        was_over = lease.is_over
        if not lease.renew():
            logger.warning("Account %s went to another worker", lease.account.masked)
        elif lease.is_over and not was_over:
            logger.warning(
                "A person disabled, deleted or changed account %s: its session ends after what is paid.",
                lease.account.masked,
            )

    def _renew_job(self, job: Job) -> None:
        try:
            self._jobs.renew(job)
        except JobLost as lost:
            # The attempt gets the same answer at its next write and stops there. Or it has just finished.
            if self._job is job:
                logger.warning("%s", lost)

    def _repeat(self) -> None:
        while not self._stopping.wait(self._interval):
            self.beat()
