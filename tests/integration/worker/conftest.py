"""The money path in milliseconds: real Postgres, spool and storage, a scripted site, one database for all the tests.

What one test leaves in the tables is deleted before the next; the tests share what is slow and has no state.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import tenacity

from extractor.local.postgres import EmbeddedPostgres
from extractor.models import RowId
from extractor.postgres import patience
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.settings import Settings
from tests.conftest import TEMPLATE
from tests.integration.conftest import LIMITS
from tests.support.databases import fresh_database
from tests.support.rows import insert_account
from tests.support.scripted_site import ScriptedRegistry
from tests.support.scripted_worker import ScriptedWorker


@pytest.fixture(scope="session")
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    yield from fresh_database(postgres, TEMPLATE)


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def clean_up(connection: psycopg.Connection) -> str:
    """The SQL that returns every table to what the migrations left: most are empty, some have rows from the start."""
    names = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'extractor_migrations'"
    )
    statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]  # in any order, whatever the references
    for (name,) in names.fetchall():
        statements.append(f"DELETE FROM {name}")
        if connection.execute(f"SELECT FROM {name} LIMIT 1").rowcount:
            connection.execute(f"CREATE TEMP TABLE first_{name} AS TABLE {name}")
            statements.append(f"INSERT INTO {name} TABLE first_{name}")
    return "; ".join([*statements, "COMMIT"])


@pytest.fixture
def sql(connection: psycopg.Connection, clean_up: str) -> psycopg.Connection:
    """A user's connection, with tables as the migrations leave them."""
    connection.execute(clean_up)
    return connection


@pytest.fixture(autouse=True)
def no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes die in these tests, machines do not: written data need not have reached the disk."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that an outage prevents is tried twice, without a pause."""
    brief = patience.PATIENCE.copy(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_none())
    monkeypatch.setattr(patience, "PATIENCE", brief)


@pytest.fixture
def registry() -> ScriptedRegistry:
    return ScriptedRegistry()


@pytest.fixture(scope="session")
def common_settings(database_url: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",
        storage_dir=Path("storage"),
        min_free_disk_mb=0,
        account_wait_seconds=1e-6,
    )


@pytest.fixture
def settings(common_settings: Settings, tmp_path: Path) -> Settings:
    """With directories of the test's own."""
    disks = {f"{name}_dir": tmp_path / name for name in ("storage", "spool", "evidence")}
    return common_settings.model_copy(update=disks)  # not built again: that takes longer than most of these tests


Start = Callable[..., ScriptedWorker]


@pytest.fixture
def start(sql: psycopg.Connection, settings: Settings, registry: ScriptedRegistry) -> Iterator[Start]:
    """Make a worker process, ready for rows as far as it can be; `spool` names its disk."""
    workers: list[ScriptedWorker] = []

    def start_one(worker_id: str = "w-1", *, spool: str = "spool", **changed: object) -> ScriptedWorker:
        if not sql.execute("SELECT 1 FROM worker_accounts").fetchone():
            insert_account(sql)
        disk = settings.spool_dir.with_name(spool)
        worker = ScriptedWorker(settings.model_copy(update={"spool_dir": disk, **changed}), registry, worker_id)
        workers.append(worker)
        worker.make_ready()
        return worker

    yield start_one
    for worker in workers:
        worker.close()


@pytest.fixture
def worker(start: Start) -> ScriptedWorker:
    """One that is ready."""
    return start()


@pytest.fixture
def rescue(sql: psycopg.Connection, database: Database) -> Callable[[], list[RowId]]:
    """What the bridge does once the leases of a dead process have passed."""
    dispatcher = Dispatcher(database, LIMITS)

    def let_leases_pass() -> list[RowId]:
        sql.execute("UPDATE registry_sessions SET lease_expires_at = now() - interval '1 s'")
        sql.execute(
            "UPDATE extraction_queue SET lease_expires_at = now() - interval '1 s' WHERE status = 'En traitement'"
        )
        sql.execute("UPDATE extraction_attempts SET alive_until = now() - interval '1 s'")
        return dispatcher.rescue()

    return let_leases_pass


@dataclass
class Book:
    """What the tables, the disks and storage say."""

    sql: psycopg.Connection
    settings: Settings

    def row(self, job_id: RowId, columns: str = "status, attemtps, error_code") -> tuple[object, ...]:
        found = self.sql.execute(f"SELECT {columns} FROM extraction_queue WHERE id = %s", [job_id]).fetchone()
        assert found is not None
        return found

    def attempts(self, columns: str = "outcome") -> list[object]:
        """One column of every attempt, oldest first; whole rows of several columns."""
        rows = self.sql.execute(f"SELECT {columns} FROM extraction_attempts ORDER BY id").fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def marks(self) -> int:
        """The consultations that the attempts record."""
        return len(self.attempts("consultation_at")) - self.attempts("consultation_at").count(None)

    def logins(self) -> dict[str, int]:
        return dict(self.sql.execute("SELECT result, logins FROM registry_logins WHERE logins > 0").fetchall())

    def account(self, columns: str) -> tuple[object, ...]:
        found = self.sql.execute(f"SELECT {columns} FROM worker_accounts").fetchone()
        assert found is not None
        return found

    def session(self, columns: str) -> tuple[object, ...] | None:
        """What is leased; None when nothing is."""
        return self.sql.execute(f"SELECT {columns} FROM registry_sessions").fetchone()

    def stored(self) -> dict[str, bytes]:
        """The documents that storage has, by `bucket/name`."""
        assert self.settings.storage_dir is not None
        return _files(self.settings.storage_dir)

    def spooled(self, spool: str = "spool") -> list[str]:
        """The kinds of files that lie on a spool beside its name."""
        disk = self.settings.spool_dir.with_name(spool)
        return sorted(path.suffix for path in disk.iterdir() if path.name != "id")

    def evidence(self) -> dict[str, bytes]:
        """Every file of evidence, by folder and name."""
        return _files(self.settings.evidence_dir)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def book(sql: psycopg.Connection, settings: Settings) -> Book:
    return Book(sql, settings)
