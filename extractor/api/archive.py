"""The call that sends the documents of the chosen rows as one ZIP."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

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


class ArchiveResponse(StreamingResponse):
    """Sends the blocks, and ends them when the answer ends, also when the caller went away in the middle.

    Otherwise the garbage collector would end them, and the order in which it ends a ZipFile and its parts is not known.
    """

    media_type = ZIP

    def __init__(self, first: bytes, blocks: Generator[bytes], *, headers: dict[str, str]) -> None:
        super().__init__(chain([first], blocks), headers=headers)
        self._blocks = blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._blocks.close()


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
    return ArchiveResponse(first, blocks, headers={**HEADERS, **disposition})
