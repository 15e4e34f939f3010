"""What an error means for the row, in one place; `extractor/errors.py` says which error means what."""

from __future__ import annotations

from collections.abc import Iterable

from extractor.errors import Consequence, DailyLimit, ExtractorError, SiteError
from extractor.models import Job, Source, Status
from extractor.postgres.jobs import Jobs

# Messages are for people; the evidence keeps the rest.
MAX_MESSAGE_CHARACTERS = 1000


def settle(jobs: Jobs, job: Job, error: ExtractorError) -> Status | None:
    """Write the error's consequence to the row and return its new status; None when the row is not ours.

    Raises JobLost when the row went to another meanwhile.
    """
    message = _message(error)
    if isinstance(error, SiteError):
        break_sources(jobs, error, [job.source])
    match error.consequence:
        case Consequence.RETRY:
            return jobs.retry(job, error_code=error.code, message=message)
        case Consequence.SNOOZE:
            until_tomorrow = isinstance(error, DailyLimit)
            return jobs.snooze(job, error_code=error.code, message=message, until_tomorrow=until_tomorrow)
        case Consequence.RETURN:
            return Status.WAITING if jobs.return_job(job) else None
        case Consequence.HOLD:
            jobs.hold(job, error_code=error.code, message=message)
            return Status.FAILED
        case Consequence.DROP:
            return None


def break_sources(jobs: Jobs, error: SiteError, sources: Iterable[Source]) -> None:
    """Count the site's failure against the sources that it concerns; their rows wait, their attempts stay."""
    for source in sources:
        jobs.record_site_failure(source, reason=_message(error), threshold=error.breaker_threshold)


def _message(error: ExtractorError) -> str:
    return str(error)[:MAX_MESSAGE_CHARACTERS] or type(error).__name__
