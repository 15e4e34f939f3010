"""The tasks, one per source; a message carries the row's id and nothing else. The bridge sends them."""

from __future__ import annotations

from uuid import UUID

from extractor.errors import ExtractorError
from extractor.models import Source
from tasks import lifecycle
from tasks.celery import app
from tasks.routing import task_name


def extract(job_id: str) -> str:
    """Work on one row, if it still waits; return in a few words what became of it.

    Raises the row's error when the row ended in Erreur, so that Flower shows it as failed.
    """
    return lifecycle.process().handle(UUID(job_id))


for _source in Source:
    # `throws`: these errors are outcomes, which Celery logs as one line; only a defect gets a traceback.
    app.task(name=task_name(_source), throws=(ExtractorError,))(extract)
