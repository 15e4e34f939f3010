"""`worker_status`: what a person sees of each worker process. The system decides nothing by it."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass

from extractor.models import AccountId, RowId, WorkerState
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries


@dataclass(frozen=True)
class _Shown:
    status: WorkerState = WorkerState.IDLE
    message: str | None = "starting"
    current_job_id: RowId | None = None
    account_id: AccountId | None = None
    jobs_completed: int = 0
    jobs_failed: int = 0


class WorkerStatus:
    """One process's row: changed by the task's thread, written by `beat`, which the heartbeat calls too."""

    def __init__(self, database: Database, *, worker_id: str, queues: list[str] | None) -> None:
        self._queries = Queries(database, "workers.sql")
        self.worker_id = worker_id
        self._queues = queues
        self._shown = _Shown()
        self._lock = threading.Lock()

    def register(self) -> None:
        """Create the row, or take it over from the process that had this name before. Forgets those gone for a day."""
        self._queries.run(
            "register",
            {
                "worker_id": self.worker_id,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "queues": self._queues,
            },
        )

    def show(
        self,
        status: WorkerState,
        message: str | None = None,
        *,
        job_id: RowId | None = None,
        account_id: AccountId | None = None,
    ) -> None:
        """Change what the row says, and write it."""
        with self._lock:
            before = self._shown
            self._shown = _Shown(status, message, job_id, account_id, before.jobs_completed, before.jobs_failed)
        self.beat()

    def add_finished(self, *, completed: bool) -> None:
        """Count one finished attempt; written with the next change or beat."""
        with self._lock:
            shown = self._shown
            self._shown = _Shown(
                shown.status,
                shown.message,
                shown.current_job_id,
                shown.account_id,
                shown.jobs_completed + completed,
                shown.jobs_failed + (not completed),
            )

    def beat(self) -> None:
        """Write the row with the database's time."""
        with self._lock:
            self._queries.run("beat", {"worker_id": self.worker_id, **vars(self._shown)})
