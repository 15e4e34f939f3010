"""One row at a time: add it, cancel it."""

from __future__ import annotations

import psycopg
from pydantic import Field, field_validator

from extractor.language.sentences import Language, Sentence
from extractor.matching.doubts import REQUEST_COLUMNS, doubt
from extractor.models import Frozen, RowId, Source, Status, can_be_id
from extractor.operations.refusals import InvalidRow, NotPossible, Unknown
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports import Extraction, Group, find_row
from extractor.reports.extractions import EVERY_ROW, its_code, its_document

FILE = "operations.sql"


class NewRow(Frozen):
    """A row as a person describes it; the field names are the columns' names."""

    document_source: str
    document_number: str
    circonscription_fonciere: str | None = None
    cadastre: str | None = None
    designation_secondaire: str | None = None
    acte_type: str | None = None
    priority: int = Field(default=0, ge=-(2**31), lt=2**31)
    reference: str | None = None
    """The user's own dossier."""

    @field_validator("reference")
    @classmethod
    def _blank_is_none(cls, value: str | None) -> str | None:
        return (value or "").strip() or None

    @property
    def doubt(self) -> Sentence | None:
        """Why the registry will probably refuse it, in one sentence; None when nothing speaks against it."""
        return doubt(**self.model_dump(include=set(REQUEST_COLUMNS)))

    def doubt_in(self, language: Language) -> str | None:
        """The doubt as the table keeps it."""
        return self.doubt and self.doubt.into(language)


# One of each source, with the numbers and the places of the demo; the places are real.
EXAMPLES = (
    NewRow(
        document_source="index",
        document_number="2 784 195",
        circonscription_fonciere="Montréal",
        cadastre="Cadastre du Québec",
    ),
    NewRow(
        document_source="acte",
        document_number="25 616 321",
        circonscription_fonciere="Montréal",
        acte_type="Acte",
    ),
    NewRow(
        document_source="plan_cadastraux",
        document_number="227",
        circonscription_fonciere="Terrebonne",
        cadastre="Paroisse de Saint-Hippolyte",
    ),
)


class Cancelled(Frozen):
    """What becomes of a cancelled row."""

    job_id: RowId
    at_once: bool
    """True: it waited, and is at Erreur now. False: it runs, and its worker will see the request."""
    is_paid: bool
    """It runs past its consultation: it will be completed and marked `cancelled_late`."""
    worker_id: str | None
    consultations: int
    """Of all its attempts, each perhaps charged."""


class CancelledGroup(Frozen):
    """How many rows of a group were cancelled, and how."""

    at_once: int
    """They waited, and are at Erreur now."""
    asked: int
    """They run, and their workers will see the request before the consultation."""
    is_paid: int
    """They run past their consultation: they will be completed and marked `cancelled_late`."""


def add(database: Database, row: NewRow, *, language: Language = Language.ENGLISH) -> RowId:
    """Insert one row, with its doubt in a language, and return its id; raises InvalidRow in the database's words."""
    try:
        inserted = Queries(database, FILE).record("add", {**row.model_dump(), "doubt": row.doubt_in(language)})
    except (psycopg.errors.CheckViolation, psycopg.DataError) as error:
        raise InvalidRow(f"{error.diag.message_primary or error}.") from error
    assert inserted is not None
    return str(inserted["id"])


def cancel(database: Database, job_id: RowId, *, by: str) -> Cancelled:
    """Stop a row at once, or ask its worker to; raises Unknown or NotPossible."""
    row = Queries(database, FILE).record("cancel", _whom(job_id, EVERY_ROW, by))
    if row is None:
        raise _not_cancelled(job_id, find_row(database, job_id))
    return Cancelled(
        job_id=row["id"],
        at_once=row["status"] == Status.FAILED,
        is_paid=row["is_paid"],
        worker_id=row["worker_id"],
        consultations=row["consultations"],
    )


def cancel_group(
    database: Database, group: Group, *, by: str, error_code: str | None = None, source: Source | None = None
) -> CancelledGroup:
    """Stop every row that fits as `cancel` does, all or none; raises NotPossible when none waits or runs."""
    whom = _whom(None, group, by) | {"error_code": error_code, "source": source}
    rows = Queries(database, FILE).records("cancel", whom)
    if not rows:
        raise NotPossible(Sentence("No row of these waits for its consultation or runs, so nothing was cancelled."))
    at_once = sum(row["status"] == Status.FAILED for row in rows)
    is_paid = sum(row["status"] != Status.FAILED and row["is_paid"] for row in rows)
    return CancelledGroup(at_once=at_once, asked=len(rows) - at_once - is_paid, is_paid=is_paid)


def typed_id(text: str) -> RowId:
    """What a person typed for an id, when a row may have it; raises Unknown. Whether one has it, Postgres knows."""
    if not can_be_id(text):
        raise unknown_row(text)
    return text


def unknown_row(job_id: RowId) -> Unknown:
    """The refusal for an id that no row has."""
    return Unknown(Sentence("There is no row {job_id} in extraction_queue.", job_id=job_id))


def _whom(job_id: RowId | None, group: Group, by: str) -> dict[str, object]:
    return {"job_id": job_id, "error_code": None, "source": None, "cancelled_by": by, **group.model_dump()}


def _not_cancelled(job_id: RowId, row: Extraction | None) -> Unknown | NotPossible:
    if row is None:
        return unknown_row(job_id)
    if row.status == Status.COMPLETED:
        return NotPossible(
            Sentence("Row {job_id} is Complété: {document}.", job_id=job_id, document=its_document(row.supabase_path))
        )
    if row.status == Status.FAILED:
        return NotPossible(
            Sentence(
                "Row {job_id} is at Erreur already ({error_code}): nothing runs for it.",
                job_id=job_id,
                error_code=its_code(row.error_code),
            )
        )
    return NotPossible(
        Sentence(
            "The document of row {job_id} is bought already and lies on a spool: it will be stored.", job_id=job_id
        )
    )
