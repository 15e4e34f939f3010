"""The rows of `extraction_queue` as a person reads them: one by its id, or some of those that fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from pydantic import Field

from extractor.language.sentences import Sentence
from extractor.models import Frozen, Identity, RowId, Source, Status
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.filters import Filter
from extractor.reports.report import FILE

# A page of this many rows takes a megabyte.
PAGE_ROWS = 200


class Extraction(Frozen):
    """One row of `extraction_queue`, column by column; what each means is a comment in the database."""

    id: RowId
    # Users' own code uses the names of these two columns, so the statements, the API and `--json` keep them; on the
    # screen `extractor show` prints the names of the fields.
    source: Source | str | None = Field(alias="document_source")
    document_number: str | None
    document_number_normalized: str | None
    circonscription_fonciere: str | None
    cadastre: str | None
    designation_secondaire: str | None
    acte_type: str | None
    reference: str | None
    """The user's own dossier."""
    batch_id: str | None
    """The import that it came with. A text, since a table may have had a column of that name and another type."""
    status: Status | str | None
    """Another text only in a row from before the migrations."""
    priority: int | None
    attempts: int | None = Field(alias="attemtps")
    max_attempts: int | None
    max_consultations: int | None
    kills: int | None
    created_at: datetime
    updated_at: datetime | None
    available_at: datetime | None
    dispatched_at: datetime | None
    processing_started_at: datetime | None
    lease_expires_at: datetime | None
    completed_at: datetime | None
    worker_id: str | None
    error_code: str | None
    error_message: str | None
    doubt: str | None
    """Why it will probably be refused, while it waits."""
    supabase_path: str | None
    document_sha256: str | None
    document_bytes: int | None
    document_pages: int | None
    document_warning: str | None
    identity: Identity | None
    fetched_as: dict[str, Any] | None
    spooled_on: UUID | None
    spooled_until: datetime | None
    cancel_requested_at: datetime | None


class Group(Frozen):
    """Rows that belong together for their user: those that fit every given field; without a field, all."""

    batch_id: str | None = None
    reference: str | None = None


EVERY_ROW = Group()


class Place(NamedTuple):
    """Where a row stands in the list of all rows, which begins with the latest."""

    created_at: datetime
    id: RowId


def its_document(supabase_path: str | None) -> Sentence:
    """Where the document of a row at Complété is: one that a person set to it, or that was adopted, may have none."""
    if not supabase_path:
        return Sentence("it has no document")
    return Sentence("its document is at {supabase_path}", supabase_path=supabase_path)


def its_code(error_code: str | None) -> str:
    """The error code of a row at Erreur, which has none when a person set it to that."""
    return error_code or Sentence("no error code")


def find_row(
    database: Database, job_id: RowId, *, connection: psycopg.Connection[Any] | None = None
) -> Extraction | None:
    """The row, None when there is none; inside the caller's transaction when it gives one."""
    rows = Queries(database, FILE).records("find_row", {"job_id": job_id}, connection=connection)
    return Extraction.model_validate(rows[0]) if rows else None


def list_rows(database: Database, chosen: Filter, *, limit: int, after: Place | None = None) -> tuple[Extraction, ...]:
    """The latest of the chosen rows, after a place of the list."""
    parameters = {
        **chosen.parameters,
        "limit": limit,
        "after_created_at": after.created_at if after else None,
        "after_id": after.id if after else None,
    }
    return tuple(Extraction.model_validate(row) for row in Queries(database, FILE).records("list_rows", parameters))


def every_row(database: Database, chosen: Filter) -> Iterator[Extraction]:
    """All of the chosen rows, the latest first, PAGE_ROWS at a time; no connection is held between two pages."""
    after = None
    while rows := list_rows(database, chosen, limit=PAGE_ROWS, after=after):
        yield from rows
        after = Place(rows[-1].created_at, rows[-1].id)


def count_rows(database: Database, chosen: Filter) -> int:
    """How many rows are chosen."""
    row = Queries(database, FILE).record("count_rows", chosen.parameters)
    assert row is not None
    return int(row["rows"])


def has_error_code(database: Database, error_code: str) -> bool:
    """Whether some row has this code."""
    row = Queries(database, FILE).record("has_error_code", {"error_code": error_code})
    return bool(row and row["is_there"])


def now(database: Database) -> datetime:
    """The moment by the database's clock, which dates the rows."""
    row = Queries(database, FILE).record("clock", {})
    assert row is not None
    moment: datetime = row["now"]
    return moment


def check_tables(database: Database) -> None:
    """Raise psycopg.Error when Postgres does not answer, or the rows cannot be read."""
    Queries(database, FILE).run("check_tables", {})
