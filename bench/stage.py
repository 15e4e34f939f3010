"""The servers of a run: embedded PostgreSQL and Valkey, the stand-in, databases, and processes on them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from extractor.local.child_process import ChildProcess
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.postgres.migrate import migrate
from extractor.settings import Settings
from extractor.standin.app import create_app
from tests.support.databases import url_of
from tests.support.rows import insert_account, ready_sessions
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running
from tests.support.system import FAST, System, eventually

# As a user has them: the defaults, in place of the short ones of the tests. No pause, no limit that would stop a run.
SETTINGS = {name: str(Settings.model_fields[name.lower()].default) for name in FAST} | {
    "PACE_SECONDS": "0",
    "DAILY_CONSULTATION_LIMIT": "0",
    "PAID_WITHOUT_DOCUMENT_LIMIT": "0",
    "LOG_LEVEL": "WARNING",
}
# Of each log, when a run fails: characters.
TAIL = 1500
# Of the sixteen that Valkey has.
BROKERS = 15


class Stage:
    """A context manager around the servers; everything that it starts ends with it, and its directory goes."""

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            self.directory = Path(tempfile.mkdtemp(prefix="extractor-bench-"))
            ends.callback(shutil.rmtree, self.directory)
            self.directory.chmod(0o711)  # root's PostgreSQL runs as another user
            # Nobody's disk is measured here: all sides write to the same server, and none waits for its disk.
            self.postgres = ends.enter_context(EmbeddedPostgres(self.directory / "postgres", fsync=False))
            self._valkey = ends.enter_context(EmbeddedValkey(self.directory / "valkey"))
            self._brokers = 0
            self.site_url = ends.enter_context(running(create_app()))
            self.standin = ends.enter_context(StandinClient(self.site_url))
            self._ends = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for log in sorted(self.directory.rglob("*.log")):
                sys.stderr.write(f"== {log.relative_to(self.directory)}\n{log.read_text(errors='replace')[-TAIL:]}\n")
        self._ends.close()

    def new_database(self, name: str, *, is_migrated: bool = True) -> str:
        """Make a database and return its address."""
        with psycopg.connect(self.postgres.url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        url = url_of(self.postgres, name)
        if is_migrated:
            migrate(url)
        return url

    def copy_database(self, url: str, name: str) -> str:
        """Make a database like that of the address, to which nobody is connected; returns the new one's address."""
        with psycopg.connect(self.postgres.url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {url.rpartition('/')[2]} STRATEGY FILE_COPY".encode())
        return url_of(self.postgres, name)

    def drop_database(self, name: str) -> None:
        """Give its disk back."""
        with psycopg.connect(self.postgres.url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def new_broker(self) -> str:
        """The address of an empty one of Valkey's databases: whoever shares the server has queues of his own.

        There are few, so that a database is given out again after a while: nobody may use it then.
        """
        self._brokers = self._brokers % BROKERS + 1
        url = f"{self._valkey.url.rpartition('/')[0]}/{self._brokers}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def environment(self, database_url: str, **settings: str) -> dict[str, str]:
        """What one of the product's processes needs."""
        return {
            **SETTINGS,
            "DATABASE_URL": database_url,
            "REDIS_URL": self.new_broker(),
            "REGISTRY_BASE_URL": self.site_url,
            "STORAGE_DIR": str(self.directory / "storage"),
            "ENV_FILE": "",
            "PYTHONWARNINGS": "ignore",
            **settings,
        }

    @contextmanager
    def system(self, name: str, database_url: str, **settings: str) -> Iterator[System]:
        """Workers and bridges on a database, each in a process of its own."""
        directory = self.directory / name
        directory.mkdir()
        with System(directory, self.environment(database_url, **settings)) as system:
            yield system

    @contextmanager
    def program(self, *command: str, log: str, **environment: str) -> Iterator[ChildProcess]:
        """Another program, for as long as the block runs."""
        child = ChildProcess(
            list(command),
            environment={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
            output=self.directory / f"{log}.log",
            stop_timeout=10,
        )
        with child:
            yield child


def add_accounts(sql: psycopg.Connection, count: int) -> None:
    """User codes that the stand-in takes."""
    for number in range(1, count + 1):
        insert_account(sql, f"99X{number:04}")


def wait_for_sessions(sql: psycopg.Connection, count: int) -> None:
    """Return when this many worker processes are logged in."""
    eventually(lambda: ready_sessions(sql) >= count, f"{count} worker process(es) logged in", seconds=120)
