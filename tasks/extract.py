"""The tasks, one per source; a message carries the row's id and nothing else. The bridge sends them."""

from __future__ import annotations

from celery import current_task

from extractor.errors import ExtractorError
from extractor.models import Source
from tasks import lifecycle
from tasks.celery import app
from tasks.routing import row_in, task_name


def extract(*arguments: object, **named: object) -> str:
    """Work on the row whose id is the one argument, if it still waits; return in a few words what became of it.

    Raises the row's error when the row ended in Erreur, so that Flower shows it as failed. Anybody may send a message
    (`celery call`): any arguments are taken, so that one that names no row ends in a sentence, and in no traceback.
    """
    job_id = None if named else row_in(arguments)
    if job_id is None:
        return "nothing to do: a message carries the id of one row and nothing else, and this one does not"
    return lifecycle.process().handle(job_id, current_task.request.id)


for _source in Source:
    # `throws`: these errors are outcomes, which Celery logs as one line; only a defect gets a traceback.
    app.task(name=task_name(_source), throws=(ExtractorError,))(extract)
