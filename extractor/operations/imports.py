"""A file of rows: all of them, or none. The lines are copied beside the table, checked there, then inserted."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import psycopg

from extractor.models import Frozen
from extractor.operations.csv_file import read_lines
from extractor.operations.refusals import InvalidFile, InvalidRow, Problem
from extractor.operations.rows import FILE
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries, load_queries

# Further problems are only counted: a file with a wrong column has one per line.
MAX_PROBLEMS = 100
CHUNK_LINES = 2_000
REPORT_EVERY_LINES = 500


class Imported(Frozen):
    """What a file became."""

    rows: int
    repeated: int
    """Rows that ask for what an earlier line or another row asks for too: each may be paid again."""


class Progress(NamedTuple):
    """How far it is: bytes of the file while it is read, lines while they become rows."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


def import_rows(
    database: Database, file: BinaryIO, *, dry_run: bool = False, report: Report = lambda _: None
) -> Imported:
    """Insert every line of a seekable CSV file in one transaction, with flat memory; raises InvalidFile.

    A crash or a bad line leaves the table as it was; so does `dry_run`, which makes the same checks.
    """
    statements = load_queries(FILE)
    with database.transaction() as connection:
        connection.execute(statements["create_imported"])
        rows, last_line = _copy(connection, file, report)
        _refuse_problems(database, connection, rows)
        repeated = Queries(database, FILE).records("count_repeated", {}, connection=connection)[0]["repeated"]
        if not dry_run:
            _insert(connection, last_line, report)
    return Imported(rows=rows, repeated=repeated)


def _copy(connection: psycopg.Connection[Any], file: BinaryIO, report: Report) -> tuple[int, int]:
    """Copy the file beside the table; return the number of records and the line of the last."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    rows = last_line = 0
    with connection.cursor().copy(load_queries(FILE)["copy_imported"]) as copy:
        for line in read_lines(file):
            copy.write_row((line.number, line.problem, *line.cells))
            rows, last_line = rows + 1, line.number
            if rows % REPORT_EVERY_LINES == 0:
                report(Progress("reading", file.tell(), size))
    report(Progress("reading", size, size))
    return rows, last_line


def _refuse_problems(database: Database, connection: psycopg.Connection[Any], rows: int) -> None:
    if not rows:
        raise InvalidFile("The file has no rows.")
    found = Queries(database, FILE).records("find_problems", {"limit": MAX_PROBLEMS}, connection=connection)
    if found:
        total = found[0]["total"]
        problems = [Problem(row["line"], row["problem"]) for row in found]
        raise InvalidFile(f"{total} of {rows} rows cannot be taken, so none was.", problems, total)


def _insert(connection: psycopg.Connection[Any], last_line: int, report: Report) -> None:
    statement = load_queries(FILE)["insert_imported"]
    try:
        for first in range(1, last_line + 1, CHUNK_LINES):
            last = first + CHUNK_LINES - 1
            connection.execute(statement, {"first_line": first, "last_line": last})
            report(Progress("inserting", min(last, last_line), last_line))
    except (psycopg.errors.CheckViolation, psycopg.DataError) as error:
        raise InvalidRow(f"{error.diag.message_primary}.") from error
