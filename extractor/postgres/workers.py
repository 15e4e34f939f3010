"""`worker_status`: what a person sees of each worker process. The system decides nothing by it."""

from __future__ import annotations

import logging
import os
import socket
import threading
from dataclasses import dataclass

import psycopg

from extractor.models import AccountId, RowId, WorkerState
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)

# How long the thread waits for further changes: rows that end within it cost one write together.
WRITE_SECONDS = 0.1


@dataclass(frozen=True)
class _Shown:
    status: WorkerState = WorkerState.IDLE
    message: str | None = "starting"
    current_job_id: RowId | None = None
    account_id: AccountId | None = None
    jobs_completed: int = 0
    jobs_failed: int = 0


class WorkerStatus:
    """One process's row: changed by the task's thread, written by `beat`, which the heartbeat calls too.

    What changes with each row is written from a thread, so that no row waits for it.
    """

    def __init__(self, database: Database, *, worker_id: str, queues: list[str] | None) -> None:
        self._queries = Queries(database, "workers.sql")
        self.worker_id = worker_id
        self._queues = queues
        self._shown = _Shown()
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # apart from the other: who only changes what is shown waits for no statement
        self._unwritten = threading.Event()
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write_changes, name="worker-status", daemon=True)

    def start(self) -> None:
        """Let a thread write what need not be written at once."""
        self._writer.start()

    def stop(self) -> None:
        """End the thread; what it has not written, the next `show` writes. Stopping twice is harmless."""
        self._stopping.set()
        self._unwritten.set()
        if self._writer.is_alive():
            self._writer.join()

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
        at_once: bool = True,
    ) -> None:
        """Change what the row says and write it; unless `at_once`, the thread does, with what changes until then."""
        with self._lock:
            before = self._shown
            self._shown = _Shown(status, message, job_id, account_id, before.jobs_completed, before.jobs_failed)
        if at_once or not self._writer.is_alive():
            self.beat()
        else:
            self._unwritten.set()

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
        with self._writing:
            self._unwritten.clear()
            with self._lock:
                shown = self._shown
            self._queries.run("beat", {"worker_id": self.worker_id, **vars(shown)})

    def _write_changes(self) -> None:
        """What an outage prevents, the heartbeat writes when it is over."""
        while self._unwritten.wait() and not self._stopping.wait(WRITE_SECONDS):
            try:
                self.beat()
            except psycopg.Error as error:
                logger.warning("The row of this process was not written: %s", error)
