"""The watch: a thread beside the main one, which may be busy with a page when the worker is asked to stop.

It gives back a row that cannot end in time, breaks off a login, and closes a session that is idle.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from extractor.models import Job, WorkerState
from extractor.postgres.jobs import Jobs
from extractor.postgres.lease import GONE
from extractor.postgres.workers import WorkerStatus
from extractor.settings import Settings
from extractor.worker.drain import Drain
from extractor.worker.session import WorkerSession

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.25
# To judge a bought document and store it.
STORING_SECONDS = 5.0


class Occupation:
    """What the main thread does now. The main thread writes it, the watch reads it."""

    def __init__(self) -> None:
        self._in_use = threading.Lock()
        self._idle_since = time.monotonic()
        self.job: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the session is used: by a row, or by a login."""
        return self._in_use.locked()

    @property
    def idle_seconds(self) -> float:
        """Since the session was last used."""
        return time.monotonic() - self._idle_since

    @contextmanager
    def using_session(self) -> Iterator[None]:
        """No other thread touches the session inside the block."""
        with self._in_use:
            try:
                yield
            finally:
                self._idle_since = time.monotonic()

    @contextmanager
    def doing(self, job: Job) -> Iterator[None]:
        """Inside the block the watch may give this job back."""
        self.job = job
        try:
            yield
        finally:
            self.job = None

    def let_go(self, job: Job) -> None:
        """The job has ended, inside its block: there is nothing to give back any more."""
        if self.job is job:
            self.job = None

    @contextmanager
    def if_idle(self) -> Iterator[bool]:
        """Whether no row and no login uses the session; then none can begin to inside the block."""
        is_idle = self._in_use.acquire(blocking=False)
        try:
            yield is_idle
        finally:
            if is_idle:
                self._in_use.release()


@dataclass(frozen=True)
class WatchLimits:
    """Durations in seconds."""

    document_seconds: float
    """How long a consultation that has not begun may take."""
    session_idle_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> WatchLimits:
        """The part of the settings that the watch needs."""
        return cls(
            document_seconds=settings.document_timeout_seconds, session_idle_seconds=settings.session_idle_seconds
        )


class Watch:
    """Looks every `WATCH_SECONDS` until stopped."""

    def __init__(
        self,
        limits: WatchLimits,
        *,
        occupation: Occupation,
        session: WorkerSession,
        jobs: Jobs,
        status: WorkerStatus,
        drain: Drain,
    ) -> None:
        self._limits = limits
        self._occupation = occupation
        self._session = session
        self._jobs = jobs
        self._status = status
        self._drain = drain
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the look in progress; stopping twice, or before the start, is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        if self._drain.has_begun:
            self._end_what_cannot_finish()
        elif self._account_is_unwanted():
            self._close_session(f"lost its account: it {GONE}")
        elif self._occupation.idle_seconds > self._limits.session_idle_seconds:
            self._close_session("was idle")

    def _repeat(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            try:
                self.look()
            except psycopg.Error as error:
                logger.warning("Watch: %s", error)

    def _end_what_cannot_finish(self) -> None:
        """Give a row back before its click when a whole consultation no longer fits; break off a login."""
        job = self._occupation.job
        if job is None:
            if self._occupation.is_busy:
                self._session.kill_browser()
        elif self._drain.seconds_left < self._limits.document_seconds and self._return(job):
            logger.warning("Job %s goes back: the worker was asked to stop", job.id)
            self._session.kill_browser()

    def _return(self, job: Job) -> bool:
        """What was bought a moment ago is stored while there is time; only at the very end it waits in the spool."""
        return self._jobs.return_job(job, is_bought_too=self._drain.seconds_left < STORING_SECONDS)

    def _account_is_unwanted(self) -> bool:
        lease = self._session.lease
        return lease is not None and lease.is_over

    def _close_session(self, why: str) -> None:
        if self._session.lease is None:
            return
        with self._occupation.if_idle() as is_idle:
            if is_idle:
                logger.info("The session %s: closing it", why)
                self._session.close_from_outside()
                self._status.show(WorkerState.IDLE, f"logs in with the next row: its session {why}")
