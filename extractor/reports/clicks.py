"""The clicks that may be charged, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import computed_field

from extractor.models import DOCUMENT_SOURCE, ClickKind, Frozen, RowId, Source
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.report import FILE, account_of


class Click(Frozen):
    """One click after which the registry may charge the account."""

    id: int
    job_id: RowId
    attempt_id: int
    source: Source | str = DOCUMENT_SOURCE
    account: str | None
    """Masked."""
    consultation: int
    """Within the attempt; all clicks of one are charged once at most."""
    kind: ClickKind
    clicked_at: datetime
    free_at: datetime | None
    why_free: str | None
    document_saved_at: datetime | None
    is_stored: bool
    """Storage has the document that its consultation brought."""
    is_in_progress: bool
    """Its attempt is not over."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def what_came(self) -> str:
        """What came of it, in a few words."""
        if self.free_at:
            return f"free: {self.why_free}"
        return what_was_paid(
            is_saved=self.document_saved_at is not None, is_stored=self.is_stored, is_in_progress=self.is_in_progress
        )


def what_was_paid(*, is_saved: bool, is_stored: bool, is_in_progress: bool) -> str:
    """What came of a click, or of a consultation, that is not known to be free."""
    if is_saved:
        return "paid, document stored" if is_stored else "paid, document on the worker's disk"
    return "perhaps paid, in progress" if is_in_progress else "perhaps paid, no document"


def clicks(database: Database, *, job_id: RowId | None = None, limit: int | None = None) -> tuple[Click, ...]:
    """The latest clicks of one row or of all, the first one first."""
    rows = Queries(database, FILE).records("clicks", {"job_id": job_id, "limit": limit})
    return tuple(_click(row) for row in reversed(rows))


def _click(row: Mapping[str, Any]) -> Click:
    return Click.model_validate({**row, "account": account_of(row)})
