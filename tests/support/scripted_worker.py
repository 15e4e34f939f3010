"""Worker processes in the test's own process: all of the product but Celery and Chromium.

A test may let one die after any durable step, and take Postgres away from it at any write.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import psycopg

from extractor.errors import ExtractorError
from extractor.models import RowId
from extractor.settings import Settings
from extractor.worker.assembly import Assembly
from extractor.worker.drain import Drain
from extractor.worker.process import WorkerProcess
from tests.support.scripted_site import ScriptedBrowser, ScriptedRegistry, Step


class Killed(BaseException):
    """The end of a process by SIGKILL: nothing catches it."""


def settings_of_a_worker(database_url: str, directory: Path) -> Settings:
    """Settings of this database alone, whatever `.env` says, with disks below the directory."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",
        min_free_disk_mb=0,
        storage_dir=directory / "storage",
        spool_dir=directory / "spool",
        evidence_dir=directory / "evidence",
    )


class ScriptedWorker:
    """One process with its own drain, pool and browser."""

    def __init__(self, settings: Settings, registry: ScriptedRegistry, worker_id: str) -> None:
        self.settings = settings
        self.registry = registry
        self.browser = ScriptedBrowser(registry)
        self.drain = Drain()
        self.parts = Assembly(settings, worker_id=worker_id, queues=None, drain=self.drain, browser=self.browser)
        self.process = WorkerProcess(self.parts)

    def make_ready(self) -> ExtractorError | None:
        """What `start` does, without the threads."""
        self.parts.status.register()
        return self.parts.readiness.seek()

    def handle(self, job_id: RowId) -> str:
        """Do the row of one message. Returns the row's error as Flower shows it, when it ended in Erreur."""
        try:
            return self.process.handle(job_id)
        except ExtractorError as error:
            return f"{type(error).__name__}: {error}"

    def close(self) -> None:
        self.parts.database.close()
        self.parts.store.close()

    def before(self, step: str, act: Callable[[], object]) -> None:
        """Call `act` before the next call of a part's method, `jobs.complete` say."""
        self._wrap(step, before=act)

    def after(self, step: str, act: Callable[[], object]) -> None:
        """Call `act` after the next call of a part's method, or at a step of the site."""
        if isinstance(step, Step):
            self.registry.plan(step, act)
        else:
            self._wrap(step, after=act)

    def die_after(self, step: str) -> None:
        """Let the process die there: it writes nothing more, and its connections are gone."""
        self.after(step, self._die)

    def cut_postgres_at(self, step: str) -> None:
        """Let Postgres end the connection inside the write, before it is committed, once."""
        self.before(step, partial(self._instead_of_the_next_statement, self._cut))

    def lose_answer_at(self, step: str) -> None:
        """Let Postgres commit the write, and the line break before the process hears of it, once."""
        self.before(step, partial(self._instead_of_the_next_statement, self._commit_unheard))

    def _wrap(
        self, step: str, *, before: Callable[[], object] = lambda: None, after: Callable[[], object] = lambda: None
    ) -> None:
        name, _, method = step.rpartition(".")
        owner = operator.attrgetter(name)(self.parts)
        original = getattr(owner, method)

        def once(*arguments: Any, **options: Any) -> Any:
            setattr(owner, method, original)
            before()
            result = original(*arguments, **options)
            after()
            return result

        setattr(owner, method, once)

    def _die(self) -> NoReturn:
        def refuse() -> NoReturn:
            raise Killed

        vars(self.parts.database)["statement"] = refuse  # a dead process writes nothing
        self.browser.kill()
        self.close()
        raise Killed

    def _instead_of_the_next_statement(
        self, replacement: Callable[[Statement], AbstractContextManager[psycopg.Connection[Any]]]
    ) -> None:
        database = self.parts.database
        original = database.statement

        def once() -> AbstractContextManager[psycopg.Connection[Any]]:
            vars(database)["statement"] = original
            return replacement(original)

        vars(database)["statement"] = once  # where every statement passes

    @contextmanager
    def _cut(self, statement: Statement) -> Iterator[psycopg.Connection[Any]]:
        with statement() as connection:
            with psycopg.connect(self.settings.database_url.get_secret_value(), autocommit=True) as other:
                end_backends(other, [connection.info.backend_pid])
            yield connection

    @contextmanager
    def _commit_unheard(self, statement: Statement) -> Iterator[psycopg.Connection[Any]]:
        with statement() as connection:
            yield connection
        raise psycopg.OperationalError("the connection is lost")


Statement = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


def end_backends(sql: psycopg.Connection, pids: Sequence[int]) -> None:
    """Let Postgres end these connections, and return when it has; its own wait looks only every 100 ms."""
    sql.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::integer[]) AS pid", [list(pids)])
    while sql.execute("SELECT FROM pg_stat_activity WHERE pid = ANY(%s)", [list(pids)]).rowcount:
        pass
