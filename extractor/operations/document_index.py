"""`index.csv`: which file is which row's document, beside the files; also the rows whose document is not there."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from extractor.operations.refusals import NotPossible
from extractor.reports import Extraction
from extractor.reports.csv_lines import MARK, ROW_COLUMNS, csv_line, row_cells

INDEX = "index.csv"
COLUMNS = ("file", *ROW_COLUMNS, "problem")

Line = dict[str, str]


def header() -> str:
    """The first line, with the mark of the file."""
    return MARK + csv_line(COLUMNS)


def line(row: Extraction, *, file: str | None, problem: str | None) -> str:
    """The line of one row; `file` is None where there is a `problem`."""
    return csv_line([file, *row_cells(row), problem])


def read_index(path: Path) -> dict[str, Line]:
    """The lines by row id, none when there is no such file; raises NotPossible for a file that is no index."""
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=";", strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise NotPossible(f"{path} is no index of documents, and stays as it is: choose another folder.")
            return {line["id"]: line for line in reader}
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotPossible(f"{path} cannot be read as an index, and stays as it is: choose another folder.") from error


def parse_line(text: str) -> Line:
    """What `line` made, by column."""
    (cells,) = csv.reader([text], delimiter=";")
    return dict(zip(COLUMNS, cells, strict=True))


def write_index(path: Path, lines: Iterable[Line]) -> None:
    """Replace the index; a crash leaves the old one."""
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(header())
        file.writelines(csv_line(line[column] for column in COLUMNS) for line in lines)
    partial.replace(path)
