"""One row with everything that ever happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from extractor.models import Ended, Frozen, RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.clicks import Click, clicks
from extractor.reports.extractions import Extraction, find_row
from extractor.reports.report import FILE, account_of


class Step(Frozen):
    """What was done, and how many seconds after the claim."""

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
    """The first click that is not known to be free."""
    document_saved_at: datetime | None
    uploaded_at: datetime | None
    finished_at: datetime | None
    seconds: float
    """From its start to its end, or to now."""
    outcome: Ended | None
    error_code: str | None
    message: str | None
    supabase_path: str | None
    """Where its document is stored, also when the row now asks for another one."""
    evidence_path: str | None
    steps: tuple[Step, ...]
    clicks: tuple[Click, ...]
    """Those that may be charged, the first one first."""


class History(Frozen):
    """`extractor show`."""

    row: Extraction
    attempts: tuple[AttemptReport, ...]


def history(database: Database, job_id: RowId) -> History | None:
    """The row and its attempts, the first one first; None when there is no such row."""
    row = find_row(database, job_id)
    if row is None:
        return None
    attempts = Queries(database, FILE).records("attempts_of", {"job_id": row.id})
    clicked = clicks(database, job_id=row.id)
    return History(row=row, attempts=tuple(_attempt(attempt, clicked) for attempt in attempts))


def _attempt(attempt: Mapping[str, Any], clicked: tuple[Click, ...]) -> AttemptReport:
    own = tuple(click for click in clicked if click.attempt_id == attempt["id"])
    return AttemptReport(**attempt, account=account_of(attempt), clicks=own)
