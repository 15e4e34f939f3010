"""The database as the API uses it: callers wait for a connection for seconds, since a person waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request

from extractor.database import Database
from extractor.settings import Settings

# So many calls run at once, each in a thread with a connection; further ones wait in the event loop.
CALLS = 8
# Less than what a supervisor allows a health check.
WAIT_SECONDS = 3.0
USE_SECONDS = 15.0


class ApiDatabase(Database):
    """A pool of one connection a call, opened as calls come."""

    def __init__(self, url: str) -> None:
        super().__init__(url, max_connections=CALLS, use_bound_seconds=USE_SECONDS)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """As the parent's, but when Postgres is away the caller hears of it soon."""
        with self._pool.connection(timeout=WAIT_SECONDS) as connection, self._bounds.of(connection):
            yield connection


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


OpenDatabase = Annotated[Database, Depends(_database)]
LoadedSettings = Annotated[Settings, Depends(_settings)]
