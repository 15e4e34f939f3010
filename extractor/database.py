"""Connections and transactions to Postgres (psycopg 3), and the one way to run a named query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.rows import BaseRowFactory, class_row, dict_row
from psycopg_pool import ConnectionPool

from extractor.sql import load_queries

Row = TypeVar("Row")
Parameters = Mapping[str, object]

# Keepalives find a peer that vanished without a word in under a minute; the kernel's default is two hours.
CONNECTION_OPTIONS: dict[str, object] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "application_name": "registre-extractor",
    "prepare_threshold": None,  # a pooler may give every transaction another server connection
}
POOL_TIMEOUT_SECONDS = 30.0


class Database:
    """A small pool; make it after a fork, close it before exit.

    Statements run one a transaction unless inside `transaction()`. A crash leaves nothing but what was committed.
    """

    def __init__(self, url: str, *, max_connections: int = 2) -> None:
        self._pool = ConnectionPool(
            url,
            kwargs=CONNECTION_OPTIONS,
            min_size=1,
            max_size=max_connections,
            timeout=POOL_TIMEOUT_SECONDS,
            check=ConnectionPool.check_connection,
            open=True,
        )

    def close(self) -> None:
        """Return every connection; closing twice is harmless."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """Commit at the end, roll back on any error."""
        with self._pool.connection() as connection:
            yield connection


class Queries:
    """The named statements of one `.sql` file, bound to a database."""

    def __init__(self, database: Database, file_name: str) -> None:
        self._database = database
        self._statements: dict[str, LiteralString] = load_queries(file_name)

    def row(self, name: str, parameters: Parameters, *, into: type[Row]) -> Row | None:
        """Run a query and return its first row as an `into`, or None."""
        with self._database.transaction() as connection:
            return self._execute(connection, name, parameters, class_row(into)).fetchone()

    def record(self, name: str, parameters: Parameters) -> dict[str, Any] | None:
        """Run a query and return its first row as a dict, or None."""
        with self._database.transaction() as connection:
            return self._execute(connection, name, parameters, dict_row).fetchone()

    def records(
        self, name: str, parameters: Parameters, *, connection: psycopg.Connection[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query and return every row as a dict; inside the caller's transaction when it gives one."""
        if connection is not None:
            return self._execute(connection, name, parameters, dict_row).fetchall()
        with self._database.transaction() as own:
            return self._execute(own, name, parameters, dict_row).fetchall()

    def run(self, name: str, parameters: Parameters) -> int:
        """Run a statement and return the number of rows it touched."""
        with self._database.transaction() as connection:
            return connection.execute(self._statements[name], parameters).rowcount

    def _execute(
        self,
        connection: psycopg.Connection[Any],
        name: str,
        parameters: Parameters,
        row_factory: BaseRowFactory[Row],
    ) -> psycopg.Cursor[Row]:
        cursor = connection.cursor(row_factory=row_factory)
        return cursor.execute(self._statements[name], parameters)
