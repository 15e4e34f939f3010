"""One row with everything that ever happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from extractor.models import Frozen
from extractor.postgres.database import Database, Queries
from extractor.reports.report import FILE, account_of


class Step(Frozen):
    """What was done, so many seconds after the claim."""

    seconds: float
    step: str


class AttemptReport(Frozen):
    """One claim of the row."""

    id: int
    worker_id: str
    account: str | None
    """Masked; None when the attempt needed none."""
    started_at: datetime
    consultation_at: datetime | None
    document_saved_at: datetime | None
    uploaded_at: datetime | None
    finished_at: datetime | None
    seconds: float
    """Until its end, or until now."""
    outcome: str | None
    error_code: str | None
    message: str | None
    evidence_path: str | None
    steps: tuple[Step, ...]


class RowReport(Frozen):
    """One row of extraction_queue: its columns, with `attemtps` spelt right and the source by its short name."""

    id: UUID
    source: str | None
    document_number: str | None
    document_number_normalized: str | None
    circonscription_fonciere: str | None
    cadastre: str | None
    designation_secondaire: str | None
    acte_type: str | None
    status: str | None
    priority: int
    attempts: int
    max_attempts: int
    max_consultations: int | None
    kills: int
    created_at: datetime
    updated_at: datetime
    available_at: datetime
    dispatched_at: datetime | None
    processing_started_at: datetime | None
    lease_expires_at: datetime | None
    completed_at: datetime | None
    worker_id: str | None
    error_code: str | None
    error_message: str | None
    supabase_path: str | None
    document_sha256: str | None
    document_bytes: int | None
    document_pages: int | None
    fetched_as: dict[str, Any] | None
    spooled_on: UUID | None
    spooled_until: datetime | None
    cancel_requested_at: datetime | None


class History(Frozen):
    """`extractor show`."""

    row: RowReport
    attempts: tuple[AttemptReport, ...]


def history(database: Database, job_id: UUID) -> History | None:
    """The row and its attempts, the first one first; None when there is no such row."""
    queries = Queries(database, FILE)
    row = queries.record("find_row", {"job_id": job_id})
    if row is None:
        return None
    attempts = queries.records("attempts_of", {"job_id": job_id})
    return History(
        row=RowReport(**row),
        attempts=tuple(AttemptReport(**attempt, account=account_of(attempt)) for attempt in attempts),
    )
