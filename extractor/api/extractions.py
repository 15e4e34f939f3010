"""The calls about rows: create, list, read, retry, cancel, and what happened to one."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from extractor import operations, reports
from extractor.api.dependencies import (
    MaxConsultations,
    OpenDatabase,
    OwnBell,
    OwnViewpoint,
    ReadersViewpoint,
    ReuseDays,
    RowInPath,
)
from extractor.api.listing import Filters, Page, find_page
from extractor.api.problems import ApiProblem, documented
from extractor.api.rows import CorrectedExtraction, CreatedExtraction, Key, NewExtraction, Text
from extractor.api.waiting import LONGEST_SECONDS, at_its_end
from extractor.language.sentences import Language, Sentence
from extractor.models import RowId
from extractor.operations import Added, Cancelled, InvalidRow, NewRow, NotPossible, Retry, Selection
from extractor.operations.rows import unknown_row
from extractor.postgres.database import Database
from extractor.reports import AttemptReport, Extraction, Why
from extractor.words import dollars

NOBODY = "the API"

router = APIRouter(prefix="/api/extractions", tags=["extractions"])


class Person(BaseModel):
    """Who asks; the row shows it to the people who read it later."""

    model_config = ConfigDict(extra="forbid")

    by: Text = NOBODY


Wait = Annotated[
    int,
    Query(
        ge=0,
        le=LONGEST_SECONDS,
        description="Answer when the row is Complété or Erreur: at once if it is, and at the latest after this many"
        " seconds, with the row as it is then.",
    ),
]


def replayed(model: type[BaseModel], what: str) -> dict[int | str, dict[str, Any]]:
    """The answer 200 of a call whose Idempotency-Key was used before, for an endpoint's `responses`."""
    return {
        200: {
            "model": model,
            "description": f"{what} that an earlier call with this Idempotency-Key made",
            "headers": {"Idempotency-Replayed": {"schema": {"type": "string", "const": "true"}}},
        }
    }


@router.post(
    "",
    status_code=201,
    responses={**replayed(CreatedExtraction, "The row, as it is now,"), **documented(400, 409, 413)},
)
def create_extraction(
    asked: NewExtraction,
    request: Request,
    response: Response,
    database: OpenDatabase,
    reuse_days: ReuseDays,
    viewpoint: OwnViewpoint,
    key: Key = None,
) -> CreatedExtraction:
    """Insert one row: its document is fetched and stored, and may cost a consultation."""
    if asked.document_source is None:
        raise InvalidRow(Sentence("document_source is missing: it must be acte, index or plan_cadastraux."))
    added = _add(database, operations.NewRow.model_validate(asked.model_dump()), key, viewpoint.language)
    if added.is_replayed:
        say_replayed(response)
    row = find_row(database, added.id).model_dump(by_alias=True)
    created = CreatedExtraction(**row, same_as=reports.equal_rows(database, added.id, reuse_days=reuse_days))
    response.headers["Location"] = request.url_for("get_extraction", job_id=str(created.id)).path
    return created


@router.get("")
def list_extractions(filters: Annotated[Filters, Query()], database: OpenDatabase) -> Page:
    """List rows, the latest first; follow `next_cursor` until it is null."""
    return find_page(database, filters)


@router.get("/{job_id}", responses=documented(404))
async def get_extraction(
    job_id: RowInPath, database: OpenDatabase, bell: OwnBell, request: Request, wait: Wait = 0
) -> Extraction:
    """Read one row: its status, and what went wrong. With `wait` the answer comes when the row has ended."""
    return await at_its_end(partial(find_row, database, job_id), bell, request, seconds=wait)


@router.patch("/{job_id}", responses=documented(400, 404, 409, 413))
def correct_extraction(
    job_id: RowInPath,
    correction: CorrectedExtraction,
    database: OpenDatabase,
    limit: MaxConsultations,
    viewpoint: OwnViewpoint,
    allow_one_more: Annotated[bool, Query(description="Let a document at its limit be consulted once more.")] = False,
) -> Extraction:
    """Correct what a row at Erreur or En attente asks for, and send it again; this may cost one consultation.

    What was paid before stays counted. A row in progress and a row at Complété answer 409.
    """
    operations.edit(
        database,
        job_id,
        correction,
        max_consultations_per_job=limit,
        allow_one_more=allow_one_more,
        language=viewpoint.language,
    )
    return find_row(database, job_id)


@router.post("/{job_id}/retry", responses=documented(404, 409))
def retry_extraction(
    job_id: RowInPath,
    database: OpenDatabase,
    limit: MaxConsultations,
    allow_one_more: Annotated[bool, Query(description="Let a row at its limit be consulted once more.")] = False,
) -> Extraction:
    """Send a row at Erreur again: it is En attente, with all its attempts."""
    chosen = Selection(job_id=job_id)
    done = operations.retry(database, chosen, max_consultations_per_job=limit, allow_one_more=allow_one_more)
    if not done.rows:
        raise _not_retried(job_id, done)
    return find_row(database, job_id)


@router.post("/{job_id}/cancel", responses=documented(400, 404, 409, 413))
def cancel_extraction(
    job_id: RowInPath, database: OpenDatabase, person: Annotated[Person | None, Body()] = None
) -> Cancelled:
    """Stop a row: at once while it waits, before its consultation while it runs."""
    return operations.cancel(database, job_id, by=(person or Person()).by)


@router.get("/{job_id}/attempts", responses=documented(404))
def list_attempts(job_id: RowInPath, database: OpenDatabase) -> tuple[AttemptReport, ...]:
    """List every attempt, the first one first: worker, account (masked), moments, clicks, steps, error."""
    history = reports.history(database, job_id)
    if history is None:
        raise unknown_row(job_id)
    return history.attempts


@router.get("/{job_id}/why", responses=documented(404))
def explain_extraction(job_id: RowInPath, database: OpenDatabase, viewpoint: ReadersViewpoint) -> Why:
    """Say why a row is not running, or what to do about one that stopped, and the command that helps."""
    why = reports.why(database, job_id, viewpoint)
    if why is None:
        raise unknown_row(job_id)
    return why


def say_replayed(response: Response) -> None:
    """Answer as `replayed` documents it."""
    response.status_code = 200
    response.headers["Idempotency-Replayed"] = "true"


def _add(database: Database, row: NewRow, key: str | None, language: Language) -> Added:
    if key is None:
        return Added(id=operations.add(database, row, language=language), is_replayed=False)
    return operations.add_once(database, row, key=key.strip('"'), language=language)


def find_row(database: Database, job_id: RowId) -> Extraction:
    """The row; raises Unknown."""
    row = reports.find_row(database, job_id)
    if row is None:
        raise unknown_row(job_id)
    return row


def _not_retried(job_id: RowId, done: Retry) -> Exception:
    for row in done.unaskable:
        return NotPossible(
            Sentence("Row {job_id} stays at Erreur: {problem}. Correct it first.", job_id=job_id, problem=row.problem)
        )
    for row in done.at_limit:
        return ApiProblem(
            "at_limit",
            Sentence(
                "Row {job_id} was consulted {consultations} of {allowed} times, each perhaps charged:"
                " look at the account's billing history, then add ?allow_one_more=true, which may cost"
                " {price}.",
                job_id=job_id,
                consultations=row.consultations,
                allowed=row.allowed,
                price=dollars(1),
            ),
        )
    return NotPossible(Sentence("Another person sent row {job_id} again at the same moment.", job_id=job_id))
