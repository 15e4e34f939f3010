"""Housekeeping of a host: orphan browsers, old evidence, spool files that no row waits for."""

from __future__ import annotations

import logging
import threading

import psycopg

from extractor.browser import ownership
from extractor.documents.spool import Spool
from extractor.postgres.jobs import Jobs
from extractor.settings import Settings
from extractor.worker.evidence import EvidenceStore

logger = logging.getLogger(__name__)


class Housekeeping:
    """A thread of each worker process. Several on one host do the same work, which is harmless."""

    def __init__(self, settings: Settings, *, jobs: Jobs, spool: Spool, evidence: EvidenceStore) -> None:
        self._interval = settings.housekeeping_seconds
        self._evidence_days = settings.evidence_days
        self._file_age = 2 * settings.job_timeout_seconds
        self._jobs = jobs
        self._spool = spool
        self._evidence = evidence
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Sweep in the background, at once and then at intervals."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the sweep in work; stopping twice, or before the start, is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> None:
        ownership.sweep()
        self._evidence.sweep(older_than_days=self._evidence_days)
        self._spool.sweep(self._jobs.unfinished, older_than_seconds=self._file_age)

    def _repeat(self) -> None:
        while True:
            try:
                self.sweep()
            except (OSError, psycopg.Error) as error:  # other parts report a disk or a database in trouble
                logger.warning("Housekeeping was not done: %s", error)
            if self._stopping.wait(self._interval):
                return
