"""The clicks of one reading that may be charged: when one may be made, what is recorded, what it may have cost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from extractor.errors import OutOfTime
from extractor.language.sentences import Sentence
from extractor.models import ClickKind, Job
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.settings import Settings
from extractor.worker.drain import Drain
from extractor.worker.trace import Trace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waits:
    """Durations in seconds."""

    document_seconds: float
    """How long the wait for a document may take after its click."""
    job_seconds: float
    """How long the whole attempt may take; then the process is killed."""

    @classmethod
    def of(cls, settings: Settings) -> Waits:
        """The part of the settings that the extraction needs."""
        return cls(document_seconds=settings.document_timeout_seconds, job_seconds=settings.job_timeout_seconds)


class JobConsultation:
    """The clicks of one reading that may be charged, on the job's attempt.

    The first click is made only when the drain and the attempt's own limit leave time for the document's bound. Once a
    click may be charged, the next ones are made in any case: only they can still bring its document.
    """

    def __init__(self, jobs: Jobs, job: Job, trace: Trace, *, drain: Drain, waits: Waits) -> None:
        self._jobs = jobs
        self._job = job
        self._trace = trace
        self._drain = drain
        self._waits = waits
        self._free: list[bool] = []  # of each click, the last one last
        self._address = ""  # of the last click, once it is noted
        self.clicked_at = 0.0
        """When the last click was recorded, in seconds since the claim."""
        self.before_click: Callable[[], None] | None = None
        """Called before the first click is recorded: an error of it prevents that click, and nothing is charged."""

    @property
    def stands(self) -> bool:
        """Whether a click was made that is not known to be free."""
        return not all(self._free)

    def commit_click(self, kind: ClickKind) -> None:
        """Commit a click; raises Stopping, OutOfTime, JobLost, AccountLost, Cancelled, RequestChanged, SourceStopped,
        ConsultationLimit or DailyLimit.
        """
        if not self.stands:
            self._drain.allow(self._waits.document_seconds)
            self._allow_in_time()
            if self.before_click is not None:
                self.before_click()
        self._jobs.record_consultation(self._job, kind)
        self._free.append(False)
        self._address = ""
        self.clicked_at = self._trace.seconds
        self._trace.note(f"click recorded: {kind}")

    def clear(self, why: str) -> None:
        """The last click was free."""
        self._jobs.clear_consultation(self._job, why)
        self._free[-1] = True
        self._trace.note(f"nothing was charged: {why}")

    def note_address(self, address: str) -> None:
        """Keep where the last click led to; an outage of Postgres does not end the wait for what is paid."""
        if address == self._address:
            return
        try:
            self._jobs.note_address(self._job, address)
        except OUTAGES as error:
            logger.warning("Job %s: where its click led to is not noted yet: %s", self._job.id, error)
        else:
            self._address = address

    def _allow_in_time(self) -> None:
        seconds_left = self._waits.job_seconds - self._trace.seconds
        if seconds_left < self._waits.document_seconds:
            raise OutOfTime(
                Sentence(
                    "No click was made: {seconds_left:.0f} s are left of JOB_TIMEOUT_SECONDS, and the wait"
                    " for the document may take {document_seconds:g} s. Nothing was charged; the row goes"
                    " again.",
                    seconds_left=max(seconds_left, 0),
                    document_seconds=self._waits.document_seconds,
                )
            )
