"""One worker process: its start, how it does one message, its end. `assembly.py` says what it is made of.

`tasks/lifecycle.py` starts and stops it, `tasks/extract.py` gives it the messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import UUID

from extractor.errors import ExtractorError, StorageError
from extractor.log import about
from extractor.models import Account, Job, RowId, WorkerState
from extractor.postgres.database import OUTAGES
from extractor.postgres.lease import GONE
from extractor.worker.assembly import Assembly
from extractor.worker.outcome import Outcome

logger = logging.getLogger(__name__)

DATABASE_POLL_SECONDS = 2.0


class WorkerProcess:
    """A prefork child: one account, one session, one job at a time.

    A kill at any point leaves leases that pass by themselves, and a spool that the next attempt finds.
    """

    def __init__(self, parts: Assembly) -> None:
        self._parts = parts
        self._end = ExitStack()

    def start(self) -> None:
        """Write a row in `worker_status`, start the heartbeat, and log in if an account is free; without one, say so.

        `stop` closes what is opened here in the opposite order: the session before the heartbeat that renews its
        account, so that no other process logs in beside it, and Postgres last.
        """
        parts = self._parts
        self._at_the_end("close the connections to Postgres", parts.database.close)
        self._at_the_end("close the connections to storage", parts.store.close)
        self._register()
        self._at_the_end("say offline", lambda: parts.status.show(WorkerState.OFFLINE, "stopped"))
        parts.status.start()
        self._at_the_end("stop showing what changes", parts.status.stop)
        parts.heartbeat.start()
        self._at_the_end("stop the heartbeat", parts.heartbeat.stop)
        parts.housekeeping.start()
        self._at_the_end("stop housekeeping", parts.housekeeping.stop)
        self._at_the_end("close the browser and free the account", parts.session.close)
        parts.watch.start()
        self._at_the_end("stop the watch", parts.watch.stop)
        with parts.occupation.using_session():
            parts.readiness.prepare()
            self._make_ready()

    def stop(self) -> None:
        """Take every step of the end, even when one fails; then raise what failed. A second call is harmless."""
        self._parts.database.hurry()
        self._end.close()

    def handle(self, message: str, message_id: str | None = None) -> str:
        """Do the row whose id is the text of one message; the answer says in a few words what happened to it.

        Raises the row's error when the row ended in Erreur.
        """
        try:
            with self._parts.occupation.using_session():
                return self._take(message, message_id)
        except OUTAGES as error:  # the row keeps what was committed; the bridge sends it again where it must
            logger.warning("Message %s: %s", message, error)
            return f"Postgres is away: {error}"

    def _at_the_end(self, step: str, act: Callable[[], None]) -> None:
        def take_step() -> None:
            logger.info("Stopping: %s", step)
            try:
                act()
            except Exception:
                logger.exception("Stopping: could not %s", step)
                raise

        self._end.callback(take_step)

    def _register(self) -> None:
        """Wait for Postgres: a process without a heartbeat must not take rows. `lifecycle` bounds the wait."""
        drain = self._parts.drain
        while not drain.has_begun:
            try:
                self._parts.status.register()
            except OUTAGES as error:
                logger.warning("Postgres is not there yet: %s", error)
            else:
                return
            drain.wait(DATABASE_POLL_SECONDS)

    def _take(self, job_id: RowId, message_id: str | None) -> str:
        serve = self._upload if self._parts.spool.holds(job_id) else self._serve
        return serve(job_id, message_id)

    def _serve(self, job_id: RowId, message_id: str | None) -> str:
        account = self._parts.readiness.check()
        job = self._claim(job_id, message_id, account=account) if account else None
        if job is not None:
            return self._do(job, account)
        return self._correct(job_id, message_id) or (self._leave(job_id) if account else self._hand_back(job_id))

    def _correct(self, message: str, message_id: str | None) -> str | None:
        """Take the row of a message that writes the id in another way than the table; None when it does not.

        A message of the bridge never does, so only here, where no row was claimed, it is asked which row is meant.
        """
        job_id = self._parts.jobs.find(message)
        if job_id is None:
            return f"nothing to do: there is no row {message}"
        return self._take(job_id, message_id) if job_id != message else None

    def _upload(self, job_id: RowId, message_id: str | None) -> str:
        """The row's document lies on this spool: storage is all that it needs, neither an account nor the site."""
        parts = self._parts
        job = self._claim(job_id, message_id, spool_id=parts.spool.id)
        return self._do(job, parts.session.account) if job else self._serve(job_id, message_id)

    def _claim(
        self, job_id: RowId, message_id: str | None, *, account: Account | None = None, spool_id: UUID | None = None
    ) -> Job | None:
        return self._parts.jobs.claim(
            job_id, worker_id=self._parts.worker_id, account=account, spool_id=spool_id, message_id=message_id
        )

    def _do(self, job: Job, account: Account | None) -> str:
        parts = self._parts
        parts.status.show(WorkerState.BUSY, job_id=job.id, account_id=account.id if account else None, at_once=False)
        try:
            with parts.occupation.doing(job), about(job):
                outcome = parts.attempts.make(job, account)
                self._follow(outcome)
        finally:
            parts.session.count_job()
            self._show_after_job()
        return outcome.report()

    def _follow(self, outcome: Outcome) -> None:
        """Apply what the outcome means for the next rows."""
        error = outcome.error
        self._parts.status.add_finished(completed=error is None)
        if isinstance(error, StorageError):
            self._parts.readiness.doubt_storage()
        if error is not None and error.retires_session:
            self._parts.session.retire()

    def _leave(self, job_id: RowId) -> str:
        """Another attempt has the row, or it is not due: nothing to do, unless this process lost its account."""
        parts = self._parts
        lease = parts.session.lease
        if lease is None or not lease.renew() or lease.is_over:
            parts.session.close()
            parts.jobs.hand_back(job_id)
            return f"handed back: the account {GONE}"
        if not parts.spool.holds(job_id):  # then a row that names this spool must not wait for it any longer
            parts.jobs.forget_spool(job_id, parts.spool.id)
        return "nothing to do: another has the row, or it is not due"

    def _hand_back(self, job_id: RowId) -> str:
        """Return the message at once, so that a ready process takes it. Then make this process ready, off the queue.

        When that fails, stay off the queue for a while: a process without a session must not take messages.
        """
        self._parts.jobs.hand_back(job_id)
        error = self._make_ready(wait_seconds=self._parts.account_wait_seconds)
        return f"handed back: {error or 'logged in first'}"

    def _make_ready(self, *, wait_seconds: float = 0) -> ExtractorError | None:
        error = self._parts.readiness.seek_for(wait_seconds)
        if error is not None and error.evidence is not None:
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            name = f"{error.code}-login-{self._parts.worker_id}-{moment}"
            folder = self._parts.evidence.keep(name, page=error.evidence)
            logger.warning("Login failed; what the page showed is in %s", folder)
        return error

    def _show_after_job(self) -> None:
        """Ask neither the browser nor Postgres: the next message may be waiting."""
        parts = self._parts
        account = parts.session.account
        if account is not None and parts.session.is_logged_in:
            parts.readiness.show_ready(account, at_once=False)
        else:
            account_id = account.id if account else None
            parts.status.show(WorkerState.IDLE, "logs in with the next row", account_id=account_id, at_once=False)
