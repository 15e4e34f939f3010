"""Loads and runs the named queries of this folder.

A query opens with `-- name --`; the comment lines below it say what it does and list its parameters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, LiteralString, TypeVar, cast

import psycopg
from psycopg.rows import BaseRowFactory, class_row, dict_row, tuple_row

from extractor.postgres.database import Database

Row = TypeVar("Row")
Parameters = Mapping[str, object]

_HEADER = re.compile(r"^-- ([a-z_]+) --\n", re.MULTILINE)


@functools.cache
def load_queries(file_name: str) -> dict[str, LiteralString]:
    """Return name → statement of one file of this folder, e.g. `jobs.sql`."""
    text = (resources.files(__name__) / file_name).read_text(encoding="utf-8")
    _, *parts = _HEADER.split(text)
    # The files are part of the package, so their text is as fixed as a literal.
    return {name: cast("LiteralString", body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)}


class Queries:
    """The named statements of one `.sql` file, bound to a database."""

    def __init__(self, database: Database, file_name: str) -> None:
        self._database = database
        self._statements: dict[str, LiteralString] = load_queries(file_name)

    def row(self, name: str, parameters: Parameters, *, into: type[Row]) -> Row | None:
        """Run a query and return its first row as an `into`, or None."""
        with self._database.statement() as connection:
            return self._execute(connection, name, parameters, class_row(into)).fetchone()

    def record(self, name: str, parameters: Parameters) -> dict[str, Any] | None:
        """Run a query and return its first row as a dict, or None."""
        with self._database.statement() as connection:
            return self._execute(connection, name, parameters, dict_row).fetchone()

    def records(
        self, name: str, parameters: Parameters, *, connection: psycopg.Connection[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query and return every row as a dict; inside the caller's transaction when it gives one."""
        if connection is not None:
            return self._execute(connection, name, parameters, dict_row).fetchall()
        with self._database.statement() as own:
            return self._execute(own, name, parameters, dict_row).fetchall()

    def count(self, name: str, parameters: Parameters) -> int:
        """How many rows a query would return."""
        with self._database.statement() as connection:
            # The statement is part of the package.
            counted = "SELECT count(*) FROM (" + self._statements[name].removesuffix(";") + ") AS found"  # noqa: S608
            row = connection.cursor(row_factory=tuple_row).execute(counted, parameters).fetchone()
        assert row is not None
        return int(row[0])

    def run(self, name: str, parameters: Parameters, *, connection: psycopg.Connection[Any] | None = None) -> int:
        """Run a statement and return the number of rows it touched; in the caller's transaction when it gives one."""
        if connection is not None:
            return connection.execute(self._statements[name], parameters).rowcount
        with self._database.statement() as own:
            return own.execute(self._statements[name], parameters).rowcount

    def _execute(
        self,
        connection: psycopg.Connection[Any],
        name: str,
        parameters: Parameters,
        row_factory: BaseRowFactory[Row],
    ) -> psycopg.Cursor[Row]:
        cursor = connection.cursor(row_factory=row_factory)
        return cursor.execute(self._statements[name], parameters)
