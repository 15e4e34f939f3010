"""What may keep a row from running, looked up at one moment; `why.py` judges it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from extractor.models import Frozen, RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.report import FILE

# A person waits anyhow, and to count a million takes a second.
MOST_BEFORE = 10_000


class Facts(Frozen):
    """The columns of the query `facts`; ages and waits are in seconds of the database's clock."""

    id: RowId
    reference: str | None
    source: str | None
    document_number: str | None
    circonscription_fonciere: str | None
    cadastre: str | None
    designation_secondaire: str | None
    acte_type: str | None
    status: str | None
    error_code: str | None
    error_message: str | None
    supabase_path: str | None
    worker_id: str | None
    completed_at: datetime | None
    processing_started_at: datetime | None
    attempts: int
    max_attempts: int
    running_seconds: float | None
    lease_has_passed: bool
    cancel_requested: bool
    spooled_on: UUID | None
    spooled_until: datetime | None
    waits_for_spool: bool
    available_at: datetime
    wait_seconds: float
    dispatched_seconds: float | None
    paused: bool
    paused_by: str | None
    paused_why: str | None
    paused_since: datetime | None
    broken_until: datetime | None
    broken_reason: str | None
    is_probed: bool
    doubt: str | None
    """Why the registry will probably refuse the row, while it waits."""
    equal_running: RowId | None
    """Another row that asks for the same, and runs."""
    consultations_today: int
    daily_consultation_limit: int | None
    reuse_days: int
    rows_before: int
    """Any number above MOST_BEFORE when there are more than that."""
    workers_alive: int
    workers_idle: int
    workers_busy: int
    workers_in_error: int
    worker_error: str | None
    workers_silent: int
    workers_with_account: int
    accounts_total: int
    accounts_usable: int
    accounts_leased: int
    accounts_resting: int
    accounts_failing: int
    accounts_disabled: int
    accounts_sealed: int
    bridges_alive: int
    bridge_message: str | None
    bridge_silent_seconds: float | None


def find_facts(database: Database, job_id: RowId, viewpoint: Viewpoint) -> Facts | None:
    """Look everything up in one statement; None when there is no such row."""
    row = Queries(database, FILE).record(
        "facts", {"job_id": job_id, "most_before": MOST_BEFORE, **viewpoint.parameters}
    )
    limits = {"daily_consultation_limit": viewpoint.daily_consultation_limit, "reuse_days": viewpoint.reuse_days}
    return Facts.model_validate({**row, **limits}) if row else None
