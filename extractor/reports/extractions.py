"""The rows of `extraction_queue` as a person reads them: one by its id, or some of those that fit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from pydantic import Field

from extractor.models import Frozen, Identity, RowId, Source, Status
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.report import FILE


class Extraction(Frozen):
    """One row of `extraction_queue`, column by column; what each means is a comment in the database."""

    id: RowId
    # Users' own code uses the names of these two columns, so the statements and the API keep them;
    # `extractor show` prints the names of the fields.
    source: str | None = Field(alias="document_source")
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
    status: str | None
    """En attente, En traitement, Complété or Erreur."""
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


def find_row(
    database: Database, job_id: RowId, *, connection: psycopg.Connection[Any] | None = None
) -> Extraction | None:
    """The row, None when there is none; inside the caller's transaction when it gives one."""
    rows = Queries(database, FILE).records("find_row", {"job_id": job_id}, connection=connection)
    return Extraction.model_validate(rows[0]) if rows else None


def list_rows(
    database: Database,
    *,
    limit: int,
    after: Place | None = None,
    status: Status | None = None,
    source: Source | None = None,
    error_code: str | None = None,
    since: datetime | None = None,
    number: str | None = None,
    group: Group = EVERY_ROW,
) -> tuple[Extraction, ...]:
    """The latest rows after a place of the list that fit every given filter; `number` is a part of the document's."""
    parameters = {
        "limit": limit,
        "after_created_at": after.created_at if after else None,
        "after_id": after.id if after else None,
        "status": status,
        "source": source,
        "error_code": error_code,
        "since": since,
        "number": number,
        **group.model_dump(),
    }
    return tuple(Extraction.model_validate(row) for row in Queries(database, FILE).records("list_rows", parameters))


def check_tables(database: Database) -> None:
    """Raise psycopg.Error when Postgres does not answer, or the rows cannot be read."""
    Queries(database, FILE).run("check_tables", {})
