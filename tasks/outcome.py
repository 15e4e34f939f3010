"""What an error means for the row, in one place; `extractor/errors.py` says which error means what."""

from __future__ import annotations

from extractor.errors import Consequence, ExtractorError
from extractor.models import Job, Status
from extractor.queue import Queue

# Messages are for people; the evidence keeps the rest.
MAX_MESSAGE_CHARACTERS = 1000


def settle(queue: Queue, job: Job, error: ExtractorError) -> Status | None:
    """Write the error's consequence to the row and return its new status; None when the row is not ours.

    Raises JobLost when the row went to another meanwhile.
    """
    message = str(error)[:MAX_MESSAGE_CHARACTERS] or type(error).__name__
    match error.consequence:
        case Consequence.RETRY:
            return queue.retry(job, error_code=error.code, message=message)
        case Consequence.SNOOZE:
            queue.snooze(job, error_code=error.code, message=message)
            return Status.WAITING
        case Consequence.HOLD:
            queue.hold(job, error_code=error.code, message=message)
            return Status.FAILED
        case Consequence.DROP:
            return None
