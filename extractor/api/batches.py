"""The call that makes many rows at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from extractor import operations
from extractor.api.dependencies import OpenDatabase
from extractor.api.extractions import replayed, say_replayed
from extractor.api.problems import documented
from extractor.api.rows import MAX_ROWS, CreatedBatch, Key, NewExtraction
from extractor.operations import NewRow

router = APIRouter(prefix="/api/batches", tags=["extractions"])


@router.post("", status_code=201, responses={**replayed(CreatedBatch, "The rows"), **documented(400, 409, 413)})
def create_batch(
    asked: Annotated[list[NewExtraction], Body(min_length=1, max_length=MAX_ROWS)],
    request: Request,
    response: Response,
    database: OpenDatabase,
    key: Key = None,
) -> CreatedBatch:
    """Insert many rows, all or none: each document is fetched and stored, and may cost a consultation."""
    # A missing source is refused with the other problems of the rows.
    rows = [NewRow.model_validate({**row.model_dump(), "document_source": row.document_source or ""}) for row in asked]
    added = operations.add_batch(database, rows, key=key and key.strip('"'))
    if added.is_replayed:
        say_replayed(response)
    listed = request.url_for("list_extractions").include_query_params(batch_id=added.batch_id)
    response.headers["Location"] = f"{listed.path}?{listed.query}"
    return CreatedBatch.model_validate(added.model_dump())
