"""The calls about documents: a link to one, and the file behind a link to STORAGE_DIR."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urljoin

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel

from extractor.api.dependencies import OpenDatabase, OpenStore, RowInPath
from extractor.api.extractions import find_row
from extractor.api.problems import ApiProblem, documented
from extractor.api.rows import Text
from extractor.documents.buckets import MIME_TYPE, split_path
from extractor.documents.local_storage import LINK_PREFIX, LocalStorage
from extractor.language.sentences import Sentence
from extractor.models import Identity, Status
from extractor.operations import NotPossible
from extractor.reports import Extraction

DEFAULT_SECONDS = 3600
MAX_SECONDS = 7 * 86_400
# The time of signing, then the signature.
SIGNATURE = r"^[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_-]{43}$"

# A notary's document is private: no cache may keep it, no page embed it, no browser guess its type.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not `sandbox`, with which Safari shows an empty window: github.com/adobe/aem-core-wcm-components/issues/2839.
    "Content-Security-Policy": "frame-ancestors 'none'",
}

router = APIRouter(tags=["documents"])


class Link(BaseModel):
    """Everybody who has the link can fetch the document until it expires."""

    url: str
    expires_at: datetime
    supabase_path: str
    document_sha256: str | None
    document_bytes: int | None
    document_pages: int | None
    document_warning: str | None
    identity: Identity | None


@router.get("/api/extractions/{job_id}/document", responses=documented(404, 409))
def get_document_link(
    job_id: RowInPath,
    request: Request,
    database: OpenDatabase,
    store: OpenStore,
    expires_in: Annotated[int, Query(ge=1, le=MAX_SECONDS, description="Seconds.")] = DEFAULT_SECONDS,
) -> Link:
    """Give a link under which the finished document can be fetched for a while without a key."""
    row = find_row(database, job_id)
    bucket, name = _place(row)
    url = store.link(bucket, name, expires_in)
    if url is None:
        raise ApiProblem(
            "no_document",
            Sentence(
                "Storage does not have {supabase_path}, or its key may not read it.", supabase_path=row.supabase_path
            ),
        )
    return Link.model_validate(
        {
            **row.model_dump(),
            "url": urljoin(str(request.base_url), url),
            "expires_at": datetime.now(UTC) + timedelta(seconds=expires_in),
        }
    )


@router.get(
    LINK_PREFIX + "/{bucket}/{name:path}",
    response_class=FileResponse,
    responses={200: {"content": {MIME_TYPE: {"schema": {"type": "string", "format": "binary"}}}}, **documented(404)},
)
def download_document(
    bucket: Text,
    name: Text,
    store: OpenStore,
    seconds: Annotated[int, Query(ge=1, le=MAX_SECONDS)],
    signature: Annotated[str, Query(pattern=SIGNATURE)],
) -> FileResponse:
    """Serve the file behind a link of this API; STORAGE_DIR only, since Supabase serves its own. Needs no key."""
    file = store.find_linked(bucket, name, seconds, signature) if isinstance(store, LocalStorage) else None
    if file is None:
        raise ApiProblem("bad_link", Sentence("The link has expired, or this API did not give it: ask for a new one."))
    return FileResponse(
        file, media_type=MIME_TYPE, filename=file.name, content_disposition_type="inline", headers=HEADERS
    )


@router.head(
    LINK_PREFIX + "/{bucket}/{name:path}",
    response_class=FileResponse,
    responses={200: {"description": "There is such a file; Content-Length is its size"}, **documented(404)},
)
def check_document(
    bucket: Text,
    name: Text,
    store: OpenStore,
    seconds: Annotated[int, Query(ge=1, le=MAX_SECONDS)],
    signature: Annotated[str, Query(pattern=SIGNATURE)],
) -> FileResponse:
    """Say whether a link still works, and how large the file is, without the file."""
    return download_document(bucket, name, store, seconds, signature)


def _place(row: Extraction) -> tuple[str, str]:
    """Bucket and name; raises NotPossible while there is no document."""
    if row.status != Status.COMPLETED or not row.supabase_path:
        raise NotPossible(Sentence("Row {id} is {status}: it has no document.", id=row.id, status=row.status))
    place = split_path(row.supabase_path)
    if place is None:
        raise NotPossible(
            Sentence(
                "{supabase_path} of row {id} is in none of the three buckets.",
                supabase_path=row.supabase_path,
                id=row.id,
            )
        )
    return place
