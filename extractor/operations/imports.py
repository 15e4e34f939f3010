"""A file of rows: all of them, or none. The lines are copied beside the table, checked there, then inserted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID, uuid4

import psycopg

from extractor.language.sentences import Language
from extractor.matching.doubts import REQUEST_COLUMNS, doubt
from extractor.models import Frozen, RowId
from extractor.operations.columns import Line
from extractor.operations.csv_file import read_csv
from extractor.operations.refusals import InvalidFile, InvalidRow, Problem, Refusal
from extractor.operations.rows import FILE
from extractor.operations.workbook import is_workbook, read_workbook
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries, load_queries
from extractor.words import dollars

# Further problems are only counted: a file with a wrong column has one per line.
MAX_PROBLEMS = 100
MAX_DOUBTS = 10
CHUNK_LINES = 2_000
REPORT_EVERY_LINES = 500


class Imported(Frozen):
    """What a file became."""

    rows: int
    repeated: int
    """Rows that ask for what an earlier line or another row asks for too: each may be paid again."""
    doubtful: int
    """Rows that the registry will probably refuse, by the names that are known here."""
    doubts: tuple[Problem, ...]
    """Why, of the first of them."""
    sheet: str | None
    """Of a workbook, the sheet that was read."""
    batch_id: UUID | None
    """On every row; None when none was inserted."""

    @property
    def cost(self) -> Decimal:
        """With one consultation per row."""
        return dollars(self.rows)


class NeedsApproval(Refusal):
    """The file is good, and nothing was inserted: a person must know first what it costs."""

    def __init__(self, checked: Imported) -> None:
        super().__init__("The import needs a person's approval.")
        self.checked = checked


class Progress(NamedTuple):
    """How far it is: bytes of the file while it is read, lines while they become rows."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


def import_rows(
    database: Database,
    file: BinaryIO,
    *,
    dry_run: bool = False,
    reference: str | None = None,
    reference_column: str | None = None,
    approved: Decimal | None = None,
    language: Language = Language.ENGLISH,
    report: Report = lambda _: None,
) -> Imported:
    """Insert every line of a seekable CSV file or workbook in one transaction; raises InvalidFile or NeedsApproval.

    A crash or a bad line leaves the table as it was; so does `dry_run`, which makes the same checks. A file that costs
    more than the `approved` dollars, or repeats rows, needs approval; None approves of everything. A line without a
    reference gets the `reference`. Doubts are written in the `language`. The memory is flat for a CSV file; a
    workbook's sheet is held in it.
    """
    statements = load_queries(FILE)
    sheet, lines = read_lines(file, reference_column)  # a workbook is parsed here, so that no transaction waits for it
    with database.transaction() as connection:
        connection.execute(statements["create_imported"])
        rows, last_line = _copy(connection, file, lines, report, language)
        _refuse_problems(database, connection, rows)
        repeated = Queries(database, FILE).records("count_repeated", {}, connection=connection)[0]["repeated"]
        doubts = Queries(database, FILE).records("find_doubts", {"limit": MAX_DOUBTS}, connection=connection)
        checked = Imported(
            rows=rows,
            repeated=repeated,
            doubtful=doubts[0]["total"] if doubts else 0,
            doubts=tuple(Problem(row["line"], row["doubt"]) for row in doubts),
            sheet=sheet,
            batch_id=None,
        )
        if dry_run:
            return checked
        if approved is not None and (repeated or checked.cost > approved):
            raise NeedsApproval(checked)
        batch_id = uuid4()
        of_all = {
            "batch_id": str(batch_id),
            "reference": reference,
            "idempotency_key": None,
            "idempotency_request": None,
        }
        insert_lines(connection, last_line, of_all, report)
    return checked.model_copy(update={"batch_id": batch_id})


def imported_ids(database: Database, batch_id: UUID) -> tuple[RowId, ...]:
    """The ids of an import's rows, in the order of its file."""
    found = Queries(database, FILE).records("imported_ids", {"batch_id": str(batch_id)})
    return tuple(str(row["id"]) for row in found)


def read_lines(file: BinaryIO, reference_column: str | None) -> tuple[str | None, Iterator[Line]]:
    """The records of a CSV file or a workbook, as the file's first bytes say, and the sheet; raises InvalidFile."""
    file.seek(0)
    in_sheets = is_workbook(file)
    file.seek(0)
    return read_workbook(file, reference_column) if in_sheets else (None, read_csv(file, reference_column))


def _copy(
    connection: psycopg.Connection[Any], file: BinaryIO, lines: Iterable[Line], report: Report, language: Language
) -> tuple[int, int]:
    """Copy the lines beside the table; return the number of records and the line of the last."""
    place = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(place)
    rows = last_line = 0
    with connection.cursor().copy(load_queries(FILE)["copy_imported"]) as copy:
        for line in lines:
            copy.write_row((line.number, line.problem, *line.cells, _doubt(line, language)))
            rows, last_line = rows + 1, line.number
            if rows % REPORT_EVERY_LINES == 0:
                report(Progress("reading", file.tell(), size))
    report(Progress("reading", size, size))
    return rows, last_line


def _doubt(line: Line, language: Language) -> str | None:
    found = None if line.problem else doubt(**dict(zip(REQUEST_COLUMNS, line.cells, strict=False)))
    return found and found.into(language)


def _refuse_problems(database: Database, connection: psycopg.Connection[Any], rows: int) -> None:
    if not rows:
        raise InvalidFile("The file has no rows.")
    found = Queries(database, FILE).records("find_problems", {"limit": MAX_PROBLEMS}, connection=connection)
    if found:
        total = found[0]["total"]
        problems = [Problem(row["line"], row["problem"]) for row in found]
        raise InvalidFile(f"{total} of {rows} rows cannot be taken, so none was.", problems, total)


def insert_lines(
    connection: psycopg.Connection[Any],
    last_line: int,
    of_all: Mapping[str, str | None],
    report: Report = lambda _: None,
) -> None:
    """Turn the lines that were copied in this transaction into rows; raises InvalidRow."""
    statement = load_queries(FILE)["insert_imported"]
    try:
        for first in range(1, last_line + 1, CHUNK_LINES):
            last = first + CHUNK_LINES - 1
            connection.execute(statement, {"first_line": first, "last_line": last, **of_all})
            report(Progress("inserting", min(last, last_line), last_line))
    except (psycopg.errors.CheckViolation, psycopg.DataError) as error:
        raise InvalidRow(f"{error.diag.message_primary}.") from error
