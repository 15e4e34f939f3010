"""Whether a worker process may take a row: room on its disk, storage that takes documents, a session that answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from extractor.documents.spool import Spool
from extractor.documents.storage import DocumentStore, prove
from extractor.errors import DatabaseUnavailable, DiskFull, ExtractorError, NoAccountAvailable, SiteError, Stopping
from extractor.models import Account, Source, WorkerState
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.worker import outcome
from extractor.worker.drain import Drain
from extractor.worker.session import WorkerSession

logger = logging.getLogger(__name__)

# How often a process without an account looks for one while it waits.
ACCOUNT_POLL_SECONDS = 1.0


class Readiness:
    """`account` is the cheap question before each row; `seek` logs in and proves storage, and shows what is wrong."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        session: WorkerSession,
        spool: Spool,
        store: DocumentStore,
        status: WorkerStatus,
        drain: Drain,
        min_free_disk_mb: int,
        has_lost_account: Callable[[], bool],
    ) -> None:
        self._jobs = jobs
        self._session = session
        self._spool = spool
        self._store = store
        self._status = status
        self._drain = drain
        self._min_free_disk_mb = min_free_disk_mb
        self._has_lost_account = has_lost_account
        self._store_is_proven = False
        self._trouble: str | None = None

    def account(self) -> Account | None:
        """The account of a session that is logged in now, with room and storage: only then is a row claimed."""
        if self._has_lost_account():
            self._session.lose_account()
        if self._drain.has_begun or not self._store_is_proven or self._disk_is_full():
            return None
        return self._session.account if self._session.is_ready() else None

    def seek(self) -> ExtractorError | None:
        """Make ready what is not; the error, shown in `worker_status`, when it cannot be done now."""
        if self._drain.has_begun:
            return Stopping("The worker was asked to stop.")
        try:
            self._check_room()
            self._prove_storage()
            self.show_ready(self._session.ensure_ready())
        except OUTAGES as error:
            return DatabaseUnavailable(f"Postgres: {error}")
        except ExtractorError as error:
            self.show_trouble(error)
            if isinstance(error, SiteError):  # the login serves every source
                outcome.break_sources(self._jobs, error, Source)
            return error
        return None

    def seek_for(self, seconds: float) -> ExtractorError | None:
        """Seek, and go on looking for an account for so long: nothing else gets better by asking again."""
        deadline = time.monotonic() + seconds
        idle = threading.Event()
        error = self.seek()
        while error is not None and time.monotonic() < deadline and not self._drain.has_begun:
            idle.wait(ACCOUNT_POLL_SECONDS)
            if isinstance(error, NoAccountAvailable):
                error = self.seek()
        return error

    def doubt_storage(self) -> None:
        """An upload failed: no row is claimed before storage is proven again."""
        self._store_is_proven = False

    def show_ready(self, account: Account) -> None:
        """Say in `worker_status` that a row may come."""
        self._trouble = None
        self._status.show(WorkerState.IDLE, f"logged in with {account.masked}", account_id=account.id)

    def show_trouble(self, error: ExtractorError) -> None:
        """Say in `worker_status`, and once in the log, what stands in the way."""
        if str(error) != self._trouble:
            logger.warning("%s is not ready: %s", self._status.worker_id, error)
        self._trouble = str(error)
        account = self._session.account
        self._status.show(WorkerState.ERROR, str(error), account_id=account.id if account else None)

    def _disk_is_full(self) -> bool:
        return self._spool.free_mb() < self._min_free_disk_mb

    def _check_room(self) -> None:
        if self._disk_is_full():
            raise DiskFull(
                f"The spool's disk has {self._spool.free_mb()} MB free; MIN_FREE_DISK_MB is {self._min_free_disk_mb}."
                " No row is taken before there is room."
            )

    def _prove_storage(self) -> None:
        if self._store_is_proven:
            return
        prove(self._store)
        self._store_is_proven = True
