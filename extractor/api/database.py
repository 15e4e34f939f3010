"""The database and the store as the API uses them: for seconds, since a person waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from extractor.documents.storage import DocumentStore
from extractor.postgres.database import Database
from extractor.settings import Settings

# So many calls run at once, each in a thread with a connection; further ones wait in the event loop.
CALLS = 8
# Less than what a supervisor allows a health check.
WAIT_SECONDS = 3.0
USE_SECONDS = 15.0
STORE_SECONDS = 10.0


def open_database(settings: Settings) -> Database:
    """A pool of one connection a call, opened as calls come; when Postgres is away they hear of it soon."""
    return Database(
        settings.database_url.get_secret_value(),
        max_connections=CALLS,
        wait_seconds=WAIT_SECONDS,
        use_bound_seconds=USE_SECONDS,
    )


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _store(request: Request) -> DocumentStore:
    store: DocumentStore = request.app.state.store
    return store


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


OpenDatabase = Annotated[Database, Depends(_database)]
OpenStore = Annotated[DocumentStore, Depends(_store)]
LoadedSettings = Annotated[Settings, Depends(_settings)]
