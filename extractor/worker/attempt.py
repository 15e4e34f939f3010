"""One attempt of one job: the extraction, what its end means for the row, and what is kept of a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from extractor.documents.spool import Spool
from extractor.errors import DatabaseUnavailable, ExtractorError, JobLost, StorageError, UnexpectedError
from extractor.models import Job, Status
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.worker import outcome
from extractor.worker.evidence import EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.session import WorkerSession
from extractor.worker.trace import Trace

logger = logging.getLogger(__name__)


class Attempts:
    """Runs claimed jobs to their end; whatever goes wrong is one of our errors, settled in one place."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        session: WorkerSession,
        spool: Spool,
        extraction: Extraction,
        evidence: EvidenceStore,
        status: WorkerStatus,
        on_storage_fault: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._session = session
        self._spool = spool
        self._extraction = extraction
        self._evidence = evidence
        self._status = status
        self._on_storage_fault = on_storage_fault

    def run(self, job: Job) -> str:
        """Do the job; the answer says in a few words what became of it. Raises its error when it ended in Erreur."""
        trace = Trace()
        try:
            path = self._extraction.extract(job, trace)
        except ExtractorError as error:
            return self._settle(job, error, trace)
        except OUTAGES as error:
            return self._settle(job, DatabaseUnavailable(f"Postgres: {error}"), trace, cause=error)
        except Exception as error:
            logger.exception("Job %s failed unexpectedly", job.id)
            return self._settle(job, UnexpectedError(f"{type(error).__name__}: {error}"), trace, cause=error)
        self._jobs.note_attempt(job, steps=trace.steps, evidence_path=None)
        self._jobs.record_site_success(job.source)
        self._status.count(completed=True)
        logger.info("Job %s done: %s", job.id, path)
        return f"{Status.COMPLETED}: {path}"

    def keep_login_evidence(self, error: ExtractorError) -> None:
        """A login failed: keep what the page showed."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = self._keep_evidence(f"{error.code}-login-{self._status.worker_id}-{moment}")
        logger.warning("Login failed; what the page showed is in %s", folder)

    def _settle(self, job: Job, error: ExtractorError, trace: Trace, *, cause: Exception | None = None) -> str:
        """Write the row first: evidence that cannot be kept must not leave it En traitement."""
        self._status.count(completed=False)
        trace.note(f"{error.code}: {error}")
        if isinstance(error, StorageError):
            self._on_storage_fault()
        try:
            status = self._settle_row(job, error)
            folder = self._keep_evidence(
                f"{error.code}-{job.id}-{job.attempt_id}", steps=trace.steps, refused=self._spool.incoming(job)
            )
            self._jobs.note_attempt(job, steps=trace.steps, evidence_path=str(folder))
        finally:
            if error.retires_session:
                self._session.retire()
        logger.warning("Job %s, attempt %d: %s (%s)", job.id, job.attempts, error, error.code)
        if status is Status.FAILED:
            raise error from cause
        return f"{status or 'dropped'}: {error}"

    def _settle_row(self, job: Job, error: ExtractorError) -> Status | None:
        try:
            return outcome.settle(self._jobs, job, error)
        except JobLost as lost:
            logger.warning("%s", lost)
            return None

    def _keep_evidence(self, name: str, *, steps: Sequence[object] = (), refused: Path | None = None) -> Path:
        account = self._session.account
        secrets = (SecretStr(account.username), account.password) if account else ()
        page = self._session.page_evidence()
        return self._evidence.keep(name, page=page, steps=steps, refused=refused, secrets=secrets)
