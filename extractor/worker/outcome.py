"""What an error means for the row, in one place; `extractor/errors.py` says which error means what."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.errors import (
    Consequence,
    DailyLimit,
    DatabaseUnavailable,
    ExtractorError,
    JobLost,
    SiteError,
    UnexpectedError,
)
from extractor.language.sentences import Language, Sentence, say_in
from extractor.models import Job, Source, Status
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs

logger = logging.getLogger(__name__)

# Messages are for people; the evidence keeps the rest.
MAX_MESSAGE_CHARACTERS = 1000


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    status: Status | None
    """The row's new status; None when the attempt could not write it: another has the row, or Postgres is away."""
    path: str | None = None
    """`bucket/name` of the document that is stored."""
    error: ExtractorError | None = None

    def report(self) -> str:
        """What happened to the row, in a few words; raises its error when it is at Erreur."""
        if self.error is None:
            return f"{self.status}: {self.path}"
        if self.status is Status.FAILED:
            raise self.error
        return f"{self.status or 'dropped'}: {self.error}"


def as_ours(error: Exception) -> ExtractorError:
    """The error itself if it is an ExtractorError; else an outage of Postgres, or a defect, with its cause."""
    if isinstance(error, ExtractorError):
        return error
    ours: ExtractorError
    if isinstance(error, OUTAGES):
        ours = DatabaseUnavailable(Sentence("Postgres: {error}", error=error))
    else:
        logger.error("An unexpected error: %s", error, exc_info=error)
        ours = UnexpectedError(Sentence("{name}: {error}", name=type(error).__name__, error=error))
    ours.__cause__ = error
    return ours


def settle(jobs: Jobs, job: Job, error: ExtractorError) -> Status | None:
    """Write the error's consequence to the row and return its new status; None when it could not be written.

    It could not be written when the row went to another attempt, or when Postgres is away for longer than a write
    waits. Then the lease passes, and the rescue returns the row.
    """
    status = None
    try:
        status = _write(jobs, job, error)
    except (JobLost, DatabaseUnavailable, *OUTAGES) as hindrance:
        logger.warning("Job %s: what became of it was not written: %s", job.id, hindrance)
    if isinstance(error, SiteError):
        break_sources(jobs, error, [job.source], job=job)
    return status


def break_sources(jobs: Jobs, error: SiteError, sources: Iterable[Source], *, job: Job | None = None) -> None:
    """Count the site's failure against the sources that it concerns; their rows wait, their attempts stay.

    While Postgres is away the failure is not counted; the next one is.
    """
    try:
        for source in sources:
            jobs.record_site_failure(
                source, reason=_message(error, jobs.language), threshold=error.breaker_threshold, job=job
            )
    except OUTAGES as outage:
        logger.warning("A failure of the site is not counted: %s", outage)


def _write(jobs: Jobs, job: Job, error: ExtractorError) -> Status | None:
    message = _message(error, jobs.language)
    match error.consequence:
        case Consequence.RETRY:
            return jobs.retry(job, error_code=error.code, message=message)
        case Consequence.SNOOZE:
            return jobs.snooze(
                job,
                error_code=error.code,
                message=message,
                until_tomorrow=isinstance(error, DailyLimit),
                is_of_the_site=isinstance(error, SiteError),
            )
        case Consequence.RETURN:
            return Status.WAITING if jobs.return_job(job) else None
        case Consequence.HOLD:
            jobs.hold(job, error_code=error.code, message=message)
            return Status.FAILED
        case Consequence.AGAIN:
            jobs.ask_again(job, error_code=error.code, message=message)
            return Status.WAITING
        case Consequence.DROP:
            return None


def _message(error: ExtractorError, language: Language) -> str:
    return say_in(language, error)[:MAX_MESSAGE_CHARACTERS] or type(error).__name__
