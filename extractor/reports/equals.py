"""Other rows that ask for the same document as a row: named before it is bought a second time by mistake."""

from __future__ import annotations

from datetime import datetime

from extractor.models import Frozen, RowId, Status
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.report import FILE

# What a person may have forgotten; a longer REUSE_DAYS counts instead.
NAMED_DAYS = 30
MAX_NAMED = 3


class EqualRow(Frozen):
    """Another row that asks for the same document."""

    id: RowId
    status: Status
    completed_at: datetime | None
    is_reused: bool
    """Whether by REUSE_DAYS one document serves both rows; otherwise each is paid for."""


def equal_rows(database: Database, job_id: RowId, *, reuse_days: int) -> tuple[EqualRow, ...]:
    """At most three rows that wait, run or were completed lately; a row at Erreur brings no document."""
    parameters = {
        "job_id": job_id,
        "reuse_days": reuse_days,
        "days": max(NAMED_DAYS, reuse_days),
        "limit": MAX_NAMED,
    }
    return tuple(EqualRow(**row) for row in Queries(database, FILE).records("equal_rows", parameters))
