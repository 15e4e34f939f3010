"""A workbook as offices have it (.xlsx, .xls, .ods): the first sheet whose first line names our columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from extractor.matching.numbers import BLANKS
from extractor.operations.columns import COLUMNS, Line, find_places, names_columns
from extractor.operations.refusals import InvalidFile

# What a zip (.xlsx, .ods) and an OLE file (.xls, a workbook with a password) begin with.
MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Cell = int | float | str | bool | time | date | datetime | timedelta
Row = tuple[int, Sequence[Cell]]


def is_workbook(file: BinaryIO) -> bool:
    """Whether the file, which is at its beginning, begins as one."""
    return file.read(4) in MARKS


def read_workbook(file: BinaryIO, reference_column: str | None) -> tuple[str, Iterator[Line]]:
    """The name of the sheet, and every record of it that is not blank; a formula gives the value that was saved.

    Raises InvalidFile for a file that cannot be read, or has no such sheet. The parsed sheet is held in memory.
    """
    try:
        book = CalamineWorkbook.from_filelike(file)
        return _find_sheet([book.get_sheet_by_name(name) for name in book.sheet_names], reference_column)
    except CalamineError as error:
        raise InvalidFile(
            f"The file cannot be read as a workbook ({error}). If it has a password, save it without one; otherwise"
            " save it again as .xlsx, or as CSV UTF-8."
        ) from error


def _find_sheet(sheets: Sequence[CalamineSheet], reference_column: str | None) -> tuple[str, Iterator[Line]]:
    for sheet in sheets:
        rows = _filled(sheet.iter_rows())
        _, header = next(rows, (0, ()))
        titles = [str(cell) for cell in header]
        if names_columns(titles):
            return sheet.name, _lines(rows, find_places(titles, reference_column))
    named = ", ".join(sheet.name for sheet in sheets)
    raise InvalidFile(
        f"No sheet has a first line with document_source and document_number; the sheets are: {named}. The columns may"
        f" be: {', '.join(COLUMNS)}."
    )


def _filled(rows: Iterable[Sequence[Cell]]) -> Iterator[Row]:
    for number, cells in enumerate(rows, 1):
        if any(not isinstance(cell, str) or cell.strip(BLANKS) for cell in cells):
            yield number, cells


def _lines(rows: Iterator[Row], places: dict[str, int]) -> Iterator[Line]:
    for number, cells in rows:
        found = {name: cells[place] for name, place in places.items()}
        problems = (_problem(name, cell) for name, cell in found.items())
        problem = next(filter(None, problems), None)
        texts = tuple(_text(found.get(name, "")) for name in COLUMNS)
        yield Line(number, problem=problem) if problem else Line(number, texts)


def _problem(name: str, cell: Cell) -> str | None:
    if isinstance(cell, bool):
        return f"{name} is {str(cell).upper()}, which is no text and no number: write it as text"
    if isinstance(cell, date | time | timedelta) and name != "reference":
        return f"{name} is a date or a time in the workbook ({_text(cell)}): format the cell as text and write it again"
    return None


def _text(cell: Cell) -> str | None:
    """As a person reads the cell: workbooks have no whole numbers, so 2784195 is 2784195.0 in the file."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell).strip(BLANKS) or None
