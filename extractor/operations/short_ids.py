"""The beginning of an id in place of the id, as people type it."""

from __future__ import annotations

from uuid import UUID

from extractor.models import RowId
from extractor.operations.refusals import NotPossible
from extractor.operations.rows import FILE, typed_id, unknown_row
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports import find_row

MAX_CANDIDATES = 10


def is_whole(text: RowId) -> bool:
    """Whether nothing can be missing of it, without a look at the table: a uuid is whole as it stands."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def whole_id(database: Database, text: str) -> RowId:
    """The id that a person means by an id or by its beginning; raises Unknown, and NotPossible when several begin so.

    A row whose whole id is the text is always meant. A whole number is not shortened: 12 may be the id of a deleted
    row, and never means row 123.
    """
    typed = typed_id(text)
    if (row := find_row(database, typed)) is not None:
        return row.id
    found = Queries(database, FILE).records("find_by_beginning", {"text": typed, "limit": MAX_CANDIDATES})
    if not found:
        raise unknown_row(typed)
    if len(found) == 1:
        return str(found[0]["id"])
    lines = [f"  {row['id']}  {row['status']}  {row['source']} {row['document_number']}" for row in found]
    more = found[0]["total"] - len(found)
    further = [f"  … and {more} more"] if more else []
    raise NotPossible("\n".join([f"{found[0]['total']} ids begin with {typed}: type more of one.", *lines, *further]))
