"""Says on stderr which rows ask for the same document, and whether it is paid for again."""

from __future__ import annotations

from extractor.cli.terminal import note
from extractor.models import RowId
from extractor.reports import EqualRow
from extractor.words import moment


def name_equal_rows(job_id: RowId, rows: tuple[EqualRow, ...], reuse_days: int) -> None:
    """Name them, one per line, and say what they mean for the money of row `job_id`; says nothing for none."""
    if not rows:
        return
    note("The same document is asked for by:")
    for row in rows:
        since = f" since {moment(row.completed_at)}" if row.completed_at else ""
        note(f"  row {row.id}, {row.status}{since}")
    note(_money(job_id, rows, reuse_days))


def _money(job_id: RowId, rows: tuple[EqualRow, ...], reuse_days: int) -> str:
    if any(row.is_reused for row in rows):
        return f"REUSE_DAYS is {reuse_days}: one document serves these rows, and is paid for once."
    why = "REUSE_DAYS is 0" if reuse_days == 0 else f"They were completed more than {reuse_days} days ago (REUSE_DAYS)"
    return f"{why}, so the document may be paid for again. If that is a mistake: extractor cancel {job_id}"
