"""What each call gets. Every wait is bounded to seconds, since a person waits for the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Path, Request

from extractor.api.bell import Bell
from extractor.api.reader import language_of
from extractor.documents.storage import DocumentStore
from extractor.models import RowId
from extractor.operations.rows import typed_id
from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint

# This many calls run at once, each in a thread with a connection; further ones wait in the event loop.
CALLS = 8
# Less than what a supervisor allows a health check.
WAIT_SECONDS = 3.0
USE_SECONDS = 15.0
STORE_SECONDS = 10.0


def open_database(url: str) -> Database:
    """A pool that opens one connection per running call; while Postgres is away a call fails after WAIT_SECONDS."""
    return Database(url, max_connections=CALLS, wait_seconds=WAIT_SECONDS, use_bound_seconds=USE_SECONDS)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _store(request: Request) -> DocumentStore:
    store: DocumentStore = request.app.state.store
    return store


def _bell(request: Request) -> Bell:
    bell: Bell = request.app.state.bell
    return bell


def _viewpoint(request: Request) -> Viewpoint:
    viewpoint: Viewpoint = request.app.state.viewpoint
    return viewpoint


def _reader(request: Request) -> Viewpoint:
    return replace(_viewpoint(request), language=language_of(request))


def _max_consultations(request: Request) -> int:
    limit: int = request.app.state.max_consultations_per_job
    return limit


def _reuse_days(request: Request) -> int:
    days: int = request.app.state.reuse_days
    return days


def _row_in_path(job_id: Annotated[str, Path(description="The row's id.")]) -> RowId:
    """No pattern in the schema: a text that no row can have is answered as any other id that no row has."""
    return typed_id(job_id)


OpenDatabase = Annotated[Database, Depends(_database)]
OpenStore = Annotated[DocumentStore, Depends(_store)]
OwnBell = Annotated[Bell, Depends(_bell)]
OwnViewpoint = Annotated[Viewpoint, Depends(_viewpoint)]
# For what is only said; what is written into a row is in the language of the settings.
ReadersViewpoint = Annotated[Viewpoint, Depends(_reader)]
MaxConsultations = Annotated[int, Depends(_max_consultations)]
ReuseDays = Annotated[int, Depends(_reuse_days)]
RowInPath = Annotated[RowId, Depends(_row_in_path)]
