"""The columns of a file of rows: their names, as people also write them, and one record in their order."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from extractor.matching.doubts import REQUEST_COLUMNS
from extractor.matching.numbers import BLANKS
from extractor.operations.refusals import InvalidFile

COLUMNS = (*REQUEST_COLUMNS, "priority", "reference")
REQUIRED = ("document_source", "document_number")
# In small letters without accents, as `_folded` makes them.
ALSO_CALLED = {
    "document_source": ("source", "type de document", "source du document"),
    "document_number": (
        "numero", "numero de document", "numero du document", "no de document", "numero de lot", "numero du lot",
        "numero d inscription", "lot", "no de lot", "no d inscription",
    ),
    "circonscription_fonciere": ("circonscription",),
    "designation_secondaire": ("designation",),
    "acte_type": ("type d acte",),
    "priority": ("priorite",),
    "reference": ("dossier",),
}  # fmt: skip
_NAMES = {name.replace("_", " "): name for name in COLUMNS} | {
    also: name for name, others in ALSO_CALLED.items() for also in others
}


@dataclass(frozen=True)
class Line:
    """One record: where it begins, its cells in the order of COLUMNS, and what is wrong with it, if anything."""

    number: int
    cells: tuple[str | None, ...] = (None,) * len(COLUMNS)
    problem: str | None = None


def names_columns(header: Sequence[str]) -> bool:
    """Whether these cells are the first line of a table of rows, however good."""
    return set(REQUIRED) <= {_NAMES.get(_folded(cell)) for cell in header}


def find_places(header: Sequence[str], reference_column: str | None = None) -> dict[str, int]:
    """Column → its place in a record; raises InvalidFile for a header that lacks a column, or has one too many.

    The cells of the `reference_column`, one of the file's own, become the rows' reference.
    """
    titles = [title.strip(BLANKS) for title in header]
    while titles and not titles[-1]:
        titles.pop()
    kept = _folded(reference_column) if reference_column else None
    names = ["reference" if _folded(title) == kept else _NAMES.get(_folded(title)) for title in titles]
    if kept is not None and kept not in map(_folded, titles):
        raise InvalidFile(f"There is no column {reference_column!r}; the first line names: {', '.join(titles)}.")
    if problem := _problem(titles, names):
        raise InvalidFile(f"The first line must name the columns, and {problem}")
    return {name: place for place, name in enumerate(names) if name}


def _problem(titles: Sequence[str], names: Sequence[str | None]) -> str | None:
    known = f"they are: {', '.join(COLUMNS)}."
    for name in REQUIRED:
        if name not in names:
            return f"there is no column {name}; {known}"
    unknown = [title for title, name in zip(titles, names, strict=True) if name is None]
    if unknown:
        listed = " or ".join(repr(title) for title in unknown)
        keep = f"To keep one of them with each row: --reference-column {unknown[0]!r}. Take the others out."
        return f"no column may be called {listed}; {known} {keep}"
    twice = [name for name in names if names.count(name) > 1]
    return f"a column is there twice: {twice[0]}." if twice else None


def _folded(name: str) -> str:
    """Small letters without accents; what parts words is one blank."""
    letters = unicodedata.normalize("NFKD", name.strip(BLANKS).casefold())
    plain = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.split())
