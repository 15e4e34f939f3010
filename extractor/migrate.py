"""Applies `migrations/*.sql` to a database, each once and in the order of their names (yoyo-migrations)."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from yoyo import get_backend, read_migrations

from extractor.database import CONNECTION_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

# In a wheel the steps lie inside the package, in a checkout beside it.
_PLACES = (Path(__file__).parent / "migrations", Path(__file__).parent.parent / "migrations")
# Any number will do, as long as it is always this one.
_LOCK_KEY = 7_203_114


def migrate(database_url: str) -> list[str]:
    """Apply what is missing and return the names of the steps; two at once wait for each other.

    Each step is one transaction: a crash leaves whole steps only.
    """
    with _exclusive(database_url):
        backend = get_backend(_yoyo_url(database_url))
        try:
            steps = backend.to_apply(_steps())
            backend.apply_migrations(steps)
            return [step.id for step in steps]
        finally:
            backend.connection.close()


def pending(database_url: str) -> list[str]:
    """The names of the steps that `migrate` would apply."""
    backend = get_backend(_yoyo_url(database_url))
    try:
        return [step.id for step in backend.to_apply(_steps())]
    finally:
        backend.connection.close()


def _steps() -> object:
    directory = next(place for place in _PLACES if place.is_dir())
    return read_migrations(str(directory))


def _yoyo_url(database_url: str) -> str:
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"


@contextmanager
def _exclusive(database_url: str) -> Iterator[None]:
    """Hold a lock that ends with the connection; yoyo's own is a row that a killed process would leave behind."""
    with psycopg.connect(database_url, autocommit=True, **CONNECTION_OPTIONS) as connection:  # type: ignore[arg-type]
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_KEY])
        yield
