"""Housekeeping of a host: orphan browsers, old evidence, spool files that no row waits for."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import psycopg

from extractor.browser import ownership
from extractor.documents.spool import Spool
from extractor.postgres.jobs import Jobs
from extractor.settings import Settings
from extractor.worker.evidence import EvidenceStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HousekeepingLimits:
    """How often the host is swept, and what is old enough to go."""

    interval_seconds: float
    evidence_days: int
    file_seconds: float
    """A spool file that is younger belongs to work in progress."""

    @classmethod
    def of(cls, settings: Settings) -> HousekeepingLimits:
        """The part of the settings that housekeeping needs."""
        return cls(
            interval_seconds=settings.housekeeping_seconds,
            evidence_days=settings.evidence_days,
            file_seconds=2 * settings.job_timeout_seconds,
        )


class Housekeeping:
    """A thread of each worker process. Several on one host do the same work, which is harmless."""

    def __init__(self, limits: HousekeepingLimits, *, jobs: Jobs, spool: Spool, evidence: EvidenceStore) -> None:
        self._limits = limits
        self._jobs = jobs
        self._spool = spool
        self._evidence = evidence
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Sweep in the background, at once and then at intervals."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the sweep in progress; stopping twice, or before the start, is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> None:
        ownership.sweep()
        self._evidence.sweep(older_than_days=self._limits.evidence_days)
        self._sweep_spool()

    def _sweep_spool(self) -> None:
        """Only rows that the spool named before Postgres was asked are done: others may be at work by now."""
        seconds = self._limits.file_seconds
        old = self._spool.old_jobs(older_than_seconds=seconds)
        done = old - self._jobs.unfinished(list(old)) if old else old
        self._spool.sweep(done, older_than_seconds=seconds)

    def _repeat(self) -> None:
        while True:
            try:
                self.sweep()
            except (OSError, psycopg.Error) as error:  # other parts report a disk or a database in trouble
                logger.warning("Housekeeping was not done: %s", error)
            if self._stopping.wait(self._limits.interval_seconds):
                return
