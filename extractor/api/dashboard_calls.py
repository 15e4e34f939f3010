"""The calls that the dashboard adds: many rows at once, the last days, and the evidence of an attempt."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from extractor import operations, reports
from extractor.api.dependencies import MaxConsultations, OpenDatabase, RowInPath
from extractor.api.extractions import NOBODY
from extractor.api.problems import ApiProblem, documented
from extractor.api.rows import Text
from extractor.language.sentences import Sentence
from extractor.models import RowId, Source
from extractor.operations import CancelledGroup, Retry, Selection
from extractor.operations.rows import unknown_row
from extractor.postgres.database import Database
from extractor.reports import Days, Failure, Group, PageEvidence
from extractor.reports.evidence import SCREENSHOT

UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# Somebody's page may be on it.
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# What chooses rows; at least one is needed.
FILTERS = ("error_code", "document_source", "reference", "batch_id")

router = APIRouter(prefix="/api")


def _needs_a_filter(schema: dict[str, Any]) -> None:
    """Say for programs what `_means_something` checks."""
    schema["anyOf"] = [{"required": [name], "properties": {name: {"type": "string"}}} for name in FILTERS]


class Chosen(BaseModel):
    """Rows that fit every given filter; at least one is needed, so that no empty body means every row."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_needs_a_filter)

    error_code: Annotated[Text, Field(min_length=1)] | None = None
    document_source: Source | None = None
    reference: Annotated[Text, Field(min_length=1)] | None = None
    batch_id: Annotated[str, StringConstraints(pattern=UUID)] | None = None

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if all(getattr(self, name) is None for name in FILTERS):
            raise ValueError(Sentence("name at least one of these filters: {filters}", filters=FILTERS))
        return self

    def group(self) -> Group:
        return Group(batch_id=self.batch_id, reference=self.reference)


class RetryMany(Chosen):
    """Which rows at Erreur to send again."""

    allow_one_more: StrictBool = Field(default=False, description="Let rows at their limit be consulted once more.")
    dry_run: StrictBool = Field(default=False, description="Change nothing; say what would be done and may cost.")


class CancelMany(Chosen):
    """Which rows to stop."""

    by: Text = NOBODY


class RetriedMany(BaseModel):
    """How many rows went (after a dry run: would go) to En attente, and how many stay."""

    rows: int
    dollars: Decimal
    """What those may cost: one consultation per row whose document is not bought yet."""
    at_limit: int
    """They stay: they were consulted as often as is allowed."""
    unaskable: int
    """They stay: something in them is missing or wrong."""


@router.post("/retries", responses=documented(400, 413, 415), tags=["extractions"])
def retry_extractions(asked: RetryMany, database: OpenDatabase, limit: MaxConsultations) -> RetriedMany:
    """Send all rows at Erreur that fit the filters again. Cancelled rows only go if `error_code` names them."""
    chosen = Selection(error_code=asked.error_code, source=asked.document_source, **asked.group().model_dump())
    do = operations.plan_retry if asked.dry_run else operations.retry
    return _told(do(database, chosen, max_consultations_per_job=limit, allow_one_more=asked.allow_one_more))


@router.get("/extractions/{job_id}/retry-plan", responses=documented(404, 409), tags=["extractions"])
def plan_retry_of_extraction(job_id: RowInPath, database: OpenDatabase, limit: MaxConsultations) -> RetriedMany:
    """Say what sending a row at Erreur again may cost, and change nothing."""
    return _told(operations.plan_retry(database, Selection(job_id=job_id), max_consultations_per_job=limit))


@router.post("/cancellations", responses=documented(400, 409, 413, 415), tags=["extractions"])
def cancel_extractions(asked: CancelMany, database: OpenDatabase) -> CancelledGroup:
    """Stop all rows that fit the filters: those that wait at once, those that run before their consultation."""
    return operations.cancel_group(
        database, asked.group(), by=asked.by, error_code=asked.error_code, source=asked.document_source
    )


@router.get("/failures", tags=["extractions"])
def list_failures(database: OpenDatabase) -> tuple[Failure, ...]:
    """Count the rows that failed by their error code, the latest failure first."""
    return reports.failures(database)


@router.get("/days", tags=["system"])
def list_days(database: OpenDatabase) -> Days:
    """Count completed rows, failed rows and consultations of each of the last 30 days of the registry's calendar."""
    return reports.days(database)


def _evidence_directory(request: Request) -> Path:
    directory: Path = request.app.state.evidence_dir
    return directory


AttemptInPath = Annotated[int, InPath(description="The attempt's id.", ge=1)]
EvidenceDirectory = Annotated[Path, Depends(_evidence_directory)]
_EVIDENCE = "/extractions/{job_id}/attempts/{attempt_id}/evidence"


@router.get(_EVIDENCE, responses=documented(404), tags=["extractions"])
def get_evidence(
    job_id: RowInPath, attempt_id: AttemptInPath, database: OpenDatabase, directory: EvidenceDirectory
) -> PageEvidence:
    """Show the page at which an attempt failed, as text and as source."""
    return reports.read_page(_folder(database, job_id, attempt_id, directory))


@router.get(
    _EVIDENCE + "/" + SCREENSHOT,
    response_class=FileResponse,
    responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}, **documented(404)},
    tags=["extractions"],
)
def get_screenshot(
    job_id: RowInPath, attempt_id: AttemptInPath, database: OpenDatabase, directory: EvidenceDirectory
) -> FileResponse:
    """Give the picture of the page at which an attempt failed."""
    picture = _folder(database, job_id, attempt_id, directory) / SCREENSHOT
    if not picture.is_file():
        raise ApiProblem("no_evidence", Sentence("Attempt {attempt_id} left no screenshot.", attempt_id=attempt_id))
    return FileResponse(picture, media_type="image/png", headers=PRIVATE)


def _folder(database: Database, job_id: RowId, attempt_id: int, directory: Path) -> Path:
    """The attempt's folder; raises Unknown or ApiProblem."""
    history = reports.history(database, job_id)
    if history is None:
        raise unknown_row(job_id)
    attempt = next((attempt for attempt in history.attempts if attempt.id == attempt_id), None)
    if attempt is None or not attempt.evidence_path:
        raise ApiProblem(
            "no_evidence",
            Sentence("Row {job_id} has no evidence of an attempt {attempt_id}.", job_id=job_id, attempt_id=attempt_id),
        )
    folder = reports.evidence_folder(attempt, directory)
    if folder is None:
        raise ApiProblem(
            "no_evidence",
            Sentence(
                "The evidence is not in EVIDENCE_DIR of this API. It is on the host of worker {worker_id}, in"
                " {evidence_path}, if it is not older than EVIDENCE_DAYS.",
                worker_id=attempt.worker_id,
                evidence_path=attempt.evidence_path,
            ),
        )
    return folder


def _told(done: Retry) -> RetriedMany:
    return RetriedMany(
        rows=len(done.rows), dollars=done.cost, at_limit=len(done.at_limit), unaskable=len(done.unaskable)
    )
