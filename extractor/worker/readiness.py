"""Whether a worker process may take a row: room on its disk, storage that takes documents, a login."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from extractor.documents.spool import Spool
from extractor.documents.storage import DocumentStore, prove
from extractor.errors import (
    AccountLost,
    DatabaseUnavailable,
    ExtractorError,
    NoAccountAvailable,
    PasswordSealed,
    SiteError,
    Stopping,
)
from extractor.language.sentences import Sentence, say_in
from extractor.models import Account, Source, WorkerState
from extractor.postgres.database import OUTAGES
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.worker.drain import Drain
from extractor.worker.outcome import break_sources
from extractor.worker.session import WorkerSession

logger = logging.getLogger(__name__)

# How often a process without an account looks for one while it waits.
ACCOUNT_POLL_SECONDS = 1.0


class Readiness:
    """`check` is the cheap question before each row; `seek` logs in and proves storage, and shows what is wrong."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        session: WorkerSession,
        spool: Spool,
        store: DocumentStore,
        status: WorkerStatus,
        drain: Drain,
    ) -> None:
        self._jobs = jobs
        self._session = session
        self._spool = spool
        self._store = store
        self._status = status
        self._drain = drain
        self._store_is_proven = False
        self._proof: Future[None] | None = None  # of `prepare`, until `seek` has used it
        self._trouble: str | None = None

    def check(self) -> Account | None:
        """The account of a session that has logged in, with room and storage: only then is a row claimed.

        It asks neither the browser nor Postgres: a browser that died while idle is replaced within the attempt.
        """
        lease = self._session.lease
        if lease is not None and lease.is_over:
            self._session.close()
        if self._drain.has_begun or not self._store_is_proven or not self._spool.has_room():
            return None
        return self._session.account if self._session.is_logged_in else None

    def prepare(self) -> None:
        """At the start of the process: prove storage in a thread, and start the browser meanwhile.

        Neither needs the other, and both wait for another process. `seek` follows, and says what went wrong.
        """
        if self._drain.has_begun:
            return
        with ThreadPoolExecutor(1, thread_name_prefix="storage") as beside:
            self._proof = beside.submit(prove, self._store)
            self._session.start_browser()

    def seek(self) -> ExtractorError | None:
        """Make ready what is not. Returns the error, which `worker_status` shows, when that is impossible now."""
        if self._drain.has_begun:
            return Stopping(Sentence("The worker was asked to stop."))
        try:
            return self._seek()
        except OUTAGES as error:
            return DatabaseUnavailable(Sentence("Postgres: {error}", error=error))

    def seek_for(self, seconds: float) -> ExtractorError | None:
        """Seek, and go on looking for an account for `seconds`. Asking again does not help against other trouble.

        A process whose account went to another holder, or has a seal that no key opens, looks for another one.
        """
        deadline = time.monotonic() + seconds
        error = self.seek()
        while error is not None and time.monotonic() < deadline and not self._drain.wait(ACCOUNT_POLL_SECONDS):
            if isinstance(error, NoAccountAvailable | AccountLost | PasswordSealed):
                error = self.seek()
        return error

    def doubt_storage(self) -> None:
        """An upload failed: no row is claimed before storage is proven again."""
        self._store_is_proven = False

    def show_ready(self, account: Account, *, at_once: bool) -> None:
        """Say in `worker_status` that a row may come; unless `at_once`, no row waits for that."""
        self._trouble = None
        self._status.show(WorkerState.IDLE, f"logged in with {account.masked}", account_id=account.id, at_once=at_once)

    def _seek(self) -> ExtractorError | None:
        try:
            self._spool.check_room()
            self._prove_storage()
            self.show_ready(self._session.ensure_ready(), at_once=True)
        except ExtractorError as error:
            self._session.close_spare_browser()
            self._show_trouble(error)
            if isinstance(error, SiteError):  # the login serves every source
                break_sources(self._jobs, error, Source)
            return error
        return None

    def _show_trouble(self, error: ExtractorError) -> None:
        """Say in `worker_status`, and once in the log, why no row may come."""
        if str(error) != self._trouble:
            logger.warning("%s is not ready: %s", self._status.worker_id, error)
        self._trouble = str(error)
        account = self._session.account
        self._status.show(
            WorkerState.ERROR, say_in(self._jobs.language, error), account_id=account.id if account else None
        )

    def _prove_storage(self) -> None:
        if self._store_is_proven:
            return
        proof, self._proof = self._proof, None
        if proof is None:
            prove(self._store)
        else:
            proof.result()
        self._store_is_proven = True
