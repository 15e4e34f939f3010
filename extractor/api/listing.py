"""The list of rows: its filters, and pages by key, so that rows inserted between two pages shift nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from extractor import reports
from extractor.api.rows import Text
from extractor.language.sentences import Sentence
from extractor.models import Source, Status
from extractor.postgres.database import Database
from extractor.reports import Extraction, Filter, Group, Place

MAX_LIMIT = 500
SEARCH = (
    "Words that are each in the number, a place, the type or the dossier, such as `2 784 195 Montréal`; case, accents"
    " and the blanks of a number do not matter."
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
# The microseconds since 1970 at which a row was inserted, and its id: any such text is a place.
CURSOR = r"^-?[0-9]{1,18}\.[A-Za-z0-9_.-]{1,100}$"


def _written_out(moment: str) -> str:
    """Refuse a bare number, which pydantic would read as seconds since 1970."""
    if not _DATE.match(moment):
        raise ValueError(Sentence("give a moment such as 2026-11-03T14:00:00-05:00"))
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class Word(StrEnum):
    """What a caller may write for `status`: English words for the French ones of the column, and `all`."""

    ALL = "all"
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


STATUSES = {
    Word.ALL: None,
    Word.QUEUED: Status.WAITING,
    Word.PROCESSING: Status.RUNNING,
    Word.COMPLETED: Status.COMPLETED,
    Word.FAILED: Status.FAILED,
}


class GroupFilters(BaseModel):
    """The rows of one import, or of one dossier of the user."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[Text | None, Field(min_length=1, description="Your own dossier, whole.")] = None
    batch_id: Annotated[UUID | None, Field(description="The rows of one import.")] = None

    def group(self) -> Group:
        return Group(batch_id=str(self.batch_id) if self.batch_id else None, reference=self.reference)


class RowFilters(GroupFilters):
    """Which rows are meant, for the list and for the archive; a row must fit every filter."""

    status: Word = Word.ALL
    source: Annotated[Source | None, Field(alias="document_source")] = None
    error_code: Annotated[Text | None, Field(description="As in the column, e.g. `document_not_found`.")] = None
    since: Annotated[Moment | None, Field(description="Inserted at this moment or later; with a zone.")] = None
    completed_since: Annotated[Moment | None, Field(description="Complété, at this moment or later.")] = None
    completed_until: Annotated[Moment | None, Field(description="Complété, before this moment.")] = None
    number: Annotated[Text | None, Field(description="A part of the document's number; blanks do not matter.")] = None
    search: Annotated[Text | None, Field(description=SEARCH)] = None

    @field_validator("completed_until")
    @classmethod
    def _is_a_period(cls, until: datetime | None, known: ValidationInfo) -> datetime | None:
        if reports.is_no_period(known.data.get("completed_since"), until):
            raise ValueError(Sentence("this must be later than completed_since"))
        return until

    def chosen(self) -> Filter:
        """The same as the reports take it."""
        fields = self.model_dump(include=set(Filter.model_fields) - {"status"})
        return Filter.model_validate({**fields, **self.group().model_dump(), "status": STATUSES[self.status]})


class Filters(RowFilters):
    """The query of the list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50
    with_total: Annotated[bool, Field(description="Count all rows that fit too, which takes longer.")] = False
    cursor: Annotated[str | None, Field(pattern=CURSOR, description="`next_cursor` of the page before.")] = None


class Page(BaseModel):
    """Some rows, the latest first."""

    extractions: tuple[Extraction, ...]
    next_cursor: str | None
    """For the page after this; null on the last one."""
    total: int | None
    """All rows that fit the filters, on whatever page; null unless `with_total` asked for it."""


def find_page(database: Database, filters: Filters) -> Page:
    """Read one page, and one row more, which tells whether it is the last."""
    after = _place(filters.cursor) if filters.cursor else None
    rows = reports.list_rows(database, filters.chosen(), limit=filters.limit + 1, after=after)
    found, is_last = rows[: filters.limit], len(rows) <= filters.limit
    return Page(
        extractions=found,
        next_cursor=None if is_last else _cursor(found[-1]),
        total=reports.count_rows(database, filters.chosen()) if filters.with_total else None,
    )


def _cursor(row: Extraction) -> str:
    return f"{(row.created_at - _EPOCH) // _MICROSECOND}.{row.id}"


def _place(cursor: str) -> Place:
    microseconds, _, job_id = cursor.partition(".")
    return Place(_EPOCH + min(max(int(microseconds), _FIRST), _LAST) * _MICROSECOND, job_id)
