"""The call that sends the documents of the chosen rows as one ZIP."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from extractor import operations, reports
from extractor.api.dependencies import OpenDatabase, OpenStore
from extractor.api.documents import HEADERS
from extractor.api.listing import RowFilters
from extractor.api.problems import ApiProblem, documented
from extractor.language.sentences import Sentence

ZIP = "application/zip"
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The documents and their `index.csv`, which also names what storage did not have",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}

router = APIRouter(prefix="/api/extractions", tags=["documents"])


@router.get("/archive", response_class=StreamingResponse, responses={**_ANSWER, **documented(404, 409)})
def download_archive(
    filters: Annotated[RowFilters, Query()], database: OpenDatabase, store: OpenStore
) -> StreamingResponse:
    """Send the documents of all completed rows that fit the filters of the list, as one ZIP that is made meanwhile."""
    chosen = operations.with_documents(filters.chosen())
    if not reports.count_rows(database, chosen):
        raise ApiProblem(
            "no_document", Sentence("No completed row fits these filters, so there is no document to send.")
        )
    blocks = operations.archive(database, store, chosen)
    # Before the answer begins, since afterwards no problem can be said: it can only be cut.
    first = next(blocks)
    name = f"documents-{datetime.now().astimezone():%Y-%m-%d-%H%M}.zip"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(chain([first], blocks), media_type=ZIP, headers={**HEADERS, **disposition})
