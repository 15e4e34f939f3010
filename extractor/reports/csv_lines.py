"""CSV as Excel in Québec opens it by a double click: `;` between cells, UTF-8 with its mark, lines that end with CR LF.

Excel runs a cell that begins like a formula, and rows hold what other people typed, so such a cell begins with `'`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from extractor.reports.extractions import Extraction
from extractor.words import moment

MARK = "\ufeff"
"""The first character of a file."""
ROW_COLUMNS = (
    "id", "status", "document_source", "document_number", "circonscription_fonciere", "cadastre",
    "designation_secondaire", "acte_type", "reference", "batch_id", "created_at", "completed_at", "error_code",
    "error_message", "supabase_path", "document_bytes", "document_pages", "document_sha256", "document_warning",
    "identity",
)  # fmt: skip
"""What a line about a row holds, under the names of the table's columns."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """One line with its end; None is an empty cell, a moment has its zone."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerow([_cell(value) for value in cells])
    return text.getvalue()


def row_cells(row: Extraction) -> list[object]:
    """The values of ROW_COLUMNS."""
    values = row.model_dump(by_alias=True)
    return [values[column] for column in ROW_COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
