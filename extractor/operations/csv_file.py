"""A CSV file as Excel in Québec writes it: `;` or `,` or tabs; UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from extractor.matching.numbers import BLANKS
from extractor.operations.columns import COLUMNS, Line, find_places

BLOCK_BYTES = 1 << 20
# Excel's own first line, which says how the cells are parted.
_TOLD = re.compile(r'"?sep=([^\w"\s]|\t)"?', re.IGNORECASE)


def read_csv(file: BinaryIO, reference_column: str | None) -> Iterator[Line]:
    """Yield every record that is not blank, reading on as the caller goes; raises InvalidFile for a bad header."""
    encoding = find_encoding(file)
    file.seek(0)
    # A byte that is no character becomes U+FFFD, which `_line` reports with its place.
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        first = text.readline()
        told = _TOLD.fullmatch(first.rstrip("\r\n"))
        header = text.readline() if told else first
        delimiter = told[1] if told else find_delimiter(header)
        places = find_places(next(csv.reader([header], delimiter=delimiter), []), reference_column)
        lines_before = 2 if told else 1
        for number, cells, problem in _records(csv.reader(text, delimiter=delimiter, strict=True), lines_before):
            if problem or any(cell.strip(BLANKS) for cell in cells):
                yield Line(number, problem=problem) if problem else _line(number, cells, places)
    finally:
        text.detach()


def find_encoding(file: BinaryIO) -> str:
    """UTF-16 by its mark, UTF-8 if all of the file is that, Windows-1252 otherwise."""
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(BLOCK_BYTES):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def find_delimiter(header: str) -> str:
    """The one that the header uses: no column's name contains any of them."""
    return next((mark for mark in (";", "\t") if mark in header), ",")


class _Reader(Protocol):
    """What `csv.reader` makes: its class has no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


def _records(reader: _Reader, lines_before: int) -> Iterator[tuple[int, list[str], str | None]]:
    """Number, cells and problem of each record; a record may span several lines, and begins at its number."""
    while True:
        number = reader.line_num + lines_before + 1
        try:
            yield number, next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            yield number, [], f"cannot be read as CSV: {error}"


def _line(number: int, cells: list[str], places: dict[str, int]) -> Line:
    problem = None
    if len(cells) < len(places) or any(cell.strip(BLANKS) for cell in cells[len(places) :]):
        problem = f"has {len(cells)} cells where the first line names {len(places)} columns"
    elif any("\0" in cell or "\ufffd" in cell for cell in cells):
        problem = "has a character that cannot be read: save the file as CSV UTF-8"
    if problem:
        return Line(number, problem=problem)
    found = {name: cells[place].strip(BLANKS) or None for name, place in places.items()}
    return Line(number, tuple(found.get(name) for name in COLUMNS))
