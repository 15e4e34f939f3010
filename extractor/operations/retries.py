"""Sends rows at Erreur again, and says which stay, why, and what the others may cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

import psycopg
from pydantic import model_validator

from extractor.language.sentences import Sentence
from extractor.models import Frozen, RowId, Source
from extractor.operations.refusals import NotPossible, Refusal
from extractor.operations.rows import FILE, unknown_row
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports import Extraction, find_row
from extractor.reports.extractions import its_document
from extractor.words import dollars


class Selection(Frozen):
    """Which rows at Erreur are meant: one id, or all that fit every given filter."""

    job_id: RowId | None = None
    error_code: str | None = None
    source: Source | None = None
    since: datetime | None = None
    """Those that stopped at this moment or later."""
    within: timedelta | None = None
    """Those that stopped at most this long ago."""
    batch_id: str | None = None
    """Those of this import."""
    reference: str | None = None
    """Those of this dossier of the user."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        filters = (self.error_code, self.source, self.since, self.within, self.batch_id, self.reference)
        if (self.job_id is None) == all(value is None for value in filters):
            raise ValueError(
                Sentence(
                    "Name one row, or filter by error code, source, since, batch or reference; one of the two, not"
                    " both."
                )
            )
        return self


class StoppedRow(Frozen):
    """A row at Erreur."""

    id: RowId
    source: str | None
    document_number: str | None
    error_code: str | None
    error_message: str | None
    stopped_at: datetime
    consultations: int
    allowed: int
    is_bought: bool
    """Its document lies on a spool: it needs no consultation."""
    problem: str | None
    """Why it cannot be asked as it stands."""

    @property
    def is_at_limit(self) -> bool:
        """Whether it would be held again at its next consultation."""
        return self.consultations >= self.allowed and not self.is_bought


class Retry(Frozen):
    """The rows that go (or, in a plan, would go) to En attente, and those that stay, each with its reason."""

    rows: tuple[StoppedRow, ...]
    at_limit: tuple[StoppedRow, ...]
    """Consulted to their limit: they stay, unless one more consultation is allowed."""
    unaskable: tuple[StoppedRow, ...]
    """They lack something; `problem` says what."""
    one_more_allowed: bool

    @property
    def raised(self) -> tuple[StoppedRow, ...]:
        """Those of `rows` that need the limit raised."""
        return tuple(row for row in self.rows if row.is_at_limit)

    @property
    def cost(self) -> Decimal:
        """What it may cost: one consultation per row that is not bought yet."""
        return dollars(sum(not row.is_bought for row in self.rows))


def plan_retry(
    database: Database, selection: Selection, *, max_consultations_per_job: int, allow_one_more: bool = False
) -> Retry:
    """Say what `retry` would do, and change nothing; raises Unknown or NotPossible for a single id."""
    with database.transaction() as connection:
        return _plan(database, selection, max_consultations_per_job, allow_one_more, connection)


def retry(
    database: Database,
    selection: Selection,
    *,
    max_consultations_per_job: int,
    allow_one_more: bool = False,
    only: tuple[StoppedRow, ...] | None = None,
) -> Retry:
    """Set the rows to En attente, all or none; raises Unknown or NotPossible for a single id.

    With `only`, the rows of an earlier plan, none goes that has stopped since: its price was not named.
    """
    with database.transaction() as connection:
        plan = _plan(database, selection, max_consultations_per_job, allow_one_more, connection)
        if only is not None:
            named = {row.id for row in only}
            plan = plan.model_copy(update={"rows": tuple(row for row in plan.rows if row.id in named)})
        parameters = {"job_ids": [row.id for row in plan.rows], "raised_ids": [row.id for row in plan.raised]}
        sent = {str(row["id"]) for row in Queries(database, FILE).records("retry", parameters, connection=connection)}
    # Another person may have sent one between the two statements.
    return plan.model_copy(update={"rows": tuple(row for row in plan.rows if row.id in sent)})


def _plan(
    database: Database,
    selection: Selection,
    max_consultations_per_job: int,
    allow_one_more: bool,
    connection: psycopg.Connection[Any],
) -> Retry:
    queries = Queries(database, FILE)
    parameters = {**selection.model_dump(), "max_consultations_per_job": max_consultations_per_job}
    found = [StoppedRow(**row) for row in queries.records("retry_candidates", parameters, connection=connection)]
    if selection.job_id is not None and not found:
        raise _not_retried(selection.job_id, find_row(database, selection.job_id, connection=connection))
    askable = [row for row in found if row.problem is None]
    return Retry(
        rows=tuple(_within_limit(askable, allow_one_more)),
        at_limit=() if allow_one_more else tuple(row for row in askable if row.is_at_limit),
        unaskable=tuple(row for row in found if row.problem is not None),
        one_more_allowed=allow_one_more,
    )


def _within_limit(rows: list[StoppedRow], allow_one_more: bool) -> Iterator[StoppedRow]:
    return (row for row in rows if allow_one_more or not row.is_at_limit)


def _not_retried(job_id: RowId, row: Extraction | None) -> Refusal:
    if row is None:
        return unknown_row(job_id)
    if row.supabase_path:
        return NotPossible(
            Sentence(
                "Row {job_id} is {status}: {document}.",
                job_id=job_id,
                status=row.status,
                document=its_document(row.supabase_path),
            )
        )
    return NotPossible(
        Sentence("Row {job_id} is {status}: only a row at Erreur can be sent again.", job_id=job_id, status=row.status)
    )
