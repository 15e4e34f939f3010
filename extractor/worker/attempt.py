"""One attempt of one job: the extraction, what its end means for the row, and what is kept of a failure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from extractor.documents.spool import Spool
from extractor.errors import DocumentRefused, ExtractorError, WrongDocument
from extractor.models import Account, Job, Status
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.worker import outcome
from extractor.worker.evidence import EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.outcome import Outcome
from extractor.worker.trace import Trace

logger = logging.getLogger(__name__)


class Attempts:
    """Brings claimed jobs to their end; every failure is an ExtractorError, and is settled in one place."""

    def __init__(
        self, *, jobs: Jobs, spool: Spool, extraction: Extraction, evidence: EvidenceStore, heartbeat: Heartbeat
    ) -> None:
        self._jobs = jobs
        self._spool = spool
        self._extraction = extraction
        self._evidence = evidence
        self._heartbeat = heartbeat

    def make(self, job: Job, account: Account | None) -> Outcome:
        """Do the job: whatever fails is written to the row. A kill leaves the row to the rescue."""
        trace = Trace()
        with self._heartbeat.holding(job):
            try:
                path = self._extraction.extract(job, trace)
            except Exception as error:  # noqa: BLE001 -- every error is settled: a row must not stay En traitement
                return self._settle(job, outcome.as_ours(error), trace, account)
            if trace.has_more:  # beside the write that ended the row, the next form was opened
                with _once_the_row_is_written(job):
                    self._jobs.note_attempt(job, steps=trace.steps, evidence_path=None)
        logger.info("Job %s done: %s", job.id, path)
        return Outcome(Status.COMPLETED, path=path)

    def _settle(self, job: Job, error: ExtractorError, trace: Trace, account: Account | None) -> Outcome:
        """Write the row first: it must not stay En traitement because evidence could not be kept."""
        trace.note(f"{error.code}: {error}")
        status = outcome.settle(self._jobs, job, error)
        # Bytes leave the spool only for a row that a person must look at: whoever else takes it finds them there.
        is_refused = status is Status.FAILED and isinstance(error, (DocumentRefused, WrongDocument))
        folder = self._evidence.keep(
            f"{error.code}-{job.id}-{job.attempt_id}",
            page=error.evidence,
            steps=trace.steps,
            refused=self._spool.refused(job) if is_refused else [self._spool.incoming(job)],
            secrets=account.secrets if account else (),
        )
        with _once_the_row_is_written(job):
            if is_refused and folder is not None:
                self._spool.discard(job)
                self._jobs.forget_spool(job.id, self._spool.id)
            self._jobs.note_attempt(job, steps=trace.steps, evidence_path=str(folder) if folder else None)
            self._jobs.stop_when_money_brings_nothing(job.source)  # once the evidence has a name
        logger.warning("Job %s, attempt %d: %s (%s)", job.id, job.attempts, error, error.code)
        return Outcome(status, error=error)


@contextmanager
def _once_the_row_is_written(job: Job) -> Iterator[None]:
    """From here on an outage of Postgres costs only the notes that a person would read about the attempt."""
    try:
        yield
    except OUTAGES as error:
        logger.warning("Job %s: its steps are not noted: %s", job.id, error)
