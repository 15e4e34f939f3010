"""The form of the next row, opened while the document of the last one goes to storage.

To open a form costs nothing at the registry, and no click follows before a row was claimed. What fails here is no
failure of any row: the next row opens its form itself, as without this.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from extractor.models import Job, Source
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.worker.drain import Drain
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.trace import Trace
from extractor.worker.watch import Occupation

logger = logging.getLogger(__name__)


class Session(Protocol):
    """What is needed of a session."""

    def open_ahead(self, source: Source) -> bool:
        """Open a form before its row is known; whether it is open."""

    def free_memory(self) -> None:
        """Let the browser give back what the pages of a job left."""


class NextForm:
    """Belongs to one worker process. `queues` are those that it serves; None means every source."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        session: Session,
        drain: Drain,
        heartbeat: Heartbeat,
        occupation: Occupation,
        queues: Sequence[str] | None,
    ) -> None:
        self._jobs = jobs
        self._session = session
        self._drain = drain
        self._heartbeat = heartbeat
        self._occupation = occupation
        self._served = set(Source) if queues is None else {Source(queue) for queue in queues}

    def open_beside(self, job: Job, trace: Trace, store: Callable[[], str]) -> str:
        """Call `store`, which ends the row, in a thread; open the next form here meanwhile, where one will be needed.

        Returns and raises what `store` does. The row waits for no page: once it has ended, neither the heartbeat nor
        the drain counts it as work of this process, and a drain breaks the opening off.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="storing") as beside:
            stored = beside.submit(contextvars.copy_context().run, self._end, job, store)
            self._prepare(job, trace)
        return stored.result()

    def _prepare(self, job: Job, trace: Trace) -> None:
        try:
            if self._is_needed(job.source) and self._session.open_ahead(job.source):
                trace.note("opened the form of the next row beside the upload")
            self._session.free_memory()
        except Exception:
            logger.exception("The next form was not opened; the row that is being stored has no part in it")

    def _end(self, job: Job, store: Callable[[], str]) -> str:
        path = store()
        self._heartbeat.let_go(job)
        self._occupation.let_go(job)
        return path

    def _is_needed(self, source: Source) -> bool:
        """Whether rows wait on the broker for this process, and all of this source.

        Of several queues Celery takes turns: the next row would most likely need another form, and the page of a
        public service would be loaded for nothing.
        """
        if self._drain.has_begun:
            return False
        try:
            return self._jobs.sources_to_come() & self._served == {source}
        except OUTAGES as error:
            logger.debug("Which row comes next was not asked: %s", error)
            return False
