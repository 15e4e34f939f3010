"""`list`: rows as a table, and as CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from extractor.cli.terminal import add_row, console, new_table, print_csv
from extractor.models import RowId, Status
from extractor.operations.short_ids import is_whole
from extractor.reports import Extraction
from extractor.reports.csv_lines import MARK, ROW_COLUMNS, csv_line, row_cells
from extractor.words import moment

SHORT_CHARACTERS = 8


def print_rows(rows: Collection[Extraction]) -> None:
    """Print one line per row: its short id, its state, its document, and when or why it ended."""
    if not rows:
        return
    length = _short_length([row.id for row in rows])
    dossier = ["reference"] if any(row.reference for row in rows) else []
    table = new_table("id", "status", "source", "number", "place", *dossier, "outcome")
    for row in rows:
        place = ", ".join(filter(None, (row.circonscription_fonciere, row.cadastre)))
        own = [row.reference] if dossier else []
        add_row(table, row.id[:length], row.status, row.source, row.document_number, place, *own, _end(row))
    console.print(table)


def print_rows_as_csv(rows: Iterable[Extraction]) -> None:
    """Print ROW_COLUMNS, and a line per row, as the rows come."""
    print_csv(MARK + csv_line(ROW_COLUMNS))
    for row in rows:
        print_csv(csv_line(row_cells(row)))


def _end(row: Extraction) -> str | None:
    if row.status == Status.COMPLETED and row.completed_at:
        return moment(row.completed_at)
    return row.error_code


def _short_length(ids: Collection[RowId]) -> int | None:
    """How many characters of each id tell these rows apart; None: all of it, since other ids are not shortened."""
    if not all(is_whole(one) for one in ids):
        return None
    return next(length for length in range(SHORT_CHARACTERS, 37) if len({one[:length] for one in ids}) == len(ids))
