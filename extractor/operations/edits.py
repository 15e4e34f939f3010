"""Corrects what a row asks for and sends it again; never a row in progress, never a row that has its document."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any, Protocol, Self

import psycopg
from pydantic import model_validator

from extractor.language.sentences import Language, Sentence
from extractor.matching.doubts import REQUEST_COLUMNS, doubt
from extractor.models import Frozen, RowId, Status
from extractor.operations.refusals import AtLimit, InvalidRow, NotPossible
from extractor.operations.rows import FILE, unknown_row
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.extractions import its_document
from extractor.words import dollars

Row = dict[str, Any]


class Correction(Frozen):
    """The columns that a person wants otherwise: one that is not set stays as it is, None or a blank empties it."""

    document_source: str | None = None
    document_number: str | None = None
    circonscription_fonciere: str | None = None
    cadastre: str | None = None
    designation_secondaire: str | None = None
    acte_type: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(Sentence("name at least one column to correct: {columns}", columns=REQUEST_COLUMNS))
        return self

    @property
    def columns(self) -> dict[str, str | None]:
        """Those that are set, by the names of the table."""
        given = self.model_dump(exclude_unset=True)
        return {name: value if (value or "").strip() else None for name, value in given.items()}


class Edited(Frozen):
    """What an edit did to a row, or would do."""

    job_id: RowId
    before: dict[str, str | None]
    """The columns that change, as they were."""
    after: dict[str, str | None]
    """The same columns, as they are now."""
    doubt: str | None
    """Why the registry will probably refuse what the row asks for now; without a full stop."""
    paid: int
    """Consultations of all that the row ever asked for, each perhaps charged: an edit takes none of them back."""
    cost: Decimal
    """What the corrected request may cost, in CAD: one consultation."""


class _Run(Protocol):
    """Runs a statement of the file inside the edit's transaction."""

    def __call__(self, name: str, parameters: Row) -> list[Row]: ...


def plan_edit(
    database: Database,
    job_id: RowId,
    correction: Correction,
    *,
    max_consultations_per_job: int,
    allow_one_more: bool = False,
    language: Language = Language.ENGLISH,
) -> Edited:
    """Say what `edit` would do, and change nothing; raises as it does."""
    with database.transaction() as connection, connection.transaction(force_rollback=True):
        run = partial(Queries(database, FILE).records, connection=connection)
        return _edit(run, job_id, correction, max_consultations_per_job, allow_one_more, language)


def edit(
    database: Database,
    job_id: RowId,
    correction: Correction,
    *,
    max_consultations_per_job: int,
    allow_one_more: bool = False,
    language: Language = Language.ENGLISH,
) -> Edited:
    """Correct a row at Erreur or En attente; it waits then as a new row does, and its attempts and clicks stay.

    Raises Unknown, InvalidRow, AtLimit, or NotPossible for a row in progress, a row at Complété, and a row that
    asks for exactly this already: a call that is repeated must not send a row again that failed in between.
    """
    with database.transaction() as connection:
        run = partial(Queries(database, FILE).records, connection=connection)
        return _edit(run, job_id, correction, max_consultations_per_job, allow_one_more, language)


def _edit(
    run: _Run, job_id: RowId, correction: Correction, limit: int, allow_one_more: bool, language: Language
) -> Edited:
    row = _lock(run, job_id)
    request = {name: row[name] for name in REQUEST_COLUMNS} | correction.columns
    is_another = _judge(run, request) != row["request_key"]
    if not is_another:
        raise _unchanged(job_id, row["status"])
    found = doubt(**request)
    doubted = found and found.into(language)
    run("edit", {**request, "job_id": row["id"], "doubt": doubted})
    (counted,) = run("count_consultations", {"job_id": row["id"], "max_consultations_per_job": limit})
    if counted["consultations"] >= counted["allowed"]:
        _pass_limit(run, row["id"], counted, allow_one_more)
    changed = [name for name in REQUEST_COLUMNS if request[name] != row[name]]
    return Edited(
        job_id=str(row["id"]),
        before={name: row[name] for name in changed},
        after={name: request[name] for name in changed},
        doubt=doubted,
        paid=counted["paid"],
        cost=dollars(1),
    )


def _unchanged(job_id: RowId, status: str) -> NotPossible:
    if status == Status.FAILED:
        return NotPossible(
            Sentence(
                "Row {job_id} asks for exactly this already, so nothing was changed and nothing was"
                " sent. To send it again as it is: extractor retry {job_id}",
                job_id=job_id,
            )
        )
    return NotPossible(
        Sentence(
            "Row {job_id} asks for exactly this already, so nothing was changed: it waits as before.", job_id=job_id
        )
    )


def _lock(run: _Run, job_id: RowId) -> Row:
    """The row, which no worker claims and nobody else changes until the end of the transaction."""
    for row in run("lock_row", {"job_id": job_id}):
        if row["status"] == Status.RUNNING:
            who = row["worker_id"] or Sentence("a worker without a name")
            raise NotPossible(
                Sentence(
                    "Row {job_id} is being processed by {who}, so nothing was changed: wait for its end, or cancel it"
                    " first.",
                    job_id=job_id,
                    who=who,
                )
            )
        if row["status"] == Status.COMPLETED:
            raise NotPossible(
                Sentence(
                    "Row {job_id} is Complété: {document}, and the row stays as it is. Add a new row for the other"
                    " document.",
                    job_id=job_id,
                    document=its_document(row["supabase_path"]),
                )
            )
        return row
    raise unknown_row(job_id)


def _judge(run: _Run, request: Row) -> str:
    """The key of the request; raises InvalidRow in the words in which an INSERT would be refused."""
    try:
        (judged,) = run("judge_request", request)
    except psycopg.DataError as error:
        raise InvalidRow(f"{error.diag.message_primary or error}.") from error
    if judged["problem"] is not None:
        raise InvalidRow(Sentence("{problem}.", problem=judged["problem"]))
    key: str = judged["request_key"]
    return key


def _pass_limit(run: _Run, job_id: RowId, counted: Row, may_pass: bool) -> None:
    """Allow one consultation more of what the row asks for now, which it asked for before; raises AtLimit."""
    if not may_pass:
        raise AtLimit(
            Sentence(
                "Row {job_id} was consulted {consultations} of {allowed} times for this document, each"
                " time perhaps charged, so nothing was changed: look at the account's billing history,"
                " then allow one more consultation, which may cost {price}.",
                job_id=job_id,
                consultations=counted["consultations"],
                allowed=counted["allowed"],
                price=dollars(1),
            )
        )
    run("allow_one_more", {"job_id": job_id})
