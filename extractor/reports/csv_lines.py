"""CSV as Excel in Québec opens it by a double click: `;` between cells, UTF-8 with its mark, lines that end with CR LF.

Excel runs a cell that begins like a formula, and rows hold what other people typed, so such a cell begins with `'`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from extractor.words import moment

MARK = "\ufeff"
"""The first character of a file."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """One line with its end; None is an empty cell, a moment has its zone."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerow([_cell(value) for value in cells])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
