"""Applies `migrations/*.sql` to a database, each once and in the order of their names (yoyo-migrations)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI, parse_uri
from yoyo.migrations import Migration, default_migration_table

from extractor.postgres.database import connect

# In a wheel the steps lie inside the package, in a checkout beside it.
_PLACES = (Path(__file__).parents[1] / "migrations", Path(__file__).parents[2] / "migrations")
# Any number works if it never changes.
_LOCK_KEY = 7_203_114
# The function of PL/pgSQL behind RAISE, as Postgres names it to its clients.
_RAISE = "exec_stmt_raise"


def migrate(database_url: str, *, on_notice: Callable[[str], None] | None = None) -> list[str]:
    """Apply the missing steps and return their names. Two calls at once wait for each other.

    `on_notice` gets what a step RAISEs for a person to read. Each step is one transaction: a crash leaves whole
    steps only.
    """
    with _exclusive(database_url), _Backend.open(database_url, on_notice) as backend:
        steps = backend.to_apply(_steps())
        backend.apply_migrations(steps)
        return [step.id for step in steps]


def pending(database_url: str) -> list[str]:
    """The names of the steps that `migrate` would apply."""
    with _Backend.open(database_url) as backend:
        return [step.id for step in backend.to_apply(_steps())]


class _Backend(PostgresqlPsycopgBackend):
    """yoyo's own, which also passes on what a step RAISEs: it opens a connection for each step."""

    def __init__(self, uri: DatabaseURI, migration_table: str, on_notice: Callable[[str], None] | None) -> None:
        self._on_notice = on_notice
        super().__init__(uri, migration_table)

    @classmethod
    def open(cls, database_url: str, on_notice: Callable[[str], None] | None = None) -> Self:
        """Connect; what yoyo's `get_backend` does."""
        backend = cls(parse_uri(database_url), default_migration_table, on_notice)
        backend.init_database()
        return backend

    def copy(self) -> Self:
        """The same on a connection of its own."""
        return type(self)(self.uri, self.migration_table, self._on_notice)

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        connection = super().connect(dburi)
        connection.add_notice_handler(self._pass_on)
        return connection

    def _pass_on(self, notice: psycopg.errors.Diagnostic) -> None:
        # Postgres itself sends many notices: "already exists, skipping".
        if self._on_notice and notice.source_function == _RAISE and notice.message_primary:
            self._on_notice(notice.message_primary)


def _steps() -> Sequence[Migration]:
    directory = next(place for place in _PLACES if place.is_dir())
    return read_migrations(str(directory))


@contextmanager
def _exclusive(database_url: str) -> Iterator[None]:
    """Hold a lock that ends with the connection; yoyo's own is a row that a killed process would leave behind."""
    with connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_KEY])
        yield
